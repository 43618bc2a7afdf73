"""What is there when a run begins: in most runs a market that is open, in some next to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from entrypoints.simulation.world import World
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.slots import OfferSlot
from platform_core.content.paying import SetTiers
from platform_core.kernel.command import Request
from platform_core.kernel.sync import run_sync
from platform_core.marketplace.product import Delivery
from platform_core.marketplace.products import CreateProduct
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.ports import AccountState

R = TypeVar("R")

EMPTY = 4
"""One of so many runs begins with nothing."""
GOODS = (("cleo", 2999, 0), ("cleo", 101, 1900), ("dan", 999, 1900), ("eva", 12_345, 0))


def furnish(world: World) -> None:
    """Open the market, unless this is a run that begins with nothing."""
    if world.seed % EMPTY:
        Furnisher(world).run()
    world.name_what_is_new()


class Furnisher:
    """Opens the market of a world: goods on the shelf, sellers whose accounts take money, times to be booked.

    Args:
        world: Which.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self) -> None:
        """Do it."""
        for seller, price, tax in GOODS:
            country = "DE" if tax else ""
            delivery = Delivery.MANUAL if price > 2000 else Delivery.INSTANT
            self._do(
                seller,
                CreateProduct(
                    f"Goods for {price}",
                    price,
                    delivery=delivery,
                    tax_bp=tax,
                    tax_country=country,
                    publish=True,
                ),
            )
        # The account of a fourth seller is opened by a step, or never.
        for account in ("cleo", "dan", "eva"):
            self._do(account, StartOnboarding())
        for made in list(self._world.provider.accounts):
            message = self._world.provider.set_account(made, AccountState.READY)
            run_sync(self._world.deliver(self._world.provider.messages[message]))
        self._do("eva", SetUpProvider("coaching", 2))
        start = self._world.clock.now()
        for hours in (3, 5):
            begins = start + timedelta(hours=hours)
            host = self._world.people["eva"].id
            self._do("eva", OfferSlot(host, begins, begins + timedelta(minutes=30)))
        self._do("cleo", SetTiers(10, 25))

    def _do(self, who: str, request: Request[R]) -> R:
        person = self._world.people[who]
        return run_sync(self._world.platform.execute(request, by=person.actor))
