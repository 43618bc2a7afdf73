"""`platform-core invoices`: looking at invoices and credit notes, printing and exporting them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import IO

import attrs
import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.ledger import harmless
from entrypoints.cli.operation import OPERATOR, Failure, Operation, operation
from entrypoints.cli.output import shown
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.kernel.errors import NotFound
from platform_core.marketplace.documents import AllInvoices, GetInvoice, PrintInvoice, position
from platform_core.marketplace.invoices import Invoice, InvoiceForm
from platform_core.platform import Platform

A_NUMBER = "INV-7K3QX4AB-2026-000123"
COLUMNS = (
    *("id", "number", "form", "issued", "order", "seller", "buyer"),
    *("net", "tax", "gross", "currency", "refund", "corrects"),
)
SCREEN = ("number", "issued", "seller", "buyer", "gross", "currency")
EXPORTED = (
    *("number", "form", "issued", "order", "seller", "seller_name", "buyer", "buyer_name"),
    *("line", "title", "quantity", "unit", "net", "tax_bp", "tax", "gross", "currency", "refund", "corrects"),
)
#: How many are read at a time.
PAGE = 500

FORMS = click.Choice([form.value for form in InvoiceForm])
OF_FORM = click.option("--form", type=FORMS, help="Only invoices, or only credit notes.")
OF_SELLER = click.option("--seller", metavar="USER", help="Only those of this seller.")
OF_YEAR = click.option("--year", type=click.IntRange(1, 9999), metavar="YEAR", help="Only those of this year's series.")


@click.group(cls=Group)
@examples("invoices list --seller rosa --year 2026", f"invoices pdf {A_NUMBER} --output invoice.pdf")
def invoices() -> None:
    """Look at invoices and credit notes, print and export them.

    A document is named by its id or its number, a user by id, username or address. Amounts are in minor units (cents).
    """


@invoices.command("list")
@operation("invoices list --seller rosa --year 2026", "invoices list --form credit_note --json")
@OF_SELLER
@click.option("--order", metavar="ID", help="Only those of this order.")
@OF_FORM
@OF_YEAR
@click.option("--after", metavar="ID", help="Only those behind this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
def list_(
    operation: Operation,
    *,
    seller: str | None,
    order: str | None,
    form: str | None,
    year: int | None,
    after: str | None,
    limit: int,
) -> None:
    """List documents by seller, series and number."""

    async def look(platform: Platform) -> list[Invoice]:
        query = await _query(platform, seller, form, year)
        behind = None if after is None else position(await _named(platform, after))
        return await platform.execute(attrs.evolve(query, order=order, after=behind, limit=limit), by=OPERATOR)

    operation.output.rows("invoices", COLUMNS, [row(found) for found in operation.run(look)], screen=SCREEN)


@invoices.command()
@operation(f"invoices show {A_NUMBER}", f"invoices show {A_NUMBER} --json")
@click.argument("document", metavar="ID")
def show(operation: Operation, *, document: str) -> None:
    """Show a document: who, what, and the tax in it by rate."""
    found = operation.run(lambda platform: _named(platform, document))
    parties = {"sold_by": attrs.asdict(found.sold_by), "sold_to": attrs.asdict(found.sold_to)}
    lines, totals = ([attrs.asdict(one) for one in some] for some in (found.lines, found.totals))
    operation.output.item({**row(found), **parties, "lines": lines, "totals": totals})


@invoices.command()
@operation(f"invoices pdf {A_NUMBER} --output invoice.pdf")
@click.argument("document", metavar="ID")
@click.option(
    *("-o", "--output", "file"),
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write it.",
)
def pdf(operation: Operation, *, document: str, file: Path) -> None:
    """Print a document into a file. It needs the `documents` extra."""

    async def make(platform: Platform) -> bytes:
        found = await _named(platform, document)
        return (await platform.execute(PrintInvoice(found.id), by=OPERATOR)).body

    body = operation.run(make)
    file.write_bytes(body)
    operation.output.item({"file": str(file), "bytes": len(body)}, f"{len(body):,} bytes in {file}")


@invoices.command()
@operation("invoices export --year 2026 -o invoices.csv", "invoices export --format jsonl | head")
@OF_SELLER
@OF_FORM
@OF_YEAR
@click.option(
    *("--format", "kind"),
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="How to write it.",
)
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
def export(
    operation: Operation, *, seller: str | None, form: str | None, year: int | None, kind: str, file: Path | None
) -> None:
    """Write every line of every document, by seller, series and number.

    In CSV a text that a spreadsheet would take for a formula begins with '.
    """
    if operation.output.as_json and file is None:
        raise Failure("--json needs -o FILE; --format jsonl writes a JSON object for each line", exits.USAGE)

    async def write(platform: Platform) -> int:
        documents = _all(platform, await _query(platform, seller, form, year))
        if file is None:
            return await _write(documents, sys.stdout, kind)
        with file.open("w", newline="", encoding="utf-8") as stream:
            return await _write(documents, stream, kind)

    count = operation.run(write)
    if file is not None:
        operation.output.item({"lines": count, "file": str(file)}, f"{count:,} lines in {file}")


async def _write(documents: AsyncIterator[Invoice], stream: IO[str], kind: str) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    if kind == "csv":
        writer.writerow(EXPORTED)
    count = 0
    async for document in documents:
        whole = row(document)
        names = {"seller_name": document.sold_by.name, "buyer_name": document.sold_to.name}
        for line in document.lines:
            values: Mapping[str, object] = {**whole, **names, **attrs.asdict(line)}
            ordered = [values[column] for column in EXPORTED]
            if kind == "csv":
                writer.writerow([value if type(value) is int else harmless(shown(value)) for value in ordered])
            else:
                plain = [value if value is None or type(value) is int else shown(value) for value in ordered]
                stream.write(json.dumps(dict(zip(EXPORTED, plain, strict=True)), ensure_ascii=False) + "\n")
            count += 1
    return count


async def _all(platform: Platform, query: AllInvoices) -> AsyncIterator[Invoice]:
    while page := await platform.execute(attrs.evolve(query, limit=PAGE), by=OPERATOR):
        for document in page:
            yield document
        query = attrs.evolve(query, after=position(page[-1]))


async def _query(platform: Platform, seller: str | None, form: str | None, year: int | None) -> AllInvoices:
    return AllInvoices(
        seller=(await find(platform, seller)).id if seller else None,
        form=InvoiceForm(form) if form else None,
        year=year,
    )


async def _named(platform: Platform, name: str) -> Invoice:
    """The document with this id or number."""
    if name.startswith("inv_"):
        return await platform.execute(GetInvoice(name), by=OPERATOR)
    found = await platform.execute(AllInvoices(number=name, limit=2), by=OPERATOR)
    if not found:
        raise NotFound("there is no such invoice")
    if len(found) > 1:
        # A seller's part of a number follows from their id; very rarely two sellers have the same.
        raise Failure("two sellers have a document of this number; name it by its id", exits.USAGE)
    return found[0]


def row(document: Invoice) -> dict[str, object]:
    """A document as an operator sees it."""
    return {
        "id": document.id,
        "number": document.number,
        "form": document.form,
        "issued": document.issued_at,
        "order": document.order,
        "seller": document.seller,
        "buyer": document.buyer,
        "net": document.net,
        "tax": document.tax,
        "gross": document.gross,
        "currency": document.currency,
        "refund": document.refund,
        "corrects": document.corrects_number,
    }
