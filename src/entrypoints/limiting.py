"""Who counts requests where there is no Redis."""

from __future__ import annotations

from attrs import frozen

from entrypoints.http.kit.limits import Allowance, Limit, Limiter, LocalLimiter, SharedLimiter
from platform_core.platform import Storage


def limiter(store: Storage) -> Limiter:
    """Who counts where there is no Redis: this process, but for attempts to sign in or up, messages and uploads. Those
    are few, and counted in the database, so that more processes do not mean more of them.
    """
    windows = getattr(store, "windows", None)
    return LocalLimiter() if windows is None else _Guarded(SharedLimiter(windows), LocalLimiter())


@frozen
class _Guarded:
    shared: Limiter
    local: Limiter

    async def hit(self, group: str, limit: Limit, subject: str) -> Allowance:
        """Count a request."""
        limiter = self.shared if group in ("auth", "register", "messages", "uploads") else self.local
        return await limiter.hit(group, limit, subject)
