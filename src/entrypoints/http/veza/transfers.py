"""Transfers to sellers, as sellers and as admins see them; an admin has a failed one tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, field

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post
from entrypoints.http.veza.envelope import PartAsk, Total
from entrypoints.http.veza.orders import OrderId
from entrypoints.http.veza.products import Cents, Currency
from platform_core.kernel.page import bounded
from platform_core.payouts.movement import TransferState
from platform_core.payouts.sending import RetriedTransfer, RetryTransfer
from platform_core.payouts.views import ListAllTransfers, ListTransfers, TransferList, TransferView

TransferId = Annotated[str, Meta(description="A transfer's id.", examples=["trf_abc123"])]
Status = Literal[
    "pending",
    "blocked",
    "processing",
    "unknown",
    "failed",
    "permanently_failed",
    "completed",
    "partially_reversed",
    "reversed",
    "cancelled",
]
#: What the core calls otherwise when it is asked for it: `failed` is what is tried again by itself.
_ASKED: Mapping[Status, str] = {"failed": "retry_wait", "permanently_failed": "failed_permanent"}

Since = Annotated[datetime, Meta(tz=True, description="Planned then or later.", examples=["2026-02-01T00:00:00Z"])]
Until = Annotated[datetime, Meta(tz=True, description="Planned then or before.", examples=["2026-03-01T00:00:00Z"])]


class TransfersAsk(PartAsk, frozen=True, kw_only=True):
    """Which of one's own transfers."""

    names: ClassVar[Mapping[str, str]] = {"start": "from", "end": "to"}

    status: Status | UnsetType = UNSET
    since: Since | UnsetType = field(default=UNSET, name="from")
    until: Until | UnsetType = field(default=UNSET, name="to")

    def command(self, _: Caller) -> ListTransfers:
        """What the core is asked."""
        return ListTransfers(
            _asked(self.status),
            None if self.since is UNSET else self.since,
            None if self.until is UNSET else self.until,
            bounded(self.limit),
            self.offset,
        )


class AllTransfersAsk(TransfersAsk, frozen=True, kw_only=True):
    """Which of all transfers."""

    names: ClassVar[Mapping[str, str]] = {"start": "from", "end": "to", "seller": "seller_id", "order": "order_id"}

    seller_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    order_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET

    def command(self, _: Caller) -> ListAllTransfers:  # type: ignore[override]  # another list, asked for alike
        """What the core is asked."""
        return ListAllTransfers(
            _asked(self.status),
            None if self.seller_id is UNSET else self.seller_id,
            None if self.order_id is UNSET else self.order_id,
            None if self.since is UNSET else self.since,
            None if self.until is UNSET else self.until,
            bounded(self.limit),
            self.offset,
        )


def _asked(status: Status | UnsetType) -> str | None:
    return None if status is UNSET else _ASKED.get(status, status)


class RetryAsk(Ask, frozen=True):
    """Which transfer is tried again."""

    names: ClassVar[Mapping[str, str]] = {"transfer": "id"}

    id: TransferId

    def command(self, _: Caller) -> RetryTransfer:
        """What the core is asked."""
        return RetryTransfer(self.id)


class Transfer(Struct, frozen=True):
    """Money on its way to a seller."""

    id: TransferId
    seller_id: str
    order_id: OrderId
    amount_cents: Annotated[int, Meta(description="What goes, or went, to the seller.", examples=[2699])]
    platform_fee_cents: Annotated[int, Meta(description="What the platform kept.", examples=[300])]
    reversed_cents: Annotated[int, Meta(description="What has come back of it.")]
    currency: Currency
    status: Status
    reason: Annotated[str | None, Meta(description="Why it is blocked, failed or cancelled.")]
    retry_count: int
    next_retry_at: Annotated[Moment | None, Meta(description="When it is tried again by itself.")]
    created_at: Moment
    completed_at: Moment | None


class Transfers(Answer, frozen=True):
    """Some transfers, the newest first."""

    transfers: list[Transfer]
    total: Total


class Retried(Answer, frozen=True):
    """What became of a transfer that was tried again."""

    id: TransferId
    status: Status
    retry_count: int
    amount_cents: Cents
    currency: Currency


def _status(told: str, state: TransferState) -> Status:
    return "permanently_failed" if state is TransferState.FAILED_PERMANENT else cast(Status, told)


def show_transfers(part: TransferList) -> Transfers:
    """A list of transfers."""
    return Transfers([_transfer(transfer) for transfer in part.items], part.total)


def _transfer(transfer: TransferView) -> Transfer:
    return Transfer(
        id=transfer.id,
        seller_id=transfer.seller,
        order_id=transfer.order,
        amount_cents=transfer.amount,
        platform_fee_cents=transfer.fee,
        reversed_cents=transfer.reversed,
        currency=transfer.currency,
        status=_status(transfer.status, transfer.state),
        reason=transfer.reason,
        retry_count=transfer.retry_count,
        next_retry_at=None if transfer.next_retry_at is None else moment(transfer.next_retry_at),
        created_at=moment(transfer.created_at),
        completed_at=None if transfer.completed_at is None else moment(transfer.completed_at),
    )


def show_retried(retried: RetriedTransfer) -> Retried:
    """The answer to an admin's retry."""
    status = _status(retried.status, retried.state)
    return Retried(retried.id, status, retried.retry_count, retried.amount, retried.currency)


_TRANSFER = {
    "id": "trf_abc123",
    "seller_id": "usr_abc123",
    "order_id": "ord_abc123",
    "amount_cents": 2699,
    "platform_fee_cents": 300,
    "reversed_cents": 0,
    "currency": "EUR",
    "status": "failed",
    "reason": "balance_insufficient",
    "retry_count": 1,
    "next_retry_at": "2026-02-24T10:00:00Z",
    "created_at": "2026-02-23T12:00:00Z",
    "completed_at": None,
}

ROWS: tuple[Row, ...] = (
    get(
        "/sell/transfers",
        TransfersAsk,
        show_transfers,
        id="seller_transfers",
        summary="List the transfers to oneself",
        tag="seller",
        answers={"transfers": [_TRANSFER], "total": 1},
    ),
    get(
        "/admin/transfers",
        AllTransfersAsk,
        show_transfers,
        id="admin_list_transfers",
        summary="List all transfers",
        tag="admin",
        answers={"transfers": [_TRANSFER], "total": 5},
    ),
    post(
        "/admin/transfers/{id}/retry",
        RetryAsk,
        show_retried,
        id="admin_retry_transfer",
        summary="Try a failed transfer again now",
        tag="admin",
        limit="money",
        answers={
            "id": "trf_abc123",
            "status": "completed",
            "retry_count": 2,
            "amount_cents": 2699,
            "currency": "EUR",
        },
    ),
)
