"""Suggesting people to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import frozen

from platform_core.assist.ports import (
    Candidate,
    Candidates,
    Estranged,
    Favourites,
    Match,
    Matcher,
    Practice,
    Practices,
    Wish,
)
from platform_core.identity.ports import Card, Directory
from platform_core.kernel.actor import USERS, Policy, Role
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Invalid
from platform_core.kernel.text import text
from platform_core.kernel.work import Work

MOST_MATCHES = 50
MOST_TAGS = 10
LONGEST_TAG = 40
#: How many are looked at for one answer, whatever the platform's size.
POOL = 500
#: Whom one may ask for; staff is never suggested.
SUGGESTED = (Role.CREATOR, Role.PROVIDER)
ASKED_FOR = (*SUGGESTED, Role.VIEWER)


@frozen
class FindMatches(Query[list[Match]]):
    """Suggest people to the caller, best first.

    Args:
        limit: At most this many, 1 to 50.
        role: Of this role only; creators and providers when None.
        tags: With at least one of these in their profile, when any are given; at most 10 of 40 characters.
    """

    policy: ClassVar[Policy] = USERS

    limit: int = 10
    role: Role | None = None
    tags: tuple[str, ...] = ()


async def find_matches(query: FindMatches, work: Work, candidates: Candidates, matcher: Matcher) -> list[Match]:
    """The suggestions.

    Raises:
        Invalid: The limit is out of bounds, the role is one that is not suggested, or there are too many tags.
    """
    if not 1 <= query.limit <= MOST_MATCHES:
        raise Invalid.field("limit", f"must be from 1 to {MOST_MATCHES}")
    if query.role is not None and query.role not in ASKED_FOR:
        raise Invalid.field("role", "is not one that is suggested")
    if len(query.tags) > MOST_TAGS:
        raise Invalid.field("tags", f"must have at most {MOST_TAGS} items")
    for tag in query.tags:
        text(tag, "tags", least=1, most=LONGEST_TAG)
    user = work.actor.id
    seeker = await candidates.seeker(user)
    if seeker is None:
        return []
    roles = SUGGESTED if query.role is None else (query.role,)
    pool = [one for one in await candidates.around(user, roles=roles, limit=POOL) if one.id != user]
    ranked = await matcher.rank(seeker, pool, Wish(query.tags))
    return ranked[: query.limit]


class KnownPeople:
    """Candidates from what the platform knows of people: the newest accounts, with what they offer as providers, how
    that was rated, and whom the one who looks has subscribed to.

    Args:
        people: Who is who.
        practices: Who offers what.
        favourites: Whom somebody follows: the creators they have subscribed to.
        estranged: Who wants nothing of whom.
    """

    def __init__(self, people: Directory, practices: Practices, favourites: Favourites, estranged: Estranged) -> None:
        self._people = people
        self._practices = practices
        self._favourites = favourites
        self._estranged = estranged

    async def seeker(self, user: str) -> Candidate | None:
        """The one who looks."""
        card = await self._people.card(user)
        return None if card is None else _candidate(card)

    async def around(self, user: str, *, roles: Sequence[Role], limit: int) -> list[Candidate]:
        """The newest accounts of these roles, but for the user, whoever is banned, and those with a block between."""
        # One more, since the user may be among them.
        cards = [card for card in await self._people.newest(roles, limit=limit + 1) if card.id != user][:limit]
        ids = [card.id for card in cards]
        apart = await self._estranged.among(user, ids)
        practices, followed = await self._practices.of(ids), await self._favourites.of(user)
        return [
            _candidate(card, practices.get(card.id), followed=card.id in followed)
            for card in cards
            if card.id not in apart
        ]


def _candidate(card: Card, practice: Practice | None = None, *, followed: bool = False) -> Candidate:
    said = card.bio if practice is None else f"{card.bio} {practice.words}".strip()
    rating = None if practice is None else practice.rating
    return Candidate(id=card.id, name=card.display_name, role=card.role, bio=said, rating=rating, followed=followed)
