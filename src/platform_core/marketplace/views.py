"""Who sees which products."""

from __future__ import annotations

from platform_core.kernel.errors import Forbidden, NotFound
from platform_core.kernel.work import Work
from platform_core.marketplace.product import Product


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
