"""The feed: what is new, and what is from those one is a fan of before that.

An item's place is the moment it was published, moved forward by a head start for creators whom the viewer has
subscribed to. A head start moves all items of one creator alike, so the feed is a merge of lists that are each in order
already: everything, and one list for each of those creators, each read along an index from where the page begins. What
a page costs does not depend on how many items there are, and a position in it is a moment and an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import frozen

from platform_core.content.access import Subscription, Tier
from platform_core.content.items import ContentItem
from platform_core.content.ports import Links
from platform_core.content.viewing import ContentView, shown, standing_with, subscriptions_of
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import SIGNED_IN, Policy
from platform_core.kernel.command import Query
from platform_core.kernel.page import Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work

USUAL = 20
"""How many items a page has when nobody says."""

HEAD_STARTS: Mapping[Tier, timedelta] = {Tier.FAN: timedelta(hours=24), Tier.SUPERFAN: timedelta(hours=48)}
FAVOURITES = 8
"""How many creators get a head start: those whose subscriptions run longest."""

READS = 3
"""How often a page reads on when what it found belongs to favourites, who have lists of their own."""


class Filter(Enum):
    """Which items."""

    ALL = "all"
    PREMIUM = "premium"
    FREE = "free"


@frozen
class ReadFeed(Query[Page[ContentView]]):
    """The caller's feed.

    Args:
        filter: Which items.
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = SIGNED_IN

    filter: Filter = Filter.ALL
    after: Position | None = None
    limit: int = USUAL


@frozen
class _Placed:
    at: datetime
    item: ContentItem

    @property
    def position(self) -> tuple[datetime, str]:
        return self.at, self.item.id


async def read_feed(query: ReadFeed, work: Work, people: Directory, links: Links) -> Page[ContentView]:
    """The page. Items of banned creators are left out of it."""
    limit = bounded(query.limit)
    subscribed = await subscriptions_of(work, work.actor.id)
    found, following = await _merged(work, query, _favourites(subscribed), limit)
    items = [placed.item for placed in found]
    cards = await people.cards([item.creator for item in items])
    standing = await standing_with(work, items, subscribed)
    views = [
        shown(item, cards[item.creator], standing, links)
        for item in items
        if item.creator in cards and not cards[item.creator].banned
    ]
    return Page(views, limit, following)


def _favourites(subscribed: list[Subscription]) -> dict[str, timedelta]:
    return {one.creator: HEAD_STARTS[one.tier] for one in subscribed[:FAVOURITES]}


async def _merged(
    work: Work, query: ReadFeed, favourites: Mapping[str, timedelta], limit: int
) -> tuple[list[_Placed], Position | None]:
    """The page's items, and where the next one begins."""
    found, end = await _everything(work, query, favourites, limit)
    for creator, head_start in favourites.items():
        found += await _favourite(work, query, creator, head_start, limit)
    found.sort(key=lambda placed: placed.position, reverse=True)
    if end is not None:
        # What lies beyond is not known yet: favourites' older items come when it is.
        found = [placed for placed in found if placed.position >= end]
    if len(found) > limit:
        return found[:limit], found[limit - 1].position
    return found, end


async def _everything(
    work: Work, query: ReadFeed, favourites: Mapping[str, timedelta], limit: int
) -> tuple[list[_Placed], tuple[datetime, str] | None]:
    """The newest of all items but the favourites', and the position they were looked at up to; None for to the end."""
    after, found = query.after, list[_Placed]()
    for _ in range(READS):
        batch = await work.find(_select(query, after, limit + 1))
        found += [_placed(item) for item in batch if item.creator not in favourites]
        if len(batch) <= limit:
            return found, None
        after = _placed(batch[-1]).position
        if len(found) > limit:
            break
    return found, _placed(batch[-1]).position


async def _favourite(work: Work, query: ReadFeed, creator: str, head_start: timedelta, limit: int) -> list[_Placed]:
    """The newest items of one favourite, as far forward as they are moved."""
    after = query.after
    if after is not None and isinstance(after[0], datetime):
        after = (after[0] - head_start, after[1])
    items = await work.find(_select(query, after, limit + 1, Where("creator", "=", creator)))
    return [_placed(item, head_start) for item in items]


def _select(query: ReadFeed, after: Position | None, limit: int, *more: Where) -> Select[ContentItem]:
    where = (*more, Where("listed_at", "!=", None))
    if query.filter is not Filter.ALL:
        where = (*where, Where("is_premium", "=", query.filter is Filter.PREMIUM))
    return Select(ContentItem, where, order=("-listed_at",), after=after, limit=limit)


def _placed(item: ContentItem, head_start: timedelta = timedelta()) -> _Placed:
    return _Placed((item.listed_at or item.created_at) + head_start, item)
