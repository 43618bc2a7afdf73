"""`platform-core ledger`: recompute the books, export them, and undo an entry."""

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
from entrypoints.cli.wallets import KEY, line_row
from platform_core.kernel.errors import NotFound
from platform_core.kernel.journal import JournalEntry, currency_of
from platform_core.kernel.ports import Books
from platform_core.ledger.reversals import Reversal, ReverseEntry
from platform_core.platform import Platform

AN_ENTRY = "txn_06f1a2b3c4d5e6f7g8h9j0k1m2"
COLUMNS = (
    *("account", "line", "at", "kind", "amount", "balance", "currency"),
    *("entry", "actor", "reference", "details"),
)


@click.group(cls=Group)
@examples("ledger verify", "ledger export -o books.csv", f"ledger reverse {AN_ENTRY}")
def ledger() -> None:
    """Check the books, export them, and undo what should not stand in them."""


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


@ledger.command()
@operation(f"ledger entry {AN_ENTRY}", f"ledger entry {AN_ENTRY} --json")
@click.argument("entry")
def entry(operation: Operation, *, entry: str) -> None:
    """Show a journal entry: what it moved where, and how much of that was reversed since."""

    async def look(platform: Platform) -> tuple[JournalEntry, Reversal | None]:
        found = await platform.store.entry(entry)
        if found is None:
            raise NotFound("there is no such journal entry")
        return found, await platform.store.get(Reversal, found.id)

    found, reversal = operation.run(look)
    undone = reversal.undone if reversal else {}
    facts = {
        "kind": found.kind,
        "at": found.at,
        "actor": found.actor,
        "reference": found.reference,
        "reverses": found.reverses,
        "details": dict(found.details),
    }
    rows = [
        {
            "account": posting.account,
            "amount": posting.amount,
            "currency": currency_of(posting.account),
            "reversed": undone.get(posting.account, 0),
            **facts,
        }
        for posting in found.postings
    ]
    columns = ("account", "amount", "currency", "reversed", *facts)
    operation.output.rows("legs", columns, rows, screen=("account", "amount", "reversed", "kind"), entry=found.id)


@ledger.command()
@operation(
    f"ledger reverse {AN_ENTRY} --reason 'sent twice'",
    f"ledger reverse {AN_ENTRY} --amount 40 --key ticket-9 --yes",
    f"ledger reverse {AN_ENTRY} --dry-run",
    writes=True,
    destructive=True,
)
@click.argument("entry")
@click.option(
    "--amount", type=click.IntRange(1, 10**15), metavar="N", help="Undo this much.  [default: all that is left]"
)
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the statement.")
@KEY
def reverse(operation: Operation, *, entry: str, amount: int | None, reason: str, key: str | None) -> None:
    """Undo a journal entry, or part of it, by its mirror image.

    The amount is in the smallest units of what the entry moved: tokens, or cents. What lies in escrow comes back by
    releasing its hold instead.
    """
    operation.confirm(f"Reverse {f'{amount:,} of' if amount else 'all that is left of'} {entry}?")
    posted = operation.ask(ReverseEntry(entry, amount, reason), key=key)
    operation.output.item({"entry": posted, "reverses": entry}, f"{entry} is reversed by {posted}")
