"""Ordering and giving back: who may, what is refused, and what each sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, Fault
from platform_core.kernel.errors import Invalid, PlatformError, Unavailable
from platform_core.kernel.money import Money
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, receivable
from platform_core.marketplace.checkout import CartItem, PayOrder, PlaceOrder
from platform_core.marketplace.events import OrderEnded, OrderPaid, PaymentUnkept
from platform_core.marketplace.order import OrderNotPending, OrderState
from platform_core.marketplace.orders import CancelOrder, FulfilOrder, GetOrder, ListOrders
from platform_core.marketplace.payment import PaymentState, PaymentUnderWay
from platform_core.marketplace.product import Delivery
from platform_core.marketplace.products import (
    ChangeProduct,
    PublishProduct,
    RetireProduct,
)
from platform_core.marketplace.refund import RefundCause, RefundState
from platform_core.marketplace.refunding import ApproveRefund, ListRefunds, RefundOrder, RejectRefund
from platform_core.payments.ports import Checkout, PaymentOutcome, PaymentRefused
from support.market import Market
from support.world import OPERATOR

# ---- ordering


async def test_prices_are_the_platforms_and_frozen(market: Market) -> None:
    """MON-07."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    order = await market.order(buyer, song, quantity=3)
    await market.world.execute(ChangeProduct(song, "Another song", price=1), by=seller.actor)

    seen = await market.world.execute(GetOrder(order.id), by=buyer.actor)
    assert (seen.total, seen.lines[0].title, seen.lines[0].unit_price) == (8997, "A song", 2999)
    assert (seen.lines[0].net, seen.lines[0].fee) == (None, None)
    await market.pay(order)
    assert (await market.order_of(order.id)).captured == 8997


async def test_an_item_that_cannot_be_ordered_is_named(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song, dear = await market.product(seller), await market.product(seller, currency="USD")
    draft, gone = await market.product(seller, publish=False), await market.product(seller)
    own = await market.product(buyer)
    await market.world.execute(RetireProduct(gone), by=seller.actor)
    wrong = {
        (CartItem(song, 0),): ("VALIDATION_ERROR", "items.0.quantity"),
        (CartItem(song, 101),): ("VALIDATION_ERROR", "items.0.quantity"),
        (CartItem(song, True),): ("VALIDATION_ERROR", "items.0.quantity"),
        (CartItem(song), CartItem(song)): ("VALIDATION_ERROR", "items.1.product"),
        (CartItem(song), CartItem(dear)): ("VALIDATION_ERROR", "items.1.product"),
        (CartItem(song), CartItem(own)): ("VALIDATION_ERROR", "items.1.product"),
        (CartItem("prd_none"),): ("NOT_FOUND", "items.0.product"),
        (CartItem(draft),): ("NOT_FOUND", "items.0.product"),
        (CartItem(gone),): ("NOT_ON_SALE", "items.0.product"),
        (): ("VALIDATION_ERROR", "items"),
    }
    for items, (code, field) in wrong.items():
        with pytest.raises(PlatformError) as refusal:
            await market.world.execute(PlaceOrder(items), by=buyer.actor)
        assert (refusal.value.code, refusal.value.details[0].field) == (code, field), items
    assert await market.refused(buyer.actor, PlaceOrder((CartItem(song),), "barter")) == "VALIDATION_ERROR"
    assert (await market.world.execute(ListOrders(), by=buyer.actor)).total == 0


async def test_an_order_is_its_buyers_its_sellers_and_nobody_elses(market: Market) -> None:
    one, two, buyer = await market.seller("one"), await market.seller("two"), await market.world.person("buyer")
    stranger = await market.world.person("stranger")
    order = await market.sold(buyer, await market.product(one), await market.product(two, 100))

    assert await market.refused(stranger.actor, GetOrder(order.id)) == "NOT_FOUND"
    for request in (RefundOrder(order.id), FulfilOrder(order.id), CancelOrder(order.id), PayOrder(order.id)):
        assert await market.refused(stranger.actor, request) == "NOT_FOUND"
    seen = await market.world.execute(GetOrder(order.id), by=two.actor)
    assert ([line.number for line in seen.lines], seen.total, seen.payment) == ([2], 100, None)
    assert (seen.lines[0].net, seen.lines[0].fee) == (90, 10)
    assert await market.refused(two.actor, CancelOrder(order.id)) == "FORBIDDEN"
    assert await market.refused(buyer.actor, FulfilOrder(order.id)) == "FORBIDDEN"
    assert (await market.world.execute(ListOrders(), by=one.actor)).total == 0
    listed = await market.world.execute(ListOrders(OrderState.FULFILLED), by=buyer.actor)
    assert [found.id for found in listed.orders] == [order.id]


async def test_each_seller_delivers_their_own_lines(market: Market) -> None:
    one, two, buyer = await market.seller("one"), await market.seller("two"), await market.world.person("buyer")
    products = [await market.product(seller, delivery=Delivery.MANUAL) for seller in (one, two)]
    order = await market.sold(buyer, *products)

    assert await market.refused(one.actor, FulfilOrder(order.id, (2,))) == "VALIDATION_ERROR"
    await market.world.execute(FulfilOrder(order.id), by=one.actor)
    assert (await market.order_of(order.id)).state is OrderState.PAID
    await market.world.execute(FulfilOrder(order.id, (2,)), by=two.actor)
    assert (await market.order_of(order.id)).state is OrderState.FULFILLED


async def test_a_declined_payment_is_followed_by_another(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    assert (await market.world.execute(PayOrder(order.id), by=buyer.actor)).payment_url == order.payment_url
    with pytest.raises(PaymentUnderWay):
        await market.world.execute(PayOrder(order.id, "ideal"), by=buyer.actor)
    await market.pay(order, PaymentOutcome.FAILED)
    again = await market.world.execute(PayOrder(order.id, "ideal"), by=buyer.actor)
    assert again.payment != order.payment
    await market.pay(again)
    # The first attempt was paid after all: that money goes back.
    await market.pay(order)
    await market.work()

    assert [refund.cause for refund in await market.refunds(order.id)] == [RefundCause.EXTRA]
    assert [refund.state for refund in await market.refunds(order.id)] == [RefundState.SUCCEEDED]
    assert (await market.order_of(order.id)).payment == again.payment
    assert await market.events(OrderPaid) == [OrderPaid(order.id, buyer.id, (seller.id,), 2999, "EUR")]
    with pytest.raises(OrderNotPending):
        await market.world.execute(PayOrder(order.id), by=buyer.actor)
    await market.world.verified()


class Unsure:
    """A provider that answers as it is told to, once; then as the one behind it does."""

    def __init__(self, market: Market, refusal: PlatformError) -> None:
        self._open, self._refusals = market.gateway.open_checkout, [refusal]
        market.gateway.open_checkout = self.open_checkout  # type: ignore[method-assign]  # the fake has no such trouble

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        if self._refusals:
            raise self._refusals.pop()
        return await self._open(subject=subject, amount=amount, method=method, description=description)


async def test_a_provider_that_does_not_answer_is_asked_again_under_the_same_key(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    Unsure(market, Unavailable("no answer"))
    with pytest.raises(Unavailable):
        await market.order(buyer, song, key="k")
    [waiting] = (await market.world.execute(ListOrders(), by=buyer.actor)).orders
    assert (waiting.payment_state, waiting.payment_url) == (PaymentState.UNKNOWN, None)
    order = await market.order(buyer, song, key="k")
    assert (order.id, order.payment_state) == (waiting.id, PaymentState.CREATED)


@pytest.mark.parametrize("refusal", [PaymentRefused("no"), Invalid.field("method", "cannot be used here")], ids=str)
async def test_an_order_the_provider_does_not_take_is_cancelled(market: Market, refusal: PlatformError) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    Unsure(market, refusal)
    with pytest.raises(type(refusal)):
        await market.order(buyer, song, key="k")
    [order] = (await market.world.execute(ListOrders(), by=buyer.actor)).orders
    assert (order.state, order.payment_state) == (OrderState.CANCELLED, PaymentState.FAILED)
    with pytest.raises(PlatformError):
        await market.order(buyer, song, key="k")
    assert (await market.world.execute(ListOrders(), by=buyer.actor)).total == 1


# ---- time running out


async def test_an_order_nobody_pays_ends_and_can_be_paid_late_while_all_is_on_sale(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    late, too_late, gone = [await market.order(buyer, song) for _ in range(3)]
    market.world.clock.advance(minutes=29)
    await market.work()
    assert (await market.order_of(late.id)).state is OrderState.PENDING_PAYMENT
    market.world.clock.advance(minutes=1)
    await market.work()
    assert (await market.order_of(late.id)).state is OrderState.EXPIRED

    await market.pay(late)
    assert (await market.order_of(late.id)).state is OrderState.FULFILLED
    await market.world.execute(RetireProduct(song), by=seller.actor)
    await market.pay(gone)
    market.world.clock.advance(days=2)
    await market.world.execute(PublishProduct(song), by=seller.actor)
    await market.pay(too_late)
    await market.work()
    for order in (gone, too_late):
        assert (await market.order_of(order.id)).state is OrderState.EXPIRED
        assert [(one.cause, one.state) for one in await market.refunds(order.id)] == [
            (RefundCause.LATE, RefundState.SUCCEEDED)
        ]
    assert len(await market.events(OrderEnded)) == 3
    assert await market.events(PaymentUnkept) == []
    await market.world.verified()


async def test_an_order_whose_money_is_under_way_waits_and_is_asked_about(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    await market.said(await market.payment_of(order.id), PaymentOutcome.PROCESSING)
    market.world.clock.advance(hours=3)
    await market.work()
    assert (await market.order_of(order.id)).state is OrderState.PENDING_PAYMENT
    asked = await market.payment_of(order.id)
    assert asked.ask_at == market.world.clock.now() + timedelta(hours=3)
    market.gateway.answer(str(order.payment_url).rpartition("/")[2], PaymentOutcome.SUCCEEDED)
    market.world.clock.advance(hours=3)
    await market.work()
    assert (await market.order_of(order.id)).state is OrderState.FULFILLED


async def test_an_order_is_given_up_by_its_buyer(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    assert (await market.world.execute(CancelOrder(order.id), by=buyer.actor)).state is OrderState.CANCELLED
    assert await market.refused(buyer.actor, CancelOrder(order.id)) == "ORDER_NOT_PENDING"
    assert await market.refused(buyer.actor, PayOrder(order.id)) == "ORDER_NOT_PENDING"


# ---- refunds


async def test_a_seller_refunds_their_own_lines_only(market: Market) -> None:
    """MON-09."""
    one, two, buyer = await market.seller("one"), await market.seller("two"), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(one), await market.product(two, 100))

    assert await market.refused(two.actor, RefundOrder(order.id, lines=(1,))) == "VALIDATION_ERROR"
    assert await market.refused(two.actor, RefundOrder(order.id, 101)) == "REFUND_TOO_LARGE"
    refund = await market.refund(two, order.id)
    assert (refund.amount, refund.lines, refund.state) == (100, {2: 100}, RefundState.APPROVED)
    assert await market.refused(two.actor, RefundOrder(order.id)) == "NOT_REFUNDABLE"
    assert await market.world.execute(ListRefunds(order.id), by=one.actor) == []
    [seen] = await market.world.execute(ListRefunds(order.id), by=two.actor)
    assert seen.id == refund.id
    await market.work()
    # Half and half of what is left: of 2999 only, for the other line is back already.
    assert (await market.refund(buyer, order.id)).lines == {1: 2999}
    await market.work()
    assert (await market.order_of(order.id)).state is OrderState.REFUNDED


async def test_what_a_buyer_wants_back_late_waits_for_somebody(market: Market) -> None:
    one, two, buyer = await market.seller("one"), await market.seller("two"), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(one), await market.product(two, 100))
    market.world.clock.advance(days=14)
    both = await market.refund(buyer, order.id, 1000)
    assert both.state is RefundState.REQUESTED
    await market.work()
    assert (await market.order_of(order.id)).refunded == 0
    stranger = await market.world.person("stranger")
    for actor, code in ((stranger.actor, "NOT_FOUND"), (one.actor, "FORBIDDEN"), (buyer.actor, "FORBIDDEN")):
        assert await market.refused(actor, ApproveRefund(both.id)) == code
        assert await market.refused(actor, RejectRefund(both.id, "no")) == code
    await market.world.execute(RejectRefund(both.id, "you had it for a year"), by=OPERATOR)
    assert await market.refused(OPERATOR, ApproveRefund(both.id)) == "INVALID_TRANSITION"
    assert (await market.order_of(order.id)).refundable() == 3099

    mine = await market.refund(buyer, order.id, 50, lines=[2])
    await market.world.execute(ApproveRefund(mine.id), by=two.actor)
    await market.work()
    assert (await market.refund_of(mine.id)).state is RefundState.SUCCEEDED


async def test_a_refund_that_cannot_be_is_refused(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.order(buyer, await market.product(seller))
    assert await market.refused(buyer.actor, RefundOrder(order.id)) == "NOT_REFUNDABLE"
    await market.pay(order)
    for amount in (0, -1, True, 10**16):
        assert await market.refused(buyer.actor, RefundOrder(order.id, amount)) == "VALIDATION_ERROR"
    for reason in ("", " ", "x" * 201):
        assert await market.refused(buyer.actor, RefundOrder(order.id, 1, reason)) == "VALIDATION_ERROR"
    assert await market.refused(buyer.actor, RefundOrder(order.id, 3000)) == "REFUND_TOO_LARGE"
    assert await market.refused(buyer.actor, RefundOrder(order.id, 1, lines=(7,))) == "VALIDATION_ERROR"


async def test_a_refund_the_provider_refuses_for_good_is_not_set_aside_any_more(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    market.merchant.script("refund", BUSY, CLOSED)
    refund = await market.refund(buyer, order.id)
    await market.work()
    assert (await market.refund_of(refund.id)).state is RefundState.APPROVED
    market.world.clock.advance(minutes=1)
    await market.work()
    failed = await market.refund_of(refund.id)
    assert (failed.state, failed.error) == (RefundState.FAILED, "account_closed: the account is closed")
    assert [call.key for call in market.merchant.calls if call.verb == "refund"] == [
        f"refund:{refund.id}:1",
        f"refund:{refund.id}:2",
    ]
    assert (await market.order_of(order.id)).refundable() == 2999


async def test_a_refund_that_is_not_sent_yet_gives_way_to_a_dispute(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    refund = await market.refund(buyer, order.id)
    await market.said(await market.payment_of(order.id), PaymentOutcome.DISPUTED, detail="dp_1")
    await market.work()

    assert (await market.refund_of(refund.id)).error == "charge_disputed"
    assert market.merchant.calls == []
    assert await market.books(seller) == {}


async def test_a_refund_that_may_be_on_its_way_is_not_sent_again_into_a_dispute(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    order = await market.sold(buyer, await market.product(seller))
    refund = await market.refund(buyer, order.id)
    market.merchant.script("refund", Fault.LOST)
    await market.worker.send_refunds()
    await market.said(await market.payment_of(order.id), PaymentOutcome.DISPUTED, detail="dp_1")
    for state in (RefundState.SUBMITTED, RefundState.FAILED):
        market.world.clock.advance(hours=12)
        await market.work()
        assert (await market.refund_of(refund.id)).state is state
    assert market.merchant.calls == []
    assert await market.books(seller) == {}


async def test_a_frozen_account_of_a_seller_keeps_no_money_from_its_place(market: Market) -> None:
    """Somebody is stopped between the order and its payment: the order is paid, refunded, and disputed all the same."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    first = await market.sold(buyer, await market.product(seller))
    order = await market.order(buyer, await market.product(seller))
    work = Work(
        store=market.world.store,
        actor=OPERATOR,
        now=market.world.clock.now(),
        ids=market.world.application.ids,
    )
    for account in (payable(seller.id, "EUR"), receivable(seller.id, "EUR")):
        work.freeze(account.id)
    await work.commit()

    await market.pay(order)
    await market.work()
    assert await market.books(seller) == {"psp": -600, "revenue": 600}
    await market.refund(buyer, order.id, 1000)
    await market.work()
    payment = await market.payment_of(first.id)
    await market.said(payment, PaymentOutcome.DISPUTED, detail="dp_1")
    await market.said(payment, PaymentOutcome.DISPUTE_WON, detail="dp_1")
    await market.work()

    assert await market.books(seller) == {"psp": -500, "revenue": 500}
    await market.world.verified()
