"""Workers, admins, refunds and disputes that meet, in many orders: one call at a time, and every cent is somewhere."""

import pytest

from adapters.payments.fake_merchant import BUSY, SPENT, Fault
from platform_core.kernel.errors import Conflict, Unavailable
from platform_core.payouts.movement import TransferState
from platform_core.payouts.sending import AdvanceTransfer
from support.interleaving import InterleavedStore, at_once
from support.selling import SYSTEM, Shop
from support.world import World

pytestmark = pytest.mark.parametrize("seed", range(15))
S = TransferState


def refused(results: list[object]) -> int:
    """How many were refused, and that nothing worse happened."""
    failures = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(failure, (Conflict, Unavailable)) for failure in failures), failures
    return len(failures)


async def test_many_retries_and_the_worker_make_one_call(seed: int) -> None:
    """MON-13."""
    shop = Shop(World(InterleavedStore(seed)))
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    due = (await shop.transfer(id)).due_at
    assert due is not None
    shop.world.clock.advance(seconds=(due - shop.world.clock.now()).total_seconds())

    results = await at_once(
        *(shop.retry(id) for _ in range(4)),
        *(shop.world.execute(AdvanceTransfer(id), by=SYSTEM) for _ in range(3)),
    )

    assert refused(list(results)) == 6
    assert len(shop.world.merchant.calls) == 2
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


@pytest.mark.parametrize("trouble", [None, BUSY, Fault.UNHEARD, Fault.LOST, Fault.BROKEN])
async def test_a_refund_races_the_transfer(seed: int, trouble: object) -> None:
    """Either it shrinks, or the seller owes it and it is taken back."""
    shop = Shop(World(InterleavedStore(seed)))
    seller = await shop.seller()
    if trouble is not None:
        shop.world.merchant.script("transfer", trouble)  # type: ignore[arg-type]  # one of these
    id = await shop.paid(seller)

    results = await at_once(
        shop.world.execute(AdvanceTransfer(id), by=SYSTEM),
        shop.refunded(seller, 600, reference="rfd_1"),
        shop.refunded(seller, 600, reference="rfd_2"),
        shop.held(),
    )

    refused(list(results))
    await shop.check()
    await shop.freed()
    for _ in range(30):
        await shop.work_off()
        shop.world.clock.advance(hours=1)
    transfer = await shop.transfer(id)
    assert transfer.sent - transfer.reversed == 1499
    await shop.check(settled=True)


async def test_a_debt_is_netted_once_whatever_is_sent_at_once(seed: int) -> None:
    shop = Shop(World(InterleavedStore(seed)))
    seller = await shop.seller()
    await shop.paid(seller, "ord_0", 1000)
    await shop.work_off()
    shop.world.merchant.script("reverse", SPENT)
    ids = [await shop.paid(seller, f"ord_{n}", 500) for n in (1, 2, 3)]

    results = await at_once(
        shop.refunded(seller, 900, "ord_0"),
        *(shop.world.execute(AdvanceTransfer(id), by=SYSTEM) for id in ids),
    )

    refused(list(results))
    await shop.check()
    for _ in range(30):
        await shop.work_off()
        shop.world.clock.advance(hours=1)
    await shop.check(settled=True)


async def test_a_refund_that_fails_races_the_money_that_comes_back(seed: int) -> None:
    shop = Shop(World(InterleavedStore(seed)))
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)

    results = await at_once(shop.work_off(), shop.unrefunded(seller, 900), shop.work_off())

    refused(list(results))
    await shop.check()
    for _ in range(5):
        await shop.work_off()
        shop.world.clock.advance(hours=1)
    transfer = await shop.transfer(id)
    assert transfer.sent - transfer.reversed == 2699
    await shop.check(settled=True)
