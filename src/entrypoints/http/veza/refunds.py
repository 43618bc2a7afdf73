"""Refunds: asked for, granted or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post
from entrypoints.http.veza.envelope import Total
from entrypoints.http.veza.orders import Lines, OneOrder, OrderId
from entrypoints.http.veza.products import Cents, Currency
from platform_core.marketplace.refunding import ApproveRefund, ListRefunds, RefundOrder, RefundView, RejectRefund

RefundId = Annotated[str, Meta(description="A refund's id.", examples=["rfd_abc123"])]


class RefundAsk(OneOrder, frozen=True):
    """What is to be given back: all that is left, if nothing is said of it."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, examples=["Not as described"])]
    details: Annotated[str, Meta(max_length=2000)] = ""
    amount_cents: Annotated[int, Meta(ge=1, description="In minor units.", examples=[1000])] | UnsetType = UNSET
    lines: Lines | UnsetType = UNSET

    def command(self, _: Caller) -> RefundOrder:
        """What the core is asked."""
        amount = None if self.amount_cents is UNSET else self.amount_cents
        lines = None if self.lines is UNSET else tuple(self.lines)
        return RefundOrder(self.id, amount, self.reason, self.details, lines)


class RefundsAsk(OneOrder, frozen=True):
    """Of which order."""

    def command(self, _: Caller) -> ListRefunds:
        """What the core is asked."""
        return ListRefunds(self.id)


class OneRefund(Ask, frozen=True):
    """A refund by its id."""

    names: ClassVar[Mapping[str, str]] = {"refund": "id"}

    id: RefundId


class ApproveAsk(OneRefund, frozen=True):
    """Which refund is granted."""

    def command(self, _: Caller) -> ApproveRefund:
        """What the core is asked."""
        return ApproveRefund(self.id)


class RejectAsk(OneRefund, frozen=True):
    """Which refund is not granted, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, examples=["Used for a month"])]

    def command(self, _: Caller) -> RejectRefund:
        """What the core is asked."""
        return RejectRefund(self.id, self.reason)


class RefundStarted(Answer, frozen=True):
    """A refund is on its way, or waits for approval: `status` is approved or requested."""

    message: Annotated[str, Meta(examples=["Refund initiated"])]
    refund_id: RefundId
    status: Literal["requested", "approved"]
    amount_cents: Cents
    currency: Currency


class Refund(Answer, frozen=True):
    """Money that goes back to the buyer."""

    id: RefundId
    order_id: OrderId
    status: Literal["requested", "rejected", "approved", "submitted", "succeeded", "failed", "reverted"]
    amount_cents: Cents
    currency: Currency
    reason: str
    details: str
    created_at: Moment
    resolved_at: Moment | None


class Refunds(Answer, frozen=True):
    """The refunds of an order, the oldest first."""

    refunds: list[Refund]
    total: Total


def show_refund(refund: RefundView) -> Refund:
    """A refund."""
    return Refund(
        id=refund.id,
        order_id=refund.order,
        status=refund.state.value,
        amount_cents=refund.amount,
        currency=refund.currency,
        reason=refund.reason,
        details=refund.details,
        created_at=moment(refund.created_at),
        resolved_at=None if refund.resolved_at is None else moment(refund.resolved_at),
    )


def show_started(refund: RefundView) -> RefundStarted:
    """The answer to a wish for money back."""
    is_waiting = refund.state.value == "requested"
    return RefundStarted(
        message="Refund requested" if is_waiting else "Refund initiated",
        refund_id=refund.id,
        status="requested" if is_waiting else "approved",
        amount_cents=refund.amount,
        currency=refund.currency,
    )


def show_refunds(refunds: list[RefundView]) -> Refunds:
    """A list of refunds."""
    return Refunds([show_refund(refund) for refund in refunds], len(refunds))


_REFUND = {
    "id": "rfd_abc123",
    "order_id": "ord_abc123",
    "status": "succeeded",
    "amount_cents": 2999,
    "currency": "EUR",
    "reason": "Not as described",
    "details": "",
    "created_at": "2026-02-24T12:00:00Z",
    "resolved_at": "2026-02-24T12:00:05Z",
}

ROWS: tuple[Row, ...] = (
    post(
        "/marketplace/orders/{id}/refund",
        RefundAsk,
        show_started,
        id="order_refund",
        summary="Ask for money back, as a buyer or as a seller",
        tag="refunds",
        limit="money",
        example={"reason": "Not as described"},
        answers={
            "message": "Refund initiated",
            "refund_id": "rfd_abc123",
            "status": "approved",
            "amount_cents": 2999,
            "currency": "EUR",
        },
    ),
    get(
        "/marketplace/orders/{id}/refunds",
        RefundsAsk,
        show_refunds,
        id="order_refunds",
        summary="List the refunds of an order",
        tag="refunds",
        answers={"refunds": [_REFUND], "total": 1},
    ),
    post(
        "/marketplace/refunds/{id}/approve",
        ApproveAsk,
        show_refund,
        id="approve_refund",
        summary="Grant a refund that waits for it",
        tag="refunds",
        answers={**_REFUND, "status": "approved", "resolved_at": None},
    ),
    post(
        "/marketplace/refunds/{id}/reject",
        RejectAsk,
        show_refund,
        id="reject_refund",
        summary="Do not grant a refund that waits for it",
        tag="refunds",
        example={"reason": "Used for a month"},
        answers={**_REFUND, "status": "rejected"},
    ),
)
