"""Ordering: prices are frozen, the order is kept, then the payment page is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy, Scope
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, FieldError, Invalid, KeyReused, NotFound, Unavailable
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import FeePolicy
from platform_core.marketplace.events import OrderPlaced
from platform_core.marketplace.lines import LineStanding, OrderLine
from platform_core.marketplace.order import Order, OrderNotPending, OrderState
from platform_core.marketplace.orders import OrderView, bought, view
from platform_core.marketplace.payment import ASK_AFTER, METHODS, OVER, Payment, PaymentUnderWay
from platform_core.marketplace.ports import SalesPolicy
from platform_core.marketplace.product import Product, ProductState
from platform_core.payments.ports import Checkout, PaymentGateway, PaymentRefused
from platform_core.payouts.ports import recorded

MOST_ITEMS, MOST_OF_ONE = 50, 100


class NotOnSale(Conflict):
    """A product cannot be bought; `details` names it."""

    code = "NOT_ON_SALE"


@frozen
class CartItem:
    """What somebody wants to buy of a product.

    Args:
        product: Which.
        quantity: How many, 1 to 100.
    """

    product: str
    quantity: int = 1


@frozen
class PlaceOrder(Command[OrderView]):
    """Order products, of one or several sellers, all in one currency. What they cost is the platform's word only.

    Args:
        items: 1 to 50 different products.
        method: How to pay: card, crypto or ideal, as far as the provider takes it.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.WRITE_ORDERS)

    items: tuple[CartItem, ...]
    method: str = "card"


async def place_order(
    command: PlaceOrder,
    work: Work,
    *,
    people: Directory,
    fees: FeePolicy,
    gateway: PaymentGateway,
    rules: SalesPolicy,
) -> OrderView:
    """Make the order, then the payment page for it; the order, with the page's address.

    The order is committed before the provider hears of it, so money can never come for a row that is not there. A
    retry with the same key finds it and asks the provider for the same page again.

    Raises:
        Invalid: An item or the method is none, or the products are of several currencies (MON-11).
        NotFound: There is no such product.
        NotOnSale: One is not on sale any more, or its seller is banned.
        PaymentRefused: The provider will not take it.
        Unavailable: The provider does not answer; the same request may be sent again.
    """
    _check_method(command.method)
    _check_items(command.items)
    order = await work.get(Order, id := work.stable_id("ord"))
    if order is None:
        products = await _products(command.items, work, people)
        order = _order(id, command.items, products, work, fee_bp=fees.rate("sale"), rules=rules)
        payment = _payment(work, order, command.method, gateway, order.payment)
        work.add(order)
        work.add(payment)
        await work.commit()
    else:
        payment = await work.require(Payment, order.payment)
        _check_same(command, order, payment)
    order, payment = await _paged(work, gateway, order, payment, first=True)
    return await view(work, order, people, payment)


@frozen
class PayOrder(Command[OrderView]):
    """Pay an order whose payment came to nothing, or find its payment page again.

    Args:
        order: Which.
        method: How to pay; only a new payment may be by another one.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.WRITE_ORDERS)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str
    method: str = "card"

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its buyer may."""
        await bought(work, target["order"])


async def pay_order(command: PayOrder, work: Work, people: Directory, gateway: PaymentGateway) -> OrderView:
    """Make a payment if there is none that can be paid; the order, with the page's address.

    Raises:
        Invalid: The method is none.
        OrderNotPending: It is paid, or has ended.
        PaymentUnderWay: It is being paid in another way.
        PaymentRefused: The provider will not take it.
        Unavailable: The provider does not answer.
    """
    _check_method(command.method)
    order = await work.require(Order, command.order)
    if order.state is not OrderState.PENDING_PAYMENT or work.now >= order.expires_at:
        raise OrderNotPending(f"this order is {order.state.value if order.captured else 'over'}")
    payment = await work.require(Payment, order.payment)
    if payment.state in OVER:
        payment = _payment(work, order, command.method, gateway, work.new_id("pay"))
        order.payment = payment.id
        work.add(payment)
        work.save(order)
        await work.commit()
    elif payment.method != command.method:
        raise PaymentUnderWay(f"this order is being paid by {payment.method}")
    order, payment = await _paged(work, gateway, order, payment, first=False)
    return await view(work, order, people, payment)


# ---- making it


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise Invalid.field("method", f"must be one of {', '.join(METHODS)}")


def _check_items(items: Sequence[CartItem]) -> None:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Invalid.field("items", f"must be 1 to {MOST_ITEMS}")
    seen: set[str] = set()
    for number, item in enumerate(items):
        if type(item.quantity) is not int or not 1 <= item.quantity <= MOST_OF_ONE:
            raise Invalid.field(f"items.{number}.quantity", f"must be a whole number from 1 to {MOST_OF_ONE}")
        if item.product in seen:
            raise Invalid.field(f"items.{number}.product", "is there twice")
        seen.add(item.product)


def _order(
    id: str, items: Sequence[CartItem], products: Sequence[Product], work: Work, *, fee_bp: int, rules: SalesPolicy
) -> Order:
    lines = tuple(
        _line(number, item, product, fee_bp)
        for number, (item, product) in enumerate(zip(items, products, strict=True), 1)
    )
    order = Order(
        id=id,
        buyer=work.actor.id,
        lines=lines,
        standing=tuple(LineStanding() for _ in lines),
        currency=products[0].currency,
        total=sum(line.gross for line in lines),
        payment=work.stable_id("pay"),
        created_at=work.now,
        expires_at=work.now + rules.pending_for,
    )
    order.record(OrderPlaced(order.id, order.buyer, order.total, order.currency))
    return order


def _line(number: int, item: CartItem, product: Product, rate: int) -> OrderLine:
    return OrderLine(
        number=number,
        product=product.id,
        seller=product.seller,
        title=product.title,
        quantity=item.quantity,
        unit_minor=product.price,
        fee_bp=rate,
        tax_bp=product.tax_bp,
        tax_country=product.tax_country,
        delivery=product.delivery,
    )


def _payment(work: Work, order: Order, method: str, gateway: PaymentGateway, id: str) -> Payment:
    return Payment(
        id=id,
        order=order.id,
        buyer=order.buyer,
        minor=order.total,
        currency=order.currency,
        method=method,
        provider=gateway.name,
        created_at=work.now,
        expires_at=order.expires_at,
        ask_at=work.now + ASK_AFTER,
    )


async def _products(items: Sequence[CartItem], work: Work, people: Directory) -> list[Product]:
    """What is ordered. None of it is changed or taken off sale before the order is kept."""
    ids = tuple(item.product for item in items)
    found = await work.find(Select(Product, (Where("id", "in", ids),), limit=len(ids)))
    by_id = {product.id: product for product in found}
    cards = await people.cards(list({product.seller for product in found}))
    chosen: list[Product] = []
    for number, id in enumerate(ids):
        product, where = by_id.get(id), f"items.{number}.product"
        if product is None or (product.state is ProductState.DRAFT and product.seller != work.actor.id):
            raise NotFound(f"there is no such product: {id}", details=[FieldError(where, "is not there")])
        if product.seller == work.actor.id:
            raise Invalid.field(where, "is your own")
        if not product.is_on_sale or product.seller not in cards or cards[product.seller].banned:
            raise NotOnSale(f"this is not on sale: {product.title}", details=[FieldError(where, "is not on sale")])
        if chosen and product.currency != chosen[0].currency:
            raise Invalid.field(where, f"is not sold in {chosen[0].currency}")
        work.guard(product)
        chosen.append(product)
    return chosen


def _check_same(command: PlaceOrder, order: Order, payment: Payment) -> None:
    ordered = tuple(CartItem(line.product, line.quantity) for line in order.lines)
    if ordered != command.items:
        raise KeyReused.field("items", "differs from the first request with this idempotency key")
    if payment.method != command.method:
        raise KeyReused.field("method", "differs from the first request with this idempotency key")
    if payment.state in OVER and payment.checkout_url is None:
        raise PaymentRefused("the payment of this order was refused; order again")


# ---- its page


async def _paged(
    work: Work, gateway: PaymentGateway, order: Order, payment: Payment, *, first: bool
) -> tuple[Order, Payment]:
    """Order and payment with a page to pay at, if there is something to pay.

    Args:
        work: The unit of work.
        gateway: The provider.
        order: The order, committed.
        payment: Its payment, committed.
        first: Whether the order comes to nothing if the provider will not take the payment.
    """
    done = payment.checkout_url is not None or payment.state in OVER
    if done or order.state is not OrderState.PENDING_PAYMENT:
        return order, payment
    try:
        checkout = await gateway.open_checkout(
            subject=payment.id, amount=payment.price, method=payment.method, description=_description(order)
        )
    except Unavailable:
        await _note(work, order, payment, None)
        raise
    except (Invalid, PaymentRefused):
        await _refused(work, order, payment, ends=first)
        raise
    return await _note(work, order, payment, checkout)


async def _note(work: Work, order: Order, payment: Payment, checkout: Checkout | None) -> tuple[Order, Payment]:
    """Keep what the provider answered; from fresh reads, for it may have told more meanwhile."""

    async def write() -> tuple[Order, Payment]:
        fresh, paid = await work.require(Order, order.id), await work.require(Payment, payment.id)
        if checkout is None:
            paid.lost_sight()
        else:
            paid.opened(checkout.url, checkout.reference, checkout.expires_at)
            fresh.wait(checkout.expires_at)
            work.save(fresh)
        work.save(paid)
        return fresh, paid

    return await recorded(work, write)


async def _refused(work: Work, order: Order, payment: Payment, *, ends: bool) -> None:
    async def write() -> None:
        fresh, paid = await work.require(Order, order.id), await work.require(Payment, payment.id)
        paid.fail()
        work.save(paid)
        if ends and fresh.state is OrderState.PENDING_PAYMENT:
            fresh.end(OrderState.CANCELLED)
            work.save(fresh)

    await recorded(work, write)


def _description(order: Order) -> str:
    first = order.lines[0].title
    return first if len(order.lines) == 1 else f"{first} and {len(order.lines) - 1} more"
