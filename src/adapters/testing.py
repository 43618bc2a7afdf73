"""A clock and ids that do what a test says. Never in production: who has the seed knows every id and secret."""

from __future__ import annotations

from base64 import b32hexencode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from random import Random

from platform_core.kernel.ports import Clock

#: When a manual clock begins unless told otherwise.
START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    Args:
        start: The moment it shows at first, with its time zone.

    Raises:
        ValueError: The start has no time zone.
    """

    def __init__(self, start: datetime = START) -> None:
        if start.tzinfo is None:
            raise ValueError("the start needs a time zone")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it shows, in UTC."""
        return self._now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Move it on; the moment it shows then.

        Raises:
            ValueError: That would be backwards.
        """
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if step < timedelta(0):
            raise ValueError("time does not go back")
        self._now += step
        return self._now


class SeededIds:
    """Ids of the real form, drawn from a seed: with the same seed and the same clock, the same ids in the same order.

    Args:
        seed: Which series.
        clock: Whose milliseconds they sort by.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        # Draws must repeat; what is secret in a test is known to it anyway.
        self._random = Random(seed)  # noqa: S311
        self._clock = clock
        self._last = 0

    def new(self, prefix: str) -> str:
        """A new id such as `usr_06f1…`: 48 bits of milliseconds, then 80 drawn ones, in 26 characters."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        fresh = milliseconds << 80 | self._random.getrandbits(80)
        if fresh >> 80 <= self._last >> 80:
            fresh = self._last + 1 + self._random.getrandbits(32)
        self._last = fresh
        return f"{prefix}_{b32hexencode(fresh.to_bytes(16, 'big'))[:26].decode().lower()}"

    def secret(self) -> str:
        """256 drawn bits as URL-safe text."""
        return urlsafe_b64encode(self._random.randbytes(32)).decode().rstrip("=")
