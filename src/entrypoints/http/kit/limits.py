"""Rate limits: so many requests in a window of time, for each class of operation and each caller (RATE-01..03)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from platform_core.kernel.errors import Unavailable


@frozen
class Limit:
    """How many requests are let through in a window.

    Args:
        requests: How many.
        seconds: The window's length.
    """

    requests: int
    seconds: int = 60


@frozen
class Allowance:
    """Where a caller stands after a request was counted.

    Args:
        limit: How many requests a window has.
        remaining: How many are left.
        reset: When the window ends, in unix seconds.
        wait: Seconds until then when this request was one too many, else 0.
    """

    limit: int
    remaining: int
    reset: int
    wait: int = 0


class Limiter(Protocol):
    """Counting requests."""

    async def hit(self, group: str, limit: Limit, subject: str) -> Allowance:
        """Count a request.

        Args:
            group: The class of operation; each has windows of its own.
            limit: What is allowed.
            subject: Whose request it is, such as `user usr_…` or `ip 192.0.2.1`.

        Raises:
            Unavailable: It cannot be counted, and this class does not go uncounted.
        """


class LocalLimiter:
    """Fixed windows in this process, each beginning with its first request.

    The windows are kept in the order they began. When there are too many, the oldest go first, so that a flood of new
    subjects costs a bounded amount of memory.

    Args:
        now: Unix seconds.
        capacity: How many windows are remembered at most.
    """

    def __init__(self, now: Callable[[], float] = time.time, capacity: int = 100_000) -> None:
        self._now = now
        self._capacity = capacity
        self._windows: dict[tuple[str, str], _Window] = {}

    async def hit(self, group: str, limit: Limit, subject: str) -> Allowance:
        """Count a request."""
        now = self._now()
        key = (group, subject)
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            if window is not None:
                del self._windows[key]
            elif len(self._windows) >= self._capacity:
                del self._windows[next(iter(self._windows))]
            window = self._windows[key] = _Window(now + limit.seconds)
        window.used += 1
        return allowance(limit, window.used, window.ends, now)


class _Window:
    __slots__ = ("ends", "used")

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self.used = 0


def allowance(limit: Limit, used: int, ends: float, now: float) -> Allowance:
    """The allowance after `used` requests in a window that ends at `ends`, both in unix seconds."""
    reset = -int(-ends // 1)
    if used > limit.requests:
        return Allowance(limit.requests, 0, reset, max(1, -int(-(ends - now) // 1)))
    return Allowance(limit.requests, limit.requests - used, reset)


class Windows(Protocol):
    """Counting in windows that several processes share, in Redis or in the database."""

    async def count(self, name: str, *, seconds: int) -> tuple[int, float]:
        """Count one in a window of so many seconds: how many now, and in how many seconds it ends.

        Raises:
            Unavailable: It cannot be counted.
        """


#: How many exhausted windows a process remembers.
MOST_OVER = 10_000


class SharedLimiter:
    """Windows that several processes share (RATE-02). When those cannot be reached, what guards passwords and money
    goes no further, and everything else is counted by this process alone (RATE-03).

    Args:
        windows: The shared ones.
        strict: The groups that do not go uncounted.
        now: Unix seconds.
    """

    def __init__(
        self,
        windows: Windows,
        strict: frozenset[str] = frozenset({"auth", "register", "money"}),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._windows = windows
        self._strict = strict
        self._now = now
        self._local = LocalLimiter(now)
        #: Who has used up a shared window, until when: they need not be counted any more until then.
        self._over: dict[tuple[str, str], float] = {}

    async def hit(self, group: str, limit: Limit, subject: str) -> Allowance:
        """Count a request.

        Raises:
            Unavailable: It cannot be counted, and this group does not go uncounted.
        """
        now = self._now()
        ends = self._over.get((group, subject), 0.0)
        if ends > now:
            return allowance(limit, limit.requests + 1, ends, now)
        try:
            used, left = await self._windows.count(f"{group}:{subject}", seconds=limit.seconds)
        except Unavailable:
            if group in self._strict:
                raise
            return await self._local.hit(group, limit, subject)
        now = self._now()
        if used > limit.requests:
            self._over.pop((group, subject), None)
            self._over[group, subject] = now + left
            if len(self._over) > MOST_OVER:
                del self._over[next(iter(self._over))]
        return allowance(limit, used, now + left, now)
