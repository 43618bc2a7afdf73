"""The chat of a live stream: saying something, and what was said before one came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, NextCursor, PageAsk, Row, listing, moment, post
from entrypoints.http.teezu.messages import MessageId
from entrypoints.http.teezu.streams import StreamId
from platform_core.kernel.page import DEFAULT_LIMIT, Page
from platform_core.streams.chat import LONGEST_LINE, Line, ReadChat, SayInStream, check_line

_NAMES: Mapping[str, str] = {"stream": "id"}


class SayAsk(Ask, frozen=True):
    """Something to say in a stream's chat."""

    names: ClassVar[Mapping[str, str]] = _NAMES
    rules: ClassVar[Mapping[str, Rule]] = {"content": check_line}

    id: StreamId
    content: Annotated[str, Meta(min_length=1, max_length=LONGEST_LINE, examples=["Hello from the back row!"])]

    def command(self, _: Caller) -> SayInStream:
        """What the core is asked."""
        return SayInStream(self.id, self.content)


class ChatAsk(PageAsk, frozen=True, kw_only=True):
    """Of which stream, and which part of its chat."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: StreamId

    def command(self, caller: Caller) -> ReadChat:
        """What the core is asked."""
        return ReadChat(self.id, caller.position, self.limit)


class Said(Answer, frozen=True):
    """A line as it was said."""

    messageId: MessageId
    streamId: StreamId
    content: str
    type: Literal["text"]
    sentAt: Moment


class Speaker(Struct, frozen=True):
    """Who said it."""

    id: Annotated[str, Meta(examples=["usr_abc123"])]
    username: Annotated[str, Meta(examples=["john_doe"])]


class ChatLine(Answer, frozen=True):
    """A line of a chat, as `send_message` tells it in the stream's room."""

    messageId: MessageId
    streamId: StreamId
    sender: Speaker
    content: Annotated[str, Meta(description="Data, never markup.")]
    type: Literal["text"]
    sentAt: Moment


class Chat(Answer, frozen=True):
    """What was said, the latest first."""

    lines: list[ChatLine]
    nextCursor: NextCursor
    limit: int


def show_line(line: Line) -> Said:
    """A line just said."""
    return Said(line.id, line.stream, line.content, "text", moment(line.said_at))


def _line(line: Line) -> ChatLine:
    speaker = Speaker(line.author, line.author_name)
    return ChatLine(line.id, line.stream, speaker, line.content, "text", moment(line.said_at))


def show_chat(page: Page[Line], seal: Seal) -> Chat:
    """A page of a chat."""
    return Chat([_line(line) for line in page.items], seal(page.next), page.limit)


_SAID = {
    "messageId": "msg_001",
    "streamId": "str_abc123",
    "content": "Hello from the back row!",
    "type": "text",
    "sentAt": "2026-04-15T20:10:00Z",
}

ROWS: tuple[Row, ...] = (
    listing(
        "/streams/{id}/chat",
        ChatAsk,
        show_chat,
        id="stream_chat",
        summary="Read a stream's chat, the latest line first",
        tag="streams",
        answers={
            "lines": [{**_SAID, "sender": {"id": "usr_abc123", "username": "john_doe"}}],
            "nextCursor": None,
            "limit": DEFAULT_LIMIT,
        },
    ),
    post(
        "/streams/{id}/chat",
        SayAsk,
        show_line,
        id="say_in_stream",
        summary="Say something in a stream's chat",
        tag="streams",
        status=201,
        limit="messages",
        example={"content": "Hello from the back row!"},
        answers=_SAID,
    ),
)
