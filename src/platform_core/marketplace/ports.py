"""What the marketplace asks of the outside, and the rules of time around orders, as data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from attrs import frozen

from platform_core.marketplace.invoices import Invoice


@frozen
class SalesPolicy:
    """When what is done about orders.

    Args:
        pending_for: How long an order waits for its payment when the provider says nothing of it.
        late_payments: How long after its end an order can still be paid, if all of it is still on sale.
        refunds_at_once: How long after the payment what buyers want back is approved at once; later a seller or an
            operator approves it.
    """

    pending_for: timedelta = timedelta(minutes=30)
    late_payments: timedelta = timedelta(days=1)
    refunds_at_once: timedelta = timedelta(days=14)


class Typesetter(Protocol):
    """Making invoices into pages."""

    async def pdf(self, documents: Sequence[Invoice]) -> bytes:
        """A PDF of these documents, each from a page of its own on. The same documents give the same bytes.

        Raises:
            Unavailable: Nothing is installed that could, or too many are waiting.
        """
