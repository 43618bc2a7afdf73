"""Issuing invoices and credit notes, inside the unit of work that moves the money they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from attrs import evolve, field, frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import Conflict
from platform_core.kernel.money import allocate
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
class Share:
    """A seller's part of a refund, to be spread over their lines in proportion to what is left of them.

    Args:
        seller: The seller's user id.
        amount: How much of their lines goes back, in minor units, tax included.
        tax: The tax within; None to let each line's tax follow from its amount.
    """

    seller: str
    amount: int
    tax: int | None = None


@frozen
class ReturnedLine:
    """What goes back of one line, in minor units: `gross`, with `tax` within."""

    line: int
    gross: int
    tax: int


@frozen(kw_only=True)
class Return:
    """A refund that has succeeded.

    Args:
        refund: Its id.
        order: The order's id.
        shares: What goes back of each seller's lines, where it is known by seller only.
        lines: What goes back of each line, where that is known; either of the two is given.
    """

    refund: str
    order: str
    shares: Sequence[Share] = ()
    lines: Sequence[ReturnedLine] = ()


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
            lines = tuple(_sold(line) for line in sale.lines if line.seller == seller)
            made.append(await _issue(work, id, sale, seller, lines))
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
    known = {line.line for invoice in invoices for line in invoice.lines}
    sellers = {invoice.seller for invoice in invoices}
    if {part.line for part in returned.lines} - known or {share.seller for share in returned.shares} - sellers:
        raise Conflict("no invoice has been issued for what goes back")
    made = []
    for invoice in invoices:
        notes = [one for one in documents if one.corrects == invoice.id]
        if any(note.refund == returned.refund for note in notes):
            continue
        left = left_of(invoice, documents)
        parts = [part for part in returned.lines if part.line in left]
        for share in returned.shares:
            if share.seller == invoice.seller:
                parts.extend(spread(share, left))
        lines = tuple(_credited(left[part.line], part) for part in parts if part.gross)
        if lines:
            # The next of this invoice: two units that both see the same notes before theirs cannot both be right.
            id = document_id("credit note", invoice.id, str(len(notes)))
            made.append(await _correct(work, id, invoice, InvoiceForm.CREDIT_NOTE, lines, returned.refund))
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
            made.append(await _correct(work, id, note, InvoiceForm.INVOICE, note.lines, refund))
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


def spread(share: Share, left: Mapping[int, Left]) -> list[ReturnedLine]:
    """A seller's part of a refund over their lines, in proportion to what is left of them (invariant 19).

    The tax of a line follows from all that has gone back of it so far, so that steps of any size return as much tax as
    one step would (as with fees, invariant 20). Where the whole tax is given, lines are moved by what it differs.

    Raises:
        Conflict: More would go back than is left.
    """
    lines = list(left.values())
    if not 0 < share.amount <= sum(line.gross for line in lines):
        raise _too_much()
    parts = [
        (line, gross, _tax(line, gross))
        for line, gross in zip(lines, allocate(share.amount, [line.gross for line in lines]), strict=True)
    ]
    missing = 0 if share.tax is None else share.tax - sum(tax for _, _, tax in parts)
    spread_out = []
    for line, gross, tax in parts:
        least, most = _bounds(line, gross)
        step = max(least - tax, min(most - tax, missing))
        missing -= step
        spread_out.append(ReturnedLine(line.sold.line, gross, tax + step))
    if missing:
        raise Conflict("this is not a tax that the refund can have")
    return spread_out


def _tax(line: Left, gross: int) -> int:
    """The tax within a part of a line, by what has gone back of it once this part has."""
    sold = line.sold
    if not sold.gross:
        return 0
    back = sold.gross - line.gross + gross
    due = (2 * sold.tax * back + sold.gross) // (2 * sold.gross)
    least, most = _bounds(line, gross)
    return max(least, min(most, due - (sold.tax - line.tax)))


def _bounds(line: Left, gross: int) -> tuple[int, int]:
    """The tax that a part of a line can have, so that neither tax nor net is negative in it or in what is left."""
    return max(0, gross - (line.gross - line.tax)), min(gross, line.tax)


def _too_much() -> Conflict:
    return Conflict("more would go back than is left of what was invoiced")


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
    least, most = _bounds(left, part.gross)
    if not (0 < part.gross <= left.gross and least <= part.tax <= most):
        raise _too_much()
    sold, net = left.sold, part.gross - part.tax
    if part.gross == sold.gross:
        return evolve(sold, net=net, tax=part.tax)
    # Of a line that goes back in part no number of pieces does: it is one amount.
    return evolve(sold, quantity=1, unit=part.gross, net=net, tax=part.tax, gross=part.gross)


async def _documents(work: Work, order: str) -> list[Invoice]:
    return await work.find(Select(Invoice, where=(Where("order", "=", order),), order=("issued_at",), limit=MOST))


async def _issue(work: Work, id: str, sale: Sale, seller: str, lines: tuple[InvoiceLine, ...]) -> Invoice:
    known = sale.parties
    return await _number(
        work,
        id,
        InvoiceForm.INVOICE,
        lines,
        order=sale.order,
        currency=sale.currency,
        sold_by=known.get(seller) or Party(seller, seller),
        sold_to=known.get(sale.buyer) or Party(sale.buyer, sale.buyer),
    )


async def _correct(
    work: Work, id: str, document: Invoice, form: InvoiceForm, lines: tuple[InvoiceLine, ...], refund: str
) -> Invoice:
    return await _number(
        work,
        id,
        form,
        lines,
        order=document.order,
        currency=document.currency,
        sold_by=document.sold_by,
        sold_to=document.sold_to,
        refund=refund,
        corrects=document,
    )


async def _number(
    work: Work,
    id: str,
    form: InvoiceForm,
    lines: tuple[InvoiceLine, ...],
    *,
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
