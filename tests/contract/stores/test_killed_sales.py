"""Whoever takes orders, payments and refunds is killed at any step: nothing is lost or doubled (scenario 11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.payments.fake import FakeGateway
from adapters.payments.fake_merchant import Fault
from platform_core.kernel.money import Money
from platform_core.kernel.select import Select
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.orders import OrderView
from platform_core.payments.ports import PaymentOutcome
from support.fragile import FragileStore, Fuse, guarded, make_fragile
from support.market import Market, market_on
from support.stores import Stores
from support.world import Person

Act = Callable[[], Awaitable[object]]
Story = Callable[[Market, Person, Person], Awaitable[Act]]

SUCCEEDED, DISPUTED, WON, LOST = (
    PaymentOutcome.SUCCEEDED,
    PaymentOutcome.DISPUTED,
    PaymentOutcome.DISPUTE_WON,
    PaymentOutcome.DISPUTE_LOST,
)


async def _sold(market: Market, seller: Person, buyer: Person) -> OrderView:
    return await market.sold(buyer, await market.product(seller))


async def ordered(market: Market, seller: Person, buyer: Person) -> Act:
    song = await market.product(seller)

    async def act() -> None:
        await market.pay(await market.order(buyer, song, key="k"))

    return act


async def paid(market: Market, seller: Person, buyer: Person) -> Act:
    order = await market.order(buyer, await market.product(seller))
    return lambda: market.pay(order)


async def paid_unheard(market: Market, seller: Person, buyer: Person) -> Act:
    order = await market.order(buyer, await market.product(seller))
    market.gateway.answer(str(order.payment_url).rpartition("/")[2], SUCCEEDED)
    market.world.clock.advance(minutes=30)
    return market.worker.ask_about_payments


async def paid_wrongly(market: Market, seller: Person, buyer: Person) -> Act:
    order = await market.order(buyer, await market.product(seller))

    async def act() -> None:
        await market.pay(order, paid=Money(1, "EUR"))
        await market.worker.send_refunds()

    return act


async def refunded(market: Market, seller: Person, buyer: Person) -> Act:
    order = await _sold(market, seller, buyer)
    await market.refund(buyer, order.id)
    return market.worker.send_refunds


async def refunded_and_asked(market: Market, seller: Person, buyer: Person) -> Act:
    order = await _sold(market, seller, buyer)
    await market.refund(buyer, order.id)
    market.merchant.script("refund", Fault.BROKEN_AFTER)
    await market.worker.send_refunds()
    market.world.clock.advance(minutes=31)
    return market.worker.send_refunds


async def refunded_after_a_break_down(market: Market, seller: Person, buyer: Person) -> Act:
    order = await _sold(market, seller, buyer)
    await market.refund(buyer, order.id)
    market.merchant.script("refund", Fault.BROKEN)
    await market.worker.send_refunds()
    market.world.clock.advance(minutes=31)
    return market.worker.send_refunds


async def disputed(market: Market, seller: Person, buyer: Person) -> Act:
    payment = await market.payment_of((await _sold(market, seller, buyer)).id)
    return lambda: market.said(payment, DISPUTED, detail="dp_1")


async def lost(market: Market, seller: Person, buyer: Person) -> Act:
    payment = await market.payment_of((await _sold(market, seller, buyer)).id)
    return lambda: market.said(payment, LOST, detail="dp_1")


async def won(market: Market, seller: Person, buyer: Person) -> Act:
    payment = await market.payment_of((await _sold(market, seller, buyer)).id)
    await market.said(payment, DISPUTED, detail="dp_1")
    return lambda: market.said(payment, WON, detail="dp_1")


async def unkept_disputed(market: Market, seller: Person, buyer: Person) -> Act:
    order = await market.order(buyer, await market.product(seller))
    await market.pay(order, paid=Money(1000, "EUR"))
    payment = await market.payment_of(order.id)

    async def act() -> None:
        await market.said(payment, DISPUTED, minor=400, detail="dp_1")
        await market.worker.send_refunds()

    return act


async def unkept_won(market: Market, seller: Person, buyer: Person) -> Act:
    await (await unkept_disputed(market, seller, buyer))()
    [order] = await market.world.store.find(Select(Order))
    payment = await market.payment_of(order.id)
    return lambda: market.said(payment, WON, detail="dp_1")


KEPT = {"psp": -300, "revenue": 300}
STORIES: tuple[tuple[Story, OrderState, dict[str, int]], ...] = (
    # The order, and the books once the worker has done all there is to do.
    (ordered, OrderState.FULFILLED, KEPT),
    (paid, OrderState.FULFILLED, KEPT),
    (paid_unheard, OrderState.FULFILLED, KEPT),
    (paid_wrongly, OrderState.NEEDS_ATTENTION, {}),
    (refunded, OrderState.REFUNDED, {}),
    (refunded_and_asked, OrderState.REFUNDED, {}),
    (refunded_after_a_break_down, OrderState.REFUNDED, {}),
    (disputed, OrderState.DISPUTED, {}),
    (lost, OrderState.CHARGED_BACK, {}),
    (won, OrderState.FULFILLED, KEPT),
    (unkept_disputed, OrderState.NEEDS_ATTENTION, {}),
    (unkept_won, OrderState.NEEDS_ATTENTION, {}),
)


@pytest.mark.parametrize(("story", "state", "books"), STORIES, ids=lambda value: getattr(value, "__name__", None) or "")
async def test_killed_at_any_step_nothing_is_lost_or_doubled(
    stores: Stores, story: Story, state: OrderState, books: dict[str, int]
) -> None:
    steps, killed = 0, 0
    # A database of its own for each step costs time; memory is asked at every step, the others at every thirteenth.
    stride = 1 if type(stores).__name__ == "MemoryStores" else 13
    while True:
        fuse = Fuse()
        inner = stores.new()
        await inner.open()
        fragile: Any = FragileStore(inner, fuse)
        market = market_on(fragile)
        make_fragile(market.merchant, fuse)
        _make_fragile(market.gateway, fuse)
        seller, buyer = await market.seller(), await market.world.person("buyer")
        act = await story(market, seller, buyer)

        with fuse.lit(steps):
            await act()
        await market.world.verified()
        # Who heard no answer asks again: a provider with its message, a buyer with their key.
        await act()
        for _ in range(4):
            await market.work()
            market.world.clock.advance(minutes=31)

        [order] = await market.world.store.find(Select(Order))
        assert order.state is state
        assert await market.books(seller) == books
        assert [call.verb for call in market.merchant.calls].count("transfer") <= 1
        await market.world.verified()
        await inner.close()
        if not fuse.burnt:
            break
        killed += 1
        steps += stride
    assert killed >= (6 if stride == 1 else 1)


def _make_fragile(gateway: FakeGateway, fuse: Fuse) -> None:
    for name in ("open_checkout", "status"):
        setattr(gateway, name, guarded(getattr(gateway, name), fuse))
