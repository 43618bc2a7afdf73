"""`platform-core transfers`: what is sent to sellers, what failed of it, and trying that again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import OPERATOR, Failure, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from entrypoints.worker.selling import send_transfers, take_money_back
from platform_core.kernel.page import FARTHEST
from platform_core.payouts.sending import RetryTransfer
from platform_core.payouts.views import (
    AttemptView,
    GetTransfer,
    ListAllTransfers,
    ReversalView,
    TransferList,
    TransferView,
    statuses,
)
from platform_core.platform import Platform

COLUMNS = ("id", "seller", "order", "amount", "fee", "currency", "status", "retries", "next", "reason", "created")
SCREEN = ("id", "seller", "amount", "currency", "status", "retries", "next", "reason")
MOMENT = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"))
BATCH = 100


@click.group(cls=Group)
@examples("transfers list --status failed", "transfers retry trf_0d5f2a", "transfers run")
def transfers() -> None:
    """Look at what is sent to sellers, and have what failed tried again.

    A user is named by id, username or address.
    """


@transfers.command("list")
@operation("transfers list --status failed", "transfers list --seller ada --from 2026-03-01 --json")
@click.option("--status", type=click.Choice(statuses()), help="Only those of this status, or in this state.")
@click.option("--seller", metavar="USER", help="Only this seller's.")
@click.option("--order", metavar="ID", help="Only this order's.")
@click.option("--from", "start", type=MOMENT, help="Only those planned then or later, in UTC.")
@click.option("--to", "end", type=MOMENT, help="Only those planned then or before, in UTC.")
@click.option("--limit", type=click.IntRange(1, 100), default=100, show_default=True, help="At most this many.")
@click.option("--offset", type=click.IntRange(0, FARTHEST), default=0, show_default=True, help="How many to pass over.")
def list_(
    operation: Operation,
    *,
    status: str | None,
    seller: str | None,
    order: str | None,
    start: datetime | None,
    end: datetime | None,
    limit: int,
    offset: int,
) -> None:
    """List transfers, the newest first."""

    async def look(platform: Platform) -> TransferList:
        query = ListAllTransfers(
            status=status,
            seller=(await find(platform, seller)).id if seller else None,
            order=order,
            start=start and start.replace(tzinfo=UTC),
            end=end and end.replace(tzinfo=UTC),
            limit=limit,
            offset=offset,
        )
        return await platform.execute(query, by=OPERATOR)

    found = operation.run(look)
    rows = [row(view) for view in found.items]
    operation.output.rows("transfers", COLUMNS, rows, screen=SCREEN, total=found.total)


@transfers.command()
@operation("transfers show trf_0d5f2a", "transfers show trf_0d5f2a --json")
@click.argument("transfer")
def show(operation: Operation, *, transfer: str) -> None:
    """Show a transfer, with every try at the provider and what was taken back."""
    found = operation.ask(GetTransfer(transfer))
    attempts = [_attempt(attempt) for attempt in found.attempts]
    reversals = [_reversal(reversal) for reversal in found.reversals]
    operation.output.item({**row(found.transfer), "attempts": attempts, "reversals": reversals})


@transfers.command()
@operation("transfers retry trf_0d5f2a", "transfers retry trf_0d5f2a trf_77aa01 --json")
@click.argument("ids", nargs=-1, required=True)
def retry(operation: Operation, *, ids: tuple[str, ...]) -> None:
    """Try failed transfers again now. Each try counts, and is granted even when all are used up.

    What nobody knows the outcome of is asked about first, so nothing is sent twice. A transfer on which the provider
    says no again is failed as before, and the command fails.
    """

    async def again(platform: Platform) -> list[dict[str, object]]:
        done = []
        for id in ids:
            retried = await platform.execute(RetryTransfer(id), by=OPERATOR)
            done.append({"id": id, "status": retried.status, "retries": retried.retry_count})
        return done

    tried = operation.run(again)
    completed = sum(one["status"] in ("completed", "partially_reversed") for one in tried)
    operation.output.rows("transfers", ("id", "status", "retries"), tried)
    if completed < len(tried):
        raise Failure(f"{len(tried) - completed} of {len(tried)} not completed", exits.FAILURE)


@transfers.command()
@operation("transfers run", "transfers run --json")
def run(operation: Operation) -> None:
    """Do now what the worker would: send what is due, ask about what is unknown, take back what has to come back."""

    async def work(platform: Platform) -> dict[str, object]:
        before = await _counts(platform)
        while await take_money_back(platform, BATCH):
            pass
        while await send_transfers(platform, BATCH):
            pass
        after = await _counts(platform)
        return {status: after[status] - before[status] for status in after if after[status] != before[status]}

    changed = operation.run(work)
    said = ", ".join(f"{status} {change:+}" for status, change in changed.items()) or "nothing was due"
    operation.output.item({"changed": changed}, said)


async def _counts(platform: Platform) -> dict[str, int]:
    counts = {}
    for status in ("pending", "blocked", "processing", "unknown", "failed", "completed", "reversed", "cancelled"):
        found = await platform.execute(ListAllTransfers(status=status, limit=1), by=OPERATOR)
        counts[status] = found.total
    return counts


def row(view: TransferView) -> dict[str, object]:
    """A transfer as an operator sees it."""
    return {
        "id": view.id,
        "seller": view.seller,
        "order": view.order,
        "amount": view.amount,
        "fee": view.fee,
        "net": view.net,
        "sent": view.sent,
        "reversed": view.reversed,
        "netted": view.netted,
        "currency": view.currency,
        "status": view.status,
        "state": view.state.value,
        "held": view.held,
        "retries": view.retry_count,
        "next": view.next_retry_at,
        "reason": view.reason,
        "available": view.available_at,
        "created": view.created_at,
        "completed": view.completed_at,
    }


def _attempt(attempt: AttemptView) -> dict[str, Any]:
    return {
        "of": attempt.movement,
        "number": attempt.number,
        "key": attempt.key,
        "amount": attempt.amount,
        "sent": attempt.sent_at,
        "by": attempt.by,
        "state": attempt.state,
        "answered": attempt.answered_at,
        "reference": attempt.reference,
        "failure": attempt.failure,
        "code": attempt.code,
        "reason": attempt.reason,
    }


def _reversal(reversal: ReversalView) -> dict[str, Any]:
    return {
        "id": reversal.id,
        "amount": reversal.amount,
        "state": reversal.state,
        "retries": reversal.retry_count,
        "reason": reversal.reason,
        "created": reversal.created_at,
        "completed": reversal.completed_at,
    }
