"""A provider's words in every order, once and twice, end in one state (scenario 13, invariants 38 and 39)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product
from random import Random

import pytest

from adapters.memory.store import MemoryStore
from adapters.payments.fake_merchant import Fault
from adapters.testing import START
from platform_core.kernel.errors import InvalidTransition
from platform_core.kernel.money import Money
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.payment import PAYMENTS, RANKS, DisputeState, Payment, PaymentState
from platform_core.marketplace.refund import RefundState
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payments.webhook import WebhookState
from support.market import Market, market_on
from support.world import Person

Word = PaymentOutcome
S = PaymentState
WORDS = (Word.CREATED, Word.REQUIRES_ACTION, Word.PROCESSING, Word.FAILED, Word.SUCCEEDED, Word.DISPUTED)


def a_payment() -> Payment:
    return Payment(
        id="pay_1",
        order="ord_1",
        buyer="usr_1",
        minor=2999,
        currency="EUR",
        method="card",
        provider="fake",
        created_at=START,
        expires_at=START,
    )


def a_word(outcome: PaymentOutcome, detail: str = "", reference: str = "ch_1") -> PaymentEvent:
    return PaymentEvent(f"evt_{outcome.value}", "pay_1", reference, outcome, Money(2999, "EUR"), detail, "fake")


def heard(words: Sequence[PaymentEvent]) -> Payment:
    payment = a_payment()
    for word in words:
        payment.hear(word)
    return payment


def test_every_order_of_words_with_duplicates_ends_in_one_state() -> None:
    ends = set()
    for order in permutations([a_word(word, "dp_1" if word is Word.DISPUTED else "") for word in WORDS]):
        payment = heard((*order, *reversed(order), order[0]))
        ends.add((payment.state, payment.charges, payment.disputes))

    assert [state for state, _, _ in ends] == [S.DISPUTED]


@pytest.mark.parametrize(
    ("decided", "state"),
    [(Word.DISPUTE_WON, S.SUCCEEDED), (Word.DISPUTE_LOST, S.CHARGED_BACK)],
    ids=lambda one: one.value,
)
def test_every_order_with_the_end_of_a_dispute_ends_as_it_was_decided(
    decided: PaymentOutcome, state: PaymentState
) -> None:
    words = [a_word(Word.FAILED), a_word(Word.SUCCEEDED), a_word(Word.DISPUTED, "dp_1"), a_word(decided, "dp_1")]
    ends = {heard((*order, *order)).state for order in permutations(words)}

    assert ends == {state}


def test_a_word_of_lower_rank_changes_nothing_and_one_of_higher_does() -> None:
    said = {
        Word.CREATED: S.CREATED,
        Word.REQUIRES_ACTION: S.REQUIRES_ACTION,
        Word.PROCESSING: S.PROCESSING,
        Word.FAILED: S.FAILED,
    }
    for (first, one), (second, two) in product(said.items(), said.items()):
        payment = heard([a_word(first), a_word(second)])
        assert payment.state is (two if RANKS[two] > RANKS[one] else one)


def test_the_table_goes_upwards_but_for_what_is_listed() -> None:
    downwards = {(old, new) for old, moves in PAYMENTS.moves.items() for new in moves if RANKS[new] <= RANKS[old]}

    assert downwards == {(S.UNKNOWN, S.CREATED), (S.DISPUTED, S.SUCCEEDED)}
    for old, new in product(PaymentState, PaymentState):
        if new in PAYMENTS.moves[old]:
            assert PAYMENTS.move(old, new) is new
        else:
            with pytest.raises(InvalidTransition):
                PAYMENTS.move(old, new)


def test_money_that_came_twice_is_two_charges_and_word_of_it_twice_is_one() -> None:
    payment = heard([a_word(Word.SUCCEEDED), a_word(Word.SUCCEEDED), a_word(Word.SUCCEEDED, reference="ch_2")])

    assert [charge.reference for charge in payment.charges] == ["ch_1", "ch_2"]


def test_a_dispute_that_is_decided_is_not_opened_again() -> None:
    payment = heard([a_word(Word.SUCCEEDED), a_word(Word.DISPUTE_WON, "dp_1"), a_word(Word.DISPUTED, "dp_1")])

    assert [dispute.state for dispute in payment.disputes] == [DisputeState.WON]
    assert (
        heard([a_word(Word.SUCCEEDED), a_word(Word.DISPUTED, "dp_1"), a_word(Word.DISPUTED, "dp_2")]).state
        is S.DISPUTED
    )


# ---- and what follows from them


@pytest.fixture
async def market() -> Market:
    return market_on(MemoryStore())


async def the_end(market: Market, order: str, before: dict[str, int], seller: Person) -> object:
    """Where everything about an order is, and what it has moved in the books."""
    found, payment = await market.order_of(order), await market.payment_of(order)
    books = await market.books(seller)
    moved = {name: books.get(name, 0) - before.get(name, 0) for name in books.keys() | before.keys()}
    refunds = tuple(refund.state for refund in await market.refunds(order))
    transfer = await market.transfer_of(order, seller)
    return (
        payment.state,
        found.state,
        found.refunded,
        refunds,
        (transfer.state, transfer.unsent, transfer.held),
        tuple(sorted((name, minor) for name, minor in moved.items() if minor)),
    )


async def test_nothing_but_the_words_decides_what_an_order_comes_to(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    ends = set()
    for words in permutations((Word.CREATED, Word.PROCESSING, Word.FAILED, Word.SUCCEEDED, Word.DISPUTED)):
        before = await market.books(seller)
        order = await market.order(buyer, song)
        payment = await market.payment_of(order.id)
        for word in (*words, *reversed(words)):
            paid = Money(2999, "EUR") if word is Word.SUCCEEDED else None
            detail = f"dp_{order.id}" if word is Word.DISPUTED else ""
            message = market.gateway.message(payment.id, str(payment.reference), word, amount=paid, detail=detail)
            assert await market.tell(message) is WebhookState.DONE
        ends.add(await the_end(market, order.id, before, seller))

    [end] = ends
    assert isinstance(end, tuple)
    assert end[:3] == (S.DISPUTED, OrderState.DISPUTED, 0)
    await market.world.verified()


async def test_refunds_and_a_dispute_among_late_words_end_the_same(market: Market) -> None:
    """All that is known before is what the provider said when it was asked; then everything is told, in any order."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    random, ends = Random(7), set()
    orders = list(permutations(range(7)))
    for order_of_words in random.sample(orders, 250):
        before = await market.books(seller)
        order = await market.order(buyer, song)
        market.gateway.answer(str(order.payment_url).rpartition("/")[2], Word.SUCCEEDED)
        market.world.clock.advance(minutes=30)
        await market.worker.ask_about_payments()
        refunds = [await market.refund(buyer, order.id, minor) for minor in (1000, 1000)]
        market.merchant.script("refund", Fault.PENDING, Fault.PENDING)
        await market.worker.send_refunds()
        payment = await market.payment_of(order.id)
        messages = [
            market.gateway.message(
                payment.id, payment.charges[0].reference, word, amount=Money(minor, "EUR"), detail=detail
            )
            for word, minor, detail in (
                (Word.CREATED, 2999, ""),
                (Word.PROCESSING, 2999, ""),
                (Word.FAILED, 2999, ""),
                (Word.SUCCEEDED, 2999, ""),
                (Word.DISPUTED, 999, f"dp_{order.id}"),
            )
        ]
        for refund in refunds:
            sent = await market.refund_of(refund.id)
            messages.append(market.gateway.message(refund.id, str(sent.reference), Word.SUCCEEDED, amount=sent.amount))
        for number in (*order_of_words, *reversed(order_of_words)):
            assert await market.tell(messages[number]) is WebhookState.DONE
        ends.add(await the_end(market, order.id, before, seller))

    [end] = ends
    assert isinstance(end, tuple)
    assert end[:4] == (S.DISPUTED, OrderState.DISPUTED, 2000, (RefundState.SUCCEEDED,) * 2)
    # All of it is back: the seller has nothing of it, nor the platform.
    assert end[5] == ()
    await market.world.verified()


async def test_what_is_given_back_is_what_was_taken_whatever_the_word_of_it_says(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    before = await market.books(seller)
    payment = await market.payment_of(order.id)
    await market.said(payment, Word.DISPUTED, minor=400, detail="dp_1")
    assert (await market.books(seller))["psp"] == before["psp"] + 400
    await market.said(payment, Word.DISPUTE_WON, minor=2999, detail="dp_1")

    assert await market.books(seller) == before
    await market.world.verified()
