"""A stream: its states, and who moves it from one to the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, Invalid
from platform_core.kernel.events import Event
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import amount
from platform_core.kernel.text import text
from platform_core.streams.events import StreamCreated, StreamEnded, StreamFrozen, StreamResumed, StreamStarted

LONGEST_TITLE = 140
"""Characters."""

IDLE_LIFETIME = timedelta(days=30)
"""How long a stream may wait to go live."""

FIRST_BEAT = timedelta(seconds=60)
"""How long a host who just went live may take until they are first heard of: a camera must be allowed first."""

LEASE = timedelta(seconds=10)
"""How long after a heartbeat nobody but its sender sends the stream: two beats of five seconds."""

LAPSE = timedelta(seconds=15)
"""How long after a heartbeat a live stream is believed to be live: three beats of five seconds."""

GRACE = timedelta(seconds=90)
"""How long after its last sign of life a stream waits for a host who was lost."""

LONGEST_PAUSE = timedelta(minutes=30)
"""How long a host may pause."""

LONGEST_STREAM = timedelta(hours=12)
"""How long after its start a stream ends whatever happens."""


class StreamState(Enum):
    """Where a stream is."""

    IDLE = "idle"
    LIVE = "live"
    FROZEN = "frozen"
    ENDED = "ended"


class Reason(Enum):
    """Why a stream is frozen or has ended."""

    HOST = "host"
    """The host wanted it."""
    HOST_LOST = "host_lost"
    """The host was not heard of."""
    PAUSE_TIMEOUT = "pause_timeout"
    MODERATION = "moderation"
    """The host was banned."""
    DURATION = "duration"
    """It had gone on for as long as a stream may."""
    EXPIRED = "expired"
    """It never went live."""
    OPERATOR = "operator"
    """An operator of the platform ended it."""


_IDLE, _LIVE, _FROZEN, _ENDED = StreamState

#: The moves of a host: those of the document, and no other.
HOST_MOVES: Machine[StreamState] = Machine(
    "stream",
    {
        _IDLE: frozenset({_LIVE}),
        _LIVE: frozenset({_FROZEN, _ENDED}),
        _FROZEN: frozenset({_LIVE}),
        _ENDED: frozenset(),
    },
)

#: The moves of the platform, when a time has run out or an operator says so. A stream stays idle, live or frozen for
#: ever otherwise, for the document gives a frozen one no way to end.
PLATFORM_MOVES: Machine[StreamState] = Machine(
    "stream",
    {
        _IDLE: frozenset({_ENDED}),
        _LIVE: frozenset({_FROZEN, _ENDED}),
        _FROZEN: frozenset({_ENDED}),
        _ENDED: frozenset(),
    },
)


class StreamNotLive(Conflict):
    """There is nothing to watch: the stream has not begun, or is over."""

    code = "STREAM_NOT_LIVE"


class LeaseHeld(Conflict):
    """Another session of the host sends the stream. There is one sender at a time."""

    code = "LEASE_HELD"


@define(eq=False, kw_only=True)
class Stream(Aggregate):
    """A live stream of one host.

    Args:
        host: The user whose stream it is.
        title: 1 to 140 characters.
        is_premium: Whether viewers pay to get in.
        token_price: What they pay, once each, in tokens; 0 when it is not premium. Fixed when it was made.
        state: Where it is.
        reason: Why it is frozen or has ended; None in the other states.
        created_at: When it was made.
        started_at: When it first went live; never changed after.
        ended_at: When it ended.
        heard_at: The host's last sign of life since it went live.
        sender: The session of the host that sends it: the one that made it live, or took it over when that one was
            silent for `LEASE`.
        due_at: When the platform has to look after it; None once it has ended.
    """

    kind: ClassVar[str] = "stream"

    host: str
    title: str
    is_premium: bool
    token_price: int
    state: StreamState = StreamState.IDLE
    reason: Reason | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    heard_at: datetime | None = None
    sender: str | None = None
    due_at: datetime | None

    @classmethod
    def create(cls, *, id: str, host: str, title: str, is_premium: bool, token_price: int, now: datetime) -> Stream:
        """A stream that is idle.

        Raises:
            Invalid: The title is empty or too long, or the price does not go with what it is.
        """
        check_title(title)
        if is_premium:
            amount(token_price, "token_price")
        elif type(token_price) is not int or token_price != 0:
            raise Invalid.field("token_price", "must be 0 unless the stream is premium")
        stream = cls(
            id=id,
            host=host,
            title=title,
            is_premium=is_premium,
            token_price=token_price,
            created_at=now,
            due_at=now + IDLE_LIFETIME,
        )
        stream.record(StreamCreated(id, host, title, token_price))
        return stream

    @property
    def is_on(self) -> bool:
        """Whether it can be watched: it has begun, and is not over."""
        return self.state in (StreamState.LIVE, StreamState.FROZEN)

    def move(self, state: StreamState, session: str | None, now: datetime) -> None:
        """Do what the host wants. Any session of theirs may; the one that makes it live sends it.

        Raises:
            InvalidTransition: A host cannot move it there from where it is.
        """
        HOST_MOVES.move(self.state, state)
        if state is StreamState.LIVE:
            self._go_live(session, now)
        elif state is StreamState.FROZEN:
            self._freeze(Reason.HOST, now + LONGEST_PAUSE)
        else:
            self._end(Reason.HOST, now)

    def beat(self, session: str | None, now: datetime) -> None:
        """The host is there. A stream that was frozen because they were lost goes on.

        Raises:
            StreamNotLive: It is idle or has ended.
            LeaseHeld: It is live from another session, which was heard of just now.
        """
        if not self.is_on:
            raise StreamNotLive(f"the stream is {self.state.value}")
        if self.state is StreamState.FROZEN and self.reason is Reason.HOST_LOST:
            HOST_MOVES.move(self.state, StreamState.LIVE)
            self._go_live(session, now)
        if self.state is StreamState.LIVE:
            if session != self.sender and self.heard_at is not None and now < self.heard_at + LEASE:
                raise LeaseHeld("another session of yours sends this stream")
            self.sender = session
            self._due(now + LAPSE)
        self.heard_at = now

    def lapse(self, now: datetime) -> None:
        """A time has run out: move on as the platform's table says.

        A host who was lost is waited for from their last sign of life on. No stream goes from live straight to its end
        for being silent: after an outage of ours, a host who is still there has the time of three beats to say so.

        Raises:
            Conflict: Nothing is due.
        """
        if self.due_at is None or now < self.due_at:
            raise Conflict("nothing is due for this stream")
        heard = self.heard_at or now
        if self.started_at is not None and now >= self.started_at + LONGEST_STREAM:
            self._end(Reason.DURATION, now)
        elif self.state is StreamState.LIVE:
            self._freeze(Reason.HOST_LOST, max(heard + GRACE, now + LAPSE))
        elif self.state is StreamState.IDLE:
            self._end(Reason.EXPIRED, now)
        else:
            self._end(Reason.PAUSE_TIMEOUT if self.reason is Reason.HOST else Reason.HOST_LOST, now)

    def stop(self, reason: Reason, now: datetime) -> None:
        """The platform ends it.

        Raises:
            InvalidTransition: It has ended already.
        """
        self._end(reason, now)

    def _go_live(self, session: str | None, now: datetime) -> None:
        event: Event = StreamResumed(self.id, self.host)
        if self.started_at is None:
            self.started_at = now
            event = StreamStarted(self.id, self.host)
        self.state = StreamState.LIVE
        self.reason = None
        self.heard_at = now
        self.sender = session
        self._due(now + FIRST_BEAT)
        self.record(event)

    def _freeze(self, reason: Reason, until: datetime) -> None:
        self.state = PLATFORM_MOVES.move(self.state, StreamState.FROZEN)
        self.reason = reason
        self._due(until)
        self.record(StreamFrozen(self.id, self.host, reason.value))

    def _end(self, reason: Reason, now: datetime) -> None:
        self.state = PLATFORM_MOVES.move(self.state, StreamState.ENDED)
        self.reason = reason
        self.ended_at = now
        self.due_at = None
        self.record(StreamEnded(self.id, self.host, reason.value))

    def _due(self, at: datetime) -> None:
        """Look after it at that moment, or when it has gone on for as long as it may."""
        self.due_at = at if self.started_at is None else min(at, self.started_at + LONGEST_STREAM)


def check_title(title: str) -> None:
    """Refuse a title that is empty or too long.

    Raises:
        Invalid: It is.
    """
    text(title, "title", least=1, most=LONGEST_TITLE)
    if not title.strip():
        raise Invalid.field("title", "must not be blank")
