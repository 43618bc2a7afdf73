"""Servers killed in the middle of an upload or a booking: it is there whole, or nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest

from adapters.clock import SystemClock
from adapters.media.folder import FolderMedia
from adapters.stores import make_store
from adapters.testing import ManualClock
from platform_core.booking.booking import Booking
from platform_core.booking.calendar import Calendar, calendar_id
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.slots import OfferSlot
from platform_core.content.items import ContentItem
from platform_core.content.shelves import Shelf, Upload
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from platform_core.platform import Platform
from support.clients import PASSWORD, Answer, Fan, ask, beside, browser, connected, people, unused
from support.media import keys, png, tend
from support.servers import PATIENCE, Serve, Server
from support.world import World, plain_media
from unit.http.served import as_form

UPLOADS = 4
CYCLES = 3
MOST_CYCLES = 12
SLOTS = 12
PRICE = 10


async def somebody(server: Server, role: Role) -> Fan:
    """Somebody of a role who is signed in."""
    name = unused(role.value[:8])
    async with beside(server.database_url) as platform:
        wish = Register(f"{name}@example.com", name, Secret(PASSWORD), role)
        opened = await platform.execute(wish, by=ANONYMOUS)
    return Fan(opened.user, name, opened.token.reveal())


async def answered(attempt: Any) -> Answer | None:
    """An answer, or None where the server was gone before it came."""
    try:
        made: Answer = await attempt
    except (aiohttp.ClientError, TimeoutError):
        return None
    return made


# ---- uploads


@pytest.fixture
def media_folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@asynccontextmanager
async def later(database_url: str, media_folder: Path, **passed: float) -> AsyncIterator[World]:
    """The platform over the server's data and files, some time from now."""
    store = make_store(database_url)
    await store.open()
    clock = ManualClock(SystemClock().now() + timedelta(**passed))
    media = attrs.evolve(plain_media(clock), store=FolderMedia(media_folder))
    try:
        yield World(store, clock=clock, media=media)
    finally:
        await store.close()


async def upload(http: aiohttp.ClientSession, server: Server, by: Fan, number: int) -> Answer:
    """Send a picture that takes a moment to encode; each number is another one, under a key of its own."""
    picture = png(number, width=1200, height=900)
    form, kind = as_form({"type": "image", "caption": f"picture {number}", "file": picture})
    headers = {**by.headers, "Content-Type": kind, "Idempotency-Key": f"picture-{number}"}
    async with http.post(f"{server.url}/content", data=form, headers=headers) as response:
        return Answer(response.status, await response.json(), dict(response.headers))


async def shown(http: aiohttp.ClientSession, server: Server, by: Fan) -> dict[str, Any]:
    """Whatever the creator finds in the feed, by its caption; each file of it is there."""
    page = await ask(http, "GET", f"{server.url}/content/feed?limit=100", fan=by)
    assert page.status == 200
    for item in page.body["items"]:
        for address in (item["url"], item["thumbnailUrl"]):
            async with http.get(address) as file:
                assert (file.status, len(await file.read()) > 0) == (200, True)
    return {item["caption"]: item for item in page.body["items"]}


async def until_one_is_under_way(world: World, attempts: Iterable[asyncio.Future[Any]]) -> None:
    """Wait until the server has committed to an upload whose item is not there yet, or until all of them are."""
    async with asyncio.timeout(PATIENCE):
        while not all(attempt.done() for attempt in attempts):
            if await world.store.find(Select(Upload, limit=1)):
                return
            await asyncio.sleep(0.002)


async def test_an_upload_is_there_whole_or_nothing_of_it_is_left(
    serve: Serve, database_url: str, media_folder: Path
) -> None:
    server = serve(database_url, settings={"media.folder": media_folder})
    server.start()
    jane = await somebody(server, Role.CREATOR)
    cycle = orphans = 0

    async with browser() as http, later(database_url, media_folder) as world:
        # On a machine that is busy the kill may come too late for all of them.
        while cycle < CYCLES or (not orphans and cycle < MOST_CYCLES):
            numbers = range(cycle * UPLOADS, (cycle + 1) * UPLOADS)
            attempts = [asyncio.ensure_future(answered(upload(http, server, jane, number))) for number in numbers]
            # Once before any has ended, then ever later among them.
            for attempt in attempts[:cycle]:
                await attempt
            await until_one_is_under_way(world, attempts)
            server.kill()
            answers = await asyncio.gather(*attempts)
            await asyncio.to_thread(server.start)

            there = await shown(http, server, jane)
            for number, answer in zip(numbers, answers, strict=True):
                if answer is not None:
                    assert there[f"picture {number}"]["id"] == answer.body["contentId"]
            orphans += len(await world.store.find(Select(Upload)))
            again = [await upload(http, server, jane, number) for number in numbers]
            assert {answer.status for answer in again} == {201}
            cycle += 1
        there = await shown(http, server, jane)
        assert sorted(there) == sorted(f"picture {number}" for number in range(cycle * UPLOADS))
    assert orphans

    async with later(database_url, media_folder, hours=2) as world:
        assert "swept" in await tend(world)
        items = await world.store.find(Select(ContentItem))
        assert await world.store.find(Select(Upload)) == []
        assert await keys(world) == sorted(str(key) for item in items for key in (item.media, item.thumbnail))
        assert {path.name for path in (media_folder / "content").iterdir()} == {item.id for item in items}
        shelf = await world.store.get(Shelf, jane.id)
        assert shelf is not None
        assert (shelf.items, shelf.bytes) == (cycle * UPLOADS, sum(item.size for item in items))
    server.verify()


async def test_of_a_file_that_was_still_coming_there_is_nothing(
    serve: Serve, media_folder: Path, tmp_path: Path
) -> None:
    server = serve(settings={"media.folder": media_folder})
    server.start()
    jane = await somebody(server, Role.CREATOR)
    form, kind = as_form({"type": "image", "file": png(1, width=4000, height=2000)})
    head = (
        f"POST /teezu/api/v1/content HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {jane.token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(form)}\r\n\r\n"
    )

    async with connected(server) as (reader, writer):
        writer.write(head.encode() + form[: len(form) // 2])
        await writer.drain()
        # Asked on the same connection's server: by then it has read what was sent before.
        async with browser() as http:
            assert (await ask(http, "GET", f"{server.url}/content/feed", fan=jane)).body["items"] == []
        server.kill()
        assert await reader.read() == b""
    server.start()

    async with browser() as http, later(server.database_url, media_folder, hours=2) as world:
        assert await shown(http, server, jane) == {}
        assert await tend(world) == []
        assert await world.store.find(Select(Upload)) == []
    left = await asyncio.to_thread(
        lambda: [path for path in (media_folder, *tmp_path.rglob("upload-*")) if path.exists()]
    )
    assert left == []


# ---- bookings


async def a_provider(platform: Platform, fan: Fan) -> list[str]:
    """A provider with slots that do not meet; their ids."""
    actor = Actor(fan.id, Role.PROVIDER, Via.SESSION)
    await platform.execute(SetUpProvider("fitness", PRICE), by=actor)
    first = platform.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    starts = [first + timedelta(hours=2 * number) for number in range(SLOTS)]
    offered = [OfferSlot(fan.id, start, start + timedelta(hours=1)) for start in starts]
    return [(await platform.execute(offer, by=actor)).id for offer in offered]


async def test_a_booking_is_there_with_its_tokens_or_neither_is(serve: Serve, database_url: str) -> None:
    server = serve(database_url)
    server.start()
    provider = await somebody(server, Role.PROVIDER)
    customers = await people(database_url, "carl", "dora", "ella", tokens=10_000)
    async with beside(database_url) as platform:
        slots = await a_provider(platform, provider)
    unanswered = 0

    async with browser() as http:

        async def book(number: int) -> Answer:
            customer, url = customers[number % len(customers)], f"{server.url}/providers/{provider.id}/book"
            body = {"slotId": slots[number], "durationMinutes": 30}
            return await ask(http, "POST", url, fan=customer, body=body, key=f"slot-{number}")

        for cycle in range(CYCLES):
            numbers = range(SLOTS)[cycle * SLOTS // CYCLES :][: SLOTS // CYCLES]
            attempts = [asyncio.ensure_future(answered(book(number))) for number in numbers]
            if cycle:
                await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
            server.kill()
            answers = await asyncio.gather(*attempts)
            unanswered += answers.count(None)
            await asyncio.to_thread(server.start)
            for number, answer in zip(numbers, answers, strict=True):
                if answer is None:
                    continue
                path = f"{server.url}/bookings/{answer.body['bookingId']}"
                kept = await ask(http, "GET", path, fan=customers[number % len(customers)])
                assert (kept.status, kept.body["tokensHeld"]) == (200, 30 * PRICE)
            again = [await book(number) for number in numbers]
            assert {answer.status for answer in again} == {201}

        for customer in customers:
            wallet = await ask(http, "GET", f"{server.url}/wallet/balance", fan=customer)
            assert wallet.body["held"] == SLOTS // len(customers) * 30 * PRICE
            assert wallet.body["balance"] == 10_000
    assert unanswered

    async with beside(database_url) as platform:
        bookings = await platform.store.find(Select(Booking))
        calendar = await platform.store.get(Calendar, calendar_id(provider.id))
        assert calendar is not None
        assert sorted(booking.slot for booking in bookings) == sorted(slots)
        assert set(calendar.taken) == {booking.id for booking in bookings}
    server.verify()
