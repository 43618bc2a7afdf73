"""`platform-core outbox`: events that could not be delivered."""

from __future__ import annotations

import attrs
import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import Failure, Operation, operation
from entrypoints.cli.root import Group, examples
from platform_core.kernel.events import Envelope
from platform_core.platform import Platform

LIMIT = 1000


@click.group(cls=Group)
@examples("outbox list", "outbox retry --all")
def outbox() -> None:
    """Look at the events that were given up on, and have them tried again."""


@outbox.command("list")
@operation("outbox list", "outbox list --json")
@click.option("--limit", type=click.IntRange(1, LIMIT), default=100, show_default=True, help="At most this many.")
def list_(operation: Operation, *, limit: int) -> None:
    """List the events that were given up on, the oldest first, with their last error."""

    async def look(platform: Platform) -> tuple[list[Envelope], int]:
        outbox = platform.store.outbox
        return await outbox.parked(limit), await outbox.pending()

    parked, pending = operation.run(look)
    columns = ("position", "event", "subject", "at", "attempts", "error")
    operation.output.rows("parked", columns, [_row(envelope) for envelope in parked], pending=pending)
    if not operation.output.as_json:
        operation.output.note(f"{len(parked)} given up on, {pending} waiting for delivery")


@outbox.command()
@operation("outbox retry 17 18", "outbox retry --all", "outbox retry --all --dry-run", writes=True)
@click.argument("positions", type=click.IntRange(1), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were given up on.")
def retry(operation: Operation, *, positions: tuple[int, ...], everything: bool) -> None:
    """Put events back in line; whoever does the background work tries them again."""
    if everything == bool(positions):
        raise Failure("name events by their position, or say --all", exits.USAGE)

    async def put_back(platform: Platform) -> list[int]:
        parked = [envelope.position for envelope in await platform.store.outbox.parked(LIMIT)]
        unknown = sorted(set(positions) - set(parked))
        if unknown:
            raise Failure(f"no event was given up on at {', '.join(map(str, unknown))}", exits.NOT_FOUND)
        chosen = parked if everything else list(positions)
        if not operation.dry_run:
            await platform.store.outbox.retry_parked(chosen)
        return chosen

    back = operation.run(put_back)
    if operation.dry_run:
        operation.rehearsed([{"change": "retry event", "subject": position} for position in back])
        return
    operation.output.item({"retried": back}, f"{len(back)} back in line")


def _row(envelope: Envelope) -> dict[str, object]:
    return {
        "position": envelope.position,
        "id": envelope.id,
        "event": envelope.event.name,
        "subject": envelope.subject,
        "at": envelope.at,
        "attempts": envelope.attempts,
        "error": envelope.error,
        "content": attrs.asdict(envelope.event),
    }
