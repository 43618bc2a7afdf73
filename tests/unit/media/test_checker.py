"""The checker that looks for words."""

from __future__ import annotations

import pytest

from adapters.media.checker import WordChecker
from platform_core.content.ports import MediaForm, Sample


async def verdict(caption: str, checker: WordChecker) -> str:
    return (await checker.check(Sample(MediaForm.IMAGE, caption, None))).moderation.value


@pytest.mark.parametrize(
    ("caption", "moderation"),
    [
        ("", "approved"),
        ("a fine day", "approved"),
        ("BADWORD", "rejected"),
        ("so bádword!", "rejected"),
        ("\N{FULLWIDTH LATIN SMALL LETTER B}adword", "rejected"),
        ("badwords are others", "approved"),
        ("two  words", "approved"),
        ("two words", "rejected"),
        ("hmm", "pending"),
        ("hmm badword", "rejected"),
        ("c++", "rejected"),
    ],
)
async def test_a_caption_is_judged_by_its_words(caption: str, moderation: str) -> None:
    checker = WordChecker(["badword", "two words", "c++", " "], ["hmm"])
    assert await verdict(caption, checker) == moderation


async def test_nothing_is_looked_for_where_nothing_is_named() -> None:
    assert await verdict("anything", WordChecker()) == "approved"


async def test_everything_can_be_held() -> None:
    assert await verdict("anything", WordChecker(["badword"], ["*"])) == "pending"
    assert await verdict("badword", WordChecker(["badword"], ["*"])) == "rejected"
