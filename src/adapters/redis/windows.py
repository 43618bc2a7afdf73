"""Counting in windows of time, shared by every process that uses one Redis."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from platform_core.kernel.errors import Unavailable

# The first to count in a window gives it its end; both in one step, so no window is ever left without one.
_COUNT = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {used, redis.call('PTTL', KEYS[1])}
"""


class RedisWindows:
    """Counts in windows that each begin with their first count.

    Args:
        url: `redis://host:port/0`.
        prefix: Goes before every key.
    """

    def __init__(self, url: str, prefix: str = "platform-core:window:") -> None:
        self._redis = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._count = self._redis.register_script(_COUNT)
        self._prefix = prefix

    async def count(self, name: str, *, seconds: int) -> tuple[int, float]:
        """Count one.

        Args:
            name: Which window.
            seconds: How long it lasts.

        Returns:
            How many were counted in it, and in how many seconds it ends.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            used, left = await self._count(keys=[self._prefix + name], args=[seconds * 1000])
        except (RedisError, OSError) as error:
            raise Unavailable("counting requests is not possible just now", retry_after=1) from error
        return int(used), max(0, int(left)) / 1000

    async def ping(self) -> None:
        """Make sure it answers.

        Raises:
            Unavailable: It does not.
        """
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise Unavailable("Redis does not answer", retry_after=1) from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()
