"""The mood of a text from the words and signs in it, and of a picture from its colours; all in this process."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from adapters.assist.colours import can_see, mood_of_colours
from adapters.assist.lexicon import BOOSTERS, DENIALS, MOODS, NEUTRAL_TAGS, MoodWords
from adapters.assist.words import Entries, folded, plain, words
from platform_core.assist.ports import Mood

_BY_NAME = {mood.name: mood for mood in MOODS}
_EMOJI = {sign: mood.name for mood in MOODS for sign in mood.emoji}
#: How far back a denial reaches, in words.
_REACH = 3
_MOST_TAGS = 5
#: What is read of a text for its valence: enough to know, and quickly done.
_READ = 1000


class LocalMoods:
    """Tells moods by a lexicon of our own, and by VADER's valence where that is installed."""

    @property
    def sees(self) -> bool:
        """Whether pictures can be read here."""
        return can_see()

    async def of_text(self, text: str) -> Mood:
        """The mood of a text."""
        return mood_of_text(text)

    async def of_picture(self, picture: bytes) -> Mood:
        """The mood of a picture.

        Raises:
            Unusable: It is no picture that can be read here.
        """
        return await asyncio.to_thread(mood_of_colours, picture)


def mood_of_text(text: str) -> Mood:
    """The mood of a text; `neutral` when nothing in it tells one."""
    clean = plain(text)
    scores = _scores(clean)
    valence = _valence(clean)
    if not scores:
        return _by_valence(valence, clean)
    for name in scores:
        # What a text says as a whole speaks for the moods that feel so.
        scores[name] *= 1 + 0.5 * valence * _BY_NAME[name].valence
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    best = ranked[0]
    share = scores[best] / sum(scores.values())
    strength = 1 - math.exp(-1.5 * scores[best])
    confidence = 0.35 + 0.62 * strength * (0.5 + 0.5 * share)
    tags = list(_BY_NAME[best].tags)
    for second in ranked[1:3]:
        if scores[second] >= 0.5 * scores[best]:
            tags += [tag for tag in (second, *_BY_NAME[second].tags[:1]) if tag not in tags]
    return Mood(best, round(min(confidence, 0.97), 2), tuple(tags[:_MOST_TAGS]))


def _scores(text: str) -> dict[str, float]:
    scores: dict[str, float] = defaultdict(float)
    sequence = [folded(word).replace("'", "") for word in words(text)]
    whole = folded(text)
    for mood, entries in _entries():
        hits = [place for place, word in enumerate(sequence) if entries.has(word)] + entries.pairs(sequence)
        for place in hits:
            before = sequence[max(0, place - _REACH) : place]
            weight = 1.5 if sequence[place].startswith(mood.name[:5]) else 1.0
            weight *= 1.5 if before and before[-1] in BOOSTERS else 1.0
            if DENIALS.intersection(before):
                scores[mood.opposite] += 0.7 * weight
            else:
                scores[mood.name] += weight
        if signs := entries.signs(whole):
            scores[mood.name] += signs
    for sign in text:
        if sign in _EMOJI:
            # Ten hearts say no more than three.
            scores[_EMOJI[sign]] += 0.5
    return {name: min(score, 6.0) for name, score in scores.items()}


def _by_valence(valence: float, text: str) -> Mood:
    """The mood when no word names one."""
    loud = "!" in text
    sure = round(0.3 + 0.4 * abs(valence), 2)
    if valence >= 0.05:
        name = "excited" if loud and valence > 0.5 else "happy"
        return Mood(name, sure, _BY_NAME[name].tags)
    if valence <= -0.05:
        name = "angry" if loud or text.isupper() else "sad"
        return Mood(name, sure, _BY_NAME[name].tags)
    # The more was read without finding anything, the likelier there is nothing.
    return Mood("neutral", round(min(0.2 + 0.02 * len(words(text)), 0.5), 2), NEUTRAL_TAGS)


@lru_cache(maxsize=1)
def _entries() -> tuple[tuple[MoodWords, Entries], ...]:
    return tuple((mood, Entries((mood.name, *mood.words))) for mood in MOODS)


def _valence(text: str) -> float:
    """How good a text feels, -1 to 1; 0 where nobody can say."""
    return _reader()(text[:_READ])


@lru_cache(maxsize=1)
def _reader() -> Callable[[str], float]:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return lambda _: 0.0
    analyzer = SentimentIntensityAnalyzer()
    return lambda text: float(analyzer.polarity_scores(text)["compound"])
