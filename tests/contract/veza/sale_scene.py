"""What must be there for the operations of selling, and who may ask for them.

The owner, whom the path is about, is the seller in what sellers do, and the buyer everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.payments.fake_merchant import BUSY
from entrypoints.http.kit.rows import Row
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.changes import Changes
from platform_core.kernel.select import Select, Where
from platform_core.marketplace.invoices import Invoice
from platform_core.marketplace.refund import RefundState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.sending import AdvanceTransfer
from platform_core.payouts.transfer import transfer_id
from support.market import PRICE, Market
from support.world import SESSION, Person
from unit.http.served import Guest, Served

TAGS = ("marketplace", "seller", "reviews", "refunds", "invoices", "admin")

_EVERYBODY = ("other", "creator", "provider", "moderator")
#: Known to everybody, and somebody else's.
_FOREIGN = {**dict.fromkeys(_EVERYBODY, 403), "admin": 403}
#: Private: nobody else is told that there is one.
_PRIVATE = dict.fromkeys(_EVERYBODY, 404)
#: The same; an admin is shown it, and may not do this to it.
_ONLY_ITS_OWN = {**_PRIVATE, "admin": 403}
_ADMINS = dict.fromkeys(("owner", *_EVERYBODY), 403)

DENIED: Mapping[str, Mapping[str, int]] = {
    "update_product": _FOREIGN,
    "publish_product": _FOREIGN,
    "retire_product": dict.fromkeys(_EVERYBODY, 403),
    "create_review": _FOREIGN,
    "get_order": _PRIVATE,
    "pay_order": _ONLY_ITS_OWN,
    "cancel_order": _ONLY_ITS_OWN,
    "fulfil_order": _ONLY_ITS_OWN,
    "order_refund": _PRIVATE,
    "order_refunds": _PRIVATE,
    "approve_refund": _PRIVATE,
    "reject_refund": _PRIVATE,
    "order_invoice": _PRIVATE,
    "order_invoices": _PRIVATE,
    "print_invoice": _PRIVATE,
    "admin_list_transfers": _ADMINS,
    "admin_retry_transfer": _ADMINS,
}

_PRODUCTS = {"get_product", "update_product", "publish_product", "retire_product", "list_reviews"}
_UNPAID = {"pay_order", "cancel_order"}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request in which everything is right."""
    market = Market(server.world)
    me = Person(owner.id, Actor(owner.id, Role.VIEWER, Via.SESSION, SESSION))
    body = None if row.example is None else dict(row.example)
    if row.id == "create_order" and body is not None:
        seller = await market.seller("seller_1", ready=False)
        body["items"] = [{"product_id": await market.product(seller), "quantity": 1}]
    if "{id}" not in row.path:
        return row.path, body
    return row.path.replace("{id}", await _about(market, row, me)), body


async def _about(market: Market, row: Row, me: Person) -> str:
    """What the path is about."""
    if row.id in _PRODUCTS:
        return await market.product(me)
    if row.id in ("approve_refund", "reject_refund"):
        return await _asked_for(market, me)
    if row.id in ("fulfil_order", "admin_retry_transfer"):
        buyer = await market.world.person("buyer_1")
        order = await market.sold(buyer, await market.product(me))
        return order.id if row.id == "fulfil_order" else await _failed(market, order.id, me)
    seller = await market.seller("seller_1", ready=False)
    product = await market.product(seller)
    if row.id in _UNPAID:
        return (await market.order(me, product)).id
    order = await market.sold(me, product)
    if row.id == "create_review":
        return product
    if row.id == "print_invoice":
        return await _invoice(market, order.id)
    return order.id


async def _asked_for(market: Market, seller: Person) -> str:
    """A refund that waits for its seller's word; it came too late to be granted at once."""
    buyer = await market.world.person("buyer_1")
    order = await market.sold(buyer, await market.product(seller))
    refund = await market.refund_of((await market.refund(buyer, order.id, PRICE)).id)
    refund.state, refund.due_at = RefundState.REQUESTED, None
    await market.world.store.commit(Changes(saved=(refund,)))
    return refund.id


async def _failed(market: Market, order: str, seller: Person) -> str:
    """A transfer that was tried once, and failed."""
    market.merchant.script("transfer", BUSY)
    await market.world.execute(StartOnboarding(), by=seller.actor)
    await market.world.relay.drain()
    id = transfer_id(order, seller.id)
    await market.world.execute(AdvanceTransfer(id), by=Actor.system("worker"))
    return id


async def _invoice(market: Market, order: str) -> str:
    [invoice] = await market.world.store.find(Select(Invoice, (Where("order", "=", order),)))
    return invoice.id
