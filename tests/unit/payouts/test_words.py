"""What the provider says by itself: late, twice, out of order, and of things that are otherwise."""

from itertools import permutations

import pytest

from adapters.payments.fake_merchant import BUSY, Fault
from platform_core.identity.ports import Directory
from platform_core.identity.users import People
from platform_core.kernel.application import services_of
from platform_core.kernel.errors import NotFound
from platform_core.kernel.events import Event
from platform_core.kernel.work import Work
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.events import TransferUnmatched
from platform_core.payouts.movement import TransferState
from platform_core.payouts.ports import Merchant, PayoutPolicy
from platform_core.payouts.provider import AccountState
from platform_core.payouts.seller import SellerAccount, seller_account_id
from platform_core.use_cases import SUBJECTS
from support.selling import Shop
from support.world import memory_world

S = TransferState
Said = PaymentOutcome


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def heard(shop: Shop, subject: str, outcome: PaymentOutcome, reference: str = "", provider: str = "fake") -> str:
    """A message is applied; the state it tells."""
    world = shop.world
    services = {Merchant: world.merchant, PayoutPolicy: shop.policy, Directory: People(world.store)}
    heed = SUBJECTS[subject.partition("_")[0]]
    event = PaymentEvent("evt_1", subject, reference, outcome, None, "", provider)

    async def act(work: Work) -> str:
        return await heed(work, event, **services_of(heed, services))

    return await shop.unit(act)


def told(shop: Shop) -> list[Event]:
    found: list[Event] = []

    async def hear(envelope: object) -> None:
        found.append(envelope.event)  # type: ignore[attr-defined]

    shop.world.on(TransferUnmatched, hear)
    return found


async def test_word_of_a_pending_transfer_completes_it_once(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.PENDING)
    id = await shop.paid(seller)
    await shop.work_off()
    reference = shop.world.merchant.settle("transfer", id)
    for _ in range(3):
        assert await heard(shop, id, Said.SUCCEEDED, reference) == "completed"
    assert (await shop.transfer(id)).sent == 2699
    await shop.check(settled=True)


async def test_word_comes_before_the_lost_answer_is_asked_about(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    id = await shop.paid(seller)
    await shop.work_off()
    assert await heard(shop, id, Said.SUCCEEDED, "tr_1") == "completed"
    await shop.check(settled=True)


async def test_word_of_an_earlier_failure_does_not_fail_a_later_try(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY, Fault.PENDING)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    assert await heard(shop, id, Said.FAILED, "tr_old") == "in_flight"
    await shop.work_off()
    assert (await shop.transfer(id)).retry_count == 1
    shop.world.merchant.settle("transfer", id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED


async def test_a_failure_told_of_a_pending_transfer_is_asked_about_at_once(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.PENDING)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.settle("transfer", id, BUSY)
    await heard(shop, id, Said.FAILED)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.RETRY_WAIT


async def test_word_of_what_is_otherwise_here_is_told_and_moves_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    unmatched = told(shop)
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    assert await heard(shop, id, Said.SUCCEEDED, "tr_9") == "retry_wait"
    assert await heard(shop, id, Said.REVERSED, "tr_9") == "retry_wait"
    await shop.world.relay.drain()
    assert unmatched == [TransferUnmatched(id, "succeeded", "tr_9"), TransferUnmatched(id, "reversed", "tr_9")]
    await shop.check()


async def test_word_of_an_earlier_sending_changes_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.refunded(seller, 900)
    await shop.work_off()
    await shop.unrefunded(seller, 900)
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    await shop.work_off()
    assert await heard(shop, id, Said.SUCCEEDED, "tr_1") == "probing"
    assert await heard(shop, f"{id}.2", Said.SUCCEEDED, "tr_2") == "partially_reversed"
    await shop.check(settled=True)


async def test_word_of_a_reversal(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", Fault.PENDING)
    await shop.refunded(seller, 900)
    await shop.work_off()
    [reversal] = await shop.reversals()
    assert await heard(shop, id, Said.REVERSED, "tr_1") == "completed"
    assert await heard(shop, reversal.id, Said.FAILED) == "in_flight"
    shop.world.merchant.settle("reverse", reversal.id)
    for _ in range(2):
        assert await heard(shop, reversal.id, Said.SUCCEEDED, "trr_1") == "completed"
    assert (await shop.transfer(id)).state is S.PARTIALLY_REVERSED
    await shop.check(settled=True)


async def test_word_of_unknown_things_waits(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.work_off()
    account = seller_account_id(seller.id)
    for subject, provider in (
        ("trf_none", "fake"),
        ("trr_none", "fake"),
        ("sel_none", "fake"),
        (id, "stripe"),
        (account, "stripe"),
    ):
        with pytest.raises(NotFound):
            await heard(shop, subject, Said.SUCCEEDED, provider=provider)
    with pytest.raises(NotFound):
        await heard(shop, account, Said.READY, "acct_another")


@pytest.mark.parametrize("truth", AccountState)
async def test_words_of_an_account_in_any_order_end_with_what_is_true(truth: AccountState) -> None:
    for order in permutations((Said.READY, Said.RESTRICTED, Said.READY)):
        shop = Shop(memory_world())
        seller = await shop.seller()
        shop.world.merchant.set_account(await shop.account(seller), truth)
        for outcome in order:
            await heard(shop, seller_account_id(seller.id), outcome)
        account = await shop.world.store.get(SellerAccount, seller_account_id(seller.id))
        assert account is not None
        assert account.state is truth
