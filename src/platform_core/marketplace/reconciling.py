"""Time running out: orders nobody paid, and payments whose provider should have told what came of them."""

from __future__ import annotations

from typing import ClassVar

from attrs import evolve, frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.paying import Cashier
from platform_core.marketplace.payment import Payment, PaymentState
from platform_core.marketplace.ports import SalesPolicy
from platform_core.payments.ports import PaymentGateway
from platform_core.payouts.ports import PayoutPolicy

_UNDER_WAY = (PaymentState.PROCESSING, PaymentState.UNKNOWN)


@frozen
class DueOrders(Query[list[str]]):
    """The orders whose time to be paid has run out, longest overdue first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_orders(query: DueOrders, work: Work) -> list[str]:
    """Their ids."""
    where = (Where("state", "=", OrderState.PENDING_PAYMENT), Where("expires_at", "<=", work.now))
    return [order.id for order in await work.find(Select(Order, where, ("expires_at",), limit=query.limit))]


@frozen
class ExpireOrder(Command[OrderState]):
    """End an order that was not paid in time. One whose money is under way waits on."""

    policy: ClassVar[Policy] = PLATFORM

    order: str


async def expire_order(command: ExpireOrder, work: Work, rules: SalesPolicy) -> OrderState:
    """Expire it; the state it is in then.

    Raises:
        NotFound: There is no such order.
        Conflict: There is still time, or it waits no more.
    """
    order = await work.require(Order, command.order)
    if order.state is not OrderState.PENDING_PAYMENT or work.now < order.expires_at:
        raise Conflict("nothing is due")
    payment = await work.require(Payment, order.payment)
    work.guard(payment)
    if payment.state in _UNDER_WAY:
        order.wait(work.now + rules.pending_for)
    else:
        order.end(OrderState.EXPIRED)
    work.save(order)
    return order.state


@frozen
class StuckPayments(Query[list[str]]):
    """The payments to ask the provider about, longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def stuck_payments(query: StuckPayments, work: Work) -> list[str]:
    """Their ids."""
    select = Select(Payment, (Where("ask_at", "<=", work.now),), ("ask_at",), limit=query.limit)
    return [payment.id for payment in await work.find(select)]


@frozen
class ReconcilePayment(Command[PaymentState]):
    """Ask the provider what came of a payment, and take its word.

    Args:
        payment: Which.
    """

    policy: ClassVar[Policy] = PLATFORM

    payment: str


async def reconcile_payment(
    command: ReconcilePayment,
    work: Work,
    *,
    gateway: PaymentGateway,
    people: Directory,
    payouts: PayoutPolicy,
    rules: SalesPolicy,
) -> PaymentState:
    """Take its word, or ask again later; the state the payment is in then.

    A payment whose page was never made was never offered to its buyer: it ends with its time.

    Raises:
        NotFound: There is no such payment.
        Conflict: It is not time to ask.
        Unavailable: The provider does not answer; nothing is changed.
    """
    payment = await work.require(Payment, command.payment)
    if payment.ask_at is None or payment.ask_at > work.now:
        raise Conflict("nothing is due")
    if payment.provider != gateway.name:
        payment.ask_later(work.now)
    elif payment.reference is None:
        if work.now >= payment.expires_at:
            payment.cancel()
        else:
            payment.ask_later(work.now)
    else:
        try:
            told = await gateway.status(subject=payment.id, reference=payment.reference)
        except NotFound:
            told = None
        if told is not None:
            told = evolve(told, provider=gateway.name)
            await Cashier(work, people, payouts, rules).take_word(payment, told)
        if payment.ask_at is not None:
            payment.ask_later(work.now)
    work.save(payment)
    return payment.state
