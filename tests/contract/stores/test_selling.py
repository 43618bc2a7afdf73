"""Selling on every store: an order from the cart to the seller's account and partly back, and what races with it."""

from __future__ import annotations

import asyncio

import pytest

from adapters.payments.fake_merchant import BUSY, Fault
from platform_core.kernel.errors import Conflict, KeyReused
from platform_core.kernel.money import Money
from platform_core.kernel.select import Select
from platform_core.ledger.ports import psp, unmatched
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.orders import GetOrder
from platform_core.marketplace.payment import Payment, PaymentState
from platform_core.marketplace.products import ListProducts, ProductOrder
from platform_core.marketplace.refund import RefundCause, RefundState
from platform_core.marketplace.reviews import ListReviews, ReviewProduct
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import WebhookState
from platform_core.payouts.movement import TransferState
from platform_core.platform import Storage
from support.builders import counted
from support.interleaving import at_once
from support.market import Market, market_on

DISPUTED, WON, LOST = PaymentOutcome.DISPUTED, PaymentOutcome.DISPUTE_WON, PaymentOutcome.DISPUTE_LOST


@pytest.fixture
def market(store: Storage) -> Market:
    return market_on(store)


async def test_sold_paid_out_after_two_failing_attempts_and_partly_refunded(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    assert await market.books(seller) == {"psp": -2999, "revenue": 300, "payable 1": 2699}

    market.merchant.script("transfer", BUSY, BUSY)
    for _ in range(3):
        await market.work()
        market.world.clock.advance(hours=1)
    transfer = await market.transfer_of(order.id, seller)
    assert (transfer.state, transfer.sent, transfer.attempts) == (TransferState.COMPLETED, 2699, 3)
    assert await market.books(seller) == {"psp": -300, "revenue": 300}

    refund = await market.refund(buyer, order.id, 1000)
    assert refund.state is RefundState.APPROVED
    await market.work()
    assert (await market.refund_of(refund.id)).state is RefundState.SUCCEEDED
    await market.work()
    # 100 of the fee is back, and what the seller had of it was taken back from their account.
    assert await market.books(seller) == {"psp": -200, "revenue": 200}
    assert (await market.transfer_of(order.id, seller)).reversed == 900
    seen = await market.world.execute(GetOrder(order.id), by=buyer.actor)
    assert (seen.state, seen.refunded, seen.refundable) == (OrderState.PARTIALLY_REFUNDED, 1000, 1999)
    await market.world.verified()


async def test_an_order_of_several_sellers_is_divided_to_the_cent(market: Market) -> None:
    one, two = await market.seller("one"), await market.seller("two", ready=False)
    buyer = await market.world.person("buyer")
    products = [
        await market.product(one, 2999),
        await market.product(two, 1190, tax_bp=1900, tax_country="DE"),
        await market.product(one, 5, title="A cent or so"),
    ]
    order = await market.sold(buyer, *products, quantity=3)

    assert order.total == 3 * (2999 + 1190 + 5)
    # 3570 with 19 % in it is 3000 without, of which 300 is the fee.
    assert await market.balance("tax:DE:EUR") == [570]
    assert await market.books(one, two) == {
        "psp": -order.total,
        "revenue": 900 + 300 + 2,
        "payable 1": 8097 + 13,
        "payable 2": 2700,
    }
    assert (await market.transfer_of(order.id, one)).state is TransferState.SCHEDULED
    assert (await market.transfer_of(order.id, two)).state is TransferState.BLOCKED
    await market.refund(buyer, order.id)
    await market.work()
    assert (await market.books(one, two)).get("revenue") is None
    assert await market.balance("tax:DE:EUR") == [0]
    await market.world.verified()


async def test_a_refund_before_the_transfer_lowers_it(market: Market) -> None:
    seller, buyer = await market.seller(ready=False), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    for minor in (1000, 1000, 999):
        await market.refund(buyer, order.id, minor)
        await market.work()

    assert (await market.transfer_of(order.id, seller)).state is TransferState.CANCELLED
    assert (await market.order_of(order.id)).state is OrderState.REFUNDED
    assert await market.books(seller) == {}
    assert [sum(one.parts.fee for one in refund.taken) for refund in await market.refunds(order.id)] == [100] * 3
    await market.world.verified()


async def test_two_refunds_at_once_never_return_more_than_was_paid(market: Market) -> None:
    """Scenario 10."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller, 100))

    outcomes = await at_once(*(market.refund(buyer, order.id, 60) for _ in range(4)))
    assert counted(outcomes) == {"REFUND_TOO_LARGE": 3, "ok": 1}
    again = await at_once(*(market.refund(buyer, order.id, 20) for _ in range(2)))
    assert counted(again) == {"ok": 2}
    await market.work()
    assert (await market.order_of(order.id)).state is OrderState.REFUNDED
    await market.world.verified()


async def test_buyer_and_seller_refund_the_rest_at_once_and_one_of_them_does(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))

    outcomes = await at_once(market.refund(buyer, order.id), market.refund(seller, order.id))
    assert counted(outcomes) == {"NOT_REFUNDABLE": 1, "ok": 1}


async def test_a_refund_races_the_transfer(market: Market) -> None:
    """Scenario 9: either less is sent, or what was sent is asked back; in the end nobody has anything of it."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    orders = [await market.sold(buyer, await market.product(seller)) for _ in range(5)]
    for order in orders:
        await market.refund(buyer, order.id)
    worker = market.worker
    await asyncio.gather(worker.send_transfers(), worker.send_refunds(), worker.send_transfers(), worker.send_refunds())
    for _ in range(3):
        await market.work()
        market.world.clock.advance(hours=1)

    assert {(await market.order_of(order.id)).state for order in orders} == {OrderState.REFUNDED}
    assert await market.books(seller) == {}
    assert [call.verb for call in market.merchant.calls].count("refund") == 5
    await market.world.verified()


async def test_the_same_message_at_once_pays_once(market: Market) -> None:
    """Scenario 14, and invariants 22 and 38."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))

    await asyncio.gather(*(market.pay(order) for _ in range(6)))
    assert await market.books(seller) == {"psp": -2999, "revenue": 300, "payable 1": 2699}
    assert await market.refunds(order.id) == []
    await market.world.verified()


async def test_checkouts_with_one_key_at_once_make_one_order(market: Market) -> None:
    """Invariant 37."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    product = await market.product(seller)

    orders = await asyncio.gather(*(market.order(buyer, product, key="k") for _ in range(5)))
    assert len({(order.id, order.payment, order.payment_url) for order in orders}) == 1
    assert len(await market.world.store.find(Select(Order))) == len(await market.world.store.find(Select(Payment))) == 1
    with pytest.raises(KeyReused):
        await market.order(buyer, product, quantity=2, key="k")


@pytest.mark.parametrize("paid", [Money(2998, "EUR"), Money(3000, "EUR"), Money(2999, "USD")], ids=str)
async def test_money_that_does_not_match_goes_back_by_itself(market: Market, paid: Money) -> None:
    """Scenario 18, and invariant 25."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    await market.pay(order, paid=paid)

    assert (await market.order_of(order.id)).state is OrderState.NEEDS_ATTENTION
    accounts = psp("fake", paid.currency).id, unmatched(paid.currency).id
    assert await market.balance(*accounts) == [-paid.minor, paid.minor]
    await market.work()
    [refund] = await market.refunds(order.id)
    assert (refund.cause, refund.state, refund.minor) == (RefundCause.MISMATCH, RefundState.SUCCEEDED, paid.minor)
    assert await market.balance(*accounts) == [0, 0]
    await market.world.verified()


async def test_a_dispute_takes_the_money_and_its_end_decides(market: Market) -> None:
    """Scenario 22."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    orders = [await market.sold(buyer, await market.product(seller)) for _ in range(2)]
    for order, outcome, state in zip(orders, (WON, LOST), (OrderState.FULFILLED, OrderState.CHARGED_BACK), strict=True):
        payment = await market.payment_of(order.id)
        await market.said(payment, DISPUTED, detail="dp_1")
        assert (await market.order_of(order.id)).state is OrderState.DISPUTED
        assert (await market.transfer_of(order.id, seller)).unsent == 0
        with pytest.raises(Conflict):
            await market.refund(buyer, order.id)
        await market.said(payment, outcome, detail="dp_1")
        assert (await market.order_of(order.id)).state is state
        assert (await market.payment_of(order.id)).state is (
            PaymentState.SUCCEEDED if outcome is WON else PaymentState.CHARGED_BACK
        )
    assert await market.books(seller) == {"psp": -2999, "revenue": 300, "payable 1": 2699}
    await market.work()
    assert await market.books(seller) == {"psp": -300, "revenue": 300}
    await market.world.verified()


async def test_a_dispute_after_the_transfer_is_owed_and_larger_than_the_payment_is_the_platforms_loss(
    market: Market,
) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    await market.work()
    payment = await market.payment_of(order.id)
    await market.said(payment, DISPUTED, minor=3100, detail="dp_1")

    # 2699 the seller owes, 300 the platform gives back, and 101 more the bank has taken.
    assert await market.books(seller) == {"psp": -300 + 3100, "revenue": -101, "receivable 1": -2699}
    await market.said(payment, WON, detail="dp_1")
    await market.said(payment, DISPUTED, detail="dp_1")
    assert await market.books(seller) == {"psp": -300, "revenue": 300}
    await market.world.verified()


async def test_a_refund_that_fails_after_all_puts_everything_back(market: Market) -> None:
    """Scenario 23, and invariant 24."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    product = await market.product(seller)
    order = await market.sold(buyer, product)
    await market.world.execute(ReviewProduct(product, 5, "fine"), by=buyer.actor)
    await market.work()
    refund = await market.refund(buyer, order.id)
    await market.work()
    assert (await market.world.execute(ListReviews(product), by=buyer.actor)).total == 0

    await market.refund_said(refund.id, PaymentOutcome.FAILED)
    await market.refund_said(refund.id, PaymentOutcome.FAILED)
    await market.work()
    assert (await market.refund_of(refund.id)).state is RefundState.REVERTED
    assert (await market.order_of(order.id)).state is OrderState.FULFILLED
    assert await market.books(seller) == {"psp": -300, "revenue": 300}
    reviews = await market.world.execute(ListReviews(product), by=buyer.actor)
    assert [review.rating for review in reviews.reviews] == [5]
    await market.world.verified()


async def test_word_of_a_refund_that_nobody_knows_waits(market: Market) -> None:
    """Scenario 12."""
    message = market.gateway.message("rfd_none", "re_1", PaymentOutcome.SUCCEEDED, amount=Money(1, "EUR"))

    assert await market.tell(message) is WebhookState.PENDING
    assert await market.tell(market.gateway.message("x_1", "re_1", PaymentOutcome.SUCCEEDED)) is WebhookState.PENDING


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.UNHEARD, Fault.BROKEN, Fault.BROKEN_AFTER, Fault.PENDING])
async def test_whatever_becomes_of_the_call_a_refund_is_made_once(market: Market, fault: Fault) -> None:
    """Scenario 11 and MON-12: what is unknown is asked about before anything is sent again."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    market.merchant.script("refund", fault)
    refund = await market.refund(buyer, order.id, 1000)
    await market.work()
    assert (await market.refund_of(refund.id)).state is RefundState.SUBMITTED
    if fault is Fault.PENDING:
        market.merchant.settle("refund", refund.id)
    for _ in range(4):
        market.world.clock.advance(minutes=31)
        await market.work()

    assert (await market.refund_of(refund.id)).state is RefundState.SUCCEEDED
    assert (await market.order_of(order.id)).refunded == 1000
    await market.refund_said(refund.id, PaymentOutcome.SUCCEEDED)
    assert (await market.order_of(order.id)).refunded == 1000
    await market.world.verified()


async def test_products_are_found_by_words_sorted_and_counted(market: Market) -> None:
    seller = await market.seller()
    for title, price in (("Blues in E", 300), ("a blue note", 100), ("Straße 100 %", 200), ("green_tea", 400)):
        await market.product(seller, price, title=title)
    await market.product(seller, 500, title="blue draft", publish=False)

    async def found(search: str = "", sort: ProductOrder = ProductOrder.TITLE, **page: int) -> tuple[list[str], int]:
        seen = await market.world.execute(ListProducts(search, None, sort, **page), by=seller.actor)
        return [product.title for product in seen.products], seen.total

    assert await found("BLUE") == (["a blue note", "Blues in E"], 2)
    assert await found("strasse") == (["Straße 100 %"], 1)
    assert await found("%") == (["Straße 100 %"], 1)
    assert await found("_") == (["green_tea"], 1)
    assert await found(sort=ProductOrder.PRICE_DESC, limit=2, offset=1) == (["Blues in E", "Straße 100 %"], 4)
    assert (await found(sort=ProductOrder.PRICE_ASC))[0][0] == "a blue note"
    assert (await found(sort=ProductOrder.OLDEST))[0][0] == "Blues in E"
    assert (await found(sort=ProductOrder.NEWEST))[0][0] == "green_tea"
    assert await found("nothing like it") == ([], 0)
