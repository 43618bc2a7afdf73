"""A stream's chat: lines that those in its room say and see, while it lasts. They are told, and not kept."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Forbidden
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.messaging.ports import MessageForm, cleaned
from platform_core.streams.events import LineSaid
from platform_core.streams.ports import Blocks
from platform_core.streams.watching import entered

LONGEST_LINE = 500
"""Characters."""


def check_line(content: str) -> None:
    """Refuse a line that is too long or says nothing.

    Raises:
        Invalid: It is.
    """
    _line(content)


def _line(content: str) -> str:
    return cleaned(text(content, "content", least=1, most=LONGEST_LINE), MessageForm.TEXT)


@frozen
class Line:
    """A line as it was said."""

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

    stream: str
    content: str


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
    work.emit(said, subject=line.stream)
    return line
