"""A shop that does nothing but issue documents: sales, refunds and refunds undone as commands of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from attrs import frozen

from adapters.testing import ManualClock, SeededIds
from platform_core.kernel.actor import PLATFORM, Actor, Policy, Role, Via
from platform_core.kernel.application import Application, UseCase
from platform_core.kernel.command import Command
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace import documents
from platform_core.marketplace.absent import NoTypesetter
from platform_core.marketplace.invoices import Invoice, InvoiceForm, InvoiceLine, Party, tax_totals
from platform_core.marketplace.invoicing import (
    Return,
    Sale,
    SoldLine,
    cancel_credit_notes,
    issue_credit_notes,
    issue_invoices,
)
from platform_core.marketplace.ports import Typesetter

SYSTEM = Actor.system()
PARTIES = {
    "usr_rosa": Party(
        "usr_rosa", "Rosa Lindqvist", "rosa", ("Storgatan 12", "113 51 Stockholm", "Sweden"), "SE556677889901"
    ),
    "usr_kai": Party("usr_kai", "Kai", "kai"),
    "usr_ben": Party("usr_ben", "Ben Okafor", "ben"),
}


@frozen
class Sell(Command[list[str]]):
    """An order is paid."""

    policy: ClassVar[Policy] = PLATFORM
    sale: Sale


async def sell(command: Sell, work: Work) -> list[str]:
    return [invoice.number for invoice in await issue_invoices(work, command.sale)]


@frozen
class GiveBack(Command[list[str]]):
    """A refund succeeds."""

    policy: ClassVar[Policy] = PLATFORM
    returned: Return


async def give_back(command: GiveBack, work: Work) -> list[str]:
    return [note.number for note in await issue_credit_notes(work, command.returned)]


@frozen
class Undo(Command[list[str]]):
    """A refund fails after all."""

    policy: ClassVar[Policy] = PLATFORM
    refund: str


async def undo(command: Undo, work: Work) -> list[str]:
    return [invoice.number for invoice in await cancel_credit_notes(work, command.refund)]


class Shop(Application):
    """The shop over a store."""

    clock: ManualClock

    def __init__(self, store: Store, typesetter: Typesetter | None = None) -> None:
        clock = ManualClock()
        use_cases: list[UseCase] = [sell, give_back, undo, documents.get_invoice, documents.list_invoices]
        use_cases += [documents.all_invoices, documents.print_invoice, documents.print_order_invoices]
        super().__init__(
            use_cases,
            store=store,
            clock=clock,
            ids=SeededIds(1, clock),
            services={Typesetter: typesetter or NoTypesetter()},
        )

    async def sell(self, order: str, *lines: SoldLine, buyer: str = "usr_ben") -> list[str]:
        """Numbers of the invoices of an order."""
        return await self.execute(Sell(a_sale(order, *lines, buyer=buyer)), by=SYSTEM)

    async def give_back(self, returned: Return) -> list[str]:
        """Numbers of the credit notes of a refund."""
        return await self.execute(GiveBack(returned), by=SYSTEM)

    async def undo(self, refund: str) -> list[str]:
        """Numbers of the invoices that take its credit notes back."""
        return await self.execute(Undo(refund), by=SYSTEM)

    async def issued(self, **where: object) -> list[Invoice]:
        """Every document with these values, by series and number."""
        order = ("seller", "form", "year", "sequence")
        filters = tuple(Where(name, "=", value) for name, value in where.items())
        return await self.store.find(Select(Invoice, where=filters, order=order, limit=10_000))

    async def only(self, number: str) -> Invoice:
        """The document of a number."""
        [found] = await self.issued(number=number)
        return found


def user(id: str) -> Actor:
    """Somebody with an account."""
    return Actor(id, Role.VIEWER, Via.SESSION, "ses_test")


def a_line(number: int = 1, seller: str = "usr_rosa", gross: int = 2999, **fields: Any) -> SoldLine:
    """A line of one piece."""
    given: dict[str, Any] = {"title": f"Lesson {number}", "quantity": 1, "unit": gross, **fields}
    return SoldLine(line=number, seller=seller, gross=gross, **given)


def a_sale(order: str, *lines: SoldLine, buyer: str = "usr_ben") -> Sale:
    """A sale in euros between people who are known."""
    return Sale(order=order, buyer=buyer, currency="EUR", lines=lines or (a_line(),), parties=PARTIES)


def an_invoice(*lines: InvoiceLine, **fields: Any) -> Invoice:
    """A document as it would be stored, its sums made from its lines."""
    lines = lines or (an_invoice_line(),)
    given: dict[str, Any] = {
        "id": "inv_1",
        "number": "INV-7K3QX4AB-2026-000123",
        "place": "invoice:2026:usr_rosa:123",
        "form": InvoiceForm.INVOICE,
        "year": 2026,
        "sequence": 123,
        "order": "ord_06f1a2b3c4d5e6f7g8h9j0k1m2",
        "seller": "usr_rosa",
        "buyer": "usr_ben",
        "sold_by": PARTIES["usr_rosa"],
        "sold_to": PARTIES["usr_ben"],
        "issued_at": datetime(2026, 11, 23, 14, tzinfo=UTC),
        "currency": "EUR",
        "lines": lines,
        "totals": tax_totals(lines),
        "net": sum(line.net for line in lines),
        "tax": sum(line.tax for line in lines),
        "gross": sum(line.gross for line in lines),
    }
    return Invoice(**{**given, **fields})


def an_invoice_line(number: int = 1, unit: int = 2999, **fields: Any) -> InvoiceLine:
    """A line, with a fifth of its net as tax."""
    given: dict[str, Any] = {"title": "Guitar lesson pack", "quantity": 1, "tax_bp": 2000, **fields}
    gross = unit * int(given["quantity"])
    tax = gross - (gross * 20_000 + 10_000 + given["tax_bp"]) // (2 * (10_000 + given["tax_bp"]))
    return InvoiceLine(line=number, unit=unit, net=gross - tax, tax=tax, gross=gross, **given)
