"""`platform-core wallets`: balances, statements, credits, holds and purchases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import OPERATOR, Failure, Operation, operation
from entrypoints.cli.output import shown
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.kernel.command import Request
from platform_core.kernel.journal import PostedLine
from platform_core.ledger.holds import Hold
from platform_core.platform import Platform
from platform_core.wallet.balance import (
    LONGEST_HOLD,
    CaptureHold,
    CreditWallet,
    ExtendHold,
    ListHolds,
    PlaceHold,
    ReleaseHold,
    ShowWallet,
    Statement,
)
from platform_core.wallet.purchases import ListPurchases, Purchase, PurchaseState
from platform_core.wallet.wallet import Wallet

R = TypeVar("R")

AMOUNT = click.IntRange(1, 10**15)
A_HOLD = "hld_06f1a2b3c4d5e6f7g8h9j0k1m2"
LIMIT = click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
KEY = click.option("--key", metavar="TEXT", help="Idempotency key: given again, nothing happens twice.")


@click.group(cls=Group)
@examples("wallets show ada", "wallets credit ada 500 --reason 'won the raffle'", "wallets holds ada --active")
def wallets() -> None:
    """Look at wallets and purchases, issue tokens, and set tokens aside until they are paid or given back.

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
@operation("wallets holds ada", "wallets holds ada --active --json")
@click.argument("user")
@click.option("--active/--ended", default=None, help="Only those that are active, or that have ended.")
@LIMIT
def holds(operation: Operation, *, user: str, active: bool | None, limit: int) -> None:
    """List a user's holds with their state and deadline, the oldest first."""
    found = _of(operation, user, lambda id: ListHolds(id, active, limit))
    columns = ("id", "state", "amount", "captured", "purpose", "created", "deadline", "resolved", "reason")
    screen = ("id", "state", "amount", "purpose", "deadline")
    operation.output.rows("holds", columns, [_hold(hold) for hold in found], screen=screen)


@wallets.command()
@operation(
    f"wallets capture {A_HOLD} ren",
    f"wallets capture {A_HOLD} ren --amount 40 --key dispute-17",
    writes=True,
)
@click.argument("hold")
@click.argument("payee")
@click.option("--amount", type=click.IntRange(0, 10**15), metavar="N", help="Tokens to pay.  [default: all of it]")
@KEY
def capture(operation: Operation, *, hold: str, payee: str, amount: int | None, key: str | None) -> None:
    """Pay a hold, or part of it, to a user; what is left returns to the one whose tokens it holds."""
    paid = _of(operation, payee, lambda id: CaptureHold(hold, id, amount), key)
    answer = {"hold": hold, "state": "captured", "payee": payee, "paid": paid}
    operation.output.item(answer, f"{hold} is captured; {payee} gets {paid:,} TZT")


@wallets.command()
@operation(f"wallets extend {A_HOLD} --hours 48", f"wallets extend {A_HOLD} --until 2030-01-31T12:00Z", writes=True)
@click.argument("hold")
@click.option(
    "--hours", type=click.IntRange(1, LONGEST_HOLD // 3600), metavar="N", help="It ends so many hours from now."
)
@click.option("--until", metavar="MOMENT", help="It ends then; in UTC unless a zone is named.")
def extend(operation: Operation, *, hold: str, hours: int | None, until: str | None) -> None:
    """Move a hold's deadline to a later moment."""
    if (hours is None) == (until is None):
        raise Failure("say how long with --hours, or until when with --until", exits.USAGE)
    moment = None if until is None else _moment(until)

    async def move(platform: Platform) -> datetime:
        deadline = moment or platform.clock.now() + timedelta(hours=hours or 0)
        await platform.execute(ExtendHold(hold, deadline), by=OPERATOR)
        return deadline

    deadline = operation.run(move)
    operation.output.item({"hold": hold, "deadline": deadline}, f"{hold} is held until {shown(deadline)}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Failure(f"{text} is not a moment; write it as 2030-01-31T12:00Z", exits.USAGE) from None


@wallets.command()
@operation(f"wallets release {A_HOLD}", f"wallets release {A_HOLD} --reason settled --key dispute-17", writes=True)
@click.argument("hold")
@click.option("--reason", metavar="TEXT", help="Why; kept with the hold.")
@KEY
def release(operation: Operation, *, hold: str, reason: str | None, key: str | None) -> None:
    """Give a hold back to the one whose tokens it holds."""
    operation.ask(ReleaseHold(hold, reason), key=key)
    operation.output.item({"hold": hold, "state": "released"}, f"{hold} is released")


@wallets.command()
@operation("wallets purchases --state needs_attention", "wallets purchases --user ada --json")
@click.option("--state", type=click.Choice([state.value for state in PurchaseState]), help="Only those in this state.")
@click.option("--user", metavar="USER", help="Only this user's.")
@LIMIT
def purchases(operation: Operation, *, state: str | None, user: str | None, limit: int) -> None:
    """List purchases of tokens, the oldest first.

    One that needs attention was paid, but not what it costs: nothing was credited, and somebody has to decide.
    """
    wanted = PurchaseState(state) if state else None

    async def look(platform: Platform) -> list[Purchase]:
        owner = (await find(platform, user)).id if user else None
        return await platform.execute(ListPurchases(wanted, owner, limit), by=OPERATOR)

    columns = ("id", "user", "state", "package", "tokens", "price_minor", "price_currency", "method")
    rest = ("provider", "payment", "created", "expires")
    screen = ("id", "user", "state", "tokens", "created")
    rows = [_purchase(purchase) for purchase in operation.run(look)]
    operation.output.rows("purchases", columns + rest, rows, screen=screen)


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


def _hold(hold: Hold) -> dict[str, object]:
    return {
        "id": hold.id,
        "state": hold.state,
        "amount": hold.amount,
        "captured": hold.captured,
        "purpose": hold.purpose,
        "created": hold.created_at,
        "deadline": hold.deadline,
        "resolved": hold.resolved_at,
        "reason": hold.reason,
    }


def _purchase(purchase: Purchase) -> dict[str, object]:
    return {
        "id": purchase.id,
        "user": purchase.user,
        "state": purchase.state,
        "package": purchase.package,
        "tokens": purchase.tokens,
        "price_minor": purchase.price_minor,
        "price_currency": purchase.price_currency,
        "method": purchase.method,
        "provider": purchase.provider,
        "payment": purchase.payment,
        "created": purchase.created_at,
        "expires": purchase.expires_at,
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
