"""`platform-core streams`: looking at live streams, and ending them."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.platform import Platform
from platform_core.streams.broadcasting import GetStream, StreamView
from platform_core.streams.stream import StreamState
from platform_core.streams.upkeep import AllStreams, StopStream

COLUMNS = ("id", "state", "reason", "host", "title", "price", "viewers", "created", "started", "ended")
SCREEN = ("id", "state", "host", "title", "viewers", "started")
STATES = click.Choice([state.value for state in StreamState])


@click.group(cls=Group)
@examples("streams list --state live", "streams end str_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes")
def streams() -> None:
    """Look at live streams, and end them.

    Amounts are whole tokens (TZT). A user is named by id, username or address.
    """


@streams.command("list")
@operation("streams list --state live", "streams list --host ada --json")
@click.option("--state", type=STATES, help="Only streams in this state.")
@click.option("--host", metavar="USER", help="Only streams of this host.")
@click.option("--after", metavar="ID", help="Only streams older than this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
def list_(operation: Operation, *, state: str | None, host: str | None, after: str | None, limit: int) -> None:
    """List streams, the newest first."""

    async def look(platform: Platform) -> list[StreamView]:
        query = AllStreams(
            host=(await find(platform, host)).id if host else None,
            state=StreamState(state) if state else None,
            after=after,
            limit=limit,
        )
        return await platform.execute(query, by=OPERATOR)

    operation.output.rows("streams", COLUMNS, [row(found) for found in operation.run(look)], screen=SCREEN)


@streams.command()
@operation("streams show str_06f1a2b3c4d5e6f7g8h9j0k1m2", "streams show str_06f1a2b3c4d5e6f7g8h9j0k1m2 --json")
@click.argument("stream")
def show(operation: Operation, *, stream: str) -> None:
    """Show a stream."""
    operation.output.item(row(operation.ask(GetStream(stream))))


@streams.command()
@operation(
    "streams end str_06f1a2b3c4d5e6f7g8h9j0k1m2",
    "streams end str_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes",
    writes=True,
    destructive=True,
)
@click.argument("stream")
def end(operation: Operation, *, stream: str) -> None:
    """End a stream for good, whatever its host wants. What viewers paid for entry stays paid."""
    operation.confirm(f"End {stream}?")
    ended = operation.ask(StopStream(stream))
    operation.output.item({"id": ended.stream, "state": ended.state}, f"{stream} has ended")


def row(stream: StreamView) -> dict[str, object]:
    """A stream as an operator sees it."""
    return {
        "id": stream.id,
        "state": stream.state,
        "reason": stream.reason,
        "host": stream.host_name,
        "title": stream.title,
        "price": stream.token_price,
        "viewers": stream.viewers,
        "created": stream.created_at,
        "started": stream.started_at,
        "ended": stream.ended_at,
    }
