"""Invoices set by Typst. The template knows the layout, this file the words; what people wrote is never markup."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from adapters.documents.amounts import amount, date, rate
from platform_core.kernel.errors import Unavailable
from platform_core.marketplace.invoices import Invoice, InvoiceForm, InvoiceLine, Party

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("invoice.typ")

#: Pictures, of which the fonts that come along have none.
_PICTURE = "[\U0001f000-\U0001faff\U000e0000-\U000e007f\ufe00-\ufe0f]"
_PICTURES = re.compile(f"{_PICTURE}+(?:\u200d{_PICTURE}+)*")
_ACCENTS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
#: More of them on one letter than any language has: they would grow over the lines above.
_PILES = re.compile(f"({_ACCENTS}{{4}}){_ACCENTS}+")
#: Controls, and the marks that turn the direction of what follows them: they would move the words of others.
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


class TypstTypesetter:
    """Sets documents with Typst, on its own fonts and without any other file: the same everywhere.

    Args:
        threads: How many are set at once, each on a thread; with 0 they are set on the spot.
        waiting: How many may wait for that.
    """

    def __init__(self, *, threads: int = 2, waiting: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, "typst") if threads else None
        self._most = threads + waiting
        self._under_way = 0

    async def pdf(self, documents: Sequence[Invoice]) -> bytes:
        """A PDF of these documents, each from a page of its own on. The same documents give the same bytes.

        Raises:
            Unavailable: Too many are waiting.
        """
        if self._threads is None:
            return typeset(documents)
        if self._under_way >= self._most:
            raise Unavailable("too many documents are being printed", retry_after=1)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, typeset, documents)
        finally:
            self._under_way -= 1


def typeset(documents: Sequence[Invoice]) -> bytes:
    """A PDF of documents, now: at least one."""
    return _typeset(documents, "pdf", 1)


def pictures(documents: Sequence[Invoice], *, pixels_per_inch: float) -> list[bytes]:
    """The pages of documents as PNG."""
    made: object = _typeset(documents, "png", pixels_per_inch)
    return [made] if isinstance(made, bytes) else cast("list[bytes]", made)


def _typeset(documents: Sequence[Invoice], form: Literal["pdf", "png"], pixels_per_inch: float) -> bytes:
    import typst

    first = documents[0]
    content = {
        "title": ", ".join(document.number for document in documents),
        "author": plain(first.sold_by.name),
        "date": [first.issued_at.year, first.issued_at.month, first.issued_at.day],
        "documents": [content_of(document) for document in documents],
    }
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format=form,
        ppi=pixels_per_inch,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        # Typst takes whole seconds only.
        timestamp=first.issued_at.replace(microsecond=0),
    )


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False)


def plain(text: str) -> str:
    """A text as one line that can be printed. Emoji go, unless there is nothing else."""
    line = " ".join(_PILES.sub(r"\1", _UNPRINTED.sub(" ", text)).split())
    bare = " ".join(_PICTURES.sub("", line).split())
    return bare if any(letter.isalnum() for letter in bare) else line


def content_of(invoice: Invoice) -> dict[str, Any]:
    """What the template is told of a document: nothing but texts, in the order of the page."""
    is_note = invoice.form is InvoiceForm.CREDIT_NOTE
    facts = [
        ("Credit note number" if is_note else "Invoice number", invoice.number),
        ("Date", date(invoice.issued_at)),
        ("Order", plain(invoice.order)),
    ]
    if invoice.corrects_number is not None:
        facts.append(("Credit note cancelled" if invoice.reinstates else "Invoice credited", invoice.corrects_number))
    if invoice.refund is not None:
        facts.append(("Refund", plain(invoice.refund)))
    money = [
        ("Net", amount(invoice.net, invoice.currency)),
        *(
            (f"Tax {rate(total.tax_bp)} on {amount(total.net, invoice.currency)}", amount(total.tax, invoice.currency))
            for total in invoice.totals
        ),
    ]
    return {
        "note": is_note,
        "title": "Credit note" if is_note else "Invoice",
        "number": invoice.number,
        "facts": facts,
        "from": _party(invoice.sold_by),
        "to": _party(invoice.sold_to),
        "lines": [_line(line, invoice.currency) for line in invoice.lines],
        "sums": money,
        "total": ["Total credited" if is_note else "Total", amount(invoice.gross, invoice.currency)],
        "currency": invoice.currency,
        "remarks": _remarks(invoice),
    }


def _party(party: Party) -> dict[str, Any]:
    further = [plain(line) for line in party.address]
    if party.username:
        further.append(f"@{plain(party.username)}")
    if party.tax_number:
        further.append(f"Tax number {plain(party.tax_number)}")
    return {"name": plain(party.name), "further": further}


def _line(line: InvoiceLine, currency: str) -> list[str]:
    return [
        str(line.line),
        plain(line.title),
        f"{line.quantity:,}",
        amount(line.unit, currency),
        amount(line.net, currency),
        rate(line.tax_bp),
        amount(line.tax, currency),
        amount(line.gross, currency),
    ]


def _remarks(invoice: Invoice) -> list[str]:
    corrected = invoice.corrects_number
    if invoice.form is InvoiceForm.CREDIT_NOTE:
        remarks = [f"This credit note takes the amounts above back from invoice {corrected}. The buyer receives them."]
    elif invoice.reinstates:
        remarks = [
            f"The refund behind credit note {corrected} did not reach the buyer. This invoice cancels that credit note."
        ]
    else:
        remarks = ["Paid in full on the date of this invoice. Nothing is due."]
    if invoice.tax and all(line.unit * line.quantity == line.gross for line in invoice.lines):
        remarks.append("Unit prices include tax.")
    return remarks
