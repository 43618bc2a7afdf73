"""What the marketplace tells the other contexts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class InvoiceIssued(Event):
    """An invoice or a credit note has been issued, and will stay as it is."""

    name: ClassVar[str] = "marketplace.invoice_issued"
    invoice: str
    number: str
    form: str
    order: str
    seller: str
    buyer: str
