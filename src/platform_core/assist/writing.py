"""Writing captions, bios and openers."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.assist.ports import Brief, Draft, Genre, Writer
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Query
from platform_core.kernel.text import text

LONGEST_CONTEXT = 1000
LONGEST_TONE = 40


@frozen
class Generate(Query[Draft]):
    """Write a caption, a bio or an opener, with alternatives.

    Args:
        genre: What to write.
        context: What it is about; at most 1,000 characters.
        tone: How it should sound, such as `playful`; at most 40 characters. A tone that is not known is passed over.
    """

    policy: ClassVar[Policy] = USERS

    genre: Genre
    context: str = ""
    tone: str = ""


async def generate(query: Generate, work: object, writer: Writer) -> Draft:
    """The draft.

    Raises:
        Invalid: The context or the tone is too long.
    """
    context = text(query.context, "context", most=LONGEST_CONTEXT)
    tone = text(query.tone, "tone", most=LONGEST_TONE)
    return await writer.write(Brief(query.genre, context, tone))
