"""What the provider says of a refund, early, late and in the wrong order (scenarios 13 and 23, invariant 38)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, Fault
from platform_core.marketplace.refund import RefundState
from platform_core.payments.ports import PaymentOutcome
from platform_core.payouts.ports import Answer, Done, Pending
from support.market import Market
from support.world import Person

DONE, FAILED = PaymentOutcome.SUCCEEDED, PaymentOutcome.FAILED
DISPUTED, WON = PaymentOutcome.DISPUTED, PaymentOutcome.DISPUTE_WON


async def a_sale(market: Market) -> tuple[Person, Person, str]:
    """Seller, buyer, and an order that is paid and paid out."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    await market.work()
    return seller, buyer, order.id


async def until_settled(market: Market) -> None:
    for _ in range(4):
        await market.work()
        market.world.clock.advance(hours=7)


@pytest.mark.parametrize("words", [(DONE, FAILED), (FAILED, DONE)], ids=["done first", "failed first"])
@pytest.mark.parametrize("asked_between", [False, True], ids=["", "asked between"])
async def test_done_and_failed_after_all_in_either_order_has_taken_nothing(
    market: Market, words: tuple[PaymentOutcome, ...], asked_between: bool
) -> None:
    """Nobody heard that it was done; days later it fails, and the words of both come late."""
    seller, buyer, order = await a_sale(market)
    before = await market.books(seller)
    market.merchant.script("refund", Fault.UNHEARD)
    refund = (await market.refund(buyer, order, 1000)).id
    await market.worker.send_refunds()
    assert (await market.refund_of(refund)).reference is None
    reference = market.merchant.settle("refund", refund, CLOSED)

    for word in words:
        await market.refund_said(refund, word, reference)
        if asked_between:
            await until_settled(market)
    await until_settled(market)

    assert (await market.refund_of(refund)).state in (RefundState.FAILED, RefundState.REVERTED)
    found = await market.order_of(order)
    assert (found.refunded, found.refunding, found.refundable()) == (0, 0, 2999)
    assert await market.books(seller) == before
    await market.world.verified()


async def test_a_failure_of_an_earlier_try_keeps_nobody_from_believing_what_is_asked(market: Market) -> None:
    """It fails, is sent again and done; word of the first try, done and undone, comes only then."""
    seller, buyer, order = await a_sale(market)
    before = await market.books(seller)
    market.merchant.script("refund", Fault.PENDING, Fault.UNHEARD)
    refund = (await market.refund(buyer, order, 1000)).id
    await market.worker.send_refunds()
    first = market.merchant.settle("refund", refund, BUSY)
    market.world.clock.advance(minutes=30)
    await market.worker.send_refunds()
    assert (await market.refund_of(refund)).state is RefundState.APPROVED

    await market.refund_said(refund, DONE, first)
    assert (await market.refund_of(refund)).state is RefundState.SUBMITTED
    assert await market.books(seller) == before
    await market.refund_said(refund, FAILED, first)
    await until_settled(market)

    found = await market.refund_of(refund)
    assert (found.state, found.reference == first) == (RefundState.SUCCEEDED, False)
    assert (await market.order_of(order)).refunded == 1000
    await market.world.verified()


@pytest.mark.parametrize("answer", [Done, Pending])
async def test_an_answer_older_than_the_word_of_a_failure_is_asked_for_again(
    market: Market, answer: Callable[[str], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider says that it is done; while that travels it fails, and word of that is quicker."""
    seller, buyer, order = await a_sale(market)
    before = await market.books(seller)
    market.merchant.script("refund", Fault.UNHEARD)
    refund = (await market.refund(buyer, order, 1000)).id
    await market.worker.send_refunds()
    find: Callable[..., Awaitable[Answer | None]] = market.merchant.find_refund

    async def slowly(**asked: str) -> Answer | None:
        found = await find(**asked)
        assert isinstance(found, Done)
        monkeypatch.undo()
        await market.refund_said(refund, FAILED, market.merchant.settle("refund", refund, CLOSED))
        return answer(found.reference)

    monkeypatch.setattr(market.merchant, "find_refund", slowly)
    await until_settled(market)

    assert (await market.refund_of(refund)).state is RefundState.FAILED
    assert (await market.order_of(order)).refunded == 0
    assert await market.books(seller) == before
    await market.world.verified()


@pytest.mark.parametrize("refund_first", [True, False], ids=["refund first", "dispute first"])
@pytest.mark.parametrize("paid_out", [False, True], ids=["still here", "paid out"])
@pytest.mark.parametrize("won", [False, True], ids=["", "won"])
async def test_a_refund_that_fails_and_a_dispute_of_all_of_it_end_the_same_in_either_order(
    market: Market, refund_first: bool, paid_out: bool, won: bool
) -> None:
    """The bank takes all, for nothing had left: sellers bear what is theirs of that, not the platform."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = (await market.sold(buyer, await market.product(seller))).id
    if paid_out:
        await market.work()
    refund = (await market.refund(buyer, order, 1000)).id
    await market.worker.send_refunds()
    payment = await market.payment_of(order)

    if refund_first:
        await market.refund_said(refund, FAILED)
    await market.said(payment, DISPUTED, minor=2999, detail="dp_1")
    if not refund_first:
        await market.refund_said(refund, FAILED)
    if won:
        await market.said(payment, WON, detail="dp_1")
        await market.work()
        assert await market.books(seller) == {"psp": -300, "revenue": 300}
    else:
        owed = {"psp": 2699, "receivable 1": -2699} if paid_out else {}
        assert await market.books(seller) == owed
        await market.work()
        assert await market.books(seller) == {}
    await market.world.verified()


async def test_what_a_won_dispute_gives_back_bears_what_another_took_beyond_the_rest(market: Market) -> None:
    seller, _, order = await a_sale(market)
    payment = await market.payment_of(order)
    await market.said(payment, DISPUTED, minor=2999, detail="dp_1")
    await market.said(payment, DISPUTED, minor=1000, detail="dp_2")
    await market.said(payment, WON, minor=2999, detail="dp_1")
    await market.work()

    assert await market.books(seller) == {"psp": -200, "revenue": 200}
    await market.world.verified()
