"""One sale from the offer to the credit note, told through each store: the same answers but for ids and times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contract.veza.trade import SALES, Trade, words
from platform_core.kernel.actor import Role
from support.stores import Stores
from support.world import PASSWORD, World
from unit.http.served import Answered, Guest, Served, served

#: What differs each time: tokens, ids, numbers of invoices (which follow from the seller's id), moments, dates.
_CHANGING = (
    (re.compile(r"eyJ[\w-]+(\.[\w-]+)+"), "<token>"),
    (re.compile(r"\b[a-z]{3,4}_[0-9a-z]{16,}(_[a-z0-9]+)?"), "<id>"),
    (re.compile(r"\b(INV|CN)-[0-9A-Z]{8}-\d{4}-"), r"\1-<series>-"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<moment>"),
    (re.compile(r"/pay/[\w.-]+"), "/pay/<page>"),
)


def shaped(value: Any) -> Any:
    """A value without what differs each time."""
    if isinstance(value, Mapping):
        return {name: shaped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shaped(inner) for inner in value]
    if isinstance(value, str):
        for pattern, instead in _CHANGING:
            value = pattern.sub(instead, value)
    return value


class Told(Trade):
    """A trade that keeps every answer, as it was asked for."""

    def __init__(self, server: Served) -> None:
        super().__init__(server)
        self.answers: list[tuple[str, int, Any]] = []

    async def api(self, method: str, path: str, body: Any = None, *, by: Guest | None = None, **more: Any) -> Answered:
        """What somebody's request is answered."""
        answer = await super().api(method, path, body, by=by, **more)
        content = words(answer.raw) if answer.raw.startswith(b"%PDF-") else answer.json
        self.answers.append((shaped(f"{method} {path}"), answer.status, shaped(content)))
        return answer

    async def joined(self, name: str, email: str) -> Guest:
        """Somebody who registers."""
        new = {"username": name, "email": email, "password": PASSWORD.reveal()}
        made = await self.data("POST", "/auth/register", new)
        return Guest(made["user"]["id"], made["access_token"])

    async def until(self, moment: str) -> None:
        """Let the worker go on at a moment."""
        passes = datetime.fromisoformat(moment) - self.world.clock.now()
        await self.work(seconds=passes.total_seconds() + 1)


async def _story(told: Told) -> None:
    """A seller whose first two transfers fail sells, delivers, is paid, and gives a third of it back."""
    seller = await told.joined("seller", "seller+fail2@example.com")
    buyer = await told.joined("buyer", "buyer@example.com")
    ren = await told.server.guest("ren", role=Role.ADMIN)
    await told.data("POST", "/sell/connect/onboard", by=seller)
    fields = {"delivery": "manual", "tax_basis_points": 2100, "tax_country": "NL", "description": "60 loops, WAV"}
    product = await told.offer(seller, **fields)
    await told.data("GET", "/marketplace/products?search=LOOPS&sort=title")

    # Sold and delivered.
    order = await told.order(buyer, product, key="the order")
    assert await told.order(buyer, product, key="the order") == order
    assert await told.decide(order) == 200
    assert (await told.look(buyer, order))["state"] == "paid"
    path = f"/marketplace/orders/{order['id']}"
    delivered = await told.data("POST", f"{path}/fulfil", by=seller)
    assert (delivered["state"], delivered["items"][0]["net_cents"]) == ("fulfilled", 2231)
    await told.data("GET", "/sell/balance", by=seller)

    # Paid out, at the third try.
    for failures in (1, 2):
        await told.work()
        failed = await told.data("GET", "/admin/transfers?status=failed", by=ren)
        [transfer] = failed["transfers"]
        assert (failed["total"], transfer["status"], transfer["retry_count"]) == (1, "failed", failures)
        await told.until(transfer["next_retry_at"])
    [transfer] = (await told.data("GET", "/sell/transfers", by=seller))["transfers"]
    assert (transfer["status"], transfer["amount_cents"], transfer["retry_count"]) == ("completed", 2231, 2)
    assert (await told.told("POST", f"/admin/transfers/{transfer['id']}/retry", by=ren))[0] == 409
    await told.data("POST", f"/marketplace/products/{product['id']}/reviews", {"rating": 5}, by=buyer)

    # A third of it goes back.
    wish = {"reason": "Not as described", "amount_cents": 1000}
    await told.data("POST", f"{path}/refund", wish, by=buyer)
    assert (await told.look(buyer, order))["status"] == "refund_pending"
    await told.work(seconds=5)
    assert (await told.look(buyer, order))["state"] == "partially_refunded"
    assert (await told.data("GET", f"{path}/refunds", by=buyer))["refunds"][0]["status"] == "succeeded"
    [transfer] = (await told.data("GET", "/sell/transfers", by=seller))["transfers"]
    assert (transfer["status"], transfer["reversed_cents"]) == ("partially_reversed", 744)
    balance = await told.data("GET", "/sell/balance", by=seller)
    assert (balance["available"], balance["balances"][0]["owed"]) == (0, 0)

    # Both documents.
    invoice, note = (await told.data("GET", f"{path}/invoices", by=buyer))["invoices"]
    [page] = words((await told.api("GET", f"{path}/invoice", by=buyer)).raw)
    for text in (invoice["number"], "Sample pack", "29.99", "24.79", "5.20"):
        assert text in page, (text, page)
    [page] = words((await told.api("GET", f"/marketplace/invoices/{note['id']}", by=buyer)).raw)
    for text in (note["number"], invoice["number"], "10.00"):
        assert text in page, (text, page)
    await told.data("GET", "/marketplace/products")
    await told.data("GET", f"/marketplace/products/{product['id']}/reviews")
    await told.data("GET", "/marketplace/orders", by=buyer)
    await told.look(seller, order)
    await told.look(ren, order)
    seen = await told.world.verified()
    told.answers.append(("the books", 200, [seen.accounts, seen.entries, seen.lines, seen.totals]))


async def test_a_sale_is_told_alike_on_every_store(
    memory_stores: Stores, sqlite_stores: Stores, postgres_stores: Stores
) -> None:
    stories = []
    for seed, stores in enumerate((memory_stores, sqlite_stores, postgres_stores), 1):
        store = stores.new()
        await store.open()
        try:
            async with served(world=World(store, fees=SALES, seed=seed), speaks="veza") as server:
                told = Told(server)
                await _story(told)
        finally:
            await store.close()
        stories.append(told.answers)

    in_memory, in_sqlite, in_postgres = stories
    assert len(in_memory) >= 30
    assert in_memory == in_sqlite
    assert in_memory == in_postgres
