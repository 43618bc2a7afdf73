"""Writing short texts from phrases and from the words of what they are about; the same to the same question."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from adapters.assist.phrases import ANYTHING, PHRASES, SIGNS, TONES, TOPIC_SIGNS
from adapters.assist.words import content_words, folded, plain, topics, words
from platform_core.assist.ports import Brief, Draft, Genre

_ALTERNATIVES = 2
_LONGEST_WORD = 24
#: Asked for captions and bios, people describe the picture too; these words of theirs are not what it is about.
_FRAME = frozenset("selfie shot snapshot scene portrait named called vibe vibes mood style really about".split())  # noqa: SIM905  # reads better


class LocalWriter:
    """Fills phrases of the tone, chosen by what was asked."""

    async def write(self, brief: Brief) -> Draft:
        """A draft; nothing of the context but up to two of its words is repeated."""
        tone = tone_of(brief.tone)
        subject = _subject(brief.context)
        about = subject or ANYTHING[brief.genre]
        draw = _draw(brief.genre, tone, brief.context)
        phrases = PHRASES[brief.genre][tone]
        signs = _signs(brief.context, tone)
        chosen = [phrases[(draw + step) % len(phrases)] for step in range(_ALTERNATIVES + 1)]
        texts = [_filled(phrase, about, signs[(draw + i) % len(signs)]) for i, phrase in enumerate(chosen)]
        return Draft(texts[0], tuple(texts[1:]))


def tone_of(text: str) -> str:
    """The tone that is meant, `warm` when none is known."""
    for word in words(folded(plain(text))):
        for tone, names in TONES.items():
            if word.startswith(names):
                return tone
    return "warm"


def _subject(context: str) -> str:
    """Up to two words of the context that say what it is about, as somebody would say them."""
    spelled = words(plain(context))
    order = [folded(word) for word in spelled]
    found = [word for word in content_words(context) if word not in _FRAME and len(word) <= _LONGEST_WORD]
    # Words of a topic say most; where there are none, the first words do.
    telling = [word for word in found if topics([word])] or found
    if len(telling) == 1 and len(found) > 1:
        place = found.index(telling[0])
        telling = found[max(0, place - 1) : max(0, place - 1) + 2]
    places = [order.index(word) for word in telling[:2]]
    shown = [spelled[place] if place else _mid(spelled[place]) for place in places]
    is_one_name = len(places) == 2 and places[1] == places[0] + 1
    return (" " if is_one_name else " and ").join(shown)


def _mid(word: str) -> str:
    """The first word of a text, as it stands in the middle of one; abbreviations stay as they are."""
    return word if word.isupper() and len(word) > 1 else word.lower()


def _filled(phrase: str, about: str, sign: str) -> str:
    capital = about[:1].upper() + about[1:]
    return phrase.format(it=about, It=capital, sign=sign).strip()


def _signs(context: str, tone: str) -> Sequence[str]:
    known = sorted(topics(content_words(context)))
    if tone == "professional" or not known:
        return SIGNS[tone]
    return [*(TOPIC_SIGNS[topic] for topic in known[:2]), SIGNS[tone][0]]


def _draw(genre: Genre, tone: str, context: str) -> int:
    """A number for what was asked, the same on every machine."""
    text = f"{genre.value}\0{tone}\0{context}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
