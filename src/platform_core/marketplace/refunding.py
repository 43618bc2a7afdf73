"""Refunds: asked for by a buyer, a seller or an operator, approved, and what the provider's word of them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from platform_core.kernel.actor import PLATFORM, SIGNED_IN, Policy, Scope
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.money import amount as checked
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.marketplace.events import RefundRequested
from platform_core.marketplace.order import NotRefundable, Order, RefundTooLarge
from platform_core.marketplace.orders import known
from platform_core.marketplace.payment import Payment
from platform_core.marketplace.ports import SalesPolicy
from platform_core.marketplace.refund import Refund, RefundCause, RefundState, Share
from platform_core.marketplace.returning import shared
from platform_core.marketplace.settling import release

REASON, DETAILS = 200, 2000
MOST = 1000


@frozen
class RefundView:
    """A refund as those see it who have to do with its order. Amounts are in minor units.

    Args:
        by: Who asked for it: a user's id, or the platform.
        lines: What it returns of which line.
    """

    id: str
    order: str
    state: RefundState
    cause: RefundCause
    by: str
    amount: int
    currency: str
    lines: Mapping[int, int]
    reason: str
    details: str
    error: str | None
    created_at: datetime
    resolved_at: datetime | None


def refund_view(refund: Refund) -> RefundView:
    """The refund."""
    return RefundView(
        refund.id,
        refund.order,
        refund.state,
        refund.cause,
        refund.by,
        refund.minor,
        refund.currency,
        dict(refund.by_line),
        refund.reason,
        refund.details,
        refund.error,
        refund.created_at,
        refund.resolved_at,
    )


# ---- asking


@frozen
class RefundOrder(Command[RefundView]):
    """Ask for an order's money back: its buyer, those who sell in it of their own lines, or an admin.

    What sellers and admins ask for is approved at once, what buyers ask for within `SalesPolicy.refunds_at_once` of the
    payment; later a seller or an admin approves it. The provider gives it back a little later.

    Args:
        order: Which.
        amount: How much, in minor units; all that is left when None.
        reason: Why, 1 to 200 characters.
        details: More of that, at most 2000 characters.
        lines: Of which lines, by number; of all one may when None. An amount is divided by what is left of each.
    """

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.WRITE_ORDERS)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str
    amount: int | None = None
    reason: str = "requested"
    details: str = ""
    lines: tuple[int, ...] | None = None

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Orders are private: others are told of none (MON-09)."""
        await known(work, target["order"])


async def refund_order(command: RefundOrder, work: Work, rules: SalesPolicy) -> RefundView:
    """Set the money aside, and have it given back.

    Raises:
        Invalid: The amount, the reason or a line breaks a rule.
        NotRefundable: Nothing is paid or left, or the buyer's bank takes the money back.
        RefundTooLarge: Less is left (invariants 21 and 23).
    """
    reason = text(command.reason.strip(), "reason", least=1, most=REASON)
    details = text(command.details, "details", most=DETAILS)
    order = await work.require(Order, command.order)
    cause = _cause(work, order)
    lefts = _lefts(order, work.actor.id if cause is RefundCause.SELLER else None, command.lines)
    minor = sum(lefts.values()) if command.amount is None else checked(command.amount)
    if not order.captured or not sum(lefts.values()):
        raise NotRefundable("there is nothing left to refund" if order.captured else "nothing is paid yet")
    if minor > sum(lefts.values()):
        raise RefundTooLarge("less than that is left to refund")
    shares = shared(minor, lefts)
    order.reserve(shares)
    work.save(order)
    payment = await work.require(Payment, order.payment)
    charge = payment.kept
    if charge is None:
        raise NotRefundable("nothing is paid yet")
    approved = cause is not RefundCause.BUYER or _is_fresh(order, work.now, rules)
    refund = Refund(
        id=work.new_id("rfd"),
        order=order.id,
        payment=payment.id,
        charge=charge.reference,
        provider=payment.provider,
        cause=cause,
        by=work.actor.id,
        minor=minor,
        currency=order.currency,
        shares=tuple(
            Share(line=number, seller=order.line(number).seller, minor=part) for number, part in shares.items()
        ),
        reason=reason,
        details=details,
        created_at=work.now,
        state=RefundState.APPROVED if approved else RefundState.REQUESTED,
        due_at=work.now if approved else None,
    )
    refund.record(RefundRequested(refund.id, order.id, refund.by, minor, order.currency, approved))
    work.add(refund)
    return refund_view(refund)


def _cause(work: Work, order: Order) -> RefundCause:
    if work.actor.id == order.buyer:
        return RefundCause.BUYER
    return RefundCause.SELLER if work.actor.id in order.sellers else RefundCause.OPERATOR


def _lefts(order: Order, seller: str | None, numbers: Iterable[int] | None) -> dict[int, int]:
    """What is left of the lines that are meant.

    Raises:
        Invalid: One is not there, or not the seller's: which of the two is not told.
    """
    own = {line.number: order.left(line) for line in order.lines if seller in (None, line.seller)}
    if numbers is None:
        return own
    wanted = set(numbers)
    if not wanted or not wanted <= own.keys():
        raise Invalid.field("lines", "must be numbers of lines of this order that are yours to refund")
    return {number: own[number] for number in sorted(wanted)}


def _is_fresh(order: Order, now: datetime, rules: SalesPolicy) -> bool:
    return order.paid_at is not None and now < order.paid_at + rules.refunds_at_once


# ---- approving


async def decidable(work: Work, id: str) -> Refund:
    """A refund, if the actor may say whether it is granted: an admin, or the seller of all its lines.

    Raises:
        NotFound: There is none that the actor may know of.
        Forbidden: The actor has to do with its order, and may not.
    """
    refund = await work.require(Refund, id)
    if work.actor.is_admin:
        return refund
    try:
        await known(work, refund.order)
    except NotFound:
        raise NotFound("there is no such refund") from None
    if refund.sellers != {work.actor.id}:
        raise Forbidden("only the seller of all that it returns may do this, or an admin")
    return refund


@frozen
class _Decision(Command[RefundView]):
    """A command about a refund that waits for somebody to grant it, or not."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.SELL)
    target: ClassVar[tuple[str, ...]] = ("refund",)

    refund: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """The seller of all its lines may, and admins."""
        await decidable(work, target["refund"])


@frozen
class ApproveRefund(_Decision):
    """Grant a refund that waits for that. The seller of all its lines may, and admins."""


async def approve_refund(command: ApproveRefund, work: Work) -> RefundView:
    """Approve it.

    Raises:
        InvalidTransition: It is not waiting for that.
    """
    refund = await work.require(Refund, command.refund)
    refund.approve(work.now)
    work.save(refund)
    return refund_view(refund)


@frozen
class RejectRefund(_Decision):
    """Do not grant a refund that waits for that. The seller of all its lines may, and admins.

    Args:
        refund: Which.
        reason: Why, 1 to 200 characters; the buyer sees it.
    """

    reason: str


async def reject_refund(command: RejectRefund, work: Work) -> RefundView:
    """Reject it; what was set aside can be refunded again.

    Raises:
        Invalid: The reason is none.
        InvalidTransition: It is not waiting for that.
    """
    refund = await work.require(Refund, command.refund)
    refund.reject(text(command.reason.strip(), "reason", least=1, most=REASON), work.now)
    work.save(refund)
    await release(work, refund)
    return refund_view(refund)


# ---- looking


@frozen
class ListRefunds(Query[list[RefundView]]):
    """The refunds of an order, the oldest first: for its buyer and admins all, for a seller those of their lines."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Orders are private: others are told of none."""
        await known(work, target["order"])


async def list_refunds(query: ListRefunds, work: Work) -> list[RefundView]:
    """The refunds.

    Raises:
        NotFound: There is no such order that the actor may know of.
    """
    order = await known(work, query.order)
    select = Select(Refund, (Where("order", "=", order.id),), ("created_at",), limit=MOST)
    me, found = work.actor.id, await work.find(select)
    if me == order.buyer or work.actor.is_admin:
        return [refund_view(refund) for refund in found]
    return [_of_seller(refund, me) for refund in found if me in refund.sellers]


def _of_seller(refund: Refund, seller: str) -> RefundView:
    """What a seller sees of a refund: their own lines."""
    seen = refund_view(refund)
    lines = {share.line: share.minor for share in refund.shares if share.seller == seller}
    return evolve(seen, lines=lines, amount=sum(lines.values()))


@frozen
class AllRefunds(Query[list[RefundView]]):
    """Anybody's refunds, the newest first, for operators.

    Args:
        state: Only those in this state.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    state: RefundState | None = None
    limit: int = 100


async def all_refunds(query: AllRefunds, work: Work) -> list[RefundView]:
    """The refunds."""
    where = () if query.state is None else (Where("state", "=", query.state),)
    select = Select(Refund, where, ("-created_at",), limit=bounded(query.limit, OPERATORS))
    return [refund_view(refund) for refund in await work.find(select)]
