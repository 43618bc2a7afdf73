"""Reading and printing invoices. They are private: for the buyer, for the one's seller, and for admins (MON-16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import PLATFORM, SIGNED_IN, Policy, Scope
from platform_core.kernel.command import Query
from platform_core.kernel.errors import NotFound
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.invoices import Invoice, InvoiceForm
from platform_core.marketplace.ports import Typesetter

#: The most documents of an order that are shown or printed together.
TOGETHER = 100


@frozen
class Printed:
    """A document as a file.

    Args:
        name: What to call it; plain ASCII.
        body: A PDF.
    """

    name: str
    body: bytes


async def _known(work: Work, invoice: str) -> Invoice:
    found = await work.get(Invoice, invoice)
    if found is None or not _may_see(work, found):
        raise NotFound("there is no such invoice")
    return found


async def _of_order(work: Work, order: str, form: InvoiceForm | None = None) -> list[Invoice]:
    where = (Where("order", "=", order), *(() if form is None else (Where("form", "=", form),)))
    found = await work.find(Select(Invoice, where=where, order=("issued_at", "number"), limit=TOGETHER))
    seen = [one for one in found if _may_see(work, one)]
    if not seen:
        raise NotFound("there is no invoice for such an order")
    return seen


def _may_see(work: Work, invoice: Invoice) -> bool:
    return work.actor.is_admin or work.actor.id in (invoice.buyer, invoice.seller)


@frozen
class GetInvoice(Query[Invoice]):
    """An invoice or a credit note, for its buyer, its seller, admins and operators."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("invoice",)

    invoice: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Invoices are private: to everybody else there is none."""
        await _known(work, target["invoice"])


async def get_invoice(query: GetInvoice, work: Work) -> Invoice:
    """The document.

    Raises:
        NotFound: There is none that the actor may know of.
    """
    return await _known(work, query.invoice)


@frozen
class ListInvoices(Query[list[Invoice]]):
    """The documents of an order in the order of their dates: all for its buyer, a seller's own for a seller."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """To everybody else, and before the order is paid, there are none."""
        await _of_order(work, target["order"])


async def list_invoices(query: ListInvoices, work: Work) -> list[Invoice]:
    """The documents.

    Raises:
        NotFound: There are none that the actor may know of.
    """
    return await _of_order(work, query.order)


@frozen
class PrintInvoice(Query[Printed]):
    """An invoice or a credit note as a PDF, for its buyer, its seller, admins and operators."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("invoice",)

    invoice: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Invoices are private: to everybody else there is none."""
        await _known(work, target["invoice"])


async def print_invoice(query: PrintInvoice, work: Work, typesetter: Typesetter) -> Printed:
    """The pages.

    Raises:
        NotFound: There is none that the actor may know of.
        Unavailable: Nothing here can print, or too much is being printed.
    """
    invoice = await _known(work, query.invoice)
    return Printed(f"{invoice.number}.pdf", await typesetter.pdf([invoice]))


@frozen
class PrintOrderInvoices(Query[Printed]):
    """The invoices of an order as one PDF: each seller's for its buyer, a seller's own for a seller.

    Credit notes are not among them; `PrintInvoice` prints each by itself.
    """

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.READ)
    target: ClassVar[tuple[str, ...]] = ("order",)

    order: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """To everybody else, and before the order is paid, there are none."""
        await _of_order(work, target["order"], InvoiceForm.INVOICE)


async def print_order_invoices(query: PrintOrderInvoices, work: Work, typesetter: Typesetter) -> Printed:
    """The pages, each invoice from a page of its own on.

    Raises:
        NotFound: There are none that the actor may know of.
        Unavailable: Nothing here can print, or too much is being printed.
    """
    invoices = await _of_order(work, query.order, InvoiceForm.INVOICE)
    name = invoices[0].number if len(invoices) == 1 else f"invoices-{query.order}"
    return Printed(f"{name}.pdf", await typesetter.pdf(invoices))


@frozen
class AllInvoices(Query[list[Invoice]]):
    """Anybody's documents by series and number, for operators.

    Args:
        seller: Only this user's.
        order: Only those of this order.
        number: Only those of this number.
        form: Only invoices, or only credit notes.
        year: Only those of this year's series.
        after: `position` of the last one seen; the list goes on behind it.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    seller: str | None = None
    order: str | None = None
    number: str | None = None
    form: InvoiceForm | None = None
    year: int | None = None
    after: tuple[str, str, int, int, str] | None = None
    limit: int = 100


async def all_invoices(query: AllInvoices, work: Work) -> list[Invoice]:
    """The documents."""
    names = ("seller", "order", "number", "form", "year")
    where = tuple(Where(name, "=", value) for name in names if (value := getattr(query, name)) is not None)
    return await work.find(
        Select(
            Invoice,
            where=where,
            order=("seller", "form", "year", "sequence"),
            after=query.after,
            limit=bounded(query.limit, OPERATORS),
        )
    )


def position(invoice: Invoice) -> tuple[str, str, int, int, str]:
    """Where a list of `AllInvoices` goes on behind this one."""
    return (invoice.seller, invoice.form.value, invoice.year, invoice.sequence, invoice.id)
