"""A booking: a customer, a provider, a time and the tokens held for it, from the request to one of its ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.booking.events import (
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingDeclined,
    BookingDisputed,
    BookingExpired,
    DisputeLapsed,
    DisputeResolved,
    DisputeWithdrawn,
)
from platform_core.booking.policy import BookingPolicy, share
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, Forbidden, Invalid, InvalidTransition
from platform_core.kernel.machine import Machine
from platform_core.kernel.text import text


class BookingState(Enum):
    """Where a booking is."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    DISPUTED = "disputed"


class Side(Enum):
    """Who acts on a booking."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    PLATFORM = "platform"
    """Operators, and the platform by itself."""


_S = BookingState

BOOKINGS: Machine[BookingState] = Machine(
    "booking",
    {
        _S.PENDING: frozenset({_S.CONFIRMED, _S.DECLINED, _S.CANCELLED, _S.EXPIRED}),
        _S.CONFIRMED: frozenset({_S.CANCELLED, _S.COMPLETED, _S.DISPUTED}),
        _S.DISPUTED: frozenset({_S.COMPLETED, _S.CANCELLED, _S.CONFIRMED}),
        _S.DECLINED: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
        _S.COMPLETED: frozenset(),
    },
)

#: The states from which a verb may be called; from all others it is refused and changes nothing (invariant 45).
VERBS: Mapping[str, frozenset[BookingState]] = {
    "confirm": frozenset({_S.PENDING}),
    "decline": frozenset({_S.PENDING}),
    "expire": frozenset({_S.PENDING}),
    "cancel": frozenset({_S.PENDING, _S.CONFIRMED}),
    "complete": frozenset({_S.CONFIRMED}),
    "forgo": frozenset({_S.CONFIRMED}),
    "dispute": frozenset({_S.CONFIRMED}),
    "resolve": frozenset({_S.DISPUTED}),
    "withdraw": frozenset({_S.DISPUTED}),
    "lapse": frozenset({_S.DISPUTED}),
}

#: The states in which the time is taken and the tokens are held.
LIVE = (_S.PENDING, _S.CONFIRMED, _S.DISPUTED)


class TooEarly(Conflict):
    """It can be done, but not yet."""

    code = "TOO_EARLY"


class TooLate(Conflict):
    """It could be done, and no longer can."""

    code = "TOO_LATE"


class BookingOverdue(TooLate):
    """The time for it has run out: whether or not anybody has swept, the booking counts as ended (invariant 15)."""

    code = "BOOKING_EXPIRED"


@define(eq=False, kw_only=True)
class Booking(Aggregate):
    """A booking. Its verbs change what it says; the tokens and the calendar follow in the same unit of work.

    Args:
        provider: The user who is booked.
        customer: The user who books and pays.
        slot: The slot it was made from.
        starts_at: When the session begins.
        ends_at: When it ends.
        minutes: How long it is.
        rate: Tokens per minute, as they were when it was made.
        price: Tokens, `rate * minutes`.
        paid: Tokens that went to the provider, and the platform, in the end.
        note: What the customer wrote with it.
        state: Where it is.
        hold: The hold with the tokens.
        created_at: When it was made.
        confirm_by: Until when the provider may confirm.
        complete_at: When it completes by itself, once confirmed.
        resolve_by: When the dispute lapses, while there is one.
        due_at: When the worker must look at it next; None once it has ended.
        disputed_by: Who opened the dispute, while there is one or when it ended by one.
        reason: Why it was disputed, declined or cancelled, if somebody said.
        ended_at: When it ended.
        ended_by: Who ended it: customer, provider or platform.
    """

    kind: ClassVar[str] = "booking"

    provider: str
    customer: str
    slot: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    rate: int
    price: int
    paid: int = 0
    note: str = ""
    state: BookingState = BookingState.PENDING
    hold: str
    created_at: datetime
    confirm_by: datetime
    complete_at: datetime | None = None
    resolve_by: datetime | None = None
    due_at: datetime | None = None
    disputed_by: str | None = None
    reason: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether the time is taken and the tokens are held."""
        return self.state in LIVE

    def is_overdue(self, now: datetime) -> bool:
        """Whether it counts as ended although nobody has swept yet."""
        return self.due_at is not None and now >= self.due_at

    def side_of(self, user: str) -> Side | None:
        """Which side a user is on; None for neither."""
        return {self.customer: Side.CUSTOMER, self.provider: Side.PROVIDER}.get(user)

    # ---- verbs

    def confirm(self, now: datetime, policy: BookingPolicy) -> None:
        """The provider will be there.

        Raises:
            InvalidTransition: It is not pending.
            BookingOverdue: `confirm_by` has passed.
        """
        self._enter("confirm")
        self._in_time(now)
        self.complete_at = self.ends_at + policy.completes_after
        self._move(_S.CONFIRMED, self.complete_at)
        self.record(BookingConfirmed(self.id, self.provider, self.customer))

    def decline(self, now: datetime, reason: str = "") -> None:
        """The provider will not."""
        self._enter("decline")
        self._in_time(now)
        reason = text(reason, "reason", most=500)
        self._end(_S.DECLINED, now, Side.PROVIDER, reason=reason)
        self.record(BookingDeclined(self.id, self.provider, self.customer))

    def expire(self, now: datetime) -> None:
        """Nobody has confirmed it in time.

        Raises:
            TooEarly: There is still time.
        """
        self._enter("expire")
        self._when_due(now)
        self._end(_S.EXPIRED, now, Side.PLATFORM)
        self.record(BookingExpired(self.id, self.provider, self.customer))

    def cancel(self, now: datetime, by: Side, policy: BookingPolicy, reason: str = "") -> None:
        """Call it off. A customer who does so late pays by the policy's tiers; everybody else costs them nothing.

        Raises:
            InvalidTransition: It is neither pending nor confirmed, or a provider means to decline.
            TooLate: It has begun, and the customer must complete or dispute it.
            BookingOverdue: Its time has run out.
        """
        self._enter("cancel")
        if self.state is _S.PENDING and by is Side.PROVIDER:
            raise InvalidTransition("a booking that is pending is declined, not cancelled, by its provider")
        self._in_time(now)
        reason = text(reason, "reason", most=500)
        lost = 0
        if self.state is _S.CONFIRMED and by is Side.CUSTOMER:
            if now >= self.starts_at:
                raise TooLate("it has begun: complete it, or open a dispute")
            lost = policy.lost(self.price, self.starts_at - now)
        self._end(_S.CANCELLED, now, by, paid=lost, reason=reason)
        self.record(BookingCancelled(self.id, self.provider, self.customer, by.value, lost))

    def complete(self, now: datetime, by: Side) -> None:
        """The session took place, says the customer; or nobody objected until `complete_at`.

        Raises:
            TooEarly: It has not begun, or, for the platform, there is still time to object.
        """
        self._enter("complete")
        if by is Side.PLATFORM:
            self._when_due(now)
        elif now < self.starts_at:
            raise TooEarly("it has not begun yet")
        self._end(_S.COMPLETED, now, by, paid=self.price)
        self.record(BookingCompleted(self.id, self.provider, self.customer, self.price))

    def forgo(self, now: datetime) -> None:
        """Nobody objected until `complete_at`, but the tokens have gone back to the customer by another way.

        Raises:
            TooEarly: There is still time.
        """
        self._enter("forgo")
        self._when_due(now)
        self._end(_S.CANCELLED, now, Side.PLATFORM)
        self.record(BookingCancelled(self.id, self.provider, self.customer, Side.PLATFORM.value, 0))

    def dispute(self, now: datetime, by: Side, policy: BookingPolicy, reason: str) -> None:
        """It did not go as agreed, says one side: nothing is paid until an operator decides.

        Raises:
            TooEarly: It has not begun.
            BookingOverdue: It counts as completed.
        """
        self._enter("dispute")
        self._in_time(now)
        if now < self.starts_at:
            raise TooEarly("it has not begun yet")
        reason = text(reason, "reason", least=1, most=500)
        self.disputed_by, self.reason = by.value, reason
        self.resolve_by = now + policy.dispute_lasts
        self._move(_S.DISPUTED, self.resolve_by)
        self.record(BookingDisputed(self.id, self.provider, self.customer, by.value))

    def withdraw(self, now: datetime, by: Side, policy: BookingPolicy) -> None:
        """Whoever opened the dispute takes it back.

        Raises:
            Forbidden: The other side opened it.
            BookingOverdue: It has lapsed.
        """
        self._enter("withdraw")
        if by.value != self.disputed_by:
            raise Forbidden("the other side opened this dispute")
        self._in_time(now)
        self.complete_at = max(self.complete_at or now, now + policy.after_withdrawal)
        self.disputed_by = self.resolve_by = self.reason = None
        self._move(_S.CONFIRMED, self.complete_at)
        self.record(DisputeWithdrawn(self.id, self.provider, self.customer))

    def resolve(self, now: datetime, percent: int) -> None:
        """An operator decides which share of the price the provider gets: completed with some, cancelled with none.

        Raises:
            Invalid: The share is not 0 to 100 per cent.
            BookingOverdue: The dispute has lapsed.
        """
        self._enter("resolve")
        if type(percent) is not int or not 0 <= percent <= 100:
            raise Invalid.field("percent", "must be a whole number from 0 to 100")
        self._in_time(now)
        paid = share(self.price, percent)
        self._end(_S.COMPLETED if paid else _S.CANCELLED, now, Side.PLATFORM, paid=paid, reason=self.reason)
        self.record(DisputeResolved(self.id, self.provider, self.customer, paid))

    def lapse(self, now: datetime) -> None:
        """Nobody has resolved the dispute in time.

        Raises:
            TooEarly: There is still time.
        """
        self._enter("lapse")
        self._when_due(now)
        self._end(_S.CANCELLED, now, Side.PLATFORM, reason=self.reason)
        self.record(DisputeLapsed(self.id, self.provider, self.customer))

    # ---- inside

    def _enter(self, verb: str) -> None:
        if self.state not in VERBS[verb]:
            raise InvalidTransition(f"cannot {verb} a booking that is {self.state.value}")

    def _in_time(self, now: datetime) -> None:
        if self.is_overdue(now):
            raise BookingOverdue("the time for this has run out")

    def _when_due(self, now: datetime) -> None:
        if not self.is_overdue(now):
            raise TooEarly("there is still time")

    def _move(self, state: BookingState, due_at: datetime | None) -> None:
        self.state = BOOKINGS.move(self.state, state)
        self.due_at = due_at

    def _end(self, state: BookingState, now: datetime, by: Side, *, paid: int = 0, reason: str | None = None) -> None:
        self._move(state, None)
        self.paid, self.reason, self.ended_at, self.ended_by = paid, reason or None, now, by.value
