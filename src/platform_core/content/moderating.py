"""Taking items away, and saying which may be seen: creators for their own, staff for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from platform_core.content.access import Unlock
from platform_core.content.items import ContentItem, MediaState
from platform_core.content.ports import ContentRules, Links, Moderation
from platform_core.content.shelves import shelf_of
from platform_core.content.viewing import ContentView, Standing, shown, visible
from platform_core.identity.ports import Card, Directory
from platform_core.kernel.actor import SIGNED_IN, STAFF, Policy, Role
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden
from platform_core.kernel.page import DEFAULT_LIMIT, OPERATORS, Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class DeleteContent(Command[None]):
    """Take an item away, at once and for good; its files are purged later. Its creator and staff may.

    Args:
        item: Which.
        reason: Why, when it is not the creator.
    """

    policy: ClassVar[Policy] = SIGNED_IN
    target: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    reason: str | None = None

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Listed items are public: another's is forbidden. One that is not listed is not found (AUTHZ-01)."""
        item = await visible(work, target["item"])
        if item.creator != work.actor.id and not work.actor.is_staff:
            raise Forbidden("this is somebody else's")


async def delete_content(command: DeleteContent, work: Work, rules: ContentRules) -> None:
    """Take it away.

    Raises:
        NotFound: There is no such item.
        Forbidden: It is somebody else's.
        Invalid: The reason is too long.
    """
    item = await visible(work, command.item)
    item.delete(work.now, kept=rules.kept, reason=command.reason)
    work.save(item)
    (await shelf_of(work, item.creator)).release(item.size)


async def _record(work: Work, item: ContentItem, people: Directory, links: Links) -> ContentView:
    cards = await people.cards([item.creator])
    unlocks = await work.count(Select(Unlock, (Where("item", "=", item.id),)))
    return _shown(work, item, cards, links, unlocks)


def _shown(
    work: Work, item: ContentItem, cards: Mapping[str, Card], links: Links, unlocks: int | None = None
) -> ContentView:
    card = cards.get(item.creator) or Card(item.creator, "", Role.CREATOR, banned=False)
    return shown(item, card, Standing(work.actor, work.now), links, unlocks=unlocks)


@frozen
class ListContent(Query[list[ContentView]]):
    """Items for moderators, the newest first.

    Args:
        moderation: Only those of which this is thought.
        state: Only those whose files are this far.
        creator: Only this user's.
        deleted: Only those that are gone, or that are not.
        after: The id of the last item seen.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = STAFF

    moderation: Moderation | None = None
    state: MediaState | None = None
    creator: str | None = None
    deleted: bool | None = False
    after: str | None = None
    limit: int = 100


async def list_content(query: ListContent, work: Work, people: Directory, links: Links) -> list[ContentView]:
    """The items."""
    wanted = {"moderation": query.moderation, "state": query.state, "creator": query.creator}
    where = [Where(name, "=", value) for name, value in wanted.items() if value is not None]
    if query.deleted is not None:
        where.append(Where("deleted_at", "!=" if query.deleted else "=", None))
    if query.after is not None:
        where.append(Where("id", "<", query.after))
    # Ids sort by time.
    select = Select(ContentItem, tuple(where), order=("-id",), limit=bounded(query.limit, OPERATORS))
    found = await work.find(select)
    cards = await people.cards([item.creator for item in found])
    return [_shown(work, item, cards, links) for item in found]


@frozen
class ContentQueue(Query[Page[ContentView]]):
    """Items of which something is thought, those that came first first: what moderators go through. Staff may.

    Args:
        moderation: What is thought.
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = STAFF

    moderation: Moderation = Moderation.PENDING
    after: Position | None = None
    limit: int = DEFAULT_LIMIT


async def content_queue(query: ContentQueue, work: Work, people: Directory, links: Links) -> Page[ContentView]:
    """A page of them, without those that are gone."""
    limit = bounded(query.limit)
    where = (Where("moderation", "=", query.moderation), Where("deleted_at", "=", None))
    # Ids sort by time.
    found = await work.find(Select(ContentItem, where, after=query.after, limit=limit + 1))
    shown = found[:limit]
    cards = await people.cards([item.creator for item in shown])
    following = (shown[-1].id,) if len(found) > limit else None
    return Page([_shown(work, item, cards, links) for item in shown], limit, following)


@frozen
class InspectContent(Query[ContentView]):
    """An item for moderators, gone or not."""

    policy: ClassVar[Policy] = STAFF

    item: str


async def inspect_content(query: InspectContent, work: Work, people: Directory, links: Links) -> ContentView:
    """The item.

    Raises:
        NotFound: There never was one.
    """
    item = await work.require(ContentItem, query.item, called="content item")
    return await _record(work, item, people, links)


@frozen
class ApproveContent(Command[ContentView]):
    """Let an item be seen. Staff may."""

    policy: ClassVar[Policy] = STAFF
    target: ClassVar[tuple[str, ...]] = ("item",)

    item: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """There must be such an item."""
        await visible(work, target["item"])


async def approve_content(command: ApproveContent, work: Work, people: Directory, links: Links) -> ContentView:
    """Approve it.

    Raises:
        NotFound: There is no such item.
        InvalidTransition: It is approved already.
    """
    item = await visible(work, command.item)
    item.approve(work.now)
    work.save(item)
    return await _record(work, item, people, links)


@frozen
class RejectContent(Command[ContentView]):
    """Keep an item from being seen; its creator is told why. Staff may.

    Args:
        reason: At most 500 characters.
    """

    policy: ClassVar[Policy] = STAFF
    target: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    reason: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """There must be such an item."""
        await visible(work, target["item"])


async def reject_content(command: RejectContent, work: Work, people: Directory, links: Links) -> ContentView:
    """Reject it.

    Raises:
        NotFound: There is no such item.
        InvalidTransition: It is rejected already.
        Invalid: The reason is too long.
    """
    item = await visible(work, command.item)
    item.reject(command.reason, work.now)
    work.save(item)
    return await _record(work, item, people, links)
