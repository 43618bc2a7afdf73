"""Selections as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from adapters.codec import RowCodec
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.select import Select, Where, sort_keys


def select_sql(select: Select[Any], table: Table, codec: RowCodec, *, arrays: bool) -> tuple[str, list[Any]]:
    """A selection as a statement with `?` for its values.

    Args:
        select: What is wanted.
        table: The table of its aggregates.
        codec: How constants are stored.
        arrays: Whether the database takes a list as one value.
    """
    tests, values = _tests(select, table, codec, arrays=arrays)
    if select.after is not None:
        test, bound = _behind(select, table, [codec.value(value) for value in select.after])
        tests.append(test)
        values.extend(bound)
    orders = ", ".join(_direction(name, select, table) for name in sort_keys(select.order))
    sql = f"SELECT * FROM {table.name}{_where(tests)} ORDER BY {orders} LIMIT ?"
    if select.skip:
        return f"{sql} OFFSET ?", [*values, select.limit, select.skip]
    return sql, [*values, select.limit]


def count_sql(select: Select[Any], table: Table, codec: RowCodec, *, arrays: bool) -> tuple[str, list[Any]]:
    """How many rows fit a selection's filters, as a statement; its arguments are those of `select_sql`."""
    tests, values = _tests(select, table, codec, arrays=arrays)
    return f"SELECT count(*) AS total FROM {table.name}{_where(tests)}", values


def counts_sql(select: Select[Any], table: Table, codec: RowCodec, *, by: str, arrays: bool) -> tuple[str, list[Any]]:
    """As `count_sql`, for each value of the column `by`."""
    tests, values = _tests(select, table, codec, arrays=arrays)
    column = _column(by, table)
    return f"SELECT {column} AS value, count(*) AS count FROM {table.name}{_where(tests)} GROUP BY {column}", values


def _tests(select: Select[Any], table: Table, codec: RowCodec, *, arrays: bool) -> tuple[list[str], list[Any]]:
    tests: list[str] = []
    values: list[Any] = []
    for where in select.where:
        test, bound = _test(where, table, codec, arrays=arrays)
        tests.append(test)
        values.extend(bound)
    return tests, values


def _where(tests: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(tests)}" if tests else ""


def _column(name: str, table: Table) -> str:
    return f'"{table.c[name].name}"'


def _may_be_none(name: str, select: Select[Any], table: Table) -> bool:
    return bool(table.c[name].nullable) and Where(name, "!=", None) not in select.where


def _direction(name: str, select: Select[Any], table: Table) -> str:
    field, direction = name.lstrip("-"), "DESC" if name.startswith("-") else "ASC"
    order = f"{_column(field, table)} {direction}"
    if not _may_be_none(field, select, table):
        # PostgreSQL reads an index backwards only where nothing is said of None.
        return order
    # None sorts before everything, as in SQLite; PostgreSQL needs to be told.
    return f"{order} NULLS LAST" if direction == "DESC" else f"{order} NULLS FIRST"


def _test(where: Where, table: Table, codec: RowCodec, *, arrays: bool) -> tuple[str, list[Any]]:
    column, value = _column(where.field, table), codec.value(where.value)
    if value is None:
        return f"{column} IS {'NOT ' if where.operator == '!=' else ''}NULL", []
    if where.operator == "in":
        if arrays:
            return f"{column} = ANY(?)", [value]
        marks = ", ".join("?" * len(value))
        return f"{column} IN ({marks})", list(value)
    if where.operator == "prefix":
        return f"substr({column}, 1, {len(value)}) = ?", [value]
    if where.operator == "!=":
        return f"({column} <> ? OR {column} IS NULL)", [value]
    return f"{column} {where.operator} ?", [value]


def _behind(select: Select[Aggregate], table: Table, after: list[Any]) -> tuple[str, list[Any]]:
    """Rows that sort behind a given one."""
    names = sort_keys(select.order)
    downwards = {name.startswith("-") for name in names}
    columns = [_column(name.lstrip("-"), table) for name in names]
    if len(downwards) == 1 and not any(_may_be_none(name.lstrip("-"), select, table) for name in names):
        # A row comparison reads the index from the right place; spelled out with OR it would walk it from the top.
        marks = ", ".join("?" * len(columns))
        return f"({', '.join(columns)}) {'<' if downwards == {True} else '>'} ({marks})", after
    choices: list[str] = []
    values: list[Any] = []
    for i, name in enumerate(names):
        same = [_same(column, bound) for column, bound in zip(columns[:i], after[:i], strict=True)]
        beyond = _beyond(columns[i], after[i], downwards=name.startswith("-"))
        if beyond is None:
            continue
        choices.append(" AND ".join([*same, beyond[0]]))
        values.extend([bound for bound in after[:i] if bound is not None] + beyond[1])
    return f"({' OR '.join(f'({choice})' for choice in choices)})", values


def _same(column: str, bound: Any) -> str:
    return f"{column} IS NULL" if bound is None else f"{column} = ?"


def _beyond(column: str, bound: Any, *, downwards: bool) -> tuple[str, list[Any]] | None:
    if bound is None:
        return None if downwards else (f"{column} IS NOT NULL", [])
    if downwards:
        return f"({column} < ? OR {column} IS NULL)", [bound]
    return f"{column} > ?", [bound]
