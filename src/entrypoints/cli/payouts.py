"""`platform-core payouts`: what sellers are owed, what they owe, and whether money can be sent to them."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.payouts.balances import ListSellers, SellerBalance, ShowSeller
from platform_core.payouts.provider import AccountState
from platform_core.platform import Platform

COLUMNS = ("seller", "state", "currency", "available", "pending", "owed", "next_release")
STATES = click.Choice([state.value for state in AccountState])


@click.group(cls=Group)
@examples("payouts list --state restricted", "payouts show ada")
def payouts() -> None:
    """Look at what sellers are owed, what they owe, and whether money can be sent to them.

    A user is named by id, username or address.
    """


@payouts.command("list")
@operation("payouts list", "payouts list --state restricted --json")
@click.option("--state", type=STATES, help="Only sellers whose account is in this state.")
@click.option("--after", metavar="ID", help="Only sellers whose id comes behind this one.")
@click.option("--limit", type=click.IntRange(1, 100), default=100, show_default=True, help="At most this many sellers.")
def list_(operation: Operation, *, state: str | None, after: str | None, limit: int) -> None:
    """List sellers by id, with a line for each currency they have sold in."""
    found = operation.ask(ListSellers(AccountState(state) if state else None, after, limit))
    operation.output.rows("sellers", COLUMNS, [line for seller in found for line in lines(seller)])


@payouts.command()
@operation("payouts show ada", "payouts show ada --json")
@click.argument("user")
def show(operation: Operation, *, user: str) -> None:
    """Show one seller, with a line for each currency they have sold in."""

    async def look(platform: Platform) -> SellerBalance:
        return await platform.execute(ShowSeller((await find(platform, user)).id), by=OPERATOR)

    found = operation.run(look)
    operation.output.rows("balances", COLUMNS, lines(found), seller=found.seller, connected=found.connected)


def lines(seller: SellerBalance) -> list[dict[str, object]]:
    """A seller as an operator sees them: one line for each currency, or one without."""
    head: dict[str, object] = {
        "seller": seller.seller,
        "state": seller.state.value if seller.state else "none",
        "account": seller.account,
    }
    if not seller.currencies:
        return [{**head, "currency": None, "available": 0, "pending": 0, "owed": 0, "next_release": None}]
    return [
        {
            **head,
            "currency": balance.currency,
            "available": balance.available,
            "pending": balance.pending,
            "owed": balance.owed,
            "next_release": balance.next_release_at,
        }
        for balance in seller.currencies
    ]
