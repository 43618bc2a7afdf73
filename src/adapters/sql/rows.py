"""Aggregates to and from the rows of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table

from adapters.codec import RowCodec
from adapters.sql.columns import Json
from adapters.sql.connection import Record
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.settlement import Row

A = TypeVar("A", bound=Aggregate)


class TableCodec:
    """The row codec with JSON columns as text."""

    def __init__(self) -> None:
        self.codec = RowCodec()
        self._columns: dict[Table, tuple[str, ...]] = {}
        self._json: dict[Table, tuple[str, ...]] = {}

    def columns(self, table: Table) -> tuple[str, ...]:
        """The table's columns, in order."""
        found = self._columns.get(table)
        if found is None:
            found = self._columns[table] = tuple(column.name for column in table.columns)
            self._json[table] = tuple(column.name for column in table.columns if isinstance(column.type, Json))
        return found

    def values(self, table: Table, row: Row) -> Sequence[Any]:
        """An aggregate's row, in the order of the columns."""
        columns = self.columns(table)
        values = self.codec.row(row.aggregate, row.version)
        for name in self._json[table]:
            values[name] = msgspec.json.encode(values[name]).decode()
        return [values[name] for name in columns]

    def aggregate(self, kind: type[A], table: Table, record: Record) -> A:
        """The aggregate in a row."""
        self.columns(table)
        values = dict(record)
        for name in self._json[table]:
            values[name] = msgspec.json.decode(values[name])
        return self.codec.aggregate(kind, values)
