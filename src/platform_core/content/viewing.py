"""Looking at items: who may see what of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

from platform_core.content.access import Subscription, Tier, Unlock, pair_id
from platform_core.content.items import ContentItem, MediaState
from platform_core.content.ports import Links
from platform_core.identity.ports import Card, Directory, Face
from platform_core.kernel.actor import ANYONE, Actor, Policy, Via
from platform_core.kernel.command import Query
from platform_core.kernel.errors import NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class ContentView:
    """An item as somebody sees it.

    Args:
        is_locked: Whether they have yet to pay: then nothing leads to its files (CONT-01).
        url: Where it is for a while; None while it is locked or not ready.
        thumbnail_url: The same in small.
        preview: A few blurred pixels as a `data:` URL.
        unlocks: How many have unlocked it; None in lists.
        state: How far its files are.
        moderation: What is thought of it.
        reason: Why it was rejected, failed or waits; only for its creator and staff.
    """

    id: str
    creator: Face
    form: str
    caption: str
    is_premium: bool
    tier: str
    token_price: int
    is_locked: bool
    mime: str
    url: str | None
    thumbnail_url: str | None
    preview: str | None
    width: int | None
    height: int | None
    milliseconds: int | None
    created_at: datetime
    published_at: datetime | None
    state: str
    moderation: str
    reason: str | None = None
    unlocks: int | None = None
    deleted_at: datetime | None = None


@frozen
class Standing:
    """What somebody has paid for.

    Args:
        actor: Who.
        now: The present moment.
        tiers: Creator to the tier that the actor's subscription gives now.
        unlocked: The items they have unlocked, of those that were looked at.
    """

    actor: Actor
    now: datetime
    tiers: Mapping[str, Tier] = field(factory=dict)
    unlocked: frozenset[str] = frozenset()

    def owns(self, item: ContentItem) -> bool:
        """Whether it is theirs, or theirs to look after."""
        return self.actor.id == item.creator or self.actor.is_staff

    def may_see(self, item: ContentItem) -> bool:
        """Whether they may see all of it."""
        if not item.is_premium or self.owns(item) or item.id in self.unlocked:
            return True
        return item.tier is not Tier.FREE and self.tiers.get(item.creator, Tier.FREE).rank >= item.tier.rank


MOST_SUBSCRIPTIONS = 200
"""Of how many subscriptions a list takes notice: those that run longest."""


async def subscriptions_of(work: Work, user: str, *, limit: int = MOST_SUBSCRIPTIONS) -> list[Subscription]:
    """A user's subscriptions that run, those that run longest first."""
    running = (Where("subscriber", "=", user), Where("until", ">", work.now))
    return await work.find(Select(Subscription, running, order=("-until",), limit=limit))


async def standing_with(work: Work, items: Sequence[ContentItem], subscribed: Iterable[Subscription]) -> Standing:
    """What the actor has paid for among some items.

    Args:
        work: Whose actor.
        items: The items.
        subscribed: The actor's subscriptions, as far as they matter here.
    """
    tiers = {one.creator: one.tier for one in subscribed if one.is_active(work.now)}
    standing = Standing(work.actor, work.now, tiers)
    asked = [pair_id("unl", item.id, work.actor.id) for item in items if not standing.may_see(item)]
    if not asked or work.actor.via is not Via.SESSION:
        return standing
    found = await work.find(Select(Unlock, (Where("id", "in", tuple(asked)),), limit=len(asked)))
    return Standing(work.actor, work.now, tiers, frozenset(unlock.item for unlock in found))


async def standing_at(work: Work, item: ContentItem) -> Standing:
    """What the actor has paid for as to one item."""
    if not item.is_premium or work.actor.via is not Via.SESSION:
        return Standing(work.actor, work.now)
    found = await work.get(Subscription, pair_id("sub", item.creator, work.actor.id))
    return await standing_with(work, [item], [] if found is None else [found])


def shown(
    item: ContentItem, card: Card, standing: Standing, links: Links, *, unlocks: int | None = None
) -> ContentView:
    """An item as this somebody may see it."""
    owns, may_see = standing.owns(item), standing.may_see(item)
    is_there = may_see and item.state is MediaState.READY and not item.is_deleted

    def link(key: str | None) -> str | None:
        return links.link(key, own=owns, now=standing.now) if key is not None and is_there else None

    return ContentView(
        id=item.id,
        creator=card.face,
        form=item.form.value,
        caption=item.caption,
        is_premium=item.is_premium,
        tier=item.tier.value,
        token_price=item.token_price,
        is_locked=not may_see,
        mime=item.mime,
        url=link(item.media),
        thumbnail_url=link(item.thumbnail),
        preview=item.preview,
        width=item.width,
        height=item.height,
        milliseconds=item.milliseconds,
        created_at=item.created_at,
        published_at=item.published_at,
        state=item.state.value,
        moderation=item.moderation.value,
        reason=item.reason if owns else None,
        unlocks=unlocks,
        deleted_at=item.deleted_at if owns else None,
    )


async def visible(work: Work, id: str) -> ContentItem:
    """The item, for somebody who may know of it: anybody once it is listed, before that its creator and staff.

    Raises:
        NotFound: There is none, it is gone, or it is not for them to know of (CONT-02, CONT-03).
    """
    found = await work.get(ContentItem, id)
    is_theirs = found is not None and (found.creator == work.actor.id or work.actor.is_staff)
    if found is None or found.is_deleted or not (found.is_listed or is_theirs):
        raise NotFound("there is no such content item")
    return found


async def maker_of(work: Work, item: ContentItem, people: Directory) -> Card:
    """The card of an item's creator.

    Raises:
        NotFound: They are banned, and the actor is not staff.
    """
    card = await people.card(item.creator)
    if card is None or (card.banned and not work.actor.is_staff):
        raise NotFound("there is no such content item")
    return card


@frozen
class GetContent(Query[ContentView]):
    """An item. Anybody may ask; of a premium one, those who have not paid see a teaser."""

    policy: ClassVar[Policy] = ANYONE

    item: str


async def get_content(query: GetContent, work: Work, people: Directory, links: Links) -> ContentView:
    """The item.

    Raises:
        NotFound: There is none that the caller may know of.
    """
    item = await visible(work, query.item)
    card = await maker_of(work, item, people)
    unlocks = await work.count(Select(Unlock, (Where("item", "=", item.id),))) if item.token_price else 0
    return shown(item, card, await standing_at(work, item), links, unlocks=unlocks)


@frozen
class FindMedia(Query[str]):
    """What kind of file is behind a link that was signed by us.

    Args:
        key: The key in it.
        own: Whether it was made for the item's creator or for staff.
    """

    policy: ClassVar[Policy] = ANYONE

    key: str
    own: bool


async def find_media(query: FindMedia, work: Work) -> str:
    """The media type of the file, if the link is still good: a link dies with its item (CONT-03, FILE-08).

    Raises:
        NotFound: The item is gone, or no longer listed.
    """
    parts = query.key.split("/")
    item = await work.get(ContentItem, parts[1]) if len(parts) == 3 and parts[0] == "content" else None
    if item is None or item.is_deleted or not (item.is_listed or query.own):
        raise NotFound("there is no such file")
    if query.key not in (item.media, item.thumbnail):
        raise NotFound("there is no such file")
    return item.mime if query.key == item.media else "image/webp"
