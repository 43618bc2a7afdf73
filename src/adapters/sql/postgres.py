"""PostgreSQL: set-wise statements over arrays, and connections kept open for each lane.

SQLAlchemy's engine makes the connections and its tables make the statements; the statements themselves run on the
asyncpg connection below, for there are half a dozen to a batch and thousands of batches a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import asyncpg
from attrs import frozen
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.sql.columns import Instant, Json
from adapters.sql.connection import Busy, Interrupted, Lock, OutcomeUnknown, Poisoned, Record
from platform_core.kernel.changes import KeyId
from platform_core.kernel.errors import Unavailable

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
)


class PostgresConnection:
    """One connection, speaking in sets."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._sql: dict[tuple[Any, ...], str] = {}
        self._columns: dict[tuple[str, ...], list[Column]] = {}

    async def select(
        self, table: Table, columns: Sequence[str], key: str, values: Sequence[Any], *, lock: Lock | None = None
    ) -> list[Record]:
        """The rows whose `key` is among `values`."""
        name = ("select", table.name, *columns, key, lock)
        sql = self._sql.get(name)
        if sql is None:
            # One plain statement: joined to another table it could lose rows after waiting for a lock.
            tail = f' ORDER BY "{key}" FOR NO KEY UPDATE{" SKIP LOCKED" * (lock == "skip")}' if lock else ""
            array = f"$1::{_type(table, key)}[]"
            sql = self._sql[name] = f'SELECT {_list(columns)} FROM {table.name} WHERE "{key}" = ANY({array}){tail}'
        found: list[Record] = await self._driver.fetch(sql, values)
        return found

    async def look_up(self, wanted: Iterable[str], keys: Iterable[KeyId]) -> tuple[list[Record], list[Record]]:
        """Accounts by id, and idempotency keys by scope and key, in one statement."""
        pairs = list(keys)
        scopes, names = [scope for scope, _ in pairs], [key for _, key in pairs]
        rows: list[Record] = await self._driver.fetch(_LOOK_UP, list(wanted), scopes, names)
        known: list[Record] = [{**row, "scope": row["id"]} for row in rows if row["key"] is not None]
        return [row for row in rows if row["key"] is None], known

    async def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """New rows, all of them."""
        await self._driver.fetch(_insert(table, columns, 1), *zip(*rows, strict=True))

    async def update(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Rows changed; the first column is the key."""
        await self._driver.fetch(_update(table, columns, 1), *zip(*rows, strict=True))

    async def delete(self, table: Table, key: str, values: Sequence[Any]) -> None:
        """Rows gone."""
        await self._driver.fetch(f'DELETE FROM {table.name} WHERE "{key}" = ANY($1::{_type(table, key)}[])', values)

    async def query(self, sql: str, *values: Any) -> list[Record]:
        """A statement with `?` for its values, and its rows."""
        parts = sql.split("?")
        numbered = parts[0] + "".join(f"${i}{part}" for i, part in enumerate(parts[1:], 1))
        found: list[Record] = await self._driver.fetch(numbered, *values)
        return found

    async def write_ledger(self, *parts: tuple[Table, Sequence[str], Sequence[Sequence[Any]]]) -> None:
        """Accounts updated, the other tables' new rows inserted: one statement for everything there is."""
        there = [part for part in parts if part[2]]
        if not there:
            return
        name = tuple(part[0].name for part in there)
        columns = self._columns.get(name)
        if columns is None:
            columns = self._columns[name] = [Column.of(table, column) for table, names, _ in there for column in names]
            for way in (True, False):
                self._sql["ledger", *name, way] = _together(there, parts[0][0], joined=way)
        values: list[Any] = [column for _, _, rows in there for column in zip(*rows, strict=True)]
        texts = [column.joined(given) for column, given in zip(columns, values, strict=True)]
        if None in texts:
            await self._driver.fetch(self._sql["ledger", *name, False], *values)
        else:
            await self._driver.fetch(self._sql["ledger", *name, True], *texts)


_LOOK_UP = (
    "SELECT id, NULL AS key, floor, balance, frozen, sequence, NULL AS fingerprint, NULL AS refused, NULL AS answer"
    " FROM accounts WHERE id = ANY($1::text[])"
    " UNION ALL"
    " SELECT t.scope, t.key, NULL, NULL, NULL, NULL, t.fingerprint, t.refused, t.answer"
    " FROM unnest($2::text[], $3::text[]) w (a, b) JOIN idempotency_keys t ON t.scope = w.a AND t.key = w.b"
)
_SEPARATOR, _NOTHING = "\x1f", "\x1e"
#: PostgreSQL makes no item of an empty text, where one empty item is meant.
_SPLIT = "CASE ${0} WHEN '' THEN ARRAY[''] ELSE string_to_array(${0}, E'\\x1f', E'\\x1e') END"


@frozen
class Column:
    """How the values of a column become one text. The driver looks so closely at every item of an array that in large
    batches half its time goes there; a joined text it takes as it is.

    Args:
        to_text: Makes text of a value; None where it is text already.
        nullable: Whether some may be None.
    """

    to_text: Callable[[Any], str] | None
    nullable: bool

    @classmethod
    def of(cls, table: Table, name: str) -> Column:
        """The way for a column of a table."""
        column = table.c[name]
        ways: dict[str, Callable[[Any], str]]
        ways = {"timestamptz": datetime.isoformat, "boolean": "ft".__getitem__, "bigint": str, "integer": str}
        return cls(ways.get(_type(table, name)), bool(column.nullable))

    def joined(self, values: Sequence[Any]) -> str | None:
        """The values as one text; None if one of them has our marks in it."""
        texts: Iterable[str] = values
        if self.nullable:
            if _NOTHING in values:
                return None
            way = self.to_text or str
            texts = [_NOTHING if value is None else way(value) for value in values]
        elif self.to_text is not None:
            texts = map(self.to_text, values)
        text = _SEPARATOR.join(texts)
        return text if text.count(_SEPARATOR) == len(values) - 1 else None


def _together(parts: Sequence[tuple[Table, Sequence[str], Any]], updated: Table, *, joined: bool) -> str:
    statements = []
    number = 1
    for table, columns, _ in parts:
        write = _update if table is updated else _insert
        statements.append(write(table, columns, number, joined=joined))
        number += len(columns)
    *first, last = statements
    if not first:
        return last
    return "WITH " + ", ".join(f"part{i} AS ({sql})" for i, sql in enumerate(first)) + " " + last


def _insert(table: Table, columns: Sequence[str], number: int, *, joined: bool = False) -> str:
    arrays, names = _arrays(table, columns, number, joined=joined), _list(columns)
    return (
        f"INSERT INTO {table.name} ({names})"
        f" SELECT {names} FROM unnest({arrays}) WITH ORDINALITY v ({names}, nth) ORDER BY nth"
    )


def _update(table: Table, columns: Sequence[str], number: int, *, joined: bool = False) -> str:
    key, *others = columns
    sets = ", ".join(f'"{name}" = v."{name}"' for name in others)
    arrays = _arrays(table, columns, number, joined=joined)
    return f'UPDATE {table.name} t SET {sets} FROM unnest({arrays}) v ({_list(columns)}) WHERE t."{key}" = v."{key}"'


def _arrays(table: Table, columns: Sequence[str], number: int, *, joined: bool) -> str:
    value = _SPLIT if joined else "${0}"
    return ", ".join(f"({value.format(number + i)})::{_type(table, column)}[]" for i, column in enumerate(columns))


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, Instant):
        return "timestamptz"
    if isinstance(kind, Json):
        return "jsonb"
    name = str(kind.compile(dialect=_DIALECT)).lower()
    return "text" if name.startswith("text") else name


class Lane:
    """A connection kept for one purpose, opened when it is first needed and again after it was lost.

    Args:
        engine: Makes the connection.
        lock_timeout: Milliseconds to wait for a lock before giving up.
    """

    def __init__(self, engine: AsyncEngine, *, lock_timeout: int = 2000) -> None:
        self._engine = engine
        self._lock_timeout = lock_timeout
        self._held: AsyncConnection | None = None
        self._connection: PostgresConnection | None = None
        self._driver: Any = None

    async def connection(self) -> PostgresConnection:
        """The connection, outside of any transaction.

        Raises:
            Unavailable: The database does not answer.
        """
        if self._connection is None or self._driver.is_closed():
            await self.close()
            try:
                self._held = await self._engine.connect()
                self._driver = (await self._held.get_raw_connection()).driver_connection
                # JSON stays text here: the row codec reads it, the same way for every database.
                await self._driver.reset_type_codec("jsonb", schema="pg_catalog")
                await self._driver.execute(f"SET lock_timeout = {self._lock_timeout}")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as error:
                raise Unavailable("the database does not answer", retry_after=1) from error
            self._connection = PostgresConnection(self._driver)
        return self._connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresConnection]:
        """The connection for single statements that read.

        Raises:
            Unavailable: The database does not answer, or stopped answering.
        """
        connection = await self.connection()
        try:
            yield connection
        except asyncio.CancelledError:
            await self.close()
            raise
        except _LOST as error:
            await self.close()
            raise Unavailable("the database does not answer", retry_after=1) from error

    @asynccontextmanager
    async def transaction(
        self, *, isolation: str | None = None, committing: Callable[[], object] = lambda: None
    ) -> AsyncIterator[PostgresConnection]:
        """The connection inside a transaction, committed at the end.

        Args:
            isolation: Its level, when not the usual one.
            committing: Called when all that is left to do is to commit.

        Raises:
            Unavailable, Busy, Poisoned, Interrupted, OutcomeUnknown: As they say.
        """
        connection = await self.connection()
        begin = "BEGIN" if isolation is None else f"BEGIN ISOLATION LEVEL {isolation}"
        is_committing = False
        try:
            await self._driver.execute(begin)
            yield connection
            is_committing = True
            committing()
            await self._driver.execute("COMMIT")
        except BaseException as error:
            await self._abandon(error)
            translated = _translated(error, committing=is_committing)
            if translated is error:
                raise
            raise translated from error

    async def _abandon(self, error: BaseException) -> None:
        # After a lost or interrupted statement nobody knows what the connection still waits for.
        if isinstance(error, (*_LOST, asyncio.CancelledError)):
            await self.close()
            return
        try:
            await self._driver.execute("ROLLBACK")
        except Exception:  # noqa: BLE001  # a connection that cannot roll back is of no more use
            await self.close()

    async def close(self) -> None:
        """Let go of the connection, without a word to a server that may not answer."""
        held, driver = self._held, self._driver
        self._held = self._connection = self._driver = None
        with suppress(Exception):  # it is gone either way
            if driver is not None:
                driver.terminate()
            if held is not None:
                await held.invalidate()
                await held.close()


def _translated(error: BaseException, *, committing: bool) -> BaseException:
    if isinstance(error, asyncpg.LockNotAvailableError):
        return Busy()
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return Interrupted(str(error))
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.DataError):
        return Poisoned(str(error), unique=isinstance(error, asyncpg.UniqueViolationError))
    if isinstance(error, asyncpg.QueryCanceledError) and not committing:
        return Unavailable("the database takes too long", retry_after=1)
    if isinstance(error, _LOST):
        return OutcomeUnknown(str(error)) if committing else Interrupted(str(error))
    return error


def make_engine(url: str) -> AsyncEngine:
    """An engine for an address such as `postgresql://user@host/name`."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    settings = {
        "application_name": "platform-core",
        "statement_timeout": "5000",
        "idle_in_transaction_session_timeout": "30000",
        "jit": "off",
        # Every statement of ours goes by an index. A plan made while a table was empty would scan it for ever after.
        "enable_seqscan": "off",
    }
    return create_async_engine(
        parsed,
        pool_size=16,
        max_overflow=0,
        connect_args={"server_settings": settings, "timeout": 5, "command_timeout": 10},
    )
