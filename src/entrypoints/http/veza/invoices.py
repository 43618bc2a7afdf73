"""Invoices and credit notes, as data and as pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.downloads import Download
from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment
from entrypoints.http.veza.envelope import Total
from entrypoints.http.veza.orders import OneOrder, OrderId
from entrypoints.http.veza.products import Cents, Currency
from platform_core.marketplace.documents import ListInvoices, Printed, PrintInvoice, PrintOrderInvoices
from platform_core.marketplace.invoices import Invoice

InvoiceId = Annotated[str, Meta(description="An invoice's id.", examples=["inv_abc123"])]


class InvoiceAsk(OneOrder, frozen=True):
    """Of which order."""

    def command(self, _: Caller) -> PrintOrderInvoices:
        """What the core is asked."""
        return PrintOrderInvoices(self.id)


class InvoicesAsk(OneOrder, frozen=True):
    """Of which order."""

    def command(self, _: Caller) -> ListInvoices:
        """What the core is asked."""
        return ListInvoices(self.id)


class PrintAsk(Ask, frozen=True):
    """Which document."""

    names: ClassVar[Mapping[str, str]] = {"invoice": "id"}

    id: InvoiceId

    def command(self, _: Caller) -> PrintInvoice:
        """What the core is asked."""
        return PrintInvoice(self.id)


class InvoiceItem(Struct, frozen=True):
    """An invoice or a credit note."""

    id: InvoiceId
    number: Annotated[str, Meta(examples=["INV-7K3QX9AB-2026-000123"])]
    type: Literal["invoice", "credit_note"]
    order_id: OrderId
    seller_id: str
    total_cents: Cents
    currency: Currency
    issued_at: Moment


class Invoices(Answer, frozen=True):
    """The documents of an order, the oldest first."""

    invoices: list[InvoiceItem]
    total: Total


def show_invoice(printed: Printed) -> Download:
    """The pages of an order's invoices."""
    return Download(printed.body, printed.name)


def show_invoices(invoices: list[Invoice]) -> Invoices:
    """A list of documents."""
    return Invoices([_item(invoice) for invoice in invoices], len(invoices))


def _item(invoice: Invoice) -> InvoiceItem:
    return InvoiceItem(
        id=invoice.id,
        number=invoice.number,
        type=invoice.form.value,
        order_id=invoice.order,
        seller_id=invoice.seller,
        total_cents=invoice.gross,
        currency=invoice.currency,
        issued_at=moment(invoice.issued_at),
    )


ROWS: tuple[Row, ...] = (
    get(
        "/marketplace/orders/{id}/invoice",
        InvoiceAsk,
        show_invoice,
        id="order_invoice",
        summary="Download an order's invoices as a PDF",
        tag="invoices",
        produces="application/pdf",
    ),
    get(
        "/marketplace/orders/{id}/invoices",
        InvoicesAsk,
        show_invoices,
        id="order_invoices",
        summary="List an order's invoices and credit notes",
        tag="invoices",
        answers={
            "invoices": [
                {
                    "id": "inv_abc123",
                    "number": "INV-7K3QX9AB-2026-000123",
                    "type": "invoice",
                    "order_id": "ord_abc123",
                    "seller_id": "usr_abc123",
                    "total_cents": 2999,
                    "currency": "EUR",
                    "issued_at": "2026-02-23T12:01:00Z",
                }
            ],
            "total": 1,
        },
    ),
    get(
        "/marketplace/invoices/{id}",
        PrintAsk,
        show_invoice,
        id="print_invoice",
        summary="Download one invoice or credit note as a PDF",
        tag="invoices",
        produces="application/pdf",
    ),
)
