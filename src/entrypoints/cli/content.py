"""`platform-core content`: looking at what creators upload, and saying what may be seen."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.content.items import MediaState
from platform_core.content.moderating import (
    ApproveContent,
    DeleteContent,
    InspectContent,
    ListContent,
    RejectContent,
)
from platform_core.content.ports import Moderation
from platform_core.content.viewing import ContentView
from platform_core.platform import Platform

COLUMNS = ("id", "moderation", "state", "type", "creator", "premium", "tier", "price", "caption", "reason", "created")
SCREEN = ("id", "moderation", "state", "type", "creator", "caption")
MODERATION = click.Choice([state.value for state in Moderation])
STATES = click.Choice([state.value for state in MediaState])


@click.group(cls=Group)
@examples("content list --moderation pending", "content approve cnt_06f1a2b3c4d5e6f7g8h9j0k1m2")
def content() -> None:
    """Look at what creators upload, and say what may be seen.

    A user is named by id, username or address.
    """


@content.command("list")
@operation("content list --moderation pending", "content list --creator ada --json", "content list --deleted")
@click.option("--moderation", type=MODERATION, help="Only items of which this is thought.")
@click.option("--state", type=STATES, help="Only items whose files are this far.")
@click.option("--creator", metavar="USER", help="Only items of this creator.")
@click.option("--deleted", is_flag=True, help="Only items that are gone.")
@click.option("--after", metavar="ID", help="Only items older than this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
def list_(
    operation: Operation,
    *,
    moderation: str | None,
    state: str | None,
    creator: str | None,
    deleted: bool,
    after: str | None,
    limit: int,
) -> None:
    """List items, the newest first."""

    async def look(platform: Platform) -> list[ContentView]:
        query = ListContent(
            moderation=Moderation(moderation) if moderation else None,
            state=MediaState(state) if state else None,
            creator=(await find(platform, creator)).id if creator else None,
            deleted=deleted,
            after=after,
            limit=limit,
        )
        return await platform.execute(query, by=OPERATOR)

    operation.output.rows("content", COLUMNS, [row(found) for found in operation.run(look)], screen=SCREEN)


@content.command()
@operation("content show cnt_06f1a2b3c4d5e6f7g8h9j0k1m2", "content show cnt_06f1a2b3c4d5e6f7g8h9j0k1m2 --json")
@click.argument("item")
def show(operation: Operation, *, item: str) -> None:
    """Show an item, gone or not, with a link at which it can be looked at for a few minutes."""
    operation.output.item(row(operation.ask(InspectContent(item))))


@content.command()
@operation("content approve cnt_06f1a2b3c4d5e6f7g8h9j0k1m2", writes=True)
@click.argument("item")
def approve(operation: Operation, *, item: str) -> None:
    """Let an item be seen."""
    operation.output.item(row(operation.ask(ApproveContent(item))), f"{item} is approved")


@content.command()
@operation("content reject cnt_06f1a2b3c4d5e6f7g8h9j0k1m2 --reason 'not your picture'", writes=True)
@click.argument("item")
@click.option("--reason", default="", metavar="TEXT", help="Why; its creator sees it.")
def reject(operation: Operation, *, item: str, reason: str) -> None:
    """Keep an item from being seen. The same file is rejected whenever it comes again."""
    operation.output.item(row(operation.ask(RejectContent(item, reason))), f"{item} is rejected")


@content.command()
@operation(
    "content remove cnt_06f1a2b3c4d5e6f7g8h9j0k1m2 --reason 'asked for by its subject'",
    "content remove cnt_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes",
    writes=True,
    destructive=True,
)
@click.argument("item")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the item.")
def remove(operation: Operation, *, item: str, reason: str) -> None:
    """Take an item away for good: at once from everywhere, and its files when the worker purges them."""
    operation.confirm(f"Remove {item}?")

    async def take_away(platform: Platform) -> ContentView:
        await platform.execute(DeleteContent(item, reason or None), by=OPERATOR)
        return await platform.execute(InspectContent(item), by=OPERATOR)

    operation.output.item(row(operation.run(take_away)), f"{item} is gone")


def row(view: ContentView) -> dict[str, object]:
    """An item as an operator sees it."""
    return {
        "id": view.id,
        "moderation": view.moderation,
        "state": view.state,
        "type": view.form,
        "mime": view.mime,
        "creator": view.creator.username or view.creator.id,
        "premium": view.is_premium,
        "tier": view.tier,
        "price": view.token_price,
        "unlocks": view.unlocks,
        "caption": view.caption,
        "reason": view.reason,
        "width": view.width,
        "height": view.height,
        "milliseconds": view.milliseconds,
        "created": view.created_at,
        "published": view.published_at,
        "deleted": view.deleted_at,
        "url": view.url,
    }
