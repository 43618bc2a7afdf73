"""What every merchant must do: move money once for a key, tell what became of it, and fail so that one knows why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.testing import START
from contract.payments.merchants import Fault, MerchantSide
from platform_core.kernel.money import Money
from platform_core.payouts.provider import (
    AccountState,
    Answer,
    Done,
    Failed,
    Failure,
    Merchant,
    OutcomeUnknown,
    Pending,
)

TEN = Money(1000, "EUR")
SIX = Money(600, "EUR")


async def sent(
    merchant: Merchant, account: str, amount: Money = TEN, *, subject: str = "trf_1", try_: int = 0
) -> Answer:
    key = f"transfer:{subject}:{try_}"
    return await merchant.transfer(subject=subject, key=key, account=account, amount=amount, group="ord_1")


async def refunded(merchant: Merchant, payment: str, amount: Money = SIX, *, subject: str = "rfd_1") -> Answer:
    return await merchant.refund(subject=subject, key=f"refund:{subject}:0", payment=payment, amount=amount)


async def taken_back(merchant: Merchant, transfer: str, amount: Money = SIX, *, subject: str = "rev_1") -> Answer:
    return await merchant.reverse(subject=subject, key=f"reversal:{subject}:0", transfer=transfer, amount=amount)


def failure(answer: Answer) -> Failure:
    assert isinstance(answer, Failed), answer
    assert answer.code
    assert answer.reason
    return answer.failure


async def test_a_transfer_is_done_once_for_its_key_and_found_by_our_name(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    assert await merchant.find_transfer(subject="trf_1", group="ord_1") is None

    first = await sent(merchant, account)
    again = await sent(merchant, account)

    assert isinstance(first, Done)
    assert again == first
    assert await merchant.find_transfer(subject="trf_1", group="ord_1") == first
    assert await merchant.find_transfer(subject="trf_2", group="ord_1") is None
    assert side.moved() == (0, 1, 0)


async def test_the_same_key_with_another_amount_is_our_fault_and_moves_nothing(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    await sent(merchant, account)

    assert failure(await sent(merchant, account, SIX)) is Failure.FAULT
    assert side.moved() == (0, 1, 0)


@pytest.mark.parametrize(("fault", "found"), [(Fault.NOT_HEARD, False), (Fault.DONE_UNHEARD, True)])
async def test_an_answer_that_does_not_come_leaves_it_open_and_the_same_key_does_it_once(
    side: MerchantSide, fault: Fault, found: bool
) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    side.spoil("transfer", fault)

    with pytest.raises(OutcomeUnknown):
        await sent(merchant, account)
    assert (await merchant.find_transfer(subject="trf_1", group="ord_1") is not None) is found

    assert isinstance(await sent(merchant, account), Done)
    assert side.moved() == (0, 1, 0)


async def test_a_busy_provider_is_tried_again_later_under_the_next_key(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    side.spoil("transfer", Fault.BUSY)

    assert failure(await sent(merchant, account)) is Failure.RETRYABLE
    assert await merchant.find_transfer(subject="trf_1", group="ord_1") is None
    assert isinstance(await sent(merchant, account, try_=1), Done)


async def test_too_low_a_balance_says_so_and_the_next_key_may_succeed(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    side.spoil("transfer", Fault.LOW)

    assert failure(await sent(merchant, account)) is Failure.FUNDS
    assert failure(await sent(merchant, account)) is Failure.FUNDS
    assert isinstance(await sent(merchant, account, try_=1), Done)


@pytest.mark.parametrize(("fault", "found"), [(Fault.BROKEN, False), (Fault.BROKEN_AFTER, True)])
async def test_an_answer_that_says_nothing_is_given_to_its_key_for_ever(
    side: MerchantSide, fault: Fault, found: bool
) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    side.spoil("transfer", fault)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            await sent(merchant, account)
        assert unknown.value.answered

    assert (await merchant.find_transfer(subject="trf_1", group="ord_1") is not None) is found
    if not found:
        assert isinstance(await sent(merchant, account, try_=1), Done)
    assert side.moved() == (0, 1, 0)


async def test_an_account_that_takes_nothing_blocks_and_a_closed_one_is_the_end(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    assert await merchant.account(account=account) is AccountState.READY

    side.restrict(account)
    assert failure(await sent(merchant, account)) is Failure.BLOCKED
    assert await merchant.account(account=account) is AccountState.RESTRICTED

    side.shut(account)
    assert failure(await sent(merchant, account, try_=1)) is Failure.PERMANENT
    assert await merchant.account(account=account) is AccountState.CLOSED
    assert side.moved() == (0, 0, 0)


async def test_a_payment_is_given_back_in_parts_each_once(side: MerchantSide) -> None:
    merchant = side.merchant()
    payment = side.paid(TEN)

    first = await refunded(merchant, payment)
    again = await refunded(merchant, payment)
    rest = await refunded(merchant, payment, Money(400, "EUR"), subject="rfd_2")

    assert isinstance(first, Done)
    assert again == first
    assert isinstance(rest, Done)
    assert rest != first
    assert await merchant.find_refund(subject="rfd_2", payment=payment) == rest
    assert await merchant.find_refund(subject="rfd_3", payment=payment) is None
    assert side.moved() == (2, 0, 0)


async def test_a_refund_may_be_under_way(side: MerchantSide) -> None:
    merchant = side.merchant()
    payment = side.paid(TEN)
    side.let_refunds_wait()

    answer = await refunded(merchant, payment)

    assert isinstance(answer, Pending)
    assert await merchant.find_refund(subject="rfd_1", payment=payment) == answer


async def test_a_refund_whose_answer_was_lost_is_found(side: MerchantSide) -> None:
    merchant = side.merchant()
    payment = side.paid(TEN)
    side.spoil("refund", Fault.DONE_UNHEARD)

    with pytest.raises(OutcomeUnknown):
        await refunded(merchant, payment)
    assert isinstance(await merchant.find_refund(subject="rfd_1", payment=payment), Done)
    assert side.moved() == (1, 0, 0)


async def test_a_transfer_is_taken_back_in_parts_while_the_seller_has_it(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    done = await sent(merchant, account)
    assert isinstance(done, Done)

    part = await taken_back(merchant, done.reference)
    again = await taken_back(merchant, done.reference)
    side.spend(account)
    rest = await taken_back(merchant, done.reference, Money(400, "EUR"), subject="rev_2")

    assert isinstance(part, Done)
    assert again == part
    assert failure(rest) is Failure.FUNDS
    assert await merchant.find_reversal(subject="rev_1", transfer=done.reference) == part
    assert await merchant.find_reversal(subject="rev_2", transfer=done.reference) is None
    assert side.moved() == (0, 1, 1)


async def test_a_reversal_whose_answer_was_lost_is_found(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await side.seller(merchant)
    done = await sent(merchant, account)
    assert isinstance(done, Done)
    side.spoil("reverse", Fault.DONE_UNHEARD)

    with pytest.raises(OutcomeUnknown):
        await taken_back(merchant, done.reference)
    assert isinstance(await merchant.find_reversal(subject="rev_1", transfer=done.reference), Done)


async def test_a_seller_has_one_account_and_is_asked_who_they_are_there(side: MerchantSide) -> None:
    merchant = side.merchant()
    account = await merchant.open_account(seller="sel_jane", email="jane+unready@example.org")

    assert await merchant.open_account(seller="sel_jane", email="jane+unready@example.org") == account
    assert await merchant.open_account(seller="sel_joe", email="joe@example.org") != account
    assert await merchant.account(account=account) is AccountState.ONBOARDING

    link = await merchant.onboarding(account=account, return_url="https://shop.example/sell")
    assert link.url.startswith("https://")
    assert timedelta(0) < link.expires_at - START <= timedelta(hours=1)
    assert await merchant.account(account=account) is AccountState.ONBOARDING
