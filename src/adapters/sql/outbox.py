"""The outbox in SQL. One worker at a time claims, which keeps the order: until its lease ends others get nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.codec import JsonCodec
from adapters.sql.backends import Backend
from adapters.sql.connection import Connection, Record
from adapters.sql.tables import outbox
from platform_core.kernel.events import Backlog, Envelope

_COLUMNS = "position, id, name, subject, payload, at, actor, attempts, error"

# Not a subject one of whose events waits for another try; a fresh table answers this from a nearly empty index.
_DUE = f"""SELECT {_COLUMNS} FROM outbox o WHERE parked = ? AND not_before IS NULL AND NOT EXISTS
 (SELECT 1 FROM outbox e WHERE e.subject = o.subject AND e.not_before > ? AND e.position < o.position)
 ORDER BY position LIMIT ?"""

_LEASE = """INSERT INTO leases (name, worker, expires_at) VALUES ('relay', ?, ?)
 ON CONFLICT (name) DO UPDATE SET worker = excluded.worker, expires_at = excluded.expires_at
 WHERE leases.worker = excluded.worker OR leases.expires_at <= ? RETURNING worker"""

_SKIP = """DELETE FROM outbox WHERE position <=
 (SELECT max(position) FROM (SELECT position FROM outbox WHERE parked = ? ORDER BY position LIMIT ?) AS oldest)
 AND parked = ? RETURNING 1 AS one"""


async def _has_a_turn(connection: Connection, worker: str, now: datetime, lease: int) -> bool:
    """Whether there is anything, and this worker may take it."""
    if not await connection.query("SELECT 1 AS one FROM outbox LIMIT 1"):
        return False
    return bool(await connection.query(_LEASE, worker, now + timedelta(seconds=lease), now))


async def _count_all(connection: Connection) -> list[Record]:
    return await connection.query("SELECT parked, count(*) AS n, min(at) AS at FROM outbox GROUP BY parked")


class SqlOutbox:
    """Events committed and not yet delivered.

    Args:
        backend: The database.
        json: How events are kept.
    """

    def __init__(self, backend: Backend, json: JsonCodec) -> None:
        self._backend = backend
        self._json = json

    async def claim(self, worker: str, *, now: datetime, lease: int, limit: int) -> list[Envelope]:
        """Events due for delivery, oldest first, for the one worker that holds the lease."""

        async def work(connection: Connection) -> list[Record]:
            if not await _has_a_turn(connection, worker, now, lease):
                return []
            # What waited for another try and is due again takes its old place in line.
            await connection.query("UPDATE outbox SET not_before = NULL WHERE not_before <= ?", now)
            return await connection.query(_DUE, False, now, limit)

        return [self._envelope(row) for row in await self._backend.side(work)]

    async def skip(self, worker: str, *, now: datetime, lease: int, limit: int) -> int:
        """Forget the oldest events that are not parked, for the one worker that holds the lease; how many."""

        async def work(connection: Connection) -> int:
            if not await _has_a_turn(connection, worker, now, lease):
                return 0
            return len(await connection.query(_SKIP, False, limit, False))

        return await self._backend.side(work)

    async def delivered(self, positions: Sequence[int]) -> None:
        """These were handled; forget them."""

        async def work(connection: Connection) -> None:
            await connection.delete(outbox, "position", positions)

        await self._backend.side(work)

    async def failed(self, position: int, *, error: str, retry_at: datetime | None) -> None:
        """Try again at `retry_at`, or park it."""
        await self._query(
            "UPDATE outbox SET attempts = attempts + 1, error = ?, not_before = ?, parked = ? WHERE position = ?",
            error,
            retry_at,
            retry_at is None,
            position,
        )

    async def parked(self, limit: int = 100) -> list[Envelope]:
        """Events given up on, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM outbox WHERE parked = ? ORDER BY position LIMIT ?"
        return [self._envelope(row) for row in await self._query(sql, True, limit)]

    async def retry_parked(self, positions: Sequence[int]) -> None:
        """Put parked events back in line."""
        for position in positions:
            sql = "UPDATE outbox SET parked = ?, attempts = 0, not_before = NULL WHERE position = ?"
            await self._query(sql, False, position)

    async def pending(self) -> int:
        """How many events wait for delivery."""
        rows = await self._query("SELECT count(*) AS n FROM outbox WHERE parked = ?", False)
        return int(rows[0]["n"])

    async def backlog(self) -> Backlog:
        """How much waits, and since when."""
        found = await self._backend.read(_count_all)
        counts = {bool(row["parked"]): row["n"] for row in found}
        oldest = next((row["at"] for row in found if not row["parked"]), None)
        return Backlog(counts.get(False, 0), counts.get(True, 0), oldest)

    async def _query(self, sql: str, *values: Any) -> list[Record]:
        async def work(connection: Connection) -> list[Record]:
            return await connection.query(sql, *values)

        return await self._backend.side(work)

    def _envelope(self, row: Record) -> Envelope:
        return Envelope(
            row["id"],
            self._json.event(row["name"], row["payload"]),
            row["subject"],
            row["at"],
            row["actor"],
            row["position"],
            row["attempts"],
            row["error"],
        )
