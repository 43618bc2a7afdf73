"""What sellers and admins see of transfers and of what is owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import ADMINS, SIGNED_IN, USERS, Policy, Scope
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Invalid, NotFound
from platform_core.kernel.page import bounded, check_offset
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.payouts.movement import TransferAttempt, TransferState
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.transfer import STATUSES, Transfer

DEFAULT_LIMIT = 20
BATCH = 500


@frozen
class TransferView:
    """A transfer, for its seller and for admins.

    Args:
        id: Its id.
        seller: Whose money it is.
        order: The order.
        amount: What goes, or went, to the seller: less than their share once some of it was refunded or netted.
        fee: The platform's share.
        net: The seller's share when the order was paid.
        sent: What was sent.
        reversed: What has come back of that.
        netted: What went to pay the seller's debts.
        currency: ISO code.
        status: `pending`, `blocked`, `processing`, `unknown`, `failed`, `completed`, `partially_reversed`, `reversed`
            or `cancelled`.
        state: The same, told more exactly.
        reason: Why it is blocked, failed or cancelled.
        held: Whether a dispute keeps it here.
        retry_count: How many tries were used.
        next_retry_at: When it is tried again by itself; None if it is not.
        available_at: Not sent before.
        created_at: When it was planned.
        completed_at: When it was sent.
    """

    id: str
    seller: str
    order: str
    amount: int
    fee: int
    net: int
    sent: int
    reversed: int
    netted: int
    currency: str
    status: str
    state: TransferState
    reason: str | None
    held: bool
    retry_count: int
    next_retry_at: datetime | None
    available_at: datetime
    created_at: datetime
    completed_at: datetime | None


def view(transfer: Transfer) -> TransferView:
    """It, to be seen."""
    return TransferView(
        id=transfer.id,
        seller=transfer.seller,
        order=transfer.order,
        amount=transfer.amount,
        fee=transfer.fee,
        net=transfer.net,
        sent=transfer.sent,
        reversed=transfer.reversed,
        netted=transfer.netted,
        currency=transfer.currency,
        status=transfer.status,
        state=transfer.state,
        reason=transfer.reason,
        held=transfer.held,
        retry_count=transfer.retry_count,
        next_retry_at=transfer.next_retry_at,
        available_at=transfer.available_at,
        created_at=transfer.created_at,
        completed_at=transfer.completed_at,
    )


@frozen
class TransferList:
    """A part of a list.

    Args:
        items: The newest first.
        total: How many fit the filters.
        limit: How many it could have held.
        offset: How many were passed over.
    """

    items: Sequence[TransferView]
    total: int
    limit: int
    offset: int


def statuses() -> tuple[str, ...]:
    """What a list can be filtered by: what is told outside, and the exact states."""
    return tuple(dict.fromkeys((*STATUSES.values(), *(state.value for state in TransferState))))


@frozen
class ListTransfers(Query[TransferList]):
    """A seller's own transfers, the newest first.

    Args:
        status: Only those of this status, or in this state.
        start: Only those planned at this moment or later.
        end: Only those planned at this moment or before.
        limit: At most this many, 1 to 100.
        offset: How many to pass over.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.READ)

    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0


async def list_transfers(query: ListTransfers, work: Work) -> TransferList:
    """The list.

    Raises:
        Invalid: There is no such status, the span ends before it begins, or the offset is too large.
    """
    return await _list(query, work, seller=work.actor.id)


@frozen
class ListAllTransfers(Query[TransferList]):
    """Everybody's transfers, the newest first. Admins only.

    Args:
        status: Only those of this status, or in this state.
        seller: Only this seller's.
        order: Only this order's.
        start: Only those planned at this moment or later.
        end: Only those planned at this moment or before.
        limit: At most this many, 1 to 100.
        offset: How many to pass over.
    """

    policy: ClassVar[Policy] = ADMINS

    status: str | None = None
    seller: str | None = None
    order: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0


async def list_all_transfers(query: ListAllTransfers, work: Work) -> TransferList:
    """The list.

    Raises:
        Invalid: There is no such status, the span ends before it begins, or the offset is too large.
    """
    return await _list(query, work, seller=query.seller, order=query.order)


async def _list(
    query: ListTransfers | ListAllTransfers, work: Work, *, seller: str | None, order: str | None = None
) -> TransferList:
    where = []
    if seller is not None:
        where.append(Where("seller", "=", seller))
    if order is not None:
        where.append(Where("order", "=", order))
    if query.status is not None:
        states = tuple(state for state in TransferState if query.status in (STATUSES[state], state.value))
        if not states:
            raise Invalid.field("status", f"must be one of {', '.join(statuses())}")
        where.append(Where("state", "in", states))
    if query.start is not None:
        where.append(Where("created_at", ">=", query.start))
    if query.end is not None:
        where.append(Where("created_at", "<=", query.end))
    if query.start is not None and query.end is not None and query.end < query.start:
        raise Invalid.field("to", "must not be before from")
    check_offset(query.offset)
    limit = bounded(query.limit)
    select = Select(Transfer, tuple(where), order=("-created_at",), limit=limit, offset=query.offset)
    found = await work.find(select)
    return TransferList([view(transfer) for transfer in found], await work.count(select), limit, query.offset)


@frozen
class AttemptView:
    """One try at the provider, for admins."""

    movement: str
    number: int
    key: str
    amount: int
    sent_at: datetime
    by: str
    state: str
    answered_at: datetime | None
    reference: str | None
    failure: str | None
    code: str | None
    reason: str | None


@frozen
class ReversalView:
    """Money of a transfer taken back, or to be."""

    id: str
    amount: int
    state: str
    retry_count: int
    reason: str | None
    created_at: datetime
    completed_at: datetime | None


@frozen
class TransferDetails:
    """A transfer with all that was tried.

    Args:
        transfer: The transfer.
        attempts: Its tries and those of its reversals, oldest first; for admins only.
        reversals: What was taken back of it, or is to be, oldest first.
    """

    transfer: TransferView
    attempts: Sequence[AttemptView] = ()
    reversals: Sequence[ReversalView] = ()


@frozen
class GetTransfer(Query[TransferDetails]):
    """One transfer: its seller's, or any for admins.

    Args:
        transfer: Its id.
    """

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("transfer",)

    transfer: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its seller may see it, and admins; to others there is none."""
        found = await work.require(Transfer, target["transfer"])
        if found.seller != work.actor.id and not work.actor.is_admin:
            raise NotFound("there is no such transfer")


async def get_transfer(query: GetTransfer, work: Work) -> TransferDetails:
    """It.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    transfer = await work.require(Transfer, query.transfer)
    is_its = Where("transfer", "=", transfer.id)
    reversals = await work.find(Select(TransferReversal, (is_its,), order=("created_at",), limit=BATCH))
    attempts: list[TransferAttempt] = []
    if work.actor.is_admin:
        movements = (transfer.id, *(reversal.id for reversal in reversals))
        attempts = await work.find(
            Select(TransferAttempt, (Where("movement", "in", movements),), order=("sent_at", "number"), limit=BATCH)
        )
    return TransferDetails(
        view(transfer), [_attempt(attempt) for attempt in attempts], [_reversal(one) for one in reversals]
    )


def _attempt(attempt: TransferAttempt) -> AttemptView:
    return AttemptView(
        attempt.movement,
        attempt.number,
        attempt.key,
        attempt.amount,
        attempt.sent_at,
        attempt.by,
        attempt.state.value,
        attempt.answered_at,
        attempt.reference,
        attempt.failure and attempt.failure.value,
        attempt.code,
        attempt.reason,
    )


def _reversal(reversal: TransferReversal) -> ReversalView:
    return ReversalView(
        reversal.id,
        reversal.amount,
        reversal.state.value,
        reversal.retry_count,
        reversal.reason,
        reversal.created_at,
        reversal.completed_at,
    )
