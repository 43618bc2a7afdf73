"""Money that goes back to buyers: taken from what is here, owed for what was sent, and given again if it came back."""

from collections.abc import Awaitable, Callable

import pytest

from adapters.payments.fake_merchant import Fault
from platform_core.kernel.errors import Conflict, Invalid, NotFound, PlatformError
from platform_core.kernel.select import Select
from platform_core.ledger.ports import payable, receivable
from platform_core.payouts.movement import TransferState
from platform_core.payouts.ports import (
    schedule_transfer,
    transfer_id,
)
from platform_core.payouts.transfer import Transfer
from support.selling import EUR, Shop
from support.world import Person, memory_world

S = TransferState


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def balances(shop: Shop, seller: Person) -> tuple[int, int]:
    """What is owed to the seller, and by them."""
    return (
        await shop.balance(payable(seller.id, EUR)),
        await shop.balance(receivable(seller.id, EUR)),
    )


async def test_there_is_one_transfer_for_an_order_and_a_seller(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    assert id == transfer_id("ord_1", seller.id)
    await shop.unit(
        lambda work: schedule_transfer(
            work,
            shop.policy,
            order="ord_1",
            seller=seller.id,
            gross=1,
            fee=0,
            net=1,
            currency=EUR,
            available_at=work.now,
        )
    )
    assert (await shop.transfer(id)).net == 2699
    assert len(await shop.world.store.find(Select(Transfer))) == 1


async def test_a_refund_before_the_transfer_lowers_it(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.refunded(seller, 900)
    assert (await shop.transfer(id)).amount == 1799
    await shop.work_off()
    assert shop.world.merchant.calls[0].amount.minor == 1799
    assert await balances(shop, seller) == (0, 0)
    await shop.check(settled=True)


async def test_a_full_refund_before_the_transfer_cancels_it_and_its_failure_brings_it_back(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.refunded(seller, 2699)
    cancelled = await shop.transfer(id)
    assert (cancelled.state, cancelled.reason, cancelled.due_at) == (S.CANCELLED, "refund", None)
    await shop.work_off()
    assert not shop.world.merchant.calls

    await shop.unrefunded(seller, 2699)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_a_refund_after_the_transfer_is_taken_back_from_the_seller(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)
    assert await balances(shop, seller) == (0, -900)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.reversed, transfer.sent) == (S.PARTIALLY_REVERSED, 900, 2699)
    assert await balances(shop, seller) == (0, 0)

    await shop.refunded(seller, 1799, reference="rfd_2")
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.REVERSED
    await shop.check(settled=True)


async def test_two_equal_refunds_are_two(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 30, reference="rfd_1")
    await shop.refunded(seller, 30, reference="rfd_2")
    await shop.work_off()
    assert (await shop.transfer(id)).reversed == 60
    [first, second] = await shop.reversals()
    assert {call.key for call in shop.world.merchant.calls[1:]} == {f"reversal:{first.id}:1", f"reversal:{second.id}:1"}
    await shop.check(settled=True)


async def test_a_refund_while_the_transfer_is_under_way_is_owed_and_taken_back_when_it_was_sent(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)
    assert await balances(shop, seller) == (2699, -900)
    await shop.check()
    await shop.until_due(id)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.PARTIALLY_REVERSED
    assert await balances(shop, seller) == (0, 0)
    await shop.check(settled=True)


@pytest.mark.parametrize(("taken", "state"), [(900, S.RETRY_WAIT), (2699, S.CANCELLED)])
async def test_a_refund_while_the_transfer_is_under_way_lowers_it_when_it_was_not_sent(
    shop: Shop, taken: int, state: TransferState
) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", Fault.BROKEN)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, taken)
    await shop.until_due(id)
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.unsent) == (state, 2699 - taken)
    assert await balances(shop, seller) == (2699 - taken, 0)
    while (await shop.transfer(id)).due_at is not None:
        await shop.until_due(id)
    assert (await shop.transfer(id)).sent == 2699 - taken
    await shop.check(settled=True)


async def test_while_a_try_may_still_arrive_the_same_amount_is_sent_again(shop: Shop) -> None:
    """The key is the same, so what was asked under it must be."""
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    await shop.refunded(seller, 900)
    await shop.until_due(id)
    await shop.work_off()
    assert [call.amount.minor for call in shop.world.merchant.calls] == [2699, 900]
    assert await balances(shop, seller) == (0, 0)
    await shop.check(settled=True)


async def test_a_refund_that_fails_after_the_money_came_back_is_sent_anew(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)
    await shop.work_off()
    await shop.unrefunded(seller, 900)
    restored = await shop.transfer(id)
    assert (restored.state, restored.unsent, restored.subject) == (S.SCHEDULED, 900, f"{id}.2")
    assert await balances(shop, seller) == (900, 0)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.sent, transfer.reversed) == (S.PARTIALLY_REVERSED, 3599, 900)
    await shop.check(settled=True)

    await shop.refunded(seller, 2699, reference="rfd_2")
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.REVERSED
    await shop.check(settled=True)


async def test_a_refund_that_fails_before_the_money_came_back_is_not_asked_back(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)
    await shop.unrefunded(seller, 900)
    assert await balances(shop, seller) == (0, 0)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert len(shop.world.merchant.calls) == 1
    await shop.check(settled=True)


async def test_a_refund_that_fails_while_the_money_comes_back_is_sent_anew(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", Fault.UNHEARD)
    await shop.refunded(seller, 900)
    await shop.work_off()
    await shop.unrefunded(seller, 900)
    await shop.check()
    shop.world.clock.advance(minutes=2)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.sent - transfer.reversed, transfer.unsent) == (2699, 0)
    await shop.check(settled=True)


async def test_what_makes_no_sense_is_refused_and_changes_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.refunded(seller, 900)
    refused: tuple[tuple[type[PlatformError], Callable[[], Awaitable[None]]], ...] = (
        (Conflict, lambda: shop.refunded(seller, 900)),
        (Invalid, lambda: shop.refunded(seller, 0, reference="rfd_2")),
        (Invalid, lambda: shop.refunded(seller, -1, reference="rfd_2")),
        (NotFound, lambda: shop.refunded(seller, 1, order="ord_none")),
        (NotFound, lambda: shop.unrefunded(seller, 900, reference="rfd_2")),
        (Conflict, lambda: shop.unrefunded(seller, 899)),
    )
    for refusal, act in refused:
        with pytest.raises(refusal):
            await act()
    await shop.unrefunded(seller, 900)
    with pytest.raises(Conflict):
        await shop.unrefunded(seller, 900)
    assert (await shop.transfer(id)).amount == 2699
    await shop.check(settled=True)


async def test_what_is_given_back_while_the_rest_is_under_way_follows_it(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.refunded(seller, 900)
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    await shop.work_off()
    await shop.unrefunded(seller, 900)
    waiting = await shop.transfer(id)
    assert (waiting.state, waiting.unsent, waiting.restored) == (S.PROBING, 1799, 900)
    await shop.check()
    # Part of it goes back again before its turn has come: it is here, whatever became of the rest.
    await shop.refunded(seller, 100, reference="rfd_2")
    assert await balances(shop, seller) == (2599, 0)
    await shop.until_due(id)
    await shop.work_off()
    assert [call.amount.minor for call in shop.world.merchant.calls] == [1799, 800]
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_what_is_given_back_while_the_rest_fails_is_sent_with_it(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.refunded(seller, 900)
    shop.world.merchant.script("transfer", Fault.BROKEN)
    await shop.work_off()
    await shop.unrefunded(seller, 900)
    await shop.until_due(id)
    assert (await shop.transfer(id)).unsent == 2699
    await shop.until_due(id)
    assert (await shop.transfer(id)).sent == 2699
    await shop.check(settled=True)


async def test_what_was_taken_while_nobody_knew_is_settled_when_a_forgotten_try_was_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    await shop.refunded(seller, 900)
    shop.world.clock.advance(days=2)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.sent, transfer.to_return, transfer.netted) == (1799, 0, 0)
    assert not await shop.reversals()
    await shop.check(settled=True)
