"""The worker's loops over transfers and their reversals."""

import pytest

from entrypoints.worker.selling import send_transfers
from entrypoints.worker.worker import Worker
from platform_core.payouts.movement import TransferState
from support.selling import Shop
from support.world import memory_world


async def test_the_worker_sends_and_takes_back() -> None:
    shop = Shop(memory_world())
    seller = await shop.seller()
    id = await shop.paid(seller)
    worker = Worker(shop.world)
    await worker.once()
    await shop.refunded(seller, 2699)
    await worker.once()
    assert (await shop.transfer(id)).state is TransferState.REVERSED
    await shop.check(settled=True)


async def test_one_that_cannot_be_done_holds_up_nobody() -> None:
    shop = Shop(memory_world())
    seller = await shop.seller()
    ids = [await shop.paid(seller, f"ord_{n}") for n in range(3)]
    merchant, original = shop.world.merchant, shop.world.merchant.transfer

    async def fails_once(**asked: object) -> object:
        merchant.transfer = original  # type: ignore[method-assign]  # the next goes well
        raise RuntimeError("a fault of the adapter")

    merchant.transfer = fails_once  # type: ignore[method-assign,assignment]  # the same, failing
    with pytest.raises(RuntimeError, match="a fault of the adapter"):
        await send_transfers(shop.world, 100)
    states = [(await shop.transfer(id)).state for id in ids]
    assert sorted(state.value for state in states) == ["completed", "completed", "in_flight"]
    # Nobody knows whether it was sent: its lease runs out, and the provider is asked.
    for _ in range(3):
        shop.world.clock.advance(minutes=3)
        await shop.work_off()
    await shop.check(settled=True)
