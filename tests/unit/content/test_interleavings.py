"""Content whose acts meet in many orders: nobody pays twice or for nothing, and no file is lost or left."""

from __future__ import annotations

import pytest

from platform_core.content.access import Subscription, Tier, Unlock
from platform_core.content.items import ContentItem
from platform_core.content.moderating import ApproveContent, DeleteContent, RejectContent
from platform_core.content.paying import SetTiers, Subscribe, UnlockContent
from platform_core.content.ports import MediaForm
from platform_core.content.shelves import Shelf, Upload
from platform_core.content.upkeep import SweepUpload, TendContent
from platform_core.kernel.select import Select
from support.builders import codes, counted
from support.interleaving import InterleavedStore, at_once
from support.media import MP4, WORKER, creator, item_of, keys, png, tend, upload
from support.world import OPERATOR, Person, World

pytestmark = pytest.mark.parametrize("seed", range(25))


async def two(seed: int) -> tuple[World, Person, Person]:
    """A world where every step lets others go first, a creator, and a viewer with tokens."""
    world = World(InterleavedStore(seed))
    return world, await creator(world), await world.person("bobb", 1000)


async def test_unlocking_meets_deleting(seed: int) -> None:
    world, jane, bob = await two(seed)
    made = await upload(world, jane, token_price=30)

    results = await at_once(
        *(world.execute(UnlockContent(made.item), by=bob.actor) for _ in range(3)),
        world.execute(DeleteContent(made.item), by=jane.actor),
    )

    assert results[3] is None
    paid = counted(results[:3]).get("ok", 0)
    assert set(codes(results[:3])) <= {"ok", "NOT_FOUND"}
    assert len(await world.store.find(Select(Unlock))) == bool(paid)
    assert (await world.wallet(bob.id)).balance == 1000 - 30 * bool(paid)
    await world.verified()


async def test_subscribing_meets_itself_an_upgrade_and_a_new_price(seed: int) -> None:
    world, jane, bob = await two(seed)
    await world.execute(SetTiers(100, 300), by=jane.actor)

    results = await at_once(
        *(world.execute(Subscribe(jane.id, Tier.FAN, 100), by=bob.actor) for _ in range(2)),
        world.execute(Subscribe(jane.id, Tier.SUPERFAN, 300), by=bob.actor),
        world.execute(SetTiers(150, 450), by=jane.actor),
    )

    assert set(codes(results)) <= {"ok", "CONFLICT"}
    assert codes(results)[3] == "ok"
    running = await world.store.find(Select(Subscription))
    paid = sum(result.paid for result in results[:3] if not isinstance(result, BaseException))
    assert (await world.wallet(bob.id)).balance == 1000 - paid
    # An upgrade at the same moment has all of the lower tier taken off: whatever came first, the higher one is paid.
    assert paid == (max(one.price for one in running) if running else 0)
    await world.verified()


async def test_moderators_and_the_creator_at_once(seed: int) -> None:
    world, jane, _ = await two(seed)
    made = await upload(world, jane, caption="doubtful")

    results = await at_once(
        world.execute(ApproveContent(made.item), by=OPERATOR),
        world.execute(ApproveContent(made.item), by=OPERATOR),
        world.execute(RejectContent(made.item, "no"), by=OPERATOR),
        world.execute(DeleteContent(made.item), by=jane.actor),
        world.execute(DeleteContent(made.item), by=OPERATOR),
    )

    assert set(codes(results)) <= {"ok", "INVALID_TRANSITION", "NOT_FOUND"}
    assert sorted(codes(results[3:])) == ["NOT_FOUND", "ok"]
    item = await item_of(world, made.item)
    assert item.is_deleted
    assert not item.is_listed
    shelf = await world.store.get(Shelf, jane.id)
    assert shelf is not None
    assert (shelf.items, shelf.bytes) == (0, 0)


async def test_two_workers_and_a_deletion_meet_over_a_video(seed: int) -> None:
    world, jane, _ = await two(seed)
    made = await upload(world, jane, MP4, form=MediaForm.VIDEO)

    results = await at_once(
        world.execute(TendContent(made.item), by=WORKER),
        world.execute(TendContent(made.item), by=WORKER),
        world.execute(DeleteContent(made.item), by=jane.actor),
    )

    assert set(codes(results)) == {"ok"}
    assert [result for result in results[:2] if result == "ready"] in ([], ["ready"])
    world.clock.advance(hours=24)
    await world.relay.drain()
    assert await tend(world) == ["purged"]
    assert await keys(world) == []


async def test_an_upload_meets_the_sweep_and_loses_no_file(seed: int) -> None:
    world, jane, _ = await two(seed)

    async def sweep() -> None:
        world.clock.advance(hours=2)
        for _ in range(4):
            for found in await world.store.find(Select(Upload)):
                await world.execute(SweepUpload(found.id), by=WORKER)

    results = await at_once(upload(world, jane, png(1)), sweep())

    assert set(codes(results[:1])) == {"ok"}
    world.clock.advance(hours=2)
    await tend(world)
    kept = await world.store.find(Select(ContentItem))
    assert [item.media in await keys(world) for item in kept] == [True]
    assert len(await keys(world)) == 2
    assert await world.store.find(Select(Upload)) == []
    shelf = await world.store.get(Shelf, jane.id)
    assert shelf is not None
    assert shelf.items == 1
