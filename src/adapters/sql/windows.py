"""Counting in windows of time, shared by every process that uses one database."""

from __future__ import annotations

from datetime import timedelta

from adapters.sql.backends import Backend
from adapters.sql.connection import Connection, Record
from platform_core.kernel.ports import Clock

_COUNT = """INSERT INTO windows (name, used, ends_at) VALUES (?, 1, ?)
 ON CONFLICT (name) DO UPDATE SET
 used = CASE WHEN windows.ends_at <= ? THEN 1 ELSE windows.used + 1 END,
 ends_at = CASE WHEN windows.ends_at <= ? THEN excluded.ends_at ELSE windows.ends_at END
 RETURNING used, ends_at"""


class SqlWindows:
    """Counts in windows that each begin with their first count.

    Args:
        backend: The database.
        clock: The time.
    """

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock

    async def count(self, name: str, *, seconds: int) -> tuple[int, float]:
        """Count one.

        Args:
            name: Which window.
            seconds: How long it lasts.

        Returns:
            How many were counted in it, and in how many seconds it ends.

        Raises:
            Unavailable: The database does not answer.
        """
        now = self._clock.now()

        async def work(connection: Connection) -> list[Record]:
            return await connection.query(_COUNT, name, now + timedelta(seconds=seconds), now, now)

        [row] = await self._backend.side(work)
        return int(row["used"]), max(0.0, (row["ends_at"] - now).total_seconds())

    async def forget(self) -> None:
        """Forget windows that have ended, a thousand at most."""
        now = self._clock.now()

        async def work(connection: Connection) -> list[Record]:
            old = "SELECT name FROM windows WHERE ends_at <= ? LIMIT 1000"
            return await connection.query(f"DELETE FROM windows WHERE name IN ({old})", now)

        await self._backend.side(work)
