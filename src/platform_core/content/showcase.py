"""What a user's public page shows of their content."""

from __future__ import annotations

from datetime import datetime

from platform_core.content.access import TierPlan
from platform_core.content.items import ContentItem
from platform_core.content.paying import offered
from platform_core.content.ports import Links
from platform_core.identity.ports import Shown, ShownItem
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where

RECENT = 6
"""How many items a page shows."""


class ContentShowcase:
    """The showcase, read from the store.

    Args:
        store: Where items are.
        links: Who makes addresses.
    """

    def __init__(self, store: Store, links: Links) -> None:
        self._store = store
        self._links = links

    async def of(self, user: str, now: datetime) -> Shown:
        """Their newest items, how many there are, and their tiers."""
        theirs = (Where("creator", "=", user), Where("listed_at", "!=", None))
        plan = await self._store.peek(TierPlan, user)
        recent = await self._store.find(Select(ContentItem, theirs, order=("-listed_at",), limit=RECENT))
        if not recent:
            return Shown(tiers=offered(plan))
        count = len(recent) if len(recent) < RECENT else await self._store.count(Select(ContentItem, theirs))
        return Shown(count, [self._shown(item, now) for item in recent], offered(plan))

    def _shown(self, item: ContentItem, now: datetime) -> ShownItem:
        is_open = item.thumbnail is not None and not item.is_premium
        return ShownItem(
            item.id,
            item.form.value,
            item.caption,
            item.is_premium,
            self._links.link(item.thumbnail, own=False, now=now) if is_open and item.thumbnail else None,
            item.preview,
            item.created_at,
        )
