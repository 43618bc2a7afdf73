"""Ranking people by what they say of themselves, and by what is known of how others like them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from adapters.assist.words import content_words, folded, topics
from platform_core.assist import ports
from platform_core.assist.ports import Candidate, Match, Wish
from platform_core.kernel.actor import Role

_ROLES = {Role.CREATOR: ports.IS_CREATOR, Role.PROVIDER: ports.IS_PROVIDER}
_MOST_REASONS = 3


@frozen
class _Profile:
    words: frozenset[str]
    topics: frozenset[str]


class LocalMatcher:
    """Ranks by shared topics and words, wanted tags, ratings and follows, each with its share of the score."""

    async def rank(self, seeker: Candidate, candidates: Sequence[Candidate], wish: Wish) -> list[Match]:
        """Those of the candidates who fit, best first; ties by id."""
        own = _profile(seeker)
        profiles = {one.id: (one, _profile(one)) for one in candidates if one.id != seeker.id}
        # A word that many use tells less of a kinship than a rare one.
        common = Counter(word for _, profile in profiles.values() for word in profile.words)
        matches = []
        for one, profile in profiles.values():
            wanted = _wanted(profile, wish)
            if wish.tags and not wanted:
                continue
            shared = _shared(own, profile, common)
            matches.append(_match(one, shared, wanted, asked=bool(wish.tags)))
        return sorted(matches, key=lambda match: (-match.score, match.user))


def _profile(one: Candidate) -> _Profile:
    seen = content_words(f"{one.bio} {one.name}")
    return _Profile(frozenset(seen), frozenset(topics(seen)))


def _wanted(profile: _Profile, wish: Wish) -> float:
    """The share of the wanted tags that a profile has, word by word or by topic."""
    if not wish.tags:
        return 0.0
    found = 0.0
    for tag in wish.tags:
        wanted = content_words(tag) or [folded(tag)]
        if profile.words.issuperset(wanted):
            found += 1
        elif topics(wanted) & profile.topics:
            found += 0.8
    return found / len(wish.tags)


def _shared(own: _Profile, other: _Profile, common: Counter[str]) -> float:
    """How much two profiles have in common, 0 to 1: two topics, or some rare words, are a lot."""
    by_topic = len(own.topics & other.topics) * 0.5
    by_word: float = sum(0.3 / max(1, common[word]) ** 0.5 for word in sorted(own.words & other.words))
    return min(1.0, by_topic + by_word)


def _match(one: Candidate, shared: float, wanted: float, *, asked: bool) -> Match:
    rated = 0.0 if one.rating is None else max(0.0, min(1.0, (one.rating - 2.5) / 2.5))
    known = min(1.0, one.friends / 3)
    full = min(1.0, len(one.bio) / 120)
    weighted = [
        (0.35 if asked else 0.0, wanted, ports.WANTED_TAGS, wanted > 0),
        (0.35, shared, ports.SHARED_INTERESTS, shared >= 0.1),
        (0.2, rated, ports.HIGH_RATING, rated >= 0.6),
        (0.1, float(one.followed), ports.FOLLOWED, one.followed),
        (0.1, known, ports.FRIENDS_FOLLOW, one.friends > 0),
        (0.1, full, ports.FULL_PROFILE, full >= 0.5),
    ]
    score = 0.05 + 0.94 * sum(weight * value for weight, value, _, _ in weighted) / sum(
        weight for weight, *_ in weighted
    )
    told = [(weight * value, reason) for weight, value, reason, counts in weighted if counts]
    reasons = [reason for _, reason in sorted(told, key=lambda pair: -pair[0])]
    return Match(one.id, round(score, 2), tuple(reasons[:_MOST_REASONS]) or (_ROLES.get(one.role, ports.IS_MEMBER),))
