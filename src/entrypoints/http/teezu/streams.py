"""Live streams: making and moving one's own, finding and watching those of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import (
    Answer,
    Ask,
    Caller,
    Moment,
    NextCursor,
    PageAsk,
    Row,
    get,
    listing,
    moment,
    nothing,
    patch,
    post,
)
from platform_core.kernel.money import LIMIT
from platform_core.streams.broadcasting import (
    Connection,
    CreateStream,
    GetStream,
    ListStreams,
    Moved,
    SetStreamState,
    StreamList,
    StreamView,
)
from platform_core.streams.ports import IceServer
from platform_core.streams.stream import LONGEST_TITLE, StreamState, check_title
from platform_core.streams.watching import Beat, Heard, JoinReceipt, JoinStream, LeaveStream

StreamId = Annotated[str, Meta(description="A stream's id.", examples=["str_abc123"])]
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE, examples=["Evening show 🔥"])]
State = Literal["idle", "live", "frozen", "ended"]
Room = Annotated[
    str,
    Meta(description="Where its events, chat and signals go; `stream:` and the id.", examples=["stream:str_abc123"]),
]
_NAMES: Mapping[str, str] = {"stream": "id"}


class CreateStreamAsk(Ask, frozen=True):
    """A new stream."""

    names: ClassVar[Mapping[str, str]] = {"is_premium": "isPremium", "token_price": "tokenPrice"}
    rules: ClassVar[Mapping[str, Rule]] = {"title": check_title}

    title: Title
    isPremium: Annotated[bool, Meta(description="Whether viewers pay to get in.")] = False
    tokenPrice: Annotated[
        int,
        Meta(ge=0, le=LIMIT, description="What they pay once, in whole tokens; 0 unless premium.", examples=[10]),
    ] = 0

    def command(self, _: Caller) -> CreateStream:
        """What the core is asked."""
        return CreateStream(self.title, self.isPremium, self.tokenPrice)


class StreamAsk(Ask, frozen=True):
    """Which stream."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId

    def command(self, _: Caller) -> GetStream:
        """What the core is asked."""
        return GetStream(self.id)


class SetStateAsk(Ask, frozen=True):
    """Which stream, and where to move it."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId
    state: State

    def command(self, _: Caller) -> SetStreamState:
        """What the core is asked."""
        return SetStreamState(self.id, StreamState(self.state))


class ListAsk(PageAsk, frozen=True, kw_only=True):
    """Which streams to list."""

    state: Annotated[Literal["live", "frozen", "ended"], Meta(description="Only those in this state.")] = "live"
    host: Annotated[str, Meta(max_length=64, description="Only those of this user.")] | None = None
    limit: Annotated[int, Meta(ge=1, description="At most so many; above 100 it is taken for 100.")] = 20

    def command(self, caller: Caller) -> ListStreams:
        """What the core is asked."""
        return ListStreams(StreamState(self.state), self.limit, self.host, caller.position)


class JoinAsk(Ask, frozen=True):
    """Which stream to watch."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId

    def command(self, _: Caller) -> JoinStream:
        """What the core is asked."""
        return JoinStream(self.id)


class LeaveAsk(Ask, frozen=True):
    """Which stream to watch no longer."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId

    def command(self, _: Caller) -> LeaveStream:
        """What the core is asked."""
        return LeaveStream(self.id)


class BeatAsk(Ask, frozen=True):
    """Of which stream the caller is still host or viewer."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId

    def command(self, _: Caller) -> Beat:
        """What the core is asked."""
        return Beat(self.id)


class Ice(Struct, frozen=True):
    """A server that helps browsers reach each other, as `RTCPeerConnection` takes it."""

    urls: Annotated[str, Meta(examples=["stun:stun.teezu.online:3478"])]
    username: Annotated[str, Meta(description="For TURN: this user, for a while.")] | UnsetType = UNSET
    credential: Annotated[str, Meta(description="For TURN: what proves that.")] | UnsetType = UNSET


class NewStream(Answer, frozen=True):
    """A stream just made, and what its host needs to connect."""

    streamId: StreamId
    state: State
    iceServers: list[Ice]
    socketRoom: Room


class Host(Struct, frozen=True):
    """Whose stream it is."""

    id: Annotated[str, Meta(examples=["usr_creator42"])]
    username: Annotated[str, Meta(examples=["creator42"])]


class Stream(Answer, frozen=True):
    """A stream as everybody may see it."""

    streamId: StreamId
    title: Title
    state: State
    isPremium: bool
    tokenPrice: Annotated[int, Meta(description="What entry costs once, in whole tokens.", examples=[10])]
    viewerCount: Annotated[int, Meta(description="How many watch now, the host aside.", examples=[42])]
    host: Host
    startedAt: Annotated[Moment | None, Meta(description="When it first went live.")]
    createdAt: Moment
    endedAt: Moment | None
    reason: Annotated[
        Literal["host", "host_lost", "pause_timeout", "moderation", "duration", "expired", "operator"] | None,
        Meta(description="Why it is frozen or has ended."),
    ]


class Streams(Answer, frozen=True):
    """Streams in one state, those that began last first."""

    streams: list[Stream]
    total: Annotated[int, Meta(description="How many there are in that state.")]
    limit: Annotated[int, Meta(description="How many are shown at most.")]
    nextCursor: NextCursor


class StateSet(Answer, frozen=True):
    """A stream that has just moved."""

    streamId: StreamId
    state: State
    startedAt: Annotated[Moment | None, Meta(description="When it first went live; kept ever after.")]


class Joined(Answer, frozen=True):
    """A viewer's way into a stream."""

    streamId: StreamId
    state: State
    iceServers: list[Ice]
    socketRoom: Room
    tokensPaid: Annotated[int, Meta(description="What this very request cost; 0 the second time.", examples=[10])]
    transactionId: Annotated[str | None, Meta(description="The payment, if there was one now.")]
    newBalance: Annotated[int, Meta(description="The viewer's balance right after it.", examples=[4240])]
    expiresAt: Annotated[
        Moment | None, Meta(description="Send a heartbeat before this moment, or count no longer; null for the host.")
    ]


class StillThere(Answer, frozen=True):
    """A heartbeat that was heard."""

    streamId: StreamId
    state: State
    expiresAt: Annotated[
        Moment | None, Meta(description="Send the next one before this moment; null while a host pauses.")
    ]


def _ice(servers: tuple[IceServer, ...]) -> list[Ice]:
    return [
        Ice(
            server.url,
            UNSET if server.username is None else server.username,
            UNSET if server.credential is None else server.credential.reveal(),
        )
        for server in servers
    ]


def show_created(connection: Connection) -> NewStream:
    """A new stream."""
    return NewStream(connection.stream, connection.state.value, _ice(connection.ice_servers), connection.room)


def show_stream(stream: StreamView) -> Stream:
    """A stream."""
    # The core's words for a reason are the wire's.
    reason: Any = stream.reason
    return Stream(
        streamId=stream.id,
        title=stream.title,
        state=stream.state.value,
        isPremium=stream.is_premium,
        tokenPrice=stream.token_price,
        viewerCount=stream.viewers,
        host=Host(stream.host, stream.host_name),
        startedAt=None if stream.started_at is None else moment(stream.started_at),
        createdAt=moment(stream.created_at),
        endedAt=None if stream.ended_at is None else moment(stream.ended_at),
        reason=reason,
    )


def show_streams(found: StreamList, seal: Seal) -> Streams:
    """A page of streams."""
    return Streams([show_stream(stream) for stream in found.streams], found.total, found.limit, seal(found.next))


def show_moved(moved: Moved) -> StateSet:
    """A stream that has moved."""
    started_at = None if moved.started_at is None else moment(moved.started_at)
    return StateSet(moved.stream, moved.state.value, started_at)


def show_joined(receipt: JoinReceipt) -> Joined:
    """A viewer who was let in."""
    connection = receipt.connection
    return Joined(
        streamId=connection.stream,
        state=connection.state.value,
        iceServers=_ice(connection.ice_servers),
        socketRoom=connection.room,
        tokensPaid=receipt.paid,
        transactionId=receipt.transaction,
        newBalance=receipt.balance,
        expiresAt=None if receipt.expires_at is None else moment(receipt.expires_at),
    )


def show_heard(heard: Heard) -> StillThere:
    """A heartbeat."""
    expires_at = None if heard.expires_at is None else moment(heard.expires_at)
    return StillThere(heard.stream, heard.state.value, expires_at)


_CONNECTION = {
    "streamId": "str_abc123",
    "state": "idle",
    "iceServers": [{"urls": "stun:stun.teezu.online:3478"}],
    "socketRoom": "stream:str_abc123",
}
_STREAM = {
    "streamId": "str_abc123",
    "title": "Evening show 🔥",
    "state": "live",
    "isPremium": True,
    "tokenPrice": 10,
    "viewerCount": 42,
    "host": {"id": "usr_creator42", "username": "creator42"},
    "startedAt": "2026-04-15T20:00:00Z",
    "createdAt": "2026-04-15T19:55:00Z",
    "endedAt": None,
    "reason": None,
}

ROWS: tuple[Row, ...] = (
    post(
        "/streams",
        CreateStreamAsk,
        show_created,
        id="create_stream",
        summary="Create a stream session, idle",
        tag="streams",
        status=201,
        example={"title": "Evening show 🔥", "isPremium": True, "tokenPrice": 10},
        answers=_CONNECTION,
    ),
    listing(
        "/streams",
        ListAsk,
        show_streams,
        id="list_streams",
        summary="List the streams that are live, or frozen, or over",
        tag="streams",
        answers={"streams": [_STREAM], "total": 1, "limit": 20, "nextCursor": None},
    ),
    get(
        "/streams/{id}",
        StreamAsk,
        show_stream,
        id="get_stream",
        summary="Read a stream's metadata, state, viewer count and host",
        tag="streams",
        answers=_STREAM,
    ),
    patch(
        "/streams/{id}/state",
        SetStateAsk,
        show_moved,
        id="set_stream_state",
        summary="Move one's own stream: idle to live, live to frozen or ended, frozen to live",
        tag="streams",
        example={"state": "live"},
        answers={"streamId": "str_abc123", "state": "live", "startedAt": "2026-04-15T20:00:00Z"},
    ),
    post(
        "/streams/{id}/join",
        JoinAsk,
        show_joined,
        id="join_stream",
        summary="Watch a stream; a premium one costs its price the first time",
        tag="streams",
        limit="money",
        answers={
            **_CONNECTION,
            "state": "live",
            "tokensPaid": 10,
            "transactionId": "txn_entry_001",
            "newBalance": 4240,
            "expiresAt": "2026-04-15T20:00:45Z",
        },
    ),
    post(
        "/streams/{id}/heartbeat",
        BeatAsk,
        show_heard,
        id="stream_heartbeat",
        summary="Say that one is still there, as host every 5 seconds, as viewer every 15",
        tag="streams",
        answers={"streamId": "str_abc123", "state": "live", "expiresAt": "2026-04-15T20:01:00Z"},
    ),
    post(
        "/streams/{id}/leave",
        LeaveAsk,
        nothing,
        id="leave_stream",
        summary="Watch a stream no longer",
        tag="streams",
        status=204,
    ),
)
