"""What becomes of the products of a seller who is banned, and when the ban ends."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.identity.events import UserBanned, UserUnbanned
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.product import Product

AT_ONCE = 200
"""How many products one unit of work shows or hides."""


@frozen
class ReviewSeller(Command[None]):
    """Show or hide a user's products after a ban or its end. Only the platform does, on word of it."""

    policy: ClassVar[Policy] = PLATFORM

    user: str


async def review_seller(command: ReviewSeller, work: Work, people: Directory) -> None:
    """Show or hide them, so many in one unit of work."""
    card = await people.card(command.user)
    shown = card is not None and not card.banned
    where = (Where("seller", "=", command.user), Where("shown", "=", not shown))
    while products := await work.find(Select(Product, where, limit=AT_ONCE)):
        for product in products:
            product.shown = shown
            work.save(product)
        if len(products) < AT_ONCE:
            break
        await work.commit()


def on_seller(changed: UserBanned | UserUnbanned) -> ReviewSeller:
    """What the marketplace does when somebody is banned, or is no longer."""
    return ReviewSeller(changed.user)
