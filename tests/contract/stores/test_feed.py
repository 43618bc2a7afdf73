"""The feed on every store: each item told once, the newest first, and a page reads no more than it shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.sql.queries import select_sql
from adapters.sql.store import SqlStore
from adapters.sql.tables import AGGREGATE_TABLES
from platform_core.content.access import Tier
from platform_core.content.feed import Filter, ReadFeed
from platform_core.content.items import ContentItem, Offer
from platform_core.content.moderating import DeleteContent
from platform_core.content.paying import SetTiers, Subscribe, UnlockContent
from platform_core.content.ports import MediaForm, Moderation, Verdict
from platform_core.identity.staff import BanUser
from platform_core.kernel.changes import Changes
from platform_core.kernel.page import Position
from platform_core.kernel.select import Select, Where
from support.media import creator, png, upload
from support.world import OPERATOR, Person, World


async def stock(world: World, makers: list[Person], count: int, *, premium: int = 3) -> list[ContentItem]:
    """Items, one a minute, of each of the makers in turn; one in so many is premium."""
    items = []
    for number in range(count):
        item = ContentItem.upload(
            id=f"cnt_{number:06}",
            creator=makers[number % len(makers)].id,
            form=MediaForm.IMAGE,
            caption=str(number),
            offer=Offer.of(token_price=5 if number % premium == 0 else 0),
            digest=str(number),
            size=1,
            mime="image/png",
            media=f"content/cnt_{number:06}/media.png",
            now=world.clock.now() - timedelta(minutes=count - number),
        )
        item.show(media=f"content/{item.id}/media.png", mime="image/png", now=item.created_at)
        item.judge(Verdict(Moderation.APPROVED), item.created_at)
        items.append(item)
    for start in range(0, count, 500):
        await world.store.commit(Changes(added=tuple(items[start : start + 500])))
    return items


async def walk(world: World, by: Person, *, limit: int, kind: Filter = Filter.ALL) -> list[str]:
    """The captions of the whole feed, a page at a time."""
    found: list[str] = []
    after: Position | None = None
    for _ in range(1000):
        page = await world.execute(ReadFeed(kind, after, limit), by=by.actor)
        assert len(page.items) <= limit
        found += [view.caption for view in page.items]
        if page.next is None:
            return found
        after = page.next
    raise AssertionError("the feed does not end")


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
async def test_a_feed_tells_every_item_once_the_newest_first(world: World, limit: int) -> None:
    makers = [await creator(world, name) for name in ("jane", "joe", "ann")]
    bob = await world.person("bob")
    await stock(world, makers, 40)

    newest_first = [str(number) for number in reversed(range(40))]
    assert await walk(world, bob, limit=limit) == newest_first
    premium = [name for name in newest_first if int(name) % 3 == 0]
    assert await walk(world, bob, limit=limit, kind=Filter.PREMIUM) == premium
    free = [name for name in newest_first if int(name) % 3]
    assert await walk(world, bob, limit=limit, kind=Filter.FREE) == free


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
@pytest.mark.parametrize("filter_", Filter)
async def test_favourites_have_a_head_start_and_every_item_comes_once(
    world: World, limit: int, filter_: Filter
) -> None:
    makers = [await creator(world, name) for name in ("jane", "joe", "ann", "sue")]
    bob = await world.person("bob", 1000)
    await world.execute(SetTiers(10, 20), by=makers[0].actor)
    await world.execute(SetTiers(10, 20), by=makers[1].actor)
    await world.execute(Subscribe(makers[0].id, Tier.SUPERFAN), by=bob.actor)
    await world.execute(Subscribe(makers[1].id, Tier.FAN), by=bob.actor)
    # A minute apart, the oldest item of a favourite is before the newest of the others.
    items = await stock(world, makers, 60)
    # Some are older than any head start.
    for item in items[:10]:
        found = await world.store.get(ContentItem, item.id)
        assert found is not None
        assert found.listed_at is not None
        found.published_at = found.listed_at = found.listed_at - timedelta(hours=30)
        await world.store.commit(Changes(saved=(found,)))

    head_start = {makers[0].id: 48, makers[1].id: 24}
    kept = await world.store.find(Select(ContentItem, limit=100))
    wanted = [item for item in kept if filter_ is Filter.ALL or item.is_premium is (filter_ is Filter.PREMIUM)]

    def place(item: ContentItem) -> tuple[Any, str]:
        assert item.listed_at is not None
        return item.listed_at + timedelta(hours=head_start.get(item.creator, 0)), item.id

    expected = [item.caption for item in sorted(wanted, key=place, reverse=True)]
    assert await walk(world, bob, limit=limit, kind=filter_) == expected


async def test_a_feed_that_favourites_fill_goes_on_with_short_pages(world: World) -> None:
    jane, joe = await creator(world), await creator(world, "joe")
    bob = await world.person("bob", 1000)
    await world.execute(SetTiers(10, 20), by=jane.actor)
    await stock(world, [joe], 3)
    world.clock.advance(hours=1)
    await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)
    many = [upload(world, jane, png(number), caption=f"jane {number}") for number in range(30)]
    for one in many:
        world.clock.advance(seconds=1)
        await one

    told = await walk(world, bob, limit=2)

    assert sorted(told) == sorted([*(f"jane {number}" for number in range(30)), "0", "1", "2"])
    assert told[-3:] == ["2", "1", "0"]


async def test_the_feed_has_what_can_be_seen_and_nothing_else(world: World) -> None:
    jane, joe = await creator(world), await creator(world, "joe")
    bob = await world.person("bob", 100)
    shown = await upload(world, jane, png(1), caption="shown")
    await upload(world, jane, png(2), caption="doubtful")
    gone = await upload(world, jane, png(3), caption="gone")
    await world.execute(DeleteContent(gone.item), by=jane.actor)
    await upload(world, joe, png(4), caption="of the banned")
    await world.execute(BanUser(joe.id), by=OPERATOR)
    locked = await upload(world, jane, png(5), caption="locked", token_price=5)

    page = await world.execute(ReadFeed(), by=bob.actor)

    assert {view.id for view in page.items} == {locked.item, shown.item}
    teaser = next(view for view in page.items if view.id == locked.item)
    assert (teaser.is_locked, teaser.url, teaser.thumbnail_url) == (True, None, None)
    await world.execute(UnlockContent(locked.item), by=bob.actor)
    page = await world.execute(ReadFeed(filter=Filter.PREMIUM), by=bob.actor)
    assert [(view.is_locked, view.url is None) for view in page.items] == [(False, False)]
    page = await world.execute(ReadFeed(filter=Filter.PREMIUM), by=jane.actor)
    assert [view.is_locked for view in page.items] == [False]


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ((), "ix_content_items_listed"),
        ((Where("is_premium", "=", True),), "ix_content_items_kind_listed"),
        ((Where("creator", "=", "usr_0"),), "ix_content_items_creator_listed"),
        ((Where("creator", "=", "usr_0"), Where("is_premium", "=", True)), "ix_content_items_creator_kind_listed"),
    ],
)
async def test_a_page_reads_as_many_rows_as_it_shows(world: World, where: tuple[Where, ...], index: str) -> None:
    store = world.store
    if not isinstance(store, SqlStore):
        return
    makers = [Person(f"usr_{number}", OPERATOR) for number in range(50)]
    items = await stock(world, makers, 3000, premium=100)
    middle = items[1500]
    select = Select(
        ContentItem,
        (*where, Where("listed_at", "!=", None)),
        order=("-listed_at",),
        after=(middle.listed_at, middle.id),
        limit=3,
    )
    is_postgres = store._is_postgres
    table = AGGREGATE_TABLES[ContentItem.kind]
    sql, values = select_sql(select, table, store._committer.rows.codec, arrays=is_postgres)

    async def explained(connection: Any) -> Any:
        if is_postgres:
            await connection.query("ANALYZE content_items")
            return await connection.query(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}", *values)
        return await connection.query(f"EXPLAIN QUERY PLAN {sql}", *values)

    rows = await store._backend.side(explained)
    plan = "\n".join(str(row["QUERY PLAN" if is_postgres else "detail"]) for row in rows)

    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
    assert "Rows Removed" not in plan
    if is_postgres:
        assert plan.count("actual rows=3.00") == 2, "the index gives no more than the page takes"
