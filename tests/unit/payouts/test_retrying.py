"""Transfers tried again by admins, one call at a time, and debts that come in between."""

import asyncio

import pytest

from adapters.payments.fake_merchant import BUSY, SPENT
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.errors import Conflict, Forbidden, NotFound
from platform_core.payouts.movement import TransferAttempt, TransferState
from platform_core.payouts.sending import AdvanceTransfer, NotRetryable
from support.selling import SYSTEM, Shop
from support.world import memory_world

S = TransferState


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def test_only_admins_retry_and_only_what_has_failed(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    with pytest.raises(NotFound):
        await shop.retry("trf_none")
    with pytest.raises(Forbidden):
        await shop.retry(id, by=seller.actor)
    with pytest.raises(Forbidden):
        await shop.retry(id, by=Actor("usr_m", Role.MODERATOR, Via.SESSION, "ses_1"))
    with pytest.raises(NotRetryable, match="scheduled"):
        await shop.retry(id)
    await shop.work_off()
    with pytest.raises(NotRetryable, match="completed"):
        await shop.retry(id)
    assert len(shop.world.merchant.calls) == 1


async def test_the_same_retry_twice_is_one(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    first = await shop.retry(id, key="again")
    assert await shop.retry(id, key="again") == first
    assert len(shop.world.merchant.calls) == 2


async def test_retries_while_it_is_being_sent_are_refused(shop: Shop) -> None:
    """MON-13: whoever comes second makes no call."""
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    reached, gate, original = asyncio.Event(), asyncio.Event(), merchant.transfer

    async def slow(**asked: object) -> object:
        reached.set()
        await gate.wait()
        return await original(**asked)  # type: ignore[arg-type]  # passed on

    merchant.transfer = slow  # type: ignore[assignment,method-assign]  # the same, later
    first = asyncio.create_task(shop.retry(id))
    await reached.wait()
    with pytest.raises(NotRetryable, match="in_flight"):
        await shop.retry(id)
    with pytest.raises(Conflict):
        await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    gate.set()
    assert (await first).status == "completed"
    assert len(merchant.calls) == 2
    await shop.check(settled=True)


async def test_a_debt_that_grows_while_a_transfer_is_claimed_is_netted_first(shop: Shop) -> None:
    """Invariant 35, however close it is."""
    seller = await shop.seller()
    await shop.paid(seller, "ord_0")
    await shop.work_off()
    shop.world.merchant.script("reverse", SPENT)
    id = await shop.paid(seller)
    store, original = shop.world.store, shop.world.store.commit

    async def just_before(changes: Changes) -> Committed:
        if any(isinstance(added, TransferAttempt) for added in changes.added):
            store.commit = original  # type: ignore[method-assign]  # once
            await shop.refunded(seller, 900, "ord_0")
        return await original(changes)

    store.commit = just_before  # type: ignore[method-assign]  # once
    await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    transfer = await shop.transfer(id)
    assert (transfer.sent, transfer.netted) == (1799, 900)
    await shop.work_off()
    await shop.check(settled=True)
