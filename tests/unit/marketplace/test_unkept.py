"""Money that bought nothing, and the buyer's bank: none is returned twice, and none stays (invariants 22 and 25)."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import pytest

from adapters.payments.fake_merchant import Fault
from platform_core.kernel.money import Money
from platform_core.ledger.ports import psp, unmatched
from platform_core.marketplace.checkout import PayOrder
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.payment import Payment, PaymentState
from platform_core.marketplace.products import RetireProduct
from platform_core.marketplace.refund import RefundState
from platform_core.payments.ports import PaymentOutcome
from platform_core.payouts.ports import Failed, Failure
from support.market import Market
from support.world import Person

CAME, OPENED, WON, LOST = (
    PaymentOutcome.SUCCEEDED,
    PaymentOutcome.DISPUTED,
    PaymentOutcome.DISPUTE_WON,
    PaymentOutcome.DISPUTE_LOST,
)
DISPUTED = Failed(Failure.PERMANENT, "charge_disputed", "the buyer's bank takes it back")
KEPT = {"psp": -2999, "revenue": 300, "payable 1": 2699}


class Sale(NamedTuple):
    """Somebody's order, and the payment whose money bought nothing."""

    seller: Person
    order: str
    payment: str
    books: dict[str, int]
    """What the books have without that money."""


async def mismatched(market: Market) -> Sale:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    await market.pay(order, paid=Money(1000, "EUR"))
    return Sale(seller, order.id, str(order.payment), {})


async def too_late(market: Market) -> Sale:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller, 1000)
    order = await market.order(buyer, song)
    await market.world.execute(RetireProduct(song), by=seller.actor)
    market.world.clock.advance(hours=2)
    await market.worker.expire_orders()
    await market.pay(order)
    return Sale(seller, order.id, str(order.payment), {})


async def paid_twice(market: Market) -> Sale:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller, 1000))
    await market.pay(order, PaymentOutcome.FAILED)
    await market.pay(await market.world.execute(PayOrder(order.id), by=buyer.actor))
    books = await market.books(seller)
    await market.pay(order)
    return Sale(seller, order.id, str(order.payment), books)


async def told(market: Market, sale: Sale, outcome: PaymentOutcome, minor: int | None = None, id: str = "dp_1") -> None:
    payment = await market.world.store.get(Payment, sale.payment)
    assert payment is not None
    await market.said(payment, outcome, minor=minor, detail=id)


async def moved(market: Market, sale: Sale) -> dict[str, int]:
    """What the money that bought nothing has moved in the books."""
    books = await market.books(sale.seller)
    differences = {name: books.get(name, 0) - sale.books.get(name, 0) for name in books.keys() | sale.books.keys()}
    return {name: minor for name, minor in differences.items() if minor}


async def sent_back(market: Market, sale: Sale) -> list[tuple[RefundState, int]]:
    return sorted(((one.state, one.minor) for one in await market.refunds(sale.order)), key=str)


@pytest.fixture(params=[mismatched, too_late, paid_twice], ids=lambda story: story.__name__)
async def sale(request: pytest.FixtureRequest, market: Market) -> Sale:
    made = await request.param(market)
    assert isinstance(made, Sale)
    assert await moved(market, made) == {"psp": -1000, "unmatched": 1000}
    return made


async def test_the_bank_takes_it_and_nobody_sends_it_back_besides(market: Market, sale: Sale) -> None:
    before = (await market.order_of(sale.order)).state
    await told(market, sale, OPENED)
    assert await moved(market, sale) == {}
    await market.work()
    assert await sent_back(market, sale) == [(RefundState.FAILED, 1000)]
    assert not [call for call in market.merchant.calls if call.verb == "refund"]

    await told(market, sale, LOST)
    await market.work()
    assert await sent_back(market, sale) == [(RefundState.FAILED, 1000)]
    assert (await market.order_of(sale.order)).state is before
    await market.world.verified()


@pytest.mark.parametrize("worked_between", [False, True], ids=["at once", "later"])
async def test_what_the_bank_gives_back_goes_back_to_its_payer(
    market: Market, sale: Sale, worked_between: bool
) -> None:
    await told(market, sale, OPENED)
    if worked_between:
        await market.worker.send_refunds()
    await told(market, sale, WON)
    assert await moved(market, sale) == {"psp": -1000, "unmatched": 1000}
    await market.worker.send_refunds()

    assert await moved(market, sale) == {}
    failed = [(RefundState.FAILED, 1000)] if worked_between else []
    assert await sent_back(market, sale) == [*failed, (RefundState.SUCCEEDED, 1000)]
    await market.world.verified()


async def test_what_the_bank_leaves_still_goes_back(market: Market, sale: Sale) -> None:
    await told(market, sale, OPENED, 400)
    assert await moved(market, sale) == {"psp": -600, "unmatched": 600}
    await market.worker.send_refunds()
    assert await sent_back(market, sale) == [(RefundState.SUCCEEDED, 600)]
    assert await moved(market, sale) == {}

    await told(market, sale, WON)
    await market.worker.send_refunds()
    assert await sent_back(market, sale) == [(RefundState.SUCCEEDED, 400), (RefundState.SUCCEEDED, 600)]
    assert await moved(market, sale) == {}
    await market.world.verified()


@pytest.mark.parametrize("heard_first", [False, True], ids=["refused first", "heard first"])
async def test_a_refund_refused_for_a_dispute_is_followed_by_one_of_the_rest(
    market: Market, sale: Sale, heard_first: bool
) -> None:
    """All of it is being sent back when the bank takes some."""
    market.merchant.script("refund", Fault.LOST if heard_first else DISPUTED)
    await market.worker.send_refunds()
    if not heard_first:
        assert await sent_back(market, sale) == [(RefundState.FAILED, 1000)]
    await told(market, sale, OPENED, 400)
    market.world.clock.advance(days=2)
    for _ in range(2):
        await market.worker.send_refunds()

    assert await sent_back(market, sale) == [(RefundState.FAILED, 1000), (RefundState.SUCCEEDED, 600)]
    assert await moved(market, sale) == {}
    await market.world.verified()


async def test_what_is_refused_while_the_bank_looks_at_it_is_sent_once_it_has_decided(
    market: Market, sale: Sale
) -> None:
    await told(market, sale, OPENED, 400)
    market.merchant.script("refund", DISPUTED)
    await market.worker.send_refunds()
    assert await moved(market, sale) == {"psp": -600, "unmatched": 600}
    await told(market, sale, LOST)
    await market.worker.send_refunds()

    assert await sent_back(market, sale) == [(RefundState.FAILED, 600), (RefundState.SUCCEEDED, 600)]
    assert await moved(market, sale) == {}


async def test_a_refund_that_fails_after_all_pays_what_the_bank_took_besides(market: Market, sale: Sale) -> None:
    """The bank took all of it, for it had never left; that the refund has failed is told last."""
    await market.worker.send_refunds()
    [refund] = await market.refunds(sale.order)
    await told(market, sale, OPENED)
    await market.refund_said(refund.id, PaymentOutcome.FAILED)
    assert await moved(market, sale) == {}

    await told(market, sale, WON)
    await market.worker.send_refunds()
    assert await sent_back(market, sale) == [(RefundState.REVERTED, 1000), (RefundState.SUCCEEDED, 1000)]
    assert await moved(market, sale) == {}
    await market.world.verified()


async def test_two_disputes_of_it_leave_one_rest(market: Market, sale: Sale) -> None:
    for id in ("dp_1", "dp_2"):
        await told(market, sale, OPENED, 300, id)
    market.merchant.script("refund", DISPUTED)
    await market.worker.send_refunds()
    await told(market, sale, LOST, id="dp_1")
    await market.worker.send_refunds()
    await told(market, sale, LOST, id="dp_2")
    await market.worker.send_refunds()

    assert await sent_back(market, sale) == [(RefundState.FAILED, 400), (RefundState.SUCCEEDED, 400)]
    assert await moved(market, sale) == {}


async def test_what_went_back_and_is_taken_too_is_the_platforms_loss_until_it_is_won(
    market: Market, sale: Sale
) -> None:
    await market.worker.send_refunds()
    await told(market, sale, OPENED)
    assert await moved(market, sale) == {"psp": 1000, "revenue": -1000}
    await told(market, sale, WON)
    await market.worker.send_refunds()

    assert await moved(market, sale) == {}
    assert await sent_back(market, sale) == [(RefundState.SUCCEEDED, 1000)]


async def test_a_refund_under_way_that_the_bank_overtakes_leaves_the_rest_when_it_fails(
    market: Market, sale: Sale
) -> None:
    market.merchant.script("refund", Fault.PENDING)
    await market.worker.send_refunds()
    [refund] = await market.refunds(sale.order)
    await told(market, sale, OPENED, 400)
    await market.refund_said(refund.id, CAME)
    assert await moved(market, sale) == {"psp": 400, "revenue": -400}
    await market.refund_said(refund.id, PaymentOutcome.FAILED)

    assert await moved(market, sale) == {"psp": -600, "unmatched": 600}
    assert (await market.refund_of(refund.id)).state is RefundState.REVERTED
    await market.world.verified()


# ---- one payment that brought money twice

Word = tuple[PaymentOutcome, str]


@pytest.mark.parametrize("decided", [OPENED, WON, LOST], ids=lambda one: one.value)
async def test_a_dispute_of_money_that_came_twice_takes_nothing_of_the_sellers(
    market: Market, decided: PaymentOutcome
) -> None:
    """Whatever is told first: before the second money is heard of, it looks like a dispute of the first."""
    words: list[Word] = [(CAME, "ch_1"), (CAME, "ch_2"), (OPENED, "ch_2"), (decided, "ch_2")]
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    for order_of_words in permutations(range(len(words))):
        if order_of_words.index(0) > order_of_words.index(1):
            continue  # What came first pays the order.
        before = await market.books(seller)
        order = await market.order(buyer, song)
        for number in order_of_words:
            outcome, reference = words[number]
            detail = "" if outcome is CAME else f"dp_{order.id}"
            money = Money(2999, "EUR")
            await market.tell(
                market.gateway.message(str(order.payment), reference, outcome, amount=money, detail=detail)
            )
        await market.worker.send_refunds()

        found, transfer = await market.order_of(order.id), await market.transfer_of(order.id, seller)
        assert (found.state, found.disputed.value) == (OrderState.FULFILLED, "none"), order_of_words
        assert (transfer.unsent, transfer.held, transfer.due_at is None) == (2699, False, False)
        books = await market.books(seller)
        assert {name: books[name] - before.get(name, 0) for name in books} == KEPT, order_of_words
        [refund] = await market.refunds(order.id)
        assert refund.state is (RefundState.SUCCEEDED if decided is WON else RefundState.FAILED)
    await market.world.verified()


async def test_a_dispute_in_the_currency_of_money_that_did_not_match_is_booked(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    await market.pay(order, paid=Money(2999, "USD"))
    payment = await market.payment_of(order.id)
    message = market.gateway.message(
        payment.id, payment.charges[0].reference, OPENED, amount=Money(2999, "USD"), detail="dp_1"
    )
    await market.tell(message)

    assert await market.balance(psp("fake", "USD").id, unmatched("USD").id) == [0, 0]
    assert (await market.payment_of(order.id)).state is PaymentState.DISPUTED
