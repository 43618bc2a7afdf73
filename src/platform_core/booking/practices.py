"""Who offers what, for other contexts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from platform_core.assist.ports import Practice
from platform_core.booking.provider import Provider
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where


class KeptPractices:
    """The profiles of providers, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, users: Sequence[str]) -> Mapping[str, Practice]:
        """What those of these users offer who can be booked."""
        if not users:
            return {}
        where = (Where("id", "in", tuple(users)), Where("shown", "=", True))
        return {one.id: _practice(one) for one in await self._store.find(Select(Provider, where, limit=len(users)))}


def _practice(provider: Provider) -> Practice:
    words = " ".join((provider.category, *provider.services, provider.bio))
    return Practice(words, provider.rating / 100 if provider.reviews else None)
