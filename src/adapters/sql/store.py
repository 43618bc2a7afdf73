"""The store on a SQL database: coalesced reads, group commit, books and outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from attrs import define, frozen

from adapters.clock import SystemClock
from adapters.codec import JsonCodec, Sealer
from adapters.sql.backends import Backend
from adapters.sql.batching import Combiner
from adapters.sql.books import SqlBooks
from adapters.sql.clock import DatabaseClock
from adapters.sql.commit import Committer
from adapters.sql.connection import Connection, Record
from adapters.sql.migrate import check_current
from adapters.sql.outbox import SqlOutbox
from adapters.sql.queries import count_sql, counts_sql, select_sql
from adapters.sql.tables import AGGREGATE_TABLES, accounts
from adapters.sql.windows import SqlWindows
from adapters.sql.writer import Writer
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.journal import Balances
from platform_core.kernel.ports import Clock
from platform_core.kernel.select import Select
from platform_core.kernel.settlement import Verdict

A = TypeVar("A", bound=Aggregate)


@frozen
class Load:
    """How busy a store is.

    Args:
        waiting: Units of work queued behind the batch that is being committed.
        in_use: Connections to the database at work.
        most: How many there may be.
    """

    waiting: int
    in_use: int
    most: int


class _Rehearsed(Exception):  # it carries a verdict out of a transaction that must not commit
    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


@define
class Seen:
    """A row as a batch of readers found it.

    Args:
        row: The row.
        shared: The object made of it for those who only look.
    """

    row: Record
    shared: Any = None


def can_be_kept(text: str) -> bool:
    """Whether a database takes this text. What it does not take is nobody's id and nobody's value."""
    if "\0" in text:
        return False
    return text.isascii() or text.encode(errors="replace").decode() == text


class SqlStore(SqlBooks):
    """Store and books on PostgreSQL or SQLite.

    Args:
        url: `postgresql://…` or `sqlite:///…`.
        sealer: Hides the secrets among stored answers.
    """

    def __init__(self, url: str, sealer: Sealer) -> None:
        self._url = url
        self.clock: Clock = SystemClock()
        self._is_postgres = url.startswith("postgresql")
        self._backend = _backend(url)
        if self._is_postgres:
            self.clock = DatabaseClock(self._ask_the_time)
        self._committer = Committer(JsonCodec(sealer))
        super().__init__(self._backend.read, self._committer.json)
        self.outbox = SqlOutbox(self._backend, self._committer.json)
        self.windows = SqlWindows(self._backend, self.clock)
        self._writer = Writer(self._backend, self._committer)
        self._balances: Combiner[Sequence[str], Balances] = Combiner(self._read_balances, lanes=2)
        self._gets: dict[str, Combiner[str, Seen | None]] = {
            kind: Combiner(partial(self._read_rows, kind), lanes=2) for kind in AGGREGATE_TABLES
        }

    async def open(self) -> None:
        """Make sure it can be reached and its schema is the one this version needs.

        Raises:
            Unavailable: It is not so.
        """
        await check_current(self._url)
        await self.ping()
        if isinstance(self.clock, DatabaseClock):
            await self.clock.set()

    async def close(self) -> None:
        """Finish what was begun and let go of everything."""
        await self._writer.finish()
        await self._backend.close()

    def load(self) -> Load:
        """How busy it is in this process."""
        in_use, most = self._backend.connections()
        return Load(self._writer.waiting, in_use, most)

    def on_batch(self, told: Callable[[int], None]) -> None:
        """Have somebody told how many units each batch of commits has."""
        self._writer.observe(told)

    async def ping(self) -> None:
        """Make sure it answers.

        Raises:
            Unavailable: It does not.
        """
        await self._query("SELECT 1 AS one")

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate as last committed, or None. Concurrent calls share a statement that begins after they came."""
        seen = await self._gets[kind.kind].submit(id) if can_be_kept(id) else None
        return None if seen is None else self._read(kind, seen)

    async def peek(self, kind: type[A], id: str) -> A | None:
        """As `get`, for a look only: those who look at one row at once share one object, made once."""
        seen = await self._gets[kind.kind].submit(id) if can_be_kept(id) else None
        if seen is None:
            return None
        if seen.shared is None:
            seen.shared = self._read(kind, seen)
        shared: A = seen.shared
        return shared

    def _read(self, kind: type[A], seen: Seen) -> A:
        return self._committer.rows.aggregate(kind, AGGREGATE_TABLES[kind.kind], seen.row)

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes, in its order."""
        return await self._find(select, self._backend.read)

    async def count(self, select: Select[A]) -> int:
        """How many aggregates fit the filters of a selection, whatever its page and limit."""
        return sum(record["total"] for record in await self._counted(select, count_sql))

    async def counts(self, select: Select[A], *, by: str) -> Mapping[object, int]:
        """As `count`, for each value that a field has among them."""
        records = await self._counted(select, partial(counts_sql, by=by))
        return {record["value"]: record["count"] for record in records}

    async def _counted(self, select: Select[A], statement: Callable[..., tuple[str, list[Any]]]) -> Sequence[Record]:
        if not _may_fit(select):
            return []
        table, codec = AGGREGATE_TABLES[select.kind.kind], self._committer.rows.codec
        sql, values = statement(select, table, codec, arrays=self._is_postgres)

        async def work(connection: Connection) -> list[Record]:
            return await connection.query(sql, *values)

        return await self._backend.read(work)

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """The balances of these accounts as last committed; an account never opened has 0."""
        return await self._balances.submit([account for account in accounts if can_be_kept(account)])

    async def commit(self, changes: Changes) -> Committed:
        """Apply a unit of work, whole or not at all, together with whatever else is waiting."""
        return await self._writer.commit(changes)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqlSnapshot]:
        """Books and aggregates, all as of one moment."""
        async with self._backend.snapshot() as run:
            yield SqlSnapshot(self, run)

    async def rehearse(self, changes: Changes) -> Committed:
        """Decide a unit of work as `commit` would, and write nothing."""

        async def work(connection: Connection) -> None:
            raise _Rehearsed((await self._committer.commit(connection, [changes]))[0])

        try:
            await self._backend.side(work)
        except _Rehearsed as done:
            verdict = done.verdict
        if isinstance(verdict, PlatformError):
            raise verdict
        return verdict

    async def forget_keys(self, before: datetime, limit: int = 1000) -> int:
        """Forget the answers of idempotency keys used before a moment; those that moved money stay used."""

        async def work(connection: Connection) -> int:
            used = "SELECT scope, key FROM idempotency_keys WHERE created_at < ? AND moved = ?"
            answered = f"{used} AND answer IS NOT NULL LIMIT ?"
            emptied = f"UPDATE idempotency_keys SET answer = NULL WHERE (scope, key) IN ({answered})"
            gone = f"DELETE FROM idempotency_keys WHERE (scope, key) IN ({used} LIMIT ?)"
            counted = [
                await connection.query(f"{sql} RETURNING 1 AS one", before, moved, limit)
                for sql, moved in ((emptied, True), (gone, False))
            ]
            return sum(len(rows) for rows in counted)

        return await self._backend.side(work)

    async def _ask_the_time(self) -> datetime:
        row = (await self._query("SELECT clock_timestamp() AS now"))[0]
        now: datetime = row["now"]
        return now

    async def _find(self, select: Select[A], run: Any) -> list[A]:
        table, rows = AGGREGATE_TABLES[select.kind.kind], self._committer.rows
        if not _may_fit(select):
            return []
        sql, values = select_sql(select, table, rows.codec, arrays=self._is_postgres)

        async def work(connection: Connection) -> list[Record]:
            return await connection.query(sql, *values)

        return [rows.aggregate(select.kind, table, row) for row in await run(work)]

    async def _read_rows(self, kind: str, ids: Sequence[str]) -> Sequence[Seen | None]:
        table = AGGREGATE_TABLES[kind]
        columns = self._committer.rows.columns(table)

        async def work(connection: Connection) -> list[Record]:
            return await connection.select(table, columns, "id", list(set(ids)))

        found = {row["id"]: Seen(row) for row in await self._backend.read(work)}
        return [found.get(id) for id in ids]

    async def _read_balances(self, wanted: Sequence[Sequence[str]]) -> Sequence[Balances]:
        async def work(connection: Connection) -> list[Record]:
            ids = {account for some in wanted for account in some}
            return await connection.select(accounts, ("id", "balance"), "id", list(ids))

        known = {row["id"]: row["balance"] for row in await self._backend.read(work)}
        return [Balances({id: known[id] for id in some if id in known}) for some in wanted]


def _backend(url: str) -> Backend:
    # Each brings its driver, and an installation may have one only.
    if url.startswith("postgresql"):
        from adapters.sql.postgres_backend import PostgresBackend

        return PostgresBackend(url)
    from adapters.sql.sqlite_backend import SqliteBackend

    return SqliteBackend(url)


class SqlSnapshot(SqlBooks):
    """The store as of one moment, for reading."""

    def __init__(self, store: SqlStore, run: Any) -> None:
        super().__init__(run, store._json)  # noqa: SLF001  # a part of the store
        self._store = store

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes, in its order."""
        return await self._store._find(select, self._run)  # noqa: SLF001  # a part of the store


def _may_fit(select: Select[Any]) -> bool:
    """Whether anything kept could fit: nothing does what asks for a text that no database keeps."""
    return all(can_be_kept(where.value) for where in select.where if isinstance(where.value, str))
