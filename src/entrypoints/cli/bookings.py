"""`platform-core bookings`: looking at bookings, deciding disputes, calling off."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.booking.booking import BookingState
from platform_core.booking.verbs import CancelBooking, ResolveDispute
from platform_core.booking.views import AllBookings, BookingView, GetBooking
from platform_core.platform import Platform

COLUMNS = ("id", "state", "provider", "customer", "starts", "minutes", "price", "held", "paid", "created")
SCREEN = ("id", "state", "provider", "customer", "starts", "price")
STATES = click.Choice([state.value for state in BookingState])


@click.group(cls=Group)
@examples("bookings list --state disputed", "bookings resolve bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 50")
def bookings() -> None:
    """Look at bookings, decide disputes, and call bookings off.

    Amounts are whole tokens (TZT). A user is named by id, username or address.
    """


@bookings.command("list")
@operation("bookings list --state disputed", "bookings list --provider cyd --json")
@click.option("--state", type=STATES, help="Only bookings in this state.")
@click.option("--provider", metavar="USER", help="Only bookings of this provider.")
@click.option("--customer", metavar="USER", help="Only bookings by this customer.")
@click.option("--after", metavar="ID", help="Only bookings older than this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
def list_(
    operation: Operation,
    *,
    state: str | None,
    provider: str | None,
    customer: str | None,
    after: str | None,
    limit: int,
) -> None:
    """List bookings, the newest first."""

    async def look(platform: Platform) -> list[BookingView]:
        query = AllBookings(
            provider=(await find(platform, provider)).id if provider else None,
            customer=(await find(platform, customer)).id if customer else None,
            state=BookingState(state) if state else None,
            after=after,
            limit=limit,
        )
        return await platform.execute(query, by=OPERATOR)

    operation.output.rows("bookings", COLUMNS, [row(found) for found in operation.run(look)], screen=SCREEN)


@bookings.command()
@operation("bookings show bkg_06f1a2b3c4d5e6f7g8h9j0k1m2", "bookings show bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 --json")
@click.argument("booking")
def show(operation: Operation, *, booking: str) -> None:
    """Show a booking."""
    operation.output.item(row(operation.ask(GetBooking(booking))))


@bookings.command()
@operation(
    "bookings resolve bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 50",
    "bookings resolve bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 0 --yes",
    writes=True,
    destructive=True,
)
@click.argument("booking")
@click.argument("percent", type=click.IntRange(0, 100))
def resolve(operation: Operation, *, booking: str, percent: int) -> None:
    """Decide a dispute: PERCENT of the price goes to the provider, the rest back to the customer."""
    operation.confirm(f"Give {percent} % of the price of {booking} to its provider?")
    decided = operation.ask(ResolveDispute(booking, percent))
    operation.output.item(row(decided), f"{booking} is {decided.state.value}; {decided.paid:,} TZT paid")


@bookings.command()
@operation(
    "bookings cancel bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 --reason 'the provider is ill'",
    "bookings cancel bkg_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes",
    writes=True,
    destructive=True,
)
@click.argument("booking")
@click.option("--reason", default="", metavar="TEXT", help="Why; both sides see it.")
def cancel(operation: Operation, *, booking: str, reason: str) -> None:
    """Call a booking off: the customer has all tokens back."""
    operation.confirm(f"Call {booking} off?")
    cancelled = operation.ask(CancelBooking(booking, reason))
    operation.output.item(row(cancelled), f"{booking} is cancelled")


def row(booking: BookingView) -> dict[str, object]:
    """A booking as an operator sees it."""
    return {
        "id": booking.id,
        "state": booking.state,
        "provider": booking.provider.username,
        "customer": booking.customer.username,
        "starts": booking.starts_at,
        "ends": booking.ends_at,
        "minutes": booking.minutes,
        "rate": booking.rate,
        "price": booking.price,
        "held": booking.held,
        "paid": booking.paid,
        "created": booking.created_at,
        "confirm_by": booking.confirm_by,
        "complete_at": booking.complete_at,
        "resolve_by": booking.resolve_by,
        "disputed_by": booking.disputed_by,
        "reason": booking.reason,
        "ended": booking.ended_at,
        "ended_by": booking.ended_by,
        "note": booking.note,
        "hold": booking.hold,
        "slot": booking.slot,
    }
