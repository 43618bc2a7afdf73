"""The commands for moderators, on a database with a few items."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.demo_content import SHOTS, seed_content
from entrypoints.demo_scenes import acting
from entrypoints.loading import load
from entrypoints.settings import Settings
from platform_core.content.feed import ReadFeed
from platform_core.content.ports import MediaForm
from platform_core.content.uploading import UploadContent
from platform_core.kernel.actor import Actor, Role, Via
from support.media import incoming, png

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def items(user: Make, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An approved item of jane's and one that waits; their ids."""
    monkeypatch.setenv("PLATFORM_CORE_MEDIA_HELD_WORDS", "doubtful")
    jane = Actor(user("jane", "creator"), Role.CREATOR, Via.SESSION)

    async def make() -> list[str]:
        async with container.running(load().settings) as platform:
            return [
                (await platform.execute(UploadContent(incoming(png(shade)), MediaForm.IMAGE, caption), by=jane)).item
                for shade, caption in enumerate(("fine", "doubtful"))
            ]

    return asyncio.run(make())


def test_items_are_listed_and_shown(ask: Ask, run: Run, items: list[str]) -> None:
    fine, doubtful = items
    assert [item["id"] for item in ask("content", "list")["content"]] == [doubtful, fine]
    for filters in (("--moderation", "pending"), ("--creator", "jane", "--limit", "1"), ("--moderation=pending",)):
        [listed] = ask("content", "list", *filters)["content"]
        assert (listed["id"], listed["moderation"], listed["creator"]) == (doubtful, "pending", "jane")
    assert [item["id"] for item in ask("content", "list", "--after", doubtful)["content"]] == [fine]
    assert ask("content", "list", "--state", "failed") == {"content": []}
    assert ask("content", "list", "--deleted") == {"content": []}
    shown = ask("content", "show", fine)
    assert (shown["type"], shown["mime"], shown["caption"], shown["width"]) == ("image", "image/png", "fine", 2)
    assert "/media/content/" in shown["url"]
    assert run("content", "show", "cnt_none").exit_code == 3
    assert run("content", "list", "--creator", "nobody").exit_code == 3
    assert run("content", "list", "--moderation", "maybe").exit_code == 2


def test_an_item_is_approved_and_rejected(ask: Ask, run: Run, items: list[str]) -> None:
    fine, doubtful = items
    assert ask("content", "approve", doubtful, "--dry-run")["changes"]
    assert ask("content", "show", doubtful)["moderation"] == "pending"
    assert ask("content", "approve", doubtful)["moderation"] == "approved"
    assert run("content", "approve", doubtful).exit_code == 5
    rejected = ask("content", "reject", fine, "--reason", "not hers")
    assert (rejected["moderation"], rejected["reason"]) == ("rejected", "not hers")
    assert run("content", "reject", "cnt_none").exit_code == 3
    assert run("content", "reject", doubtful, "--reason", "x" * 501).exit_code == 2


def test_an_item_is_removed_and_the_worker_purges_its_files(
    ask: Ask, run: Run, items: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = items[0]
    assert run("content", "remove", fine).exit_code == 2, "nobody is there to confirm it"
    assert ask("content", "remove", fine, "--dry-run")["changes"]
    monkeypatch.setenv("PLATFORM_CORE_MEDIA_KEEP_DELETED_HOURS", "0")

    removed = ask("content", "remove", fine, "--reason", "asked for", "--yes")

    assert removed["deleted"]
    assert [item["id"] for item in ask("content", "list", "--deleted")["content"]] == [fine]
    assert run("content", "remove", fine, "--yes").exit_code == 3
    kept = folder / "platform-core.db.media/content" / fine
    assert len(list(kept.iterdir())) == 2

    async def work() -> None:
        from entrypoints.worker import Worker

        async with container.running(Settings()) as platform:
            await Worker(platform).once()

    asyncio.run(work())
    assert not kept.exists()


def test_the_demo_has_pictures_for_everybody_and_for_those_who_pay(user: Make) -> None:
    jane, bob = user("jane", "creator"), user("bob")

    async def seeded() -> list[bool]:
        async with container.running(Settings()) as platform:
            await seed_content(platform, acting(jane, Role.CREATOR))
            await seed_content(platform, acting(jane, Role.CREATOR))
            page = await platform.execute(ReadFeed(), by=Actor(bob, Role.VIEWER, Via.SESSION))
            return [view.is_locked for view in page.items]

    locked = asyncio.run(seeded())
    assert len(locked) == len(SHOTS)
    assert 0 < sum(locked) < len(SHOTS)


def test_without_a_media_store_the_demo_has_no_pictures(user: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_CORE_MEDIA_STORE", "none")
    jane = user("jane", "creator")

    async def seeded() -> int:
        async with container.running(load().settings) as platform:
            await seed_content(platform, acting(jane, Role.CREATOR))
            return len((await platform.execute(ReadFeed(), by=Actor(jane, Role.CREATOR, Via.SESSION))).items)

    assert asyncio.run(seeded()) == 0
