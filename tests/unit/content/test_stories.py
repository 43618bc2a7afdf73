"""Stories of items: from the upload to the purge, in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock
from platform_core.content.access import Tier
from platform_core.content.items import ContentItem, MediaState
from platform_core.content.moderating import ApproveContent, DeleteContent, InspectContent, ListContent, RejectContent
from platform_core.content.ports import ContentRules, MediaForm, Moderation
from platform_core.content.shelves import Shelf, ShelfFull, Upload
from platform_core.content.uploading import UploadContent
from platform_core.content.viewing import FindMedia, GetContent
from platform_core.identity.profiles import GetProfile
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.errors import Forbidden, Invalid, InvalidTransition, NotFound, Unavailable
from platform_core.kernel.select import Select
from support.media import MP3, MP4, BrokenChecker, creator, incoming, item_of, keys, png, seen, tend, upload
from support.world import OPERATOR, World, memory_world, plain_media


def world_with(**parts: Any) -> World:
    """A world whose media have these parts instead."""
    return World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), **parts))


async def test_a_picture_is_there_for_everybody_at_once() -> None:
    world = memory_world()
    jane, bob = await creator(world), await world.person("bob")

    made = await upload(world, jane, caption="Hello")

    assert (made.state, made.moderation) == ("ready", "approved")
    view = await seen(world, made.item, bob)
    assert (view.caption, view.form, view.is_locked, view.creator.username) == ("Hello", "image", False, "jane")
    assert view.url is not None
    assert await keys(world) == [f"content/{made.item}/media.png", f"content/{made.item}/thumbnail.webp"]
    assert await world.store.find(Select(Upload)) == []


async def test_a_video_is_processed_by_the_worker_and_only_then_seen() -> None:
    world = memory_world()
    jane, bob = await creator(world), await world.person("bob")
    made = await upload(world, jane, MP4, form=MediaForm.VIDEO)
    assert (made.state, made.moderation, made.url) == ("processing", "pending", None)
    with pytest.raises(NotFound):
        await seen(world, made.item, bob)
    mine = await seen(world, made.item, jane)
    assert (mine.state, mine.url) == ("processing", None)

    assert await tend(world) == ["ready"]

    view = await seen(world, made.item, bob)
    assert (view.state, view.moderation, view.milliseconds) == ("ready", "approved", 1000)
    await world.relay.drain()
    assert await keys(world) == [f"content/{made.item}/media.mp4"], "what came is forgotten"
    assert await tend(world) == []


class _NoStudio:
    """Knows what files are, and can do nothing with them."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._inner = plain_media(ManualClock()).studio

    def recognise(self, head: bytes) -> object:
        return self._inner.recognise(head)

    async def picture(self, file: object) -> object:
        raise self._error

    async def recording(self, source: object, kind: object) -> object:
        raise self._error


async def test_a_video_that_cannot_be_read_has_failed_and_says_why() -> None:
    world = world_with(studio=_NoStudio(Invalid.field("file", "is damaged")))
    jane = await creator(world)
    made = await upload(world, jane, MP3, form=MediaForm.AUDIO)

    assert await tend(world) == ["failed"]

    mine = await seen(world, made.item, jane)
    assert (mine.state, mine.reason) == ("failed", "is damaged")
    await world.relay.drain()
    assert await keys(world) == []


async def test_without_ffmpeg_a_video_honestly_waits() -> None:
    world = world_with(studio=_NoStudio(Unavailable("no ffmpeg")))
    jane = await creator(world)
    made = await upload(world, jane, MP4, form=MediaForm.VIDEO)

    for _ in range(5):
        assert await tend(world) == ["put off"]
        assert await tend(world) == []
        world.clock.advance(minutes=15)

    assert (await item_of(world, made.item)).state is MediaState.PROCESSING


async def test_a_worker_that_dies_over_a_file_is_followed_by_others_up_to_a_bound() -> None:
    world = world_with(studio=_NoStudio(OSError("killed")))
    jane = await creator(world)
    made = await upload(world, jane, MP4, form=MediaForm.VIDEO)
    for _ in range(3):
        with pytest.raises(OSError, match="killed"):
            await tend(world)
        assert await tend(world) == [], "it is claimed"
        world.clock.advance(minutes=15)

    assert await tend(world) == ["failed"]
    assert (await item_of(world, made.item)).reason == "processing did not come to an end"


@pytest.mark.parametrize(("caption", "moderation"), [("forbidden", "rejected"), ("so doubtful!", "pending")])
async def test_cont_02_what_is_not_approved_is_nowhere(caption: str, moderation: str) -> None:
    world = memory_world()
    jane, bob = await creator(world), await world.person("bob")
    moe = await world.person("moe", role=Role.MODERATOR)

    made = await upload(world, jane, caption=caption)

    assert made.moderation == moderation
    for caller in (bob.actor, ANONYMOUS):
        with pytest.raises(NotFound):
            await world.execute(GetContent(made.item), by=caller)
    assert (await seen(world, made.item, jane)).moderation == moderation
    assert (await seen(world, made.item, moe)).reason
    assert (await world.execute(GetProfile(jane.id), by=ANONYMOUS)).shown.recent == ()
    approved = await world.execute(ApproveContent(made.item), by=moe.actor)
    assert approved.moderation == "approved"
    assert (await seen(world, made.item, bob)).reason is None


async def test_cont_02_a_checker_that_fails_leaves_the_item_pending() -> None:
    world = world_with(checker=BrokenChecker())
    jane = await creator(world)

    assert (await upload(world, jane)).moderation == "pending"
    assert [view.id for view in await world.execute(ListContent(moderation=Moderation.PENDING), by=OPERATOR)]


async def test_a_file_that_was_rejected_stays_rejected() -> None:
    world = memory_world()
    jane, joe = await creator(world), await creator(world, "joe")
    made = await upload(world, jane)
    await world.execute(RejectContent(made.item, "not hers"), by=OPERATOR)
    with pytest.raises(InvalidTransition):
        await world.execute(RejectContent(made.item), by=OPERATOR)

    assert (await upload(world, joe)).moderation == "rejected"
    assert (await upload(world, joe, png(9))).moderation == "approved"


async def test_deleting_takes_an_item_away_at_once_and_its_files_later() -> None:
    world = memory_world()
    jane, bob = await creator(world), await world.person("bob")
    made = await upload(world, jane)
    key = (await item_of(world, made.item)).media
    assert key is not None
    assert await world.execute(FindMedia(key, own=False), by=ANONYMOUS) == "image/png"

    with pytest.raises(Forbidden):
        await world.execute(DeleteContent(made.item), by=bob.actor)
    await world.execute(DeleteContent(made.item), by=jane.actor)

    for own in (False, True):
        with pytest.raises(NotFound):
            await world.execute(FindMedia(key, own=own), by=ANONYMOUS)
    for person in (jane, bob):
        with pytest.raises(NotFound):
            await seen(world, made.item, person)
    with pytest.raises(NotFound):
        await world.execute(DeleteContent(made.item), by=jane.actor)
    assert await tend(world) == []
    assert await keys(world)
    world.clock.advance(hours=24)
    assert await tend(world) == ["purged"]
    assert await keys(world) == []
    assert (await world.execute(InspectContent(made.item), by=OPERATOR)).deleted_at is not None


async def test_a_video_deleted_while_it_waits_is_purged_and_never_shown() -> None:
    world = memory_world()
    jane = await creator(world)
    made = await upload(world, jane, MP4, form=MediaForm.VIDEO)
    await world.execute(DeleteContent(made.item), by=jane.actor)

    assert await tend(world) == []
    world.clock.advance(hours=24)
    assert await tend(world) == ["purged"]
    assert await keys(world) == []


async def test_file_11_a_creator_has_as_much_as_one_may_and_deleting_makes_room() -> None:
    world = world_with(rules=ContentRules(items_per_creator=2))
    jane = await creator(world)
    first = await upload(world, jane, png(1))
    await upload(world, jane, png(2))
    with pytest.raises(ShelfFull):
        await upload(world, jane, png(3))

    await world.execute(DeleteContent(first.item), by=jane.actor)

    await upload(world, jane, png(3))
    shelf = await world.store.get(Shelf, jane.id)
    assert shelf is not None
    assert shelf.items == 2


async def test_what_is_refused_leaves_nothing() -> None:
    world = memory_world()
    jane = await creator(world)
    hopeless = [
        UploadContent(incoming(b"<svg onload=alert(1)>"), MediaForm.IMAGE),
        UploadContent(incoming(b"%PDF-1.7 <html>"), MediaForm.IMAGE),
        UploadContent(incoming(png()), MediaForm.VIDEO),
        UploadContent(incoming(MP4), MediaForm.IMAGE),
        UploadContent(incoming(png(), "holiday.jpg"), MediaForm.IMAGE),
        UploadContent(incoming(png()), MediaForm.IMAGE, caption="x" * 3000),
        UploadContent(incoming(png()), MediaForm.IMAGE, is_premium=False, tier=Tier.FAN),
        UploadContent(incoming(b""), MediaForm.IMAGE),
    ]
    for command in hopeless:
        with pytest.raises(Invalid):
            await world.execute(command, by=jane.actor)
    for role in (Role.VIEWER, Role.PROVIDER, Role.MODERATOR, Role.ADMIN):
        other = await world.person(f"some_{role.value}", role=role)
        with pytest.raises(Forbidden):
            await upload(world, other)

    assert await keys(world) == []
    assert await world.store.find(Select(Upload)) == []
    assert await world.store.find(Select(ContentItem)) == []
    assert await world.store.get(Shelf, jane.id) is None


async def test_names_that_fit_are_taken_whatever_their_case() -> None:
    world = memory_world()
    jane = await creator(world)
    for name in ("a.PNG", "no ending", "two.dots.png", "../../etc/passwd.png", "CON.png", "\u202egnp.png", ""):
        made = await world.execute(UploadContent(incoming(png(len(name)), name), MediaForm.IMAGE), by=jane.actor)
        assert (await item_of(world, made.item)).media == f"content/{made.item}/media.png"


class _FullStore:
    """A media store that takes the picture and not its thumbnail."""

    def __init__(self) -> None:
        self._inner = plain_media(ManualClock()).store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def put(self, key: str, body: bytes, *, mime: str) -> int:
        if "thumbnail" in key:
            raise Unavailable("the media folder is full")
        return await self._inner.put(key, body, mime=mime)


async def test_an_upload_that_fails_half_way_is_cleaned_up_at_once() -> None:
    world = world_with(store=_FullStore())
    jane = await creator(world)

    with pytest.raises(Unavailable):
        await upload(world, jane)

    assert await keys(world) == []
    assert await world.store.find(Select(Upload)) == []
    shelf = await world.store.get(Shelf, jane.id)
    assert shelf is not None
    assert (shelf.items, shelf.bytes) == (0, 0)


class _DyingChecker:
    """The process ends here."""

    async def check(self, sample: object) -> object:
        raise KeyboardInterrupt


async def test_what_a_crash_leaves_is_swept_up_after_an_hour() -> None:
    world = world_with(checker=_DyingChecker())
    jane = await creator(world)
    with pytest.raises(KeyboardInterrupt):
        await upload(world, jane)
    assert await keys(world) != []
    assert await tend(world) == []

    world.clock.advance(hours=1)

    assert await tend(world) == ["swept"]
    assert await keys(world) == []
    assert await world.store.find(Select(Upload)) == []
    shelf = await world.store.get(Shelf, jane.id)
    assert shelf is not None
    assert (shelf.items, shelf.bytes) == (0, 0)


async def test_the_same_upload_under_one_key_is_one_item() -> None:
    world = memory_world()
    jane = await creator(world)
    first = await upload(world, jane, key="k")
    again = await upload(world, jane, key="k")
    assert again.item == first.item
    assert len(await world.execute(ListContent(), by=OPERATOR)) == 1

    world.clock.advance(hours=1)
    await tend(world)
    assert [key.split("/")[1] for key in await keys(world)] == [first.item] * 2


async def test_items_of_the_banned_are_not_found() -> None:
    world = memory_world()
    jane, bob = await creator(world), await world.person("bob")
    made = await upload(world, jane)
    await world.execute(BanUser(jane.id), by=OPERATOR)

    with pytest.raises(NotFound):
        await seen(world, made.item, bob)
    assert (await world.execute(InspectContent(made.item), by=OPERATOR)).id == made.item
    assert (await world.execute(GetProfile(jane.id), by=ANONYMOUS)).shown.items == 0
    with pytest.raises(Forbidden):
        await upload(world, jane, png(5))


async def test_a_profile_shows_what_everybody_may_see() -> None:
    world = memory_world()
    jane = await creator(world)
    for shade in range(8):
        world.clock.advance(minutes=1)
        await upload(world, jane, png(shade), caption=str(shade), tier=Tier.FAN if shade == 7 else Tier.FREE)
    await upload(world, jane, png(9), caption="forbidden")

    shown = (await world.execute(GetProfile(jane.id), by=ANONYMOUS)).shown

    assert shown.items == 8
    assert [item.caption for item in shown.recent] == ["7", "6", "5", "4", "3", "2"]
    assert [item.thumbnail_url is None for item in shown.recent] == [True, *[False] * 5]


async def test_moderators_find_items_by_what_is_thought_of_them() -> None:
    world = memory_world()
    jane, joe = await creator(world), await creator(world, "joe")
    made = []
    for number, (who, caption) in enumerate([(jane, ""), (joe, "doubtful"), (jane, "forbidden"), (joe, "")]):
        world.clock.advance(minutes=1)
        made.append((await upload(world, who, png(number), caption=caption)).item)
    await world.execute(DeleteContent(made[3], "asked for"), by=OPERATOR)

    async def ids(**wanted: object) -> list[str]:
        return [view.id for view in await world.execute(ListContent(**wanted), by=OPERATOR)]  # type: ignore[arg-type]

    assert await ids() == [made[2], made[1], made[0]]
    assert await ids(moderation=Moderation.PENDING) == [made[1]]
    assert await ids(creator=jane.id) == [made[2], made[0]]
    assert await ids(deleted=True) == [made[3]]
    assert await ids(deleted=None, limit=2) == [made[3], made[2]]
    assert await ids(deleted=None, after=made[2]) == [made[1], made[0]]
    assert await ids(state=MediaState.PROCESSING) == []
    gone = await world.execute(InspectContent(made[3]), by=OPERATOR)
    assert (gone.reason, gone.url) == ("asked for", None)
    with pytest.raises(Forbidden):
        await world.execute(ListContent(), by=jane.actor)


def test_links_made_within_a_minute_are_alike() -> None:
    world = memory_world()
    links = world.media.links
    now = world.clock.now().replace(second=1)
    assert links.link("content/a/b.png", own=False, now=now) == links.link(
        "content/a/b.png", own=False, now=now + timedelta(seconds=30)
    )
    assert links.link("content/a/b.png", own=True, now=now) != links.link("content/a/b.png", own=False, now=now)
