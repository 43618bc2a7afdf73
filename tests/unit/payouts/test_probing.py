"""Transfers nobody knows the outcome of: asked about, and never sent twice."""

import pytest

from adapters.payments.fake_merchant import CLOSED, RESTRICTED, Fault
from platform_core.ledger.ports import payable
from platform_core.payouts.movement import TransferState
from platform_core.payouts.provider import Done
from platform_core.payouts.sending import AdvanceTransfer, NotRetryable
from support.selling import EUR, SYSTEM, Shop
from support.world import memory_world

S = TransferState


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def test_what_was_done_unheard_is_found_and_not_sent_again(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    id = await shop.paid(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).status == "unknown"
    assert await shop.balance(payable(seller.id, EUR)) == 2699

    await shop.until_due(id)
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count) == (S.COMPLETED, 0)
    assert len(shop.world.merchant.calls) == 1
    await shop.check(settled=True)


async def test_what_never_arrived_is_sent_again_under_the_same_key(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    waiting = await shop.transfer(id)
    assert (waiting.state, waiting.reason, waiting.retry_count, waiting.generation) == (
        S.RETRY_WAIT,
        "not_received",
        1,
        1,
    )
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert [one.key for one in await shop.attempts(id)] == [f"transfer:{id}:1"] * 2
    await shop.check(settled=True)


@pytest.mark.parametrize(("fault", "calls"), [(Fault.BROKEN, 2), (Fault.BROKEN_AFTER, 1)])
async def test_an_answer_that_says_nothing_uses_up_its_key_once_asking_has_found_nothing(
    shop: Shop, fault: Fault, calls: int
) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", fault)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    if (await shop.transfer(id)).due_at is not None:
        await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert len({call.key for call in shop.world.merchant.calls}) == calls
    await shop.check(settled=True)


async def test_asking_goes_on_until_there_is_an_answer(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    shop.world.merchant.script("find_transfer", *([Fault.LOST] * 5))
    id = await shop.paid(seller)
    await shop.work_off()
    for _ in range(5):
        await shop.until_due(id)
        assert (await shop.transfer(id)).state is S.PROBING
        with pytest.raises(NotRetryable):
            await shop.retry(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_a_forgotten_key_is_asked_about_before_anything_is_sent(shop: Shop) -> None:
    """The outcome is unknown, nothing runs for two days, and the provider has forgotten the key by then."""
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    shop.world.clock.advance(days=2)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert [one.key for one in await shop.attempts(id)] == [f"transfer:{id}:1", f"transfer:{id}:2"]
    await shop.check(settled=True)


async def test_an_admin_who_tries_long_after_asks_first(shop: Shop) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", CLOSED)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.clock.advance(days=3)
    merchant.script("find_transfer", Fault.LOST)
    unknown = await shop.retry(id)
    assert (unknown.status, unknown.retry_count, len(merchant.calls)) == ("unknown", 2, 1)
    await shop.until_due(id)
    # Asking brought nothing: that try has failed, and was counted when the admin began it.
    failed = await shop.transfer(id)
    assert (failed.retry_count, failed.state) == (2, S.RETRY_WAIT)
    assert (await shop.retry(id)).status == "completed"
    await shop.check(settled=True)


async def test_a_killed_sender_leaves_a_lease_and_the_next_one_asks(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    merchant = shop.world.merchant

    async def dies(**_: object) -> Done:
        raise KeyboardInterrupt

    original, merchant.transfer = merchant.transfer, dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    merchant.transfer = original  # type: ignore[method-assign]
    assert (await shop.transfer(id)).state is S.IN_FLIGHT
    await shop.work_off()
    assert not merchant.calls  # The lease is not over.
    await shop.until_due(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_what_is_pending_there_is_told_later(shop: Shop) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", Fault.PENDING)
    id = await shop.paid(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).status == "processing"
    await shop.until_due(id)
    assert (await shop.transfer(id)).status == "processing"
    merchant.settle("transfer", id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert len(merchant.calls) == 1
    await shop.check(settled=True)


async def test_what_was_blocked_for_long_after_a_try_is_asked_about_first(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", RESTRICTED)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.clock.advance(days=3)
    await shop.onboard(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_what_arrives_late_is_not_done_twice(shop: Shop) -> None:
    """Asking finds nothing, it is sent again under the same key, and then the first request arrives after all."""
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LATE)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    shop.world.merchant.let_arrive()
    await shop.check(settled=True)


async def test_what_arrives_late_and_first_is_found_by_its_key(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LATE)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    shop.world.merchant.let_arrive()
    await shop.refunded(seller, 900)
    await shop.until_due(id)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.PARTIALLY_REVERSED
    await shop.check(settled=True)
