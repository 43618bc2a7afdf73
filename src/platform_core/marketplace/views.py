"""Who sees what: products, people by name, and lists that are read by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.work import Work
from platform_core.marketplace.product import Product

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


async def visible(work: Work, id: str) -> Product:
    """The product, if it is on sale, or the actor's own, or the actor is an admin.

    Raises:
        NotFound: There is none that the actor may know of.
    """
    product = await work.get(Product, id)
    if product is not None and (product.is_on_sale or product.seller == work.actor.id or work.actor.is_admin):
        return product
    raise NotFound("there is no such product")


async def own(work: Work, id: str) -> Product:
    """The product, if it is the actor's own.

    Raises:
        NotFound: There is none that the actor may know of.
        Forbidden: It is another's.
    """
    product = await visible(work, id)
    if product.seller != work.actor.id:
        raise Forbidden("this is somebody else's product")
    return product
