"""What sellers owe: taken back, netted, kept from being paid twice; and disputes."""

import pytest

from adapters.payments.fake_merchant import BUSY, SPENT, Fault
from platform_core.kernel.errors import Conflict
from platform_core.kernel.journal import Posting
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, receivable
from platform_core.payouts.balances import CurrencyBalance, GetSellerBalance
from platform_core.payouts.movement import TransferState
from platform_core.payouts.ports import (
    free_transfers,
    give_back,
    hold_transfers,
    take_back,
)
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


async def test_what_cannot_be_taken_back_is_netted_before_anything_is_sent(shop: Shop) -> None:
    seller = await shop.seller()
    first = await shop.paid(seller, "ord_1", 1000)
    await shop.work_off()
    shop.world.merchant.spend(await shop.account(seller))
    await shop.refunded(seller, 900)
    await shop.work_off()
    [reversal] = await shop.reversals()
    assert (reversal.state, reversal.reason) == (S.FAILED_PERMANENT, "insufficient_funds")
    assert (await shop.transfer(first)).state is S.COMPLETED
    assert await balances(shop, seller) == (0, -900)
    await shop.check(settled=True)

    small = await shop.paid(seller, "ord_2", 500)
    await shop.work_off()
    netted = await shop.transfer(small)
    assert (netted.state, netted.reason, netted.netted, netted.amount) == (S.CANCELLED, "netted", 450, 0)
    assert await balances(shop, seller) == (0, -450)

    large = await shop.paid(seller, "ord_3", 1000)
    balance = await shop.world.execute(GetSellerBalance(), by=seller.actor)
    assert list(balance.currencies) == [CurrencyBalance(EUR, 450, 0, 450, None)]
    await shop.work_off()
    assert ((await shop.transfer(large)).sent, (await shop.transfer(large)).netted) == (450, 450)
    assert await balances(shop, seller) == (0, 0)
    assert [call.amount.minor for call in shop.world.merchant.calls if call.verb == "transfer"] == [900, 450]
    await shop.check(settled=True)


async def test_money_on_its_way_back_is_not_netted_too(shop: Shop) -> None:
    seller = await shop.seller()
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", Fault.UNHEARD)
    await shop.refunded(seller, 900)
    await shop.work_off()
    other = await shop.paid(seller, "ord_2")
    await shop.work_off()
    assert (await shop.transfer(other)).sent == 2699
    shop.world.clock.advance(minutes=2)
    await shop.work_off()
    assert await balances(shop, seller) == (0, 0)
    await shop.check(settled=True)


async def test_what_was_netted_is_not_taken_back_too(shop: Shop) -> None:
    seller = await shop.seller()
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", BUSY)
    await shop.refunded(seller, 900)
    await shop.work_off()
    other = await shop.paid(seller, "ord_2")
    await shop.work_off()
    assert (await shop.transfer(other)).sent == 1799
    shop.world.clock.advance(minutes=2)
    await shop.work_off()
    [reversal] = await shop.reversals()
    assert reversal.state is S.CANCELLED
    assert await balances(shop, seller) == (0, 0)
    await shop.check(settled=True)


async def test_more_than_was_sent_is_owed(shop: Shop) -> None:
    """A dispute may be larger than what the seller got; how much of it is theirs is the caller's to say."""
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 3000, reference="dsp_1")
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.REVERSED
    assert await balances(shop, seller) == (0, -301)
    await shop.check(settled=True)


async def test_a_dispute_keeps_here_what_is_not_on_its_way(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.held()
    await shop.work_off()
    assert not shop.world.merchant.calls
    balance = await shop.world.execute(GetSellerBalance(), by=seller.actor)
    assert list(balance.currencies) == [CurrencyBalance(EUR, 0, 2699, 0, None)]
    await shop.freed()
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED


@pytest.mark.parametrize("fault", [BUSY, Fault.LOST, Fault.BROKEN])
async def test_a_dispute_while_it_is_tried_stops_the_next_try(shop: Shop, fault: object) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", fault)  # type: ignore[arg-type]  # one of these
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.held()
    for _ in range(20):
        shop.world.clock.advance(hours=2)
        await shop.work_off()
    assert len(shop.world.merchant.calls) <= 1
    assert (await shop.transfer(id)).unsent == 2699
    with pytest.raises(Conflict):
        await shop.retry(id)
    await shop.freed()
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_a_reversal_refused_too_often_stays_owed(shop: Shop) -> None:
    seller = await shop.seller()
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", *([BUSY] * 20))
    await shop.refunded(seller, 900)
    for _ in range(40):
        await shop.work_off()
        shop.world.clock.advance(hours=6)
    [reversal] = await shop.reversals()
    assert (reversal.state, reversal.retry_count) == (S.FAILED_PERMANENT, 8)
    assert await balances(shop, seller) == (0, -900)
    await shop.check(settled=True)


async def test_a_reversal_nobody_hears_of_is_asked_about_until_it_is_known(shop: Shop) -> None:
    seller = await shop.seller()
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", *([Fault.LOST] * 8))
    await shop.refunded(seller, 900)
    for _ in range(60):
        await shop.work_off()
        await shop.check()
        shop.world.clock.advance(hours=1)
    await shop.work_off()
    [reversal] = await shop.reversals()
    assert reversal.state in (S.COMPLETED, S.FAILED_PERMANENT)
    await shop.check(settled=True)


async def test_a_reversal_refused_by_an_empty_account_gives_way_to_a_later_one(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", SPENT)
    await shop.refunded(seller, 900)
    await shop.work_off()
    await shop.refunded(seller, 1799, reference="rfd_2")
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert transfer.reversed == 1799
    assert await balances(shop, seller) == (0, -900)
    await shop.check(settled=True)


async def test_one_unit_may_do_several_things_to_one_transfer(shop: Shop) -> None:
    """A dispute takes money back and keeps the rest here; a won one undoes both."""
    seller = await shop.seller()
    sent, unsent = await shop.paid(seller, "ord_0"), await shop.paid(seller, "ord_1")
    await shop.held("ord_1")
    await shop.work_off()
    await shop.freed("ord_1")

    async def opened(work: Work) -> None:
        legs: list[Posting] = []
        for order in ("ord_0", "ord_1"):
            for reference in ("dsp_1", "dsp_2"):
                legs += await take_back(
                    work, order=order, seller=seller.id, amount=400, currency=EUR, reference=reference
                )
            await hold_transfers(work, order=order)
        shop.post(work, "dispute", -1600, legs)

    await shop.unit(opened)
    shop.received -= 1600
    assert await balances(shop, seller) == (1899, -800)
    assert ((await shop.transfer(unsent)).unsent, (await shop.transfer(unsent)).held) == (1899, True)
    assert [reversal.amount for reversal in await shop.reversals()] == [400, 400]
    await shop.check()

    async def won(work: Work) -> None:
        legs: list[Posting] = []
        for order in ("ord_0", "ord_1"):
            legs += await give_back(work, order=order, seller=seller.id, amount=400, currency=EUR, reference="dsp_1")
            await free_transfers(work, order=order)
        shop.post(work, "dispute_won", 800, legs)

    await shop.unit(won)
    shop.received += 800
    await shop.work_off()
    assert ((await shop.transfer(unsent)).sent, (await shop.transfer(sent)).reversed) == (2299, 400)
    await shop.check(settled=True)
