"""What everybody sees alike: people by name, and lists that are read by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import Invalid

MOST = 100
FARTHEST = 100_000
"""How far a list is read by number."""


@frozen
class Party:
    """A user by id and name."""

    id: str
    username: str


async def parties(people: Directory, users: Iterable[str]) -> Mapping[str, Party]:
    """These users' names beside their ids, by id."""
    wanted = list(dict.fromkeys(users))
    cards = await people.cards(wanted)
    return {user: Party(user, cards[user].username if user in cards else "") for user in wanted}


def check_page(limit: int, offset: int) -> None:
    """Refuse a page that is none.

    Raises:
        Invalid: One of them is out of bounds.
    """
    for name, value, least, most in (("limit", limit, 1, MOST), ("offset", offset, 0, FARTHEST)):
        if type(value) is not int or not least <= value <= most:
            raise Invalid.field(name, f"must be from {least} to {most}")
