"""Orders as those who may see them see them, and what is done with them besides paying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory, Named, named
from platform_core.kernel.actor import PLATFORM, SIGNED_IN, USERS, Policy, Scope
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.page import check_page
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.lines import OrderLine
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.payment import Payment, PaymentState
from platform_core.marketplace.product import Delivery


@frozen
class LineView:
    """A line of an order. Amounts are in minor units; `fee` and `net` are for its seller and admins, else None."""

    number: int
    product: str
    seller: Named
    title: str
    quantity: int
    unit_price: int
    gross: int
    tax: int
    fee: int | None
    net: int | None
    refunded: int
    refunding: int
    delivery: Delivery
    delivered: bool


@frozen
class OrderView:
    """An order, as its buyer and admins see it; a seller sees their own lines, and the amounts of those.

    Args:
        total: What it costs, in minor units.
        refunded: What is back with the buyer.
        refunding: What is on its way back.
        refundable: What is left to give back.
        payment: The payment under way, or whose money was kept; None for sellers.
        payment_state: Where that is.
        payment_url: Where to pay, while there is something to pay.
    """

    id: str
    buyer: Named
    state: OrderState
    lines: list[LineView]
    total: int
    currency: str
    refunded: int
    refunding: int
    refundable: int
    payment: str | None
    payment_state: PaymentState | None
    payment_url: str | None
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None


@frozen
class OrderList:
    """A page of orders, and how many there are in all."""

    orders: list[OrderView]
    total: int
    limit: int
    offset: int


async def known(work: Work, id: str) -> Order:
    """The order, if the actor buys or sells in it or is an admin.

    Raises:
        NotFound: There is none that the actor may know of (AUTHZ-01).
    """
    order = await work.get(Order, id)
    me = work.actor.id
    if order is None or not (me == order.buyer or me in order.sellers or work.actor.is_admin):
        raise NotFound("there is no such order")
    return order


async def bought(work: Work, id: str) -> Order:
    """The order, if the actor buys it.

    Raises:
        NotFound: There is none that the actor may know of.
        Forbidden: The actor sells in it, or is an admin.
    """
    order = await known(work, id)
    if order.buyer != work.actor.id:
        raise Forbidden("only its buyer may do this")
    return order


async def view(work: Work, order: Order, people: Directory, payment: Payment | None = None) -> OrderView:
    """The order, as the actor sees it."""
    return (await views(work, [order], people, {} if payment is None else {payment.id: payment}))[0]


async def views(
    work: Work, orders: Sequence[Order], people: Directory, known: Mapping[str, Payment] | None = None
) -> list[OrderView]:
    """The orders, as the actor sees them.

    Args:
        work: Whose actor looks.
        orders: Which.
        people: Names.
        known: Payments that are at hand, by id.
    """
    ids = tuple(order.payment for order in orders if order.payment not in (known or {}))
    found = await work.find(Select(Payment, (Where("id", "in", ids),), limit=max(1, len(ids)))) if ids else []
    payments = {**(known or {}), **{payment.id: payment for payment in found}}
    names = await named(people, (user for order in orders for user in (order.buyer, *order.sellers)))
    return [_view(order, payments.get(order.payment), names, work) for order in orders]


def _view(order: Order, payment: Payment | None, names: Mapping[str, Named], work: Work) -> OrderView:
    me = work.actor.id
    sells_only = order.buyer != me and not work.actor.is_admin
    lines = [line for line in order.lines if not sells_only or line.seller == me]
    shown = [_line(order, line, names[line.seller], inside=work.actor.is_admin or line.seller == me) for line in lines]
    payable = order.state is OrderState.PENDING_PAYMENT and not sells_only and payment is not None
    return OrderView(
        id=order.id,
        buyer=names[order.buyer],
        state=order.state,
        lines=shown,
        total=sum(line.gross for line in lines),
        currency=order.currency,
        refunded=sum(line.refunded for line in shown),
        refunding=sum(line.refunding for line in shown),
        refundable=order.refundable({me} if sells_only else None) if order.captured else 0,
        payment=None if sells_only else order.payment,
        payment_state=None if sells_only or payment is None else payment.state,
        payment_url=payment.checkout_url if payable and payment is not None else None,
        created_at=order.created_at,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        fulfilled_at=order.fulfilled_at,
    )


def _line(order: Order, line: OrderLine, seller: Named, *, inside: bool) -> LineView:
    standing = order.standing[line.number - 1]
    return LineView(
        number=line.number,
        product=line.product,
        seller=seller,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_minor,
        gross=line.gross,
        tax=line.parts.tax,
        fee=line.parts.fee if inside else None,
        net=line.parts.net if inside else None,
        refunded=standing.refunded,
        refunding=standing.reserved,
        delivery=line.delivery,
        delivered=standing.delivered,
    )


@frozen
class GetOrder(Query[OrderView]):
    """An order, for its buyer, those who sell in it, admins and operators."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Orders are private: to everybody else there is none."""
        await known(work, target["order"])


async def get_order(query: GetOrder, work: Work, people: Directory) -> OrderView:
    """The order.

    Raises:
        NotFound: There is none that the actor may know of.
    """
    return await view(work, await known(work, query.order), people)


@frozen
class ListOrders(Query[OrderList]):
    """What the caller has ordered, the newest first.

    Args:
        state: Only those in this state.
        limit: At most this many, 1 to 100.
        offset: Pass over so many first.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.READ)

    state: OrderState | None = None
    limit: int = 20
    offset: int = 0


async def list_orders(query: ListOrders, work: Work, people: Directory) -> OrderList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page is out of bounds.
    """
    return await _page(work, people, query, buyer=work.actor.id)


@frozen
class AllOrders(Query[OrderList]):
    """Anybody's orders, the newest first, for operators.

    Args:
        buyer: Only this user's.
        state: Only those in this state.
        limit: At most this many, 1 to 100.
        offset: Pass over so many first.
    """

    policy: ClassVar[Policy] = PLATFORM

    buyer: str | None = None
    state: OrderState | None = None
    limit: int = 20
    offset: int = 0


async def all_orders(query: AllOrders, work: Work, people: Directory) -> OrderList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page is out of bounds.
    """
    return await _page(work, people, query, buyer=query.buyer)


async def _page(work: Work, people: Directory, query: ListOrders | AllOrders, *, buyer: str | None) -> OrderList:
    check_page(query.limit, query.offset)
    wanted = (("buyer", buyer), ("state", query.state))
    where = tuple(Where(name, "=", value) for name, value in wanted if value is not None)
    select = Select(Order, where, ("-created_at",), limit=query.limit, offset=query.offset)
    found = await views(work, await work.find(select), people)
    return OrderList(found, await work.count(select), query.limit, query.offset)


@frozen
class FulfilOrder(Command[OrderView]):
    """Say that what one sells in an order is delivered.

    Args:
        order: Which.
        lines: The numbers of the lines, all one's own; all of those when None.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.SELL)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str
    lines: tuple[int, ...] | None = None

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Those who sell in it may."""
        if work.actor.id not in (await known(work, target["order"])).sellers:
            raise Forbidden("only its sellers may do this")


async def fulfil_order(command: FulfilOrder, work: Work, people: Directory) -> OrderView:
    """Mark the lines as delivered.

    Raises:
        Invalid: A line is not there, or not one's own.
        InvalidTransition: The order is not paid, or its money is gone.
    """
    order = await work.require(Order, command.order)
    order.deliver(own_lines(order, work.actor.id, command.lines), work.now)
    work.save(order)
    return await view(work, order, people)


def own_lines(order: Order, seller: str, numbers: Iterable[int] | None) -> list[int]:
    """These lines, or all, of a seller's in an order.

    Raises:
        Invalid: One is not there, or not theirs: which of the two is not told.
    """
    own = [line.number for line in order.lines if line.seller == seller]
    if numbers is None:
        return own
    wanted = list(numbers)
    if not wanted or any(number not in own for number in wanted):
        raise Invalid.field("lines", "must be numbers of your own lines in this order")
    return wanted


@frozen
class CancelOrder(Command[OrderView]):
    """Give up an order that is not paid yet. Its buyer may. Money that comes all the same is taken as a payment."""

    policy: ClassVar[Policy] = USERS.for_keys(Scope.WRITE_ORDERS)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its buyer may."""
        await bought(work, target["order"])


async def cancel_order(command: CancelOrder, work: Work, people: Directory) -> OrderView:
    """Cancel it.

    Raises:
        OrderNotPending: It is paid, or has ended.
    """
    order = await work.require(Order, command.order)
    order.end(OrderState.CANCELLED)
    work.save(order)
    return await view(work, order, people)
