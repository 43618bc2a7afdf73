"""A stream's chat: lines that those in its room say and see, while it lasts; kept for whoever comes later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import define, frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden
from platform_core.kernel.page import DEFAULT_LIMIT, Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.messaging.ports import MessageForm, cleaned
from platform_core.streams.events import LineSaid
from platform_core.streams.ports import Blocks
from platform_core.streams.watching import check_entry, entered

LONGEST_LINE = 500
"""Characters."""

KEPT = timedelta(days=30)
"""How long lines are kept after they were said."""


def check_line(content: str) -> None:
    """Refuse a line that is too long or says nothing.

    Raises:
        Invalid: It is.
    """
    _line(content)


def _line(content: str) -> str:
    return cleaned(text(content, "content", least=1, most=LONGEST_LINE), MessageForm.TEXT)


@define(eq=False, kw_only=True)
class StreamLine(Aggregate):
    """A line of a stream's chat, never changed.

    Args:
        stream: Where.
        author: Who said it.
        content: As it is kept; shown as text, never as markup.
        said_at: When.
    """

    kind: ClassVar[str] = "stream_line"

    stream: str
    author: str
    content: str
    said_at: datetime


@frozen
class Line:
    """A line as those in the room see it."""

    id: str
    stream: str
    author: str
    author_name: str
    content: str
    said_at: datetime


@frozen
class SayInStream(Command[Line]):
    """Say something in a stream's chat. Whoever may be in its room may (CHAT-02).

    Args:
        stream: Which.
        content: 1 to 500 characters.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("stream",)

    stream: str
    content: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """For those who have been let in; what else there is to ask, the room itself is asked."""
        await check_entry(work, target["stream"])


async def say_in_stream(command: SayInStream, work: Work, people: Directory, blocks: Blocks) -> Line:
    """Say it.

    Raises:
        NotFound: There is no such stream, or its host is banned.
        Forbidden: The host and the caller want nothing of each other, entry has not been paid, or the caller is banned.
        StreamNotLive: It is over, or has not begun and the caller is not its host.
        Invalid: The line breaks a rule.
    """
    me = work.actor.id
    await entered(work, people, blocks, command.stream)
    card = await people.card(me)
    if card is None or card.banned:
        raise Forbidden("you are shut out")
    line = Line(work.new_id("msg"), command.stream, me, card.username, _line(command.content), work.now)
    said = LineSaid(line.stream, line.id, line.author, line.author_name, line.content, line.said_at)
    work.add(StreamLine(id=line.id, stream=line.stream, author=me, content=line.content, said_at=line.said_at))
    work.emit(said, subject=line.stream)
    return line


@frozen
class ReadChat(Query[Page[Line]]):
    """What was said in a stream's chat, the latest first. Whoever may be in its room may.

    Args:
        stream: Which.
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("stream",)

    stream: str
    after: Position | None = None
    limit: int = DEFAULT_LIMIT

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """For those who have been let in; what else there is to ask, the room itself is asked."""
        await check_entry(work, target["stream"])


async def read_chat(query: ReadChat, work: Work, people: Directory, blocks: Blocks) -> Page[Line]:
    """A page of the lines, without those of whoever is banned by now; it may be shorter for that.

    Raises:
        NotFound, Forbidden, StreamNotLive: As for saying something there.
    """
    await entered(work, people, blocks, query.stream)
    limit = bounded(query.limit)
    where = (Where("stream", "=", query.stream),)
    found = await work.find(Select(StreamLine, where, order=("-said_at",), after=query.after, limit=limit + 1))
    cards = await people.cards([line.author for line in found])
    lines = [
        Line(line.id, line.stream, line.author, cards[line.author].username, line.content, line.said_at)
        for line in found[:limit]
        if line.author in cards and not cards[line.author].banned
    ]
    last = found[limit - 1] if len(found) > limit else None
    return Page(lines, limit, None if last is None else (last.said_at, last.id))
