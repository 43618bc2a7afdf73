"""What the demo's creator sells: a few products, one of them bought, paid and reviewed, so that there is an invoice."""

from __future__ import annotations

from contextlib import suppress

from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import PlatformError
from platform_core.marketplace.checkout import CartItem, PlaceOrder
from platform_core.marketplace.product import Delivery
from platform_core.marketplace.products import CreateProduct, ListOwnProducts
from platform_core.marketplace.reviews import ReviewProduct
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhooks import TakeWebhook
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.platform import Platform

OFFERS = (
    CreateProduct("Sample pack", 29_99, description="60 drum loops, WAV", tax_bp=2100, tax_country="NL", publish=True),
    CreateProduct("Evening show, the recordings", 12_50, description="All eight nights, FLAC", publish=True),
    CreateProduct("A signed print", 45_00, description="30 x 40 cm, by post", delivery=Delivery.MANUAL, publish=True),
    CreateProduct("The next record", 19_00, description="Not before the summer"),
)
SAID = 5, "Amazing track! The loops sit right in the mix."


async def seed_sales(platform: Platform, seller: Actor, buyer: Actor) -> None:
    """Offer the products as this seller, unless they offer some, and let the buyer have the first one."""
    # As in the other scenes: whoever was banned or changed sells or buys nothing.
    with suppress(PlatformError):
        if (await platform.execute(ListOwnProducts(limit=1), by=seller)).total:
            return
        first, *_ = [await platform.execute(offer, by=seller) for offer in OFFERS]
        with suppress(PlatformError):
            # Nobody who would send the money may be set up.
            await platform.execute(StartOnboarding(), by=seller)
        await _bought(platform, first.id, buyer)


async def _bought(platform: Platform, product: str, buyer: Actor) -> None:
    """An order that is paid and reviewed; none where paying takes money."""
    from adapters.payments.fake import FakeGateway

    if not isinstance(platform.gateway, FakeGateway):
        return
    order = await platform.execute(PlaceOrder((CartItem(product),)), by=buyer, key="demo order")
    page = str(order.payment_url).rpartition("/")[2]
    word = platform.gateway.answer(page, PaymentOutcome.SUCCEEDED)
    provider = Actor.system(platform.gateway.name)
    taken = await platform.execute(TakeWebhook(word.body, word.headers), by=provider)
    await platform.apply_webhook(taken.id, by=provider)
    await platform.execute(ReviewProduct(product, *SAID), by=buyer)
