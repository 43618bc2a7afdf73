"""Invoices as PDF: what stands on the pages, whatever people have written."""

from __future__ import annotations

import asyncio
import io
import sys
from datetime import UTC, datetime

import pytest
from PIL import Image
from pypdf import PdfReader

from adapters.documents import local_typesetter
from adapters.documents.amounts import amount, date, rate
from adapters.documents.typesetting import TypstTypesetter, content_of, pictures, plain, typeset
from adapters.memory import memory_platform
from adapters.memory.store import MemoryStore
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.sync import run_sync
from platform_core.marketplace.absent import NoTypesetter
from platform_core.marketplace.documents import PrintInvoice, PrintOrderInvoices
from platform_core.marketplace.invoices import Invoice, InvoiceForm, Party
from support.invoices import Shop, a_line, an_invoice, an_invoice_line, user
from support.world import OPERATOR

HOSTILE = {
    "typst code": '#eval("1+1") #read("/etc/passwd") #import "x.typ": * #sys.inputs',
    "markup": "*bold* _emph_ $x^2$ [content] <label> @reference = heading - list + enum / term: `raw`",
    "comments and escapes": "// line /* block */ \\u{41} ~ --- ... \\",
    "quotes and braces": "\"quoted\" 'single' {1 + 1} (a, b) ; : #{} #[]",
    "formula": "=cmd|' /C calc'!A0",
    "markup of the web": "<script>alert(1)</script> &amp; &#65;",
    "other letters": "éčůßŁΩЖ İıŞ",
}


def pages(body: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def page(*documents: Invoice) -> str:
    """All text, as words with single spaces."""
    return " ".join(" ".join(pages(typeset(documents))).split())


def titled(*titles: str) -> Invoice:
    """An invoice of lines with these titles."""
    return an_invoice(*[an_invoice_line(number, title=title) for number, title in enumerate(titles, 1)])


def test_a_moment_between_two_seconds_is_a_date_like_any_other() -> None:
    invoice = an_invoice()
    invoice.issued_at = invoice.issued_at.replace(microsecond=123_456)

    assert f"Date {date(invoice.issued_at)}" in page(invoice)


def test_everything_that_matters_stands_on_the_page() -> None:
    lines = an_invoice_line(1, 2999), an_invoice_line(2, 1234, quantity=100, title="Preset", tax_bp=550)
    text = page(an_invoice(*lines))

    for words in (
        "Invoice number INV-7K3QX4AB-2026-000123",
        "Date 23 November 2026",
        "Order ord_06f1a2b3c4d5e6f7g8h9j0k1m2",
        "Rosa Lindqvist Storgatan 12 113 51 Stockholm Sweden @rosa Tax number SE556677889901",
        "Ben Okafor @ben",
        "1 Guitar lesson pack 1 29.99 24.99 20% 5.00 29.99",
        "2 Preset 100 12.34 1,169.67 5.5% 64.33 1,234.00",
        "Net 1,194.66",
        "Tax 20% on 24.99 5.00",
        "Tax 5.5% on 1,169.67 64.33",
        "Total 1,263.99 EUR",
        "Paid in full on the date of this invoice. Nothing is due. Unit prices include tax.",
        "Invoice INV-7K3QX4AB-2026-000123 Page 1 of 1",
    ):
        assert words in text, text
    assert "redit" not in text


def test_a_credit_note_is_told_from_an_invoice() -> None:
    text = page(
        an_invoice(
            number="CN-7K3QX4AB-2026-000004",
            form=InvoiceForm.CREDIT_NOTE,
            refund="rfd_1",
            corrects="inv_0",
            corrects_number="INV-7K3QX4AB-2026-000122",
        )
    )

    assert text.startswith("Credit note Credit note number CN-7K3QX4AB-2026-000004 Date 23 November 2026 Order ord_")
    assert "Invoice credited INV-7K3QX4AB-2026-000122 Refund rfd_1" in text
    assert "Total credited 29.99 EUR" in text
    assert "takes the amounts above back from invoice INV-7K3QX4AB-2026-000122" in text
    assert "Nothing is due" not in text


def test_an_invoice_that_cancels_a_credit_note_says_so() -> None:
    text = page(an_invoice(refund="rfd_1", corrects="inv_0", corrects_number="CN-7K3QX4AB-2026-000004"))

    assert "Credit note cancelled CN-7K3QX4AB-2026-000004" in text
    assert "This invoice cancels that credit note." in text
    assert "Total 29.99 EUR" in text


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_what_people_write_stays_text(title: str) -> None:
    """It is never read as code or markup: each character stands on the page."""
    invoice = titled(title)
    text = page(
        an_invoice(
            *invoice.lines,
            sold_by=Party("usr_1", title, "name", (title,), title),
            sold_to=Party("usr_2", title),
        )
    )

    assert text.replace(" ", "").count(title.replace(" ", "")) == 5
    assert "root:" not in text


def test_letters_written_from_right_to_left_are_there() -> None:
    text = page(titled("שלום עולם", "مرحبا بالعالم"))

    for word in ("שלום", "עולם", "مرحبا", "بالعالم"):
        assert word in text
    # The reader loses spaces beside such words; the figures are in their order all the same.
    assert text.replace(" ", "").count("29.9924.9920%5.0029.99") == 2


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("two\nlines\tand\r\x00 \x1b[31mcontrols\u2028\x85", "two lines and [31mcontrols"),
        ("Lessons 🎸🎸 for 👩‍👩‍👧 you ❤️", "Lessons for you ❤"),
        ("🎸", "🎸"),
        ("  spaces   ", "spaces"),
        ("Z" + "\u0300" * 50 + "algo", "Z" + "\u0300" * 4 + "algo"),
        ("", ""),
    ],
)
def test_a_text_is_one_line_without_what_moves_others(written: str, printed: str) -> None:
    assert plain(written) == printed


@pytest.mark.parametrize(
    "title", ["🎸", "日本語のタイトル", "", "\u202e", "\ufffd", "a" + "\u0301" * 500, "\U000f0000"]
)
def test_what_no_font_has_breaks_nothing(title: str) -> None:
    assert "Total 29.99 EUR" in page(titled(title))


def test_a_word_as_long_as_it_may_be_stays_in_its_column() -> None:
    title = "W" * 2000
    invoice = an_invoice(an_invoice_line(title=title), sold_by=Party("usr_1", "X" * 400), order="o" * 300)

    assert "".join(pages(typeset([invoice]))).count("W") == 2000
    for picture in pictures([invoice], pixels_per_inch=72):
        sheet = Image.open(io.BytesIO(picture)).convert("L")
        margins = sheet.crop((0, 0, 60, sheet.height)), sheet.crop((sheet.width - 60, 0, sheet.width, sheet.height))
        assert [margin.getextrema() for margin in margins] == [(255, 255), (255, 255)]


def test_two_hundred_lines_go_over_several_pages_with_their_heading() -> None:
    invoice = titled(*[f"Product number {number}" for number in range(1, 201)])
    sheets = pages(typeset([invoice]))

    assert len(sheets) >= 5
    for number, sheet in enumerate(sheets, 1):
        assert f"Page {number} of {len(sheets)}" in sheet
        assert "DESCRIPTION" in sheet
    for number in range(1, 201):
        assert sum(f"Product number {number} " in " ".join(sheet.split()) for sheet in sheets) == 1
    assert "Total" not in sheets[0]
    assert f"Total {amount(invoice.gross, 'EUR')} EUR" in " ".join(sheets[-1].split())


def test_documents_printed_together_begin_on_pages_of_their_own() -> None:
    long = titled(*[f"Product {number}" for number in range(60)])
    sheets = pages(typeset([long, an_invoice(number="INV-OTHER-2026-000001")]))

    assert len(sheets) == 3
    assert [sheet.split()[-4:] for sheet in sheets] == [
        ["Page", "1", "of", "2"],
        ["Page", "2", "of", "2"],
        ["Page", "1", "of", "1"],
    ]
    assert "INV-OTHER-2026-000001" in sheets[2]
    assert "INV-OTHER-2026-000001" not in sheets[0] + sheets[1]


def test_the_same_document_is_the_same_bytes() -> None:
    invoices = [an_invoice(), an_invoice(number="INV-OTHER-2026-000002")]
    made = typeset(invoices)

    assert typeset(invoices) == made
    assert typeset(invoices[:1]) != made
    about = PdfReader(io.BytesIO(made)).metadata
    assert about is not None
    assert about.title == "INV-7K3QX4AB-2026-000123, INV-OTHER-2026-000002"
    assert about.author == "Rosa Lindqvist"
    assert about.creation_date is not None
    assert about.creation_date.astimezone(UTC).date() == datetime(2026, 11, 23, tzinfo=UTC).date()


def test_nothing_in_the_file_acts() -> None:
    made = typeset([titled("https://evil.example javascript:alert(1)")])

    for name in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert name not in made


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "0.00"),
        (5, "EUR", "0.05"),
        (123456789, "USD", "1,234,567.89"),
        (-150, "EUR", "-1.50"),
        (1500, "JPY", "1,500"),
        (1234, "KWD", "1.234"),
        (10**15, "EUR", "10,000,000,000,000.00"),
    ],
)
def test_amounts_have_the_places_of_their_currency(minor: int, currency: str, text: str) -> None:
    assert amount(minor, currency) == text


def test_rates_and_dates() -> None:
    assert [rate(bp) for bp in (0, 2000, 550, 725, 10_000)] == ["0%", "20%", "5.5%", "7.25%", "100%"]
    assert date(datetime(2026, 1, 2, 23, 59, tzinfo=UTC)) == "2 January 2026"


def test_tax_added_on_top_is_not_told_as_included() -> None:
    [line] = an_invoice().lines
    assert "Unit prices include tax." in content_of(an_invoice(line))["remarks"]
    assert len(content_of(an_invoice(an_invoice_line(tax_bp=0)))["remarks"]) == 1


# ---- through the platform


async def test_the_invoices_of_an_order_are_one_file_for_its_buyer() -> None:
    shop = Shop(MemoryStore(), TypstTypesetter())
    await shop.sell("ord_1", a_line(1, title="Theirs"), a_line(2, "usr_kai", title="His"))
    together = await shop.execute(PrintOrderInvoices("ord_1"), by=user("usr_ben"))
    alone = await shop.execute(PrintOrderInvoices("ord_1"), by=user("usr_kai"))

    assert together.name == "invoices-ord_1.pdf"
    assert len(pages(together.body)) == 2
    [his] = await shop.issued(seller="usr_kai")
    assert alone.name == f"{his.number}.pdf"
    [sheet] = pages(alone.body)
    assert "His" in sheet
    assert "Theirs" not in sheet
    assert (await shop.execute(PrintInvoice(his.id), by=OPERATOR)).body == alone.body


async def test_only_so_many_wait_to_be_printed() -> None:
    printer = TypstTypesetter(threads=1, waiting=2)
    results = await asyncio.gather(*(printer.pdf([an_invoice()]) for _ in range(5)), return_exceptions=True)

    assert [type(result) for result in results] == [bytes, bytes, bytes, Unavailable, Unavailable]
    assert isinstance(await printer.pdf([an_invoice()]), bytes)


def test_a_platform_in_memory_prints_without_an_event_loop() -> None:
    platform = memory_platform()
    run_sync(platform.store.commit(Changes(added=(an_invoice(),))))

    assert platform.run(PrintInvoice("inv_1"), by=OPERATOR).body.startswith(b"%PDF-")


async def test_without_typst_everything_but_printing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr("adapters.documents.find_spec", lambda _: None)
    printer = local_typesetter()

    assert isinstance(printer, NoTypesetter)
    with pytest.raises(Unavailable, match=r"pip install 'platform-core\[documents\]'"):
        await printer.pdf([an_invoice()])
