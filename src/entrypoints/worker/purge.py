"""Forgetting what is out of date: ended sessions and their refresh tokens, counts of wrong passwords, payment messages
that were applied long ago, old lines of streams' chats, and in stores that can, old idempotency keys and windows of
rate limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from platform_core.identity.families import RefreshFamily
from platform_core.identity.guesses import WINDOW, Guesses
from platform_core.identity.sessions import Session
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Stale
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.streams.chat import KEPT, StreamLine

A = TypeVar("A", bound=Aggregate)

#: How long an answer is given again for its idempotency key.
KEYS_KEPT = timedelta(days=30)

#: How long a payment message is kept once it is done: well past the days in which a provider sends it again.
WEBHOOKS_KEPT = timedelta(days=90)

BATCH = 200
"""How many of a kind one round forgets: small, so that users' commits need not wait for it."""


@runtime_checkable
class KeepsKeys(Protocol):
    """A store that forgets the answers of idempotency keys when told to; keys that moved money stay used."""

    async def forget_keys(self, before: datetime, limit: int) -> int:
        """Forget those used before a moment, at most so many; how many were forgotten."""


@runtime_checkable
class KeepsWindows(Protocol):
    """Windows of rate limits, kept until somebody forgets those that have ended."""

    async def forget(self) -> None:
        """Forget the windows that have ended."""


async def purge(store: Store, now: datetime) -> bool:
    """Forget a batch of each.

    Args:
        store: Where they are kept.
        now: The present moment.

    Returns:
        Whether there may be more.
    """
    sessions = await store.find(_before(Session, "expires_at", now))
    # A block lasts a minute at most, so past the window a count says nothing any more.
    guesses = await store.find(_before(Guesses, "since", now - 2 * WINDOW))
    done = Where("state", "=", WebhookState.DONE)
    families = await store.find(_before(RefreshFamily, "ends_at", now))
    webhooks = await store.find(_before(Webhook, "received_at", now - WEBHOOKS_KEPT, done))
    lines = await store.find(_before(StreamLine, "said_at", now - KEPT))
    gone = [await _forget(store, batch) for batch in (sessions, families, guesses, webhooks, lines)]
    if isinstance(store, KeepsKeys):
        gone.append(await store.forget_keys(now - KEYS_KEPT, BATCH))
    windows = getattr(store, "windows", None)
    if isinstance(windows, KeepsWindows):
        await windows.forget()
    return any(count >= BATCH for count in gone)


def _before(kind: type[A], field: str, moment: datetime, *more: Where) -> Select[A]:
    return Select(kind, where=(Where(field, "<=", moment), *more), order=(field,), limit=BATCH)


async def _forget(store: Store, batch: Sequence[Aggregate]) -> int:
    try:
        if batch:
            await store.commit(Changes(removed=tuple(batch)))
    except Stale:
        # One of them was used or refreshed meanwhile; the next round reads them anew.
        return 0
    return len(batch)
