"""SQLite: one thread writes and one reads, each working a whole batch at a time.

A statement takes microseconds here and a hop between threads far longer, so it is batches that hop.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, PoolProxiedConnection, Table, create_engine, event
from sqlalchemy.types import Boolean

from adapters.sql.columns import Instant
from adapters.sql.connection import Busy, Interrupted, Lock, Poisoned, Record
from adapters.sql.tables import accounts, metadata
from platform_core.kernel.changes import KeyId
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.sync import run_sync

T = TypeVar("T")

_INSTANTS = frozenset(
    column.name for table in metadata.tables.values() for column in table.columns if isinstance(column.type, Instant)
)
_BOOLEANS = frozenset(
    column.name for table in metadata.tables.values() for column in table.columns if isinstance(column.type, Boolean)
)


def moment_text(moment: datetime) -> str:
    """A moment as text of one length, which sorts like the moments."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    return moment_text(value) if isinstance(value, datetime) else value


class SqliteConnection:
    """One connection, speaking in sets. Its coroutines never suspend."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver

    async def select(
        self, table: Table, columns: Sequence[str], key: str, values: Sequence[Any], *, lock: Lock | None = None
    ) -> list[Record]:
        """The rows whose `key` is among `values`; a writer has the whole database to itself anyway."""
        sql = f'SELECT {_list(columns)} FROM {table.name} WHERE "{key}" IN (SELECT value FROM json_each(?))'
        return self._rows(sql, (json.dumps([_plain(value) for value in values]),))

    async def look_up(self, wanted: Iterable[str], keys: Iterable[KeyId]) -> tuple[list[Record], list[Record]]:
        """Accounts by id, and idempotency keys by scope and key."""
        sql = "SELECT scope, key, fingerprint, refused, answer FROM idempotency_keys WHERE scope = ? AND key = ?"
        known = [row for key in keys for row in self._rows(sql, key)]
        columns = ("id", "floor", "balance", "frozen", "sequence")
        return await self.select(accounts, columns, "id", list(wanted)), known

    async def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """New rows, all of them."""
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table.name} ({_list(columns)}) VALUES ({marks})"
        self.driver.executemany(sql, [[_plain(value) for value in row] for row in rows])

    async def update(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Rows changed; the first column is the key."""
        key, *others = columns
        sets = ", ".join(f'"{name}" = ?' for name in others)
        sql = f'UPDATE {table.name} SET {sets} WHERE "{key}" = ?'
        self.driver.executemany(sql, [[*(_plain(value) for value in row[1:]), row[0]] for row in rows])

    async def delete(self, table: Table, key: str, values: Sequence[Any]) -> None:
        """Rows gone."""
        sql = f'DELETE FROM {table.name} WHERE "{key}" = ?'
        self.driver.executemany(sql, [(_plain(value),) for value in values])

    async def query(self, sql: str, *values: Any) -> list[Record]:
        """A statement with `?` for its values, and its rows."""
        return self._rows(sql, [_plain(value) for value in values])

    async def write_ledger(self, *parts: tuple[Table, Sequence[str], Sequence[Sequence[Any]]]) -> None:
        """Accounts updated, the other tables' new rows inserted."""
        (accounts, columns, touched), *others = parts
        if touched:
            await self.update(accounts, columns, touched)
        for table, names, rows in others:
            if rows:
                await self.insert(table, names, rows)

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Record]:
        cursor = self.driver.execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        rows: list[Record] = []
        for found in cursor.fetchall():
            row = dict(zip(names, found, strict=True))
            for name in _INSTANTS & row.keys():
                if row[name] is not None:
                    row[name] = datetime.fromisoformat(row[name])
            for name in _BOOLEANS & row.keys():
                row[name] = bool(row[name])
            rows.append(row)
        return rows


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


class SqliteThread:
    """A connection with a thread of its own.

    Args:
        engine: Makes the connection.
        writes: Whether its transactions write.
    """

    def __init__(self, engine: Engine, *, writes: bool) -> None:
        self._engine = engine
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._connection: SqliteConnection | None = None
        self._held: PoolProxiedConnection | None = None
        self._asked = 0

    @property
    def at_work(self) -> bool:
        """Whether somebody waits for it."""
        return self._asked > 0

    async def run(self, work: Callable[[SqliteConnection], Coroutine[Any, Any, T]]) -> T:
        """Run `work` inside a transaction on the thread.

        Raises:
            Unavailable, Busy, Poisoned, Interrupted: As they say.
        """
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)
        finally:
            self._asked -= 1

    def _transaction(self, work: Callable[[SqliteConnection], Coroutine[Any, Any, T]]) -> T:
        connection = self._connection or self._connect()
        try:
            connection.driver.execute(self._begin)
            result = run_sync(work(connection))
            connection.driver.execute("COMMIT")
        except BaseException as error:
            if connection.driver.in_transaction:
                connection.driver.execute("ROLLBACK")
            translated = _translated(error)
            if translated is error:
                raise
            raise translated from error
        return result

    def _connect(self) -> SqliteConnection:
        try:
            self._held = self._engine.raw_connection()
        except Exception as error:
            raise Unavailable(f"the database file cannot be opened: {error}") from error
        driver = self._held.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101  # what this engine makes
        driver.isolation_level = None
        self._connection = SqliteConnection(driver)
        return self._connection

    async def step(self, work: Callable[[SqliteConnection], Coroutine[Any, Any, T]]) -> T:
        """Run `work` inside a transaction that stays open until `close`: every step sees the same state."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._step, work)

    def _step(self, work: Callable[[SqliteConnection], Coroutine[Any, Any, T]]) -> T:
        connection = self._connection or self._connect()
        if not connection.driver.in_transaction:
            connection.driver.execute(self._begin)
        return run_sync(work(connection))

    async def close(self) -> None:
        """Finish, and let go of connection and thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._held is not None:
            self._held.invalidate()
            self._held = self._connection = None


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.IntegrityError):
        return Poisoned(str(error), unique=str(error).startswith("UNIQUE"))
    if isinstance(error, sqlite3.OperationalError):
        text = str(error)
        if "locked" in text or "busy" in text:
            return Busy()
        return Interrupted(text)
    return error


_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "busy_timeout = 5000",
    "temp_store = MEMORY",
    # What INSERT OR REPLACE pushes out counts as deleted, so the guards of the books see it.
    "recursive_triggers = ON",
)


def make_engine(url: str) -> Engine:
    """An engine for an address such as `sqlite:///folder/file.db`. Every acknowledged commit is on disk."""
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 5.0})

    def prepare(driver: Any, _: object) -> None:
        for pragma in _PRAGMAS:
            driver.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    return engine
