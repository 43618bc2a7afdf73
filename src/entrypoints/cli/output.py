"""What a command prints: a table on a terminal, TSV in a pipe, one JSON object with `--json`; messages go to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import IO, Any

from attrs import frozen

from entrypoints.settings import without_password
from platform_core.kernel.secret import Secret

Row = Mapping[str, object]


@frozen
class Output:
    """Where a command's answer goes.

    Args:
        as_json: Whether the answer is one JSON object.
    """

    as_json: bool = False

    def rows(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        screen: Sequence[str] | None = None,
        **more: object,
    ) -> None:
        """Print a list.

        Args:
            name: What it is a list of: its key in the JSON object, and the table's title.
            columns: The keys to show, in order; JSON has all.
            rows: The items.
            screen: The columns of a terminal, when all of them would not fit on its lines.
            more: Further keys of the JSON object.
        """
        if self.as_json:
            self._json({name: rows, **more})
        elif sys.stdout.isatty():
            self._table(screen or columns, rows)
        else:
            _tsv(columns, [[row.get(column) for column in columns] for row in rows])

    def item(self, item: Row, said: str | None = None) -> None:
        """Print one thing.

        Args:
            item: Its keys and values.
            said: A sentence to say instead on a terminal.
        """
        if self.as_json:
            self._json(item)
        elif sys.stdout.isatty():
            from rich.table import Table

            if said is not None:
                console().print(said, markup=False, highlight=False)
                return
            table = Table.grid(padding=(0, 2))
            for key, value in item.items():
                table.add_row(f"[bold]{key}[/bold]", _cell(value))
            console().print(table)
        else:
            for key, value in item.items():
                sys.stdout.write(f"{key}\t{_flat(value)}\n")

    def document(self, document: object) -> None:
        """Print a JSON document, for people and programs alike."""
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def note(self, message: str) -> None:
        """Say something that is not the answer."""
        sys.stderr.write(f"{without_password(message)}\n")

    def error(self, message: str, facts: Mapping[str, object] | None = None) -> None:
        """Say why there is no answer; with `--json` also as the one object. No password of a database is told."""
        message = without_password(message)
        if self.as_json:
            self._json({"error": {"message": message, **(facts or {})}})
        console(sys.stderr).print(f"[bold red]Error:[/bold red] {_escaped(message)}", soft_wrap=True, highlight=False)

    def _json(self, value: object) -> None:
        sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")

    def _table(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        from rich.table import Table

        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for column in columns:
            numeric = any(type(row.get(column)) is int for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        console().print(table)


def console(file: IO[str] | None = None) -> Any:
    """A terminal to print on; it honours NO_COLOR and the terminal's width."""
    from rich.console import Console

    return Console(file=file or sys.stdout)


def shown(value: object) -> str:
    """A value as text, for a person."""
    plain = _plain(value) if isinstance(value, datetime | Enum | Secret) else value
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, list | tuple) and all(isinstance(part, str | int) for part in plain):
        return ", ".join(map(str, plain))
    if isinstance(plain, Mapping | list | tuple):
        return json.dumps(plain, default=_plain, ensure_ascii=False) if plain else ""
    return str(plain)


def _cell(value: object) -> str:
    text = f"{value:,}" if type(value) is int else shown(value)
    if isinstance(value, datetime):
        text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    # A name may hold control characters that would move the terminal's cursor.
    return _escaped("".join(c if c.isprintable() else "�" for c in text))


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _flat(value: object) -> str:
    text = shown(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")


def _tsv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for row in [columns, *rows]:
        sys.stdout.write("\t".join(_flat(value) for value in row) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Secret):
        return "***"
    raise TypeError(f"{type(value).__name__} has no JSON form")
