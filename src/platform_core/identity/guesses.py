"""Slowing down whoever guesses a password: delay, not lockout (AUTH-04)."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import RateLimited

FREE = 5
WINDOW = timedelta(minutes=15)
LONGEST = 60


def guesses_id(email_key: str) -> str:
    """Where the failures for an address are counted, whether it has an account or not (AUTH-03)."""
    return "gss_" + sha256(email_key.encode()).hexdigest()[:32]


@define(eq=False, kw_only=True)
class Guesses(Aggregate):
    """Failed logins for one address.

    Args:
        failures: How many in the present window.
        since: When the window began.
        blocked_until: Before this moment no password is looked at.
    """

    kind: ClassVar[str] = "guesses"

    failures: int = 0
    since: datetime
    blocked_until: datetime | None = None

    def admit(self, now: datetime) -> None:
        """Let the next attempt be made.

        Raises:
            RateLimited: Not yet.
        """
        if self.blocked_until is not None and now < self.blocked_until:
            wait = int((self.blocked_until - now).total_seconds()) + 1
            raise RateLimited("too many attempts; wait a little", retry_after=wait)

    def failed(self, now: datetime) -> None:
        """Count a failure: the first five in 15 minutes are free, each further one doubles the wait, up to a minute."""
        if now - self.since > WINDOW:
            self.failures, self.since = 0, now
        self.failures += 1
        if self.failures >= FREE:
            delay = min(LONGEST, 2 ** (self.failures - FREE))
            self.blocked_until = now + timedelta(seconds=delay)
