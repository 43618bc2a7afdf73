"""Whom somebody has subscribed to, for other contexts."""

from __future__ import annotations

from collections.abc import Collection

from platform_core.content.access import Subscription
from platform_core.content.viewing import MOST_SUBSCRIPTIONS
from platform_core.kernel.ports import Clock, Store
from platform_core.kernel.select import Select, Where


class KeptFavourites:
    """Subscriptions that run, read from the store.

    Args:
        store: Where they are.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, user: str) -> Collection[str]:
        """The creators whom the user is a fan of."""
        running = (Where("subscriber", "=", user), Where("until", ">", self._clock.now()))
        found = await self._store.find(Select(Subscription, running, order=("-until",), limit=MOST_SUBSCRIPTIONS))
        return {one.creator for one in found}
