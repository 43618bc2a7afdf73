"""Invoices and credit notes: documents that are issued once, numbered without gaps, and never changed."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from typing import ClassVar

from attrs import define, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.marketplace.events import InvoiceIssued


class InvoiceForm(Enum):
    """What a document is. Each form has number series of its own."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


#: How the numbers of each form begin.
_PREFIXES = {InvoiceForm.INVOICE: "INV", InvoiceForm.CREDIT_NOTE: "CN"}


@frozen
class Party:
    """A seller or a buyer, as they stand in a document.

    Args:
        id: The user's id.
        name: What they are called; their id when nothing else is known.
        username: Their name on the platform.
        address: The lines of their address, as far as it is known.
        tax_number: Under which the authorities know them.
    """

    id: str
    name: str
    username: str = ""
    address: tuple[str, ...] = ()
    tax_number: str | None = None


@frozen(kw_only=True)
class InvoiceLine:
    """A line of a document. Amounts are in minor units; net and tax make up the gross exactly.

    Args:
        line: Its number in the order.
        title: What was sold, as it was called then.
        quantity: How many.
        unit: The price of one, as it was asked.
        tax_bp: The tax rate in basis points.
    """

    line: int
    title: str
    quantity: int
    unit: int
    net: int
    tax_bp: int
    tax: int
    gross: int


@frozen(kw_only=True)
class TaxTotal:
    """What the lines of one tax rate sum to, in minor units."""

    tax_bp: int
    net: int
    tax: int
    gross: int


def tax_totals(lines: Iterable[InvoiceLine]) -> tuple[TaxTotal, ...]:
    """The lines summed by tax rate, the highest rate first."""
    sums: dict[int, tuple[int, int]] = {}
    for line in lines:
        net, tax = sums.get(line.tax_bp, (0, 0))
        sums[line.tax_bp] = (net + line.net, tax + line.tax)
    return tuple(
        TaxTotal(tax_bp=rate, net=net, tax=tax, gross=net + tax)
        for rate, (net, tax) in sorted(sums.items(), reverse=True)
    )


@define(eq=False, kw_only=True)
class Invoice(Aggregate):
    """A document: an invoice, or a credit note that takes (part of) one back. No verb changes it (invariant 43).

    Amounts are positive in both forms, in minor units; a credit note's are what the buyer gets back.

    Args:
        number: What is printed: `INV-7K3QX4AB-2026-000123`.
        place: Its place in its series, which no two documents share.
        form: Invoice or credit note.
        year: The series' year, in UTC.
        sequence: Its number within the series, from 1.
        order: The order it is about.
        seller: The seller's user id.
        buyer: The buyer's user id.
        sold_by: The seller, as known when it was issued.
        sold_to: The buyer, likewise.
        issued_at: When; within a series never before the number before it.
        currency: ISO 4217 code.
        lines: What was sold, or is taken back.
        totals: The sums by tax rate.
        net, tax, gross: The sums of the lines.
        refund: The refund behind it; None of an invoice for a sale.
        corrects: The id of the document it takes back.
        corrects_number: That document's number.
    """

    kind: ClassVar[str] = "invoice"
    unique: ClassVar[tuple[str, ...]] = ("place",)

    number: str
    place: str
    form: InvoiceForm
    year: int
    sequence: int
    order: str
    seller: str
    buyer: str
    sold_by: Party
    sold_to: Party
    issued_at: datetime
    currency: str
    lines: tuple[InvoiceLine, ...]
    totals: tuple[TaxTotal, ...]
    net: int
    tax: int
    gross: int
    refund: str | None = None
    corrects: str | None = None
    corrects_number: str | None = None

    @property
    def reinstates(self) -> bool:
        """Whether it is an invoice that takes back a credit note, whose refund failed after all."""
        return self.form is InvoiceForm.INVOICE and self.corrects is not None

    def issued(self) -> None:
        """Record that it has been issued."""
        self.record(InvoiceIssued(self.id, self.number, self.form.value, self.order, self.seller, self.buyer))


@define(eq=False, kw_only=True)
class InvoiceSeries(Aggregate):
    """The numbers of one seller, form and year: 1, 2, 3 … without gap or repeat (invariant 43).

    A number is taken in the unit of work that issues its document, so neither is there without the other; two units
    that take one at once meet at the version, and the later one runs again.

    Args:
        seller: The seller's user id.
        form: What is numbered.
        year: Of which year, in UTC.
        last: The last number given.
        last_at: When it was.
    """

    kind: ClassVar[str] = "invoice_series"

    seller: str
    form: InvoiceForm
    year: int
    last: int = 0
    last_at: datetime | None = None

    def take(self, now: datetime) -> int:
        """The next number. `last_at` is its moment then: dates run with the numbers, whichever clock was ahead."""
        self.last += 1
        self.last_at = now if self.last_at is None else max(now, self.last_at)
        return self.last

    @property
    def number(self) -> str:
        """How the last number is printed."""
        return f"{_PREFIXES[self.form]}-{seller_code(self.seller)}-{self.year:04}-{self.last:06}"

    @property
    def place(self) -> str:
        """What only the document of the last number has."""
        return f"{self.id}:{self.last}"


def series_id(seller: str, form: InvoiceForm, year: int) -> str:
    """The id of a series."""
    return f"{form.value}:{year:04}:{seller}"


def seller_code(seller: str) -> str:
    """The seller's part of a number: eight letters and digits that follow from their id.

    Numbers need to be unique for a seller only; this keeps those of different sellers apart for people.
    """
    return b32encode(blake2b(seller.encode(), digest_size=5).digest()).decode()


def document_id(*cause: str) -> str:
    """The id of the document that a cause leads to: the same each time, so that nothing is issued twice."""
    return f"inv_{blake2b(repr(cause).encode(), digest_size=13).hexdigest()}"
