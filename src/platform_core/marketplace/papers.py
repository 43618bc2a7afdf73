"""Where invoices and credit notes are issued: in the units of work that move the money they are about."""

from __future__ import annotations

from platform_core.kernel.work import Work
from platform_core.marketplace.order import Order
from platform_core.marketplace.refund import Refund


async def on_paid(work: Work, order: Order) -> None:
    """An order was paid: an invoice of each seller's."""


async def on_refunded(work: Work, order: Order, refund: Refund) -> None:
    """A refund succeeded: a credit note of each seller's whose lines it returns."""


async def on_reverted(work: Work, order: Order, refund: Refund) -> None:
    """A refund failed after all: its credit notes are made up for by new invoices (invariant 43)."""
