"""`platform-core wallets`: balances, statements, credits and holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.kernel.command import Request
from platform_core.kernel.journal import PostedLine
from platform_core.platform import Platform
from platform_core.wallet.balance import CreditWallet, PlaceHold, ReleaseHold, ShowWallet, Statement
from platform_core.wallet.wallet import Wallet

R = TypeVar("R")

AMOUNT = click.IntRange(1, 10**15)
KEY = click.option("--key", metavar="TEXT", help="Idempotency key: given again, nothing happens twice.")


@click.group(cls=Group)
@examples("wallets show ada", "wallets credit ada 500 --reason 'won the raffle'")
def wallets() -> None:
    """Look at wallets, issue tokens, and set tokens aside.

    Amounts are whole tokens (TZT). A user is named by id, username or address.
    """


@wallets.command()
@operation("wallets show ada", "wallets show ada@example.com --json")
@click.argument("user")
def show(operation: Operation, *, user: str) -> None:
    """Show balance, held and available tokens."""
    operation.output.item(_wallet(_of(operation, user, ShowWallet)))


@wallets.command()
@operation("wallets statement ada", "wallets statement ada --limit 10 --before 120 --json")
@click.argument("user")
@click.option("--before", type=click.IntRange(1), metavar="LINE", help="Only lines before this one.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most this many.")
def statement(operation: Operation, *, user: str, before: int | None, limit: int) -> None:
    """Show the lines of a wallet, the newest first."""
    lines = _of(operation, user, lambda id: Statement(id, before, limit))
    columns = ("line", "at", "kind", "amount", "balance", "actor", "entry")
    operation.output.rows("lines", columns, [line_row(line) for line in lines], screen=columns[:-1])


@wallets.command()
@operation("wallets credit ada 500 --reason 'won the raffle'", "wallets credit ada 500 --dry-run", writes=True)
@click.argument("user")
@click.argument("amount", type=AMOUNT)
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the statement.")
@KEY
def credit(operation: Operation, *, user: str, amount: int, reason: str, key: str | None) -> None:
    """Issue tokens to a user."""
    wallet = _of(operation, user, lambda id: CreditWallet(id, amount, reason), key)
    operation.output.item(_wallet(wallet), f"{user} has {wallet.balance:,} TZT now")


@wallets.command()
@operation("wallets hold ada 100 --purpose 'dispute 17'", "wallets hold ada 100 --purpose x --seconds 60", writes=True)
@click.argument("user")
@click.argument("amount", type=AMOUNT)
@click.option("--purpose", required=True, metavar="TEXT", help="What for.")
@click.option(
    "--seconds", type=click.IntRange(1), default=86_400, show_default=True, help="How long, unless released before."
)
@KEY
def hold(operation: Operation, *, user: str, amount: int, purpose: str, seconds: int, key: str | None) -> None:
    """Set tokens of a user aside."""
    id = _of(operation, user, lambda id: PlaceHold(id, amount, purpose, seconds), key)
    operation.output.item({"hold": id, "amount": amount, "seconds": seconds}, f"{amount:,} TZT held as {id}")


@wallets.command()
@operation("wallets release hld_06f1a2b3c4d5e6f7g8h9j0k1m2", writes=True)
@click.argument("hold")
@click.option("--reason", metavar="TEXT", help="Why; kept with the hold.")
def release(operation: Operation, *, hold: str, reason: str | None) -> None:
    """Give a hold back to the one whose tokens it holds."""
    operation.ask(ReleaseHold(hold, reason))
    operation.output.item({"hold": hold, "state": "released"}, f"{hold} is released")


def line_row(line: PostedLine) -> dict[str, object]:
    """A line of the books as it is shown."""
    return {
        "line": line.sequence,
        "at": line.at,
        "kind": line.kind,
        "amount": line.amount,
        "balance": line.balance,
        "entry": line.entry,
        "actor": line.actor,
        "reference": line.reference,
        "details": dict(line.details),
    }


def _wallet(wallet: Wallet) -> dict[str, object]:
    return {
        "owner": wallet.owner,
        "balance": wallet.balance,
        "held": wallet.held,
        "available": wallet.available,
        "currency": wallet.currency,
    }


def _of(operation: Operation, name: str, make: Callable[[str], Request[R]], key: str | None = None) -> R:
    async def ask(platform: Platform) -> R:
        return await platform.execute(make((await find(platform, name)).id), by=OPERATOR, key=key)

    return operation.run(ask)
