"""Reading texts as words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

_MARKUP = re.compile(
    r"<(?=[a-z/!?])[^<>]*>?|&#?\w{1,10};|\b\w{2,12}://\S*|\b(?:javascript|data|vbscript|mailto):\S*|\bwww\.\S+"
    r"|(?:\b[\w.+-]{1,64})?@[\w.-]+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # noqa: RUF001  # people type both apostrophes
#: Scripts that put no spaces between words, or vowels where a word would be cut in two.
_UNSPACED = re.compile(r"[\u0900-\u097f\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def plain(text: str) -> str:
    """The text without markup, addresses and handles, and in composed form."""
    return _MARKUP.sub(" ", unicodedata.normalize("NFKC", text))


def folded(word: str) -> str:
    """A word as it is compared: lower case, without accents, with a straight apostrophe."""
    apart = unicodedata.normalize("NFD", word.casefold().replace("’", "'"))  # noqa: RUF001  # the very sign
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not unicodedata.combining(sign)))


def words(text: str) -> list[str]:
    """The words of a text, as they stand."""
    return _WORD.findall(text)


class Entries:
    """Words and beginnings of words to look for.

    Args:
        entries: Each a word, the beginning of one with a `*` behind it, or signs of a script without spaces.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        known = [folded(entry) for entry in entries]
        self._whole = frozenset(entry.replace("-", " ") for entry in known if not entry.endswith("*"))
        self._starts = tuple(entry[:-1] for entry in known if entry.endswith("*"))
        self._signs = tuple(entry for entry in known if _UNSPACED.search(entry))
        self._pairs = frozenset(entry for entry in self._whole if " " in entry)

    def has(self, word: str) -> bool:
        """Whether a folded word is one of them."""
        return word in self._whole or word.startswith(self._starts)

    def pairs(self, sequence: Sequence[str]) -> list[int]:
        """Where two words in a row are one of them."""
        return [place for place, (one, two) in enumerate(pairwise(sequence)) if f"{one} {two}" in self._pairs]

    def signs(self, text: str) -> int:
        """How many of the signs are in a folded text."""
        return sum(1 for sign in self._signs if sign in text)


@lru_cache(maxsize=1)
def topic_entries() -> dict[str, Entries]:
    """The topics, ready to look for."""
    from adapters.assist.lexicon import TOPICS

    return {topic: Entries(entries) for topic, entries in TOPICS.items()}


def topics(folded_words: Iterable[str]) -> set[str]:
    """The topics that some of these words belong to."""
    seen = list(folded_words)
    return {
        topic for topic, entries in topic_entries().items() if topic in seen or any(entries.has(word) for word in seen)
    }


def content_words(text: str) -> list[str]:
    """The folded words of a text that say something, in order, none twice."""
    from adapters.assist.lexicon import STOP

    found = (folded(word) for word in words(plain(text)))
    return list(dict.fromkeys(word for word in found if len(word) > 1 and word not in STOP))
