"""Orders: checked out, paid, delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post
from entrypoints.http.veza.envelope import PartAsk, Total
from entrypoints.http.veza.products import Cents, Currency, DeliveryName, ProductId
from platform_core.kernel.page import bounded
from platform_core.marketplace.checkout import CartItem, PayOrder, PlaceOrder
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.orders import (
    CancelOrder,
    FulfilOrder,
    GetOrder,
    LineView,
    ListOrders,
    OrderList,
    OrderView,
)

OrderId = Annotated[str, Meta(description="An order's id.", examples=["ord_abc123"])]
Method = Annotated[Literal["card", "crypto", "ideal"], Meta(description="As far as the payment provider takes it.")]
Status = Literal["pending", "completed", "failed", "cancelled", "refund_pending", "refunded", "disputed"]
State = Literal[
    "pending_payment",
    "needs_attention",
    "expired",
    "cancelled",
    "paid",
    "fulfilled",
    "partially_refunded",
    "refunded",
    "disputed",
    "charged_back",
]

S = OrderState
#: What the document tells of an order; `state` tells it more exactly.
STATUSES: Mapping[OrderState, Status] = {
    S.PENDING_PAYMENT: "pending",
    S.NEEDS_ATTENTION: "failed",
    S.EXPIRED: "failed",
    S.CANCELLED: "cancelled",
    S.PAID: "completed",
    S.FULFILLED: "completed",
    S.PARTIALLY_REFUNDED: "completed",
    S.REFUNDED: "refunded",
    S.DISPUTED: "disputed",
    S.CHARGED_BACK: "refunded",
}


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """A product in the cart."""

    product_id: ProductId
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1


class CheckoutAsk(Ask, frozen=True):
    """The cart. What things cost is not the client's to say."""

    names: ClassVar[Mapping[str, str]] = {"method": "payment_method", "product": "product_id"}

    items: Annotated[list[Item], Meta(min_length=1, max_length=50)]
    payment_method: Method = "card"

    def command(self, _: Caller) -> PlaceOrder:
        """What the core is asked."""
        return PlaceOrder(tuple(CartItem(item.product_id, item.quantity) for item in self.items), self.payment_method)


class OrdersAsk(PartAsk, frozen=True):
    """Which of one's own orders."""

    state: State | UnsetType = UNSET

    def command(self, _: Caller) -> ListOrders:
        """What the core is asked."""
        return ListOrders(None if self.state is UNSET else OrderState(self.state), bounded(self.limit), self.offset)


class OneOrder(Ask, frozen=True):
    """An order by its id."""

    names: ClassVar[Mapping[str, str]] = {"order": "id", "method": "payment_method", "amount": "amount_cents"}

    id: OrderId


class OrderAsk(OneOrder, frozen=True):
    """Which order."""

    def command(self, _: Caller) -> GetOrder:
        """What the core is asked."""
        return GetOrder(self.id)


class PayAsk(OneOrder, frozen=True):
    """How to pay it."""

    is_optional: ClassVar[bool] = True

    payment_method: Method = "card"

    def command(self, _: Caller) -> PayOrder:
        """What the core is asked."""
        return PayOrder(self.id, self.payment_method)


class CancelAsk(OneOrder, frozen=True):
    """Which order is given up."""

    def command(self, _: Caller) -> CancelOrder:
        """What the core is asked."""
        return CancelOrder(self.id)


Lines = Annotated[list[int], Meta(min_length=1, max_length=50, description="Numbers of lines.")]


class FulfilAsk(OneOrder, frozen=True):
    """What is delivered: all one's own lines, if nothing is said."""

    is_optional: ClassVar[bool] = True

    lines: Lines | UnsetType = UNSET

    def command(self, _: Caller) -> FulfilOrder:
        """What the core is asked."""
        return FulfilOrder(self.id, None if self.lines is UNSET else tuple(self.lines))


class Line(Struct, frozen=True):
    """A line of an order."""

    number: int
    product_id: ProductId
    seller_id: str
    title: str
    quantity: int
    unit_price_cents: Cents
    total_cents: Cents
    tax_cents: int
    refunded_cents: int
    delivery: DeliveryName
    delivered: bool
    platform_fee_cents: Annotated[int, Meta(description="For its seller and admins.")] | UnsetType = UNSET
    net_cents: Annotated[int, Meta(description="The seller's share; for its seller and admins.")] | UnsetType = UNSET


class Order(Answer, frozen=True):
    """An order. Its buyer sees all of it, a seller their own lines and the amounts of those."""

    id: OrderId
    status: Annotated[Status, Meta(description="Roughly where it is.")]
    state: Annotated[State, Meta(description="Exactly where it is.")]
    buyer_id: str
    items: list[Line]
    total_cents: Cents
    currency: Currency
    refunded_cents: int
    refund_pending_cents: int
    refundable_cents: int
    payment_url: Annotated[str | None, Meta(description="Where to pay, while there is something to pay.")]
    created_at: Moment
    expires_at: Annotated[Moment, Meta(description="Until when it can be paid.")]
    paid_at: Moment | None
    fulfilled_at: Moment | None


class Orders(Answer, frozen=True):
    """Some orders, the newest first."""

    orders: list[Order]
    total: Total


def show_order(order: OrderView) -> Order:
    """An order."""
    return Order(
        id=order.id,
        status="refund_pending" if order.refunding else STATUSES[order.state],
        state=order.state.value,
        buyer_id=order.buyer.id,
        items=[_line(line) for line in order.lines],
        total_cents=order.total,
        currency=order.currency,
        refunded_cents=order.refunded,
        refund_pending_cents=order.refunding,
        refundable_cents=order.refundable,
        payment_url=order.payment_url,
        created_at=moment(order.created_at),
        expires_at=moment(order.expires_at),
        paid_at=None if order.paid_at is None else moment(order.paid_at),
        fulfilled_at=None if order.fulfilled_at is None else moment(order.fulfilled_at),
    )


def _line(line: LineView) -> Line:
    return Line(
        number=line.number,
        product_id=line.product,
        seller_id=line.seller.id,
        title=line.title,
        quantity=line.quantity,
        unit_price_cents=line.unit_price,
        total_cents=line.gross,
        tax_cents=line.tax,
        refunded_cents=line.refunded,
        delivery=line.delivery.value,
        delivered=line.delivered,
        platform_fee_cents=UNSET if line.fee is None else line.fee,
        net_cents=UNSET if line.net is None else line.net,
    )


def show_orders(part: OrderList) -> Orders:
    """A list of orders."""
    return Orders([show_order(order) for order in part.orders], part.total)


_ORDER = {
    "id": "ord_abc123",
    "status": "pending",
    "state": "pending_payment",
    "buyer_id": "usr_def456",
    "items": [
        {
            "number": 1,
            "product_id": "prd_abc123",
            "seller_id": "usr_abc123",
            "title": "Sample pack",
            "quantity": 1,
            "unit_price_cents": 2999,
            "total_cents": 2999,
            "tax_cents": 0,
            "refunded_cents": 0,
            "delivery": "instant",
            "delivered": False,
        }
    ],
    "total_cents": 2999,
    "currency": "EUR",
    "refunded_cents": 0,
    "refund_pending_cents": 0,
    "refundable_cents": 0,
    "payment_url": "http://localhost:8080/pay/eyJ",
    "created_at": "2026-02-23T12:00:00Z",
    "expires_at": "2026-02-23T12:30:00Z",
    "paid_at": None,
    "fulfilled_at": None,
}
_PAID = {
    **_ORDER,
    "status": "completed",
    "state": "fulfilled",
    "payment_url": None,
    "refundable_cents": 2999,
    "paid_at": "2026-02-23T12:01:00Z",
    "fulfilled_at": "2026-02-23T12:01:00Z",
}

ROWS: tuple[Row, ...] = (
    post(
        "/marketplace/orders",
        CheckoutAsk,
        show_order,
        id="create_order",
        summary="Check out a cart",
        tag="marketplace",
        status=201,
        limit="money",
        example={"items": [{"product_id": "prd_abc123", "quantity": 1}], "payment_method": "card"},
        answers=_ORDER,
    ),
    get(
        "/marketplace/orders",
        OrdersAsk,
        show_orders,
        id="list_orders",
        summary="List one's own orders",
        tag="marketplace",
        answers={"orders": [_ORDER], "total": 1},
    ),
    get(
        "/marketplace/orders/{id}",
        OrderAsk,
        show_order,
        id="get_order",
        summary="Get an order one buys or sells in",
        tag="marketplace",
        answers=_PAID,
    ),
    post(
        "/marketplace/orders/{id}/pay",
        PayAsk,
        show_order,
        id="pay_order",
        summary="Get the payment page of an order again, or a new one",
        tag="marketplace",
        limit="money",
        example={"payment_method": "card"},
        answers=_ORDER,
    ),
    post(
        "/marketplace/orders/{id}/cancel",
        CancelAsk,
        show_order,
        id="cancel_order",
        summary="Give up an order that is not paid",
        tag="marketplace",
        answers={**_ORDER, "status": "cancelled", "state": "cancelled", "payment_url": None},
    ),
    post(
        "/marketplace/orders/{id}/fulfil",
        FulfilAsk,
        show_order,
        id="fulfil_order",
        summary="Say that what one sells in an order is delivered",
        tag="seller",
        example={"lines": [1]},
        answers=_PAID,
    ),
)
