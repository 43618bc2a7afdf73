"""Detecting a mood, of a text or of a picture that lies elsewhere."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from attrs import frozen

from platform_core.assist.ports import Mood, Moods, Pictures, Unusable
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Invalid
from platform_core.kernel.text import text

LONGEST_TEXT = 2000
LONGEST_URL = 2048


class MoodSource(Enum):
    """What the input is."""

    TEXT = "text"
    IMAGE_URL = "image_url"


@frozen
class DetectMood(Query[Mood]):
    """Tell the mood of a text, or of the picture at an address.

    Args:
        input: The text, at most 2,000 characters, or the https address of a picture.
        source: Which of the two.
    """

    policy: ClassVar[Policy] = USERS

    input: str
    source: MoodSource = MoodSource.TEXT


async def detect_mood(query: DetectMood, work: object, moods: Moods, pictures: Pictures) -> Mood:
    """The mood.

    Raises:
        Invalid: The text is empty or too long, or the picture cannot be had or looked at (SSRF-02).
        Unavailable: Too many pictures are being looked at.
    """
    if query.source is MoodSource.TEXT:
        return await moods.of_text(text(query.input, "input", least=1, most=LONGEST_TEXT))
    url = text(query.input, "input", least=1, most=LONGEST_URL)
    if not moods.sees:
        raise Invalid.field("input", "pictures are not supported here")
    try:
        return await moods.of_picture(await pictures.fetch(url))
    except Unusable as error:
        raise Invalid.field("input", str(error)) from error
