"""A checker that needs nothing but words: what a caption says decides, the same way each time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from platform_core.content.ports import Moderation, Sample, Verdict


class WordChecker:
    """Looks for words in captions. It does not look at pictures: whoever needs that puts a model behind the port.

    Args:
        refused: Words that have an item rejected.
        held: Words that have somebody look first; `*` has them look at everything.
    """

    def __init__(self, refused: Iterable[str] = (), held: Iterable[str] = ()) -> None:
        held = tuple(held)
        self._holds_all = "*" in held
        self._refused = _pattern(refused)
        self._held = _pattern(word for word in held if word != "*")

    async def check(self, sample: Sample) -> Verdict:
        """The verdict."""
        caption = _folded(sample.caption)
        if self._refused is not None and self._refused.search(caption):
            return Verdict(Moderation.REJECTED, "its caption has a word that is not allowed here")
        if self._held is not None and self._held.search(caption):
            return Verdict(Moderation.PENDING, "its caption has a word that somebody has to look at")
        if self._holds_all:
            return Verdict(Moderation.PENDING, "everything is looked at here first")
        return Verdict(Moderation.APPROVED)


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    known = sorted({_folded(word) for word in words if word.strip()})
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)") if known else None


def _folded(text: str) -> str:
    """The text without accents, width and case, as a reader takes it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
