"""Whoever sends money is killed at any step: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, Fault
from platform_core.kernel.errors import Conflict
from platform_core.payouts.movement import TransferState
from support.fragile import FragileStore, Fuse, make_fragile
from support.selling import EUR, Shop
from support.stores import Stores
from support.world import Person, World

Story = Callable[[Shop, Person], Awaitable[Callable[[], Awaitable[object]]]]
END = {TransferState.COMPLETED, TransferState.PARTIALLY_REVERSED, TransferState.REVERSED, TransferState.CANCELLED}


async def sent(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    await shop.paid(seller)
    return shop.work_off


async def asked_about(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    id = await shop.paid(seller)
    await shop.work_off()
    return lambda: shop.until_due(id)


async def sent_again(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    shop.world.merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    await shop.refunded(seller, 200)
    return lambda: shop.until_due(id)


async def netted(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    await shop.paid(seller, "ord_0", 1000)
    await shop.work_off()
    shop.world.merchant.script("reverse", CLOSED)
    await shop.refunded(seller, 700, "ord_0")
    await shop.work_off()
    await shop.paid(seller)
    return shop.work_off


async def taken_back(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 700)
    return shop.work_off


async def taken_back_after_asking(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", Fault.BROKEN_AFTER)
    await shop.refunded(seller, 700)
    await shop.work_off()
    shop.world.clock.advance(minutes=2)
    return shop.work_off


async def lowered_when_it_had_failed(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    shop.world.merchant.script("transfer", Fault.BROKEN)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 700)
    return lambda: shop.until_due(id)


async def retried_long_after(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    shop.world.merchant.script("transfer", CLOSED)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.clock.advance(days=2)
    return lambda: shop.retry(id)


async def retried_after_a_refusal(shop: Shop, seller: Person) -> Callable[[], Awaitable[object]]:
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    return lambda: shop.retry(id)


STORIES: tuple[tuple[Story, int], ...] = (
    # What the seller has in the end, with what they were sent before the story began.
    (sent, 2699),
    (asked_about, 2699),
    (sent_again, 2499),
    (netted, 2899),
    (taken_back, 1999),
    (taken_back_after_asking, 1999),
    (lowered_when_it_had_failed, 1999),
    (retried_long_after, 2699),
    (retried_after_a_refusal, 2699),
)


@pytest.mark.parametrize(("story", "in_the_end"), STORIES, ids=lambda value: getattr(value, "__name__", None))
async def test_killed_at_any_step_nothing_is_lost_or_doubled(stores: Stores, story: Story, in_the_end: int) -> None:
    steps, killed = 0, 0
    # A database of its own for each step costs time: memory is asked at every step, the others here and there.
    stride = 1 if type(stores).__name__ == "MemoryStores" else 11
    while True:
        fuse = Fuse()
        inner = stores.new()
        await inner.open()
        fragile: Any = FragileStore(inner, fuse)
        shop = Shop(World(fragile))
        make_fragile(shop.world.merchant, fuse)
        seller = await shop.seller()
        act = await story(shop, seller)

        with fuse.lit(steps):
            await act()
        await shop.check()
        await the_rest(shop)

        await shop.check(settled=True)
        assert shop.world.merchant.paid_out(await shop.account(seller), EUR) == in_the_end
        await inner.close()
        if not fuse.burnt:
            break
        killed += 1
        steps += stride
    assert killed >= (10 if stride == 1 else 1)


async def the_rest(shop: Shop) -> None:
    """Others go on, a day long, and an admin has tried again what waits for one."""
    for _ in range(12):
        await shop.work_off()
        for transfer in await shop.transfers():
            if transfer.state is TransferState.FAILED_PERMANENT:
                try:
                    await shop.retry(transfer.id)
                except Conflict:
                    continue
        shop.world.clock.advance(hours=2)
    assert {transfer.state for transfer in await shop.transfers()} <= END
