"""Where invoices and credit notes are issued: in the units of work that move the money they are about."""

from __future__ import annotations

from platform_core.identity.ports import Directory
from platform_core.kernel.work import Work
from platform_core.marketplace.invoicing import (
    Return,
    ReturnedLine,
    Sale,
    SoldLine,
    cancel_credit_notes,
    issue_credit_notes,
    issue_invoices,
    parties,
)
from platform_core.marketplace.order import Order
from platform_core.marketplace.refund import Refund


async def on_paid(work: Work, order: Order, people: Directory) -> None:
    """An order was paid: an invoice of each seller's."""
    lines = [
        SoldLine(
            line=line.number,
            seller=line.seller,
            title=line.title,
            quantity=line.quantity,
            unit=line.unit_minor,
            gross=line.gross,
            tax_bp=line.tax_bp,
            tax=line.parts.tax,
        )
        for line in order.lines
    ]
    known = await parties(people, (order.buyer, *order.sellers))
    await issue_invoices(
        work, Sale(order=order.id, buyer=order.buyer, currency=order.currency, lines=lines, parties=known)
    )


async def on_refunded(work: Work, refund: Refund) -> None:
    """A refund succeeded: a credit note of each seller's whose lines it returns."""
    lines = [ReturnedLine(one.line, one.parts.gross, one.parts.tax) for one in refund.taken]
    await issue_credit_notes(work, Return(refund=refund.id, order=refund.order, lines=lines))


async def on_reverted(work: Work, refund: Refund) -> None:
    """A refund failed after all: its credit notes are made up for by new invoices (invariant 43)."""
    await cancel_credit_notes(work, refund.id)
