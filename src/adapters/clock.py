"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """This machine's time, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)
