"""Forgetting sessions that have ended by themselves, and counts of wrong passwords nobody needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from platform_core.identity.guesses import WINDOW, Guesses
from platform_core.identity.sessions import Session
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Stale
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where

A = TypeVar("A", bound=Aggregate)

BATCH = 200
"""How many of a kind one round forgets: small, so that users' commits need not wait for it."""


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
    gone = [await _forget(store, batch) for batch in (sessions, guesses)]
    return any(count == BATCH for count in gone)


def _before(kind: type[A], field: str, moment: datetime) -> Select[A]:
    return Select(kind, where=(Where(field, "<=", moment),), order=(field,), limit=BATCH)


async def _forget(store: Store, batch: Sequence[Aggregate]) -> int:
    try:
        if batch:
            await store.commit(Changes(removed=tuple(batch)))
    except Stale:
        # One of them was used or refreshed meanwhile; the next round reads them anew.
        return 0
    return len(batch)
