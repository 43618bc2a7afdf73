"""Issuing invoices and credit notes, inside the unit of work that moves the money they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from attrs import evolve, field, frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import Conflict
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.invoices import (
    Invoice,
    InvoiceForm,
    InvoiceLine,
    InvoiceSeries,
    Party,
    document_id,
    series_id,
    tax_totals,
)

#: More documents than any order has: one for each seller, one for each refund of a seller's lines.
MOST = 10_000


@frozen(kw_only=True)
class SoldLine:
    """A line of an order that has been paid. Amounts are in minor units.

    Args:
        line: Its number in the order.
        seller: The seller's user id.
        title: What was sold.
        quantity: How many.
        unit: The price of one.
        gross: What was paid for the line, tax included.
        tax_bp: The tax rate in basis points.
        tax: The tax within `gross`.
    """

    line: int
    seller: str
    title: str
    quantity: int
    unit: int
    gross: int
    tax_bp: int = 0
    tax: int = 0


@frozen(kw_only=True)
class Sale:
    """An order that has been paid.

    Args:
        order: Its id.
        buyer: The buyer's user id.
        currency: ISO 4217 code.
        lines: Its lines, of all sellers.
        parties: What is known of sellers and buyer, by user id; see `parties`.
    """

    order: str
    buyer: str
    currency: str
    lines: Sequence[SoldLine]
    parties: Mapping[str, Party] = field(factory=dict)


@frozen
class ReturnedLine:
    """What goes back of one line, in minor units.

    Args:
        line: Its number in the order.
        gross: How much, tax included.
        tax: The tax within; None to let it follow from what has gone back of the line so far.
    """

    line: int
    gross: int
    tax: int | None = None


@frozen(kw_only=True)
class Return:
    """A refund that has succeeded.

    Args:
        refund: Its id.
        order: The order's id.
        lines: What goes back of each line.
    """

    refund: str
    order: str
    lines: Sequence[ReturnedLine]


async def parties(people: Directory, users: Iterable[str]) -> Mapping[str, Party]:
    """What invoices say of these users."""
    cards = await people.cards(sorted(set(users)))
    return {id: Party(id, card.display_name or card.username, card.username) for id, card in cards.items()}


async def issue_invoices(work: Work, sale: Sale) -> list[Invoice]:
    """Issue an invoice for each seller of the order. Those that are issued already stay as they are.

    Args:
        work: The unit in which the order becomes paid.
        sale: What was paid.
    """
    sellers = dict.fromkeys(line.seller for line in sale.lines)
    made = []
    for seller in sellers:
        id = document_id("sale", sale.order, seller)
        if await work.get(Invoice, id) is None:
            made.append(
                await _issue(
                    work,
                    InvoiceForm.INVOICE,
                    tuple(_sold(line) for line in sale.lines if line.seller == seller),
                    id=id,
                    order=sale.order,
                    currency=sale.currency,
                    sold_by=sale.parties.get(seller) or Party(seller, seller),
                    sold_to=sale.parties.get(sale.buyer) or Party(sale.buyer, sale.buyer),
                )
            )
    return made


async def issue_credit_notes(work: Work, returned: Return) -> list[Invoice]:
    """Issue a credit note for each seller whose lines a refund takes back; the invoices stay as they are.

    Args:
        work: The unit in which the refund succeeds.
        returned: What goes back.

    Raises:
        Conflict: More would go back than is left of a line, or there is no invoice for it.
    """
    documents = await _documents(work, returned.order)
    invoices = [one for one in documents if one.refund is None]
    if {part.line for part in returned.lines} - {line.line for invoice in invoices for line in invoice.lines}:
        raise Conflict("no invoice has been issued for what goes back")
    made = []
    for invoice in invoices:
        notes = [one for one in documents if one.corrects == invoice.id]
        if any(note.refund == returned.refund for note in notes):
            continue
        left = left_of(invoice, documents)
        lines = tuple(_credited(left[part.line], part) for part in returned.lines if part.line in left and part.gross)
        if lines:
            # The next of this invoice: two units that both see the same notes before theirs cannot both be right.
            id = document_id("credit note", invoice.id, str(len(notes)))
            made.append(await _correct(work, invoice, InvoiceForm.CREDIT_NOTE, lines, id=id, refund=returned.refund))
    return made


async def cancel_credit_notes(work: Work, refund: str) -> list[Invoice]:
    """A refund has failed after it had succeeded: each of its credit notes is taken back by a new invoice.

    Args:
        work: The unit in which the refund is undone.
        refund: Its id.
    """
    documents = await work.find(Select(Invoice, where=(Where("refund", "=", refund),), limit=MOST))
    made = []
    for note in [one for one in documents if one.form is InvoiceForm.CREDIT_NOTE]:
        id = document_id("undone", note.id)
        if await work.get(Invoice, id) is None:
            made.append(await _correct(work, note, InvoiceForm.INVOICE, note.lines, id=id, refund=refund))
    return made


@frozen(kw_only=True)
class Left:
    """What is left of a line: as sold, less what went back before."""

    sold: InvoiceLine
    gross: int
    tax: int


def left_of(invoice: Invoice, documents: Sequence[Invoice]) -> Mapping[int, Left]:
    """What is left of an invoice's lines, by their numbers.

    Args:
        invoice: The invoice of a sale.
        documents: All documents of its order.
    """
    left = {line.line: Left(sold=line, gross=line.gross, tax=line.tax) for line in invoice.lines}
    for document in documents:
        if document.refund is None or document.seller != invoice.seller:
            continue
        sign = 1 if document.reinstates else -1
        for line in document.lines:
            old = left[line.line]
            left[line.line] = evolve(old, gross=old.gross + sign * line.gross, tax=old.tax + sign * line.tax)
    return left


def _sold(line: SoldLine) -> InvoiceLine:
    return InvoiceLine(
        line=line.line,
        title=line.title,
        quantity=line.quantity,
        unit=line.unit,
        net=line.gross - line.tax,
        tax_bp=line.tax_bp,
        tax=line.tax,
        gross=line.gross,
    )


def _credited(left: Left, part: ReturnedLine) -> InvoiceLine:
    """A line of a credit note.

    Its tax is what the books say, or what has gone back by then should have, less what did (as with fees, invariant
    20); in any case such that neither tax nor net is negative here or in what is left.
    """
    sold = left.sold
    if not 0 < part.gross <= left.gross:
        raise Conflict("more would go back than is left of what was invoiced")
    tax = part.tax
    if tax is None:
        back = sold.gross - left.gross + part.gross
        tax = (2 * sold.tax * back + sold.gross) // (2 * sold.gross) - (sold.tax - left.tax)
    tax = max(0, part.gross - (left.gross - left.tax), min(part.gross, left.tax, tax))
    if part.gross == sold.gross:
        return evolve(sold, net=part.gross - tax, tax=tax)
    # Of a line that goes back in part no number of pieces does: it is one amount.
    return evolve(sold, quantity=1, unit=part.gross, net=part.gross - tax, tax=tax, gross=part.gross)


async def _documents(work: Work, order: str) -> list[Invoice]:
    return await work.find(Select(Invoice, where=(Where("order", "=", order),), order=("issued_at",), limit=MOST))


async def _correct(
    work: Work, document: Invoice, form: InvoiceForm, lines: tuple[InvoiceLine, ...], *, id: str, refund: str
) -> Invoice:
    return await _issue(
        work,
        form,
        lines,
        id=id,
        order=document.order,
        currency=document.currency,
        sold_by=document.sold_by,
        sold_to=document.sold_to,
        refund=refund,
        corrects=document,
    )


async def _issue(
    work: Work,
    form: InvoiceForm,
    lines: tuple[InvoiceLine, ...],
    *,
    id: str,
    order: str,
    currency: str,
    sold_by: Party,
    sold_to: Party,
    refund: str | None = None,
    corrects: Invoice | None = None,
) -> Invoice:
    """Take the next number of the seller's series, and add the document that has it."""
    year = work.now.astimezone(UTC).year
    series = await work.get(InvoiceSeries, series_id(sold_by.id, form, year))
    if series is None:
        series = InvoiceSeries(id=series_id(sold_by.id, form, year), seller=sold_by.id, form=form, year=year)
        work.add(series)
    else:
        work.save(series)
    sequence = series.take(work.now)
    invoice = Invoice(
        id=id,
        number=series.number,
        place=series.place,
        form=form,
        year=year,
        sequence=sequence,
        order=order,
        seller=sold_by.id,
        buyer=sold_to.id,
        sold_by=sold_by,
        sold_to=sold_to,
        issued_at=series.last_at or work.now,
        currency=currency,
        lines=lines,
        totals=tax_totals(lines),
        net=sum(line.net for line in lines),
        tax=sum(line.tax for line in lines),
        gross=sum(line.gross for line in lines),
        refund=refund,
        corrects=None if corrects is None else corrects.id,
        corrects_number=None if corrects is None else corrects.number,
    )
    invoice.issued()
    work.add(invoice)
    return invoice
