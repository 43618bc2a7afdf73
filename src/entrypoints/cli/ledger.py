"""`platform-core ledger`: recompute the books, and export them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import IO

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import Failure, Operation, operation
from entrypoints.cli.output import shown
from entrypoints.cli.root import Group, examples
from entrypoints.cli.wallets import line_row
from platform_core.kernel.journal import currency_of
from platform_core.kernel.ports import Books
from platform_core.platform import Platform

COLUMNS = (
    *("account", "line", "at", "kind", "amount", "balance", "currency"),
    *("entry", "actor", "reference", "details"),
)


@click.group(cls=Group)
@examples("ledger verify", "ledger export -o books.csv")
def ledger() -> None:
    """Check the books and export them."""


@ledger.command()
@operation("ledger verify", "ledger verify --json")
def verify(operation: Operation) -> None:
    """Recompute every balance from its entries, and name the first thing wrong.

    Exits with 6 when something is. It may run beside a server at work.
    """

    seen = operation.run(lambda platform: platform.verify())
    counts = {"accounts": seen.accounts, "entries": seen.entries, "lines": seen.lines, "totals": seen.totals}
    fault = None
    if seen.fault is not None:
        fault = {
            "rule": seen.fault.rule,
            "subject": seen.fault.subject,
            "expected": seen.fault.expected,
            "found": seen.fault.found,
        }
    said = f"all is well  (accounts {seen.accounts:,}, entries {seen.entries:,}, lines {seen.lines:,})"
    operation.output.item({"ok": fault is None, **counts, "fault": fault}, str(seen.fault or said))
    if seen.fault is not None:
        operation.output.note(f"Fault: {seen.fault}")
        sys.exit(exits.FINDINGS)


@ledger.command()
@operation("ledger export -o books.csv", "ledger export --format jsonl | head")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="How to write it."
)
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
def export(operation: Operation, *, form: str, file: Path | None) -> None:
    """Write every posted line with the balance after it, by account and line number.

    The same books give the same bytes. In CSV a text that a spreadsheet would take for a formula begins with '.
    """

    if operation.output.as_json and file is None:
        raise Failure("--json needs -o FILE; --format jsonl writes a JSON object for each line", exits.USAGE)

    async def write(platform: Platform) -> int:
        async with platform.store.snapshot() as books:
            if file is None:
                return await _write(books, sys.stdout, form)
            with file.open("w", newline="", encoding="utf-8") as stream:
                return await _write(books, stream, form)

    count = operation.run(write)
    if file is not None:
        operation.output.item({"lines": count, "file": str(file)}, f"{count:,} lines in {file}")


async def _write(books: Books, stream: IO[str], form: str) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    if form == "csv":
        writer.writerow(COLUMNS)
    count = 0
    async for line in books.lines():
        row = {"account": line.account, "currency": currency_of(line.account), **line_row(line)}
        ordered = {column: row[column] for column in COLUMNS}
        if form == "csv":
            writer.writerow([value if type(value) is int else harmless(shown(value)) for value in ordered.values()])
        else:
            ordered["at"] = shown(ordered["at"])
            stream.write(json.dumps(ordered, ensure_ascii=False) + "\n")
        count += 1
    return count


def harmless(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
