"""`platform-core orders`: looking at what is bought, and giving money back."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.kernel.page import FARTHEST
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.orders import AllOrders, GetOrder, LineView, OrderList, OrderView
from platform_core.marketplace.refunding import ListRefunds, RefundOrder, RefundView
from platform_core.platform import Platform

COLUMNS = ("id", "buyer", "state", "total", "refunded", "currency", "created", "paid")
STATES = click.Choice([state.value for state in OrderState])


@click.group(cls=Group)
@examples("orders list --state disputed", "orders show ord_06f1a2b3c4d5e6f7g8h9j0k1m2")
def orders() -> None:
    """Look at orders, and give their money back.

    A user is named by id, username or address. Amounts are in minor units (cents).
    """


@orders.command("list")
@operation("orders list --state needs_attention", "orders list --buyer ada --json")
@click.option("--buyer", metavar="USER", help="Only this user's.")
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 100), default=100, show_default=True, help="At most this many.")
@click.option("--offset", type=click.IntRange(0, FARTHEST), default=0, help="Pass over so many first.")
def list_(operation: Operation, *, buyer: str | None, state: str | None, limit: int, offset: int) -> None:
    """List orders, the newest first."""

    async def look(platform: Platform) -> OrderList:
        query = AllOrders(
            buyer=(await find(platform, buyer)).id if buyer else None,
            state=OrderState(state) if state else None,
            limit=limit,
            offset=offset,
        )
        return await platform.execute(query, by=OPERATOR)

    found = operation.run(look)
    operation.output.rows("orders", COLUMNS, [row(order) for order in found.orders], total=found.total)


@orders.command()
@operation("orders show ord_06f1a2b3c4d5e6f7g8h9j0k1m2", "orders show ord_06f1a2b3c4d5e6f7g8h9j0k1m2 --json")
@click.argument("order")
def show(operation: Operation, *, order: str) -> None:
    """Show an order with its lines and refunds."""

    async def look(platform: Platform) -> dict[str, object]:
        found = await platform.execute(GetOrder(order), by=OPERATOR)
        refunds = await platform.execute(ListRefunds(order), by=OPERATOR)
        lines = [_line(line) for line in found.lines]
        return {**row(found), "lines": lines, "refunds": [refund_row(refund) for refund in refunds]}

    operation.output.item(operation.run(look))


@orders.command()
@operation(
    "orders refund ord_06f1a2b3c4d5e6f7g8h9j0k1m2 --reason 'never delivered' --yes",
    "orders refund ord_06f1a2b3c4d5e6f7g8h9j0k1m2 --amount 500 --line 2",
    writes=True,
    destructive=True,
)
@click.argument("order")
@click.option("--amount", type=click.IntRange(1), metavar="MINOR", help="How much; all that is left when not given.")
@click.option("--line", "lines", type=click.IntRange(1), multiple=True, help="Of this line only; may be repeated.")
@click.option("--reason", default="by an operator", show_default=True, metavar="TEXT", help="Why.")
def refund(operation: Operation, *, order: str, amount: int | None, lines: tuple[int, ...], reason: str) -> None:
    """Give an order's money back, or a part of it. The worker has the provider do it."""
    operation.confirm(f"Refund {'all that is left' if amount is None else f'{amount:,}'} of {order}?")
    command = RefundOrder(order, amount, reason, lines=lines or None)
    made = operation.ask(command)
    operation.output.item(refund_row(made), f"{made.amount:,} {made.currency} of {order} go back")


def row(order: OrderView) -> dict[str, object]:
    """An order as an operator sees it."""
    return {
        "id": order.id,
        "buyer": order.buyer.username or order.buyer.id,
        "state": order.state,
        "total": order.total,
        "refunded": order.refunded,
        "refunding": order.refunding,
        "refundable": order.refundable,
        "currency": order.currency,
        "created": order.created_at,
        "expires": order.expires_at,
        "paid": order.paid_at,
        "fulfilled": order.fulfilled_at,
        "payment": order.payment,
        "payment_state": order.payment_state,
    }


def _line(line: LineView) -> dict[str, object]:
    return {
        "number": line.number,
        "product": line.product,
        "title": line.title,
        "seller": line.seller.username or line.seller.id,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "gross": line.gross,
        "net": line.net,
        "fee": line.fee,
        "tax": line.tax,
        "refunded": line.refunded,
        "delivered": line.delivered,
    }


def refund_row(refund: RefundView) -> dict[str, object]:
    """A refund as an operator sees it."""
    return {
        "id": refund.id,
        "order": refund.order,
        "state": refund.state,
        "cause": refund.cause,
        "by": refund.by,
        "amount": refund.amount,
        "currency": refund.currency,
        "lines": {str(number): minor for number, minor in refund.lines.items()},
        "reason": refund.reason,
        "error": refund.error,
        "created": refund.created_at,
        "resolved": refund.resolved_at,
    }
