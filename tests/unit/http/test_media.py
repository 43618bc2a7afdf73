"""Files behind links: whole and in parts, never taken for pages, and only while their links are good."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import attrs
import pytest

from adapters.media.links import SignedLinks
from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock
from platform_core.content.moderating import DeleteContent, RejectContent
from platform_core.kernel.errors import Unavailable
from support.media import creator, item_of, png, seen, upload
from support.world import OPERATOR, World, plain_media
from unit.http.served import Served, served

PICTURE = png(7, width=9)


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def made(server: Served, content: bytes = PICTURE) -> tuple[str, str, str]:
    """An item of jane's; its id, the path of its file for everybody, and for herself."""
    jane = await creator(server.world)
    bob = await server.world.person("bob")
    receipt = await upload(server.world, jane, content)
    urls = [(await seen(server.world, receipt.item, by)).url or "" for by in (bob, jane)]
    return receipt.item, *(url.removeprefix("http://media.example") for url in urls)  # type: ignore[return-value]


async def test_file_04_a_file_is_given_and_is_never_a_page(server: Served) -> None:
    item, path, _ = await made(server)

    answer = await server.ask("GET", path)

    assert (answer.status, answer.raw) == (200, PICTURE)
    headers = answer.headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Length"] == str(len(PICTURE))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Content-Security-Policy"].endswith("sandbox")
    assert headers["Content-Disposition"] == f'inline; filename="{item}-media.png"'
    assert re.fullmatch(r"private, max-age=\d+, immutable", headers["Cache-Control"])
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Request-Id"]
    head = await server.ask("HEAD", path)
    assert (head.status, head.raw, head.headers["Content-Length"]) == (200, b"", str(len(PICTURE)))
    again = await server.ask("GET", path, headers={"If-None-Match": headers["ETag"]})
    assert (again.status, again.raw) == (304, b"")


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, None),
        ("bytes=10-19", 10, 20),
        ("bytes=10-99999", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=-99999", 0, None),
        ("BYTES=1-2", 1, 3),
    ],
)
async def test_a_part_is_given(server: Served, wanted: str, start: int, end: int | None) -> None:
    _, path, _ = await made(server)

    answer = await server.ask("GET", path, headers={"Range": wanted})

    assert (answer.status, answer.raw) == (206, PICTURE[start:end])
    first = start % len(PICTURE)
    last = (len(PICTURE) if end is None else end) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(PICTURE)}"
    assert answer.headers["Content-Length"] == str(len(answer.raw))


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=99999-",
        "bytes=5-2",
        "bytes=-0",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "bytes=0-0x",
        "bytes=1-2-3",
        "bytes=" + ",".join(["0-1"] * 9),
        "bytes=" + ",".join(["0-1"] * 1000),
        "bytes=" + "9" * 30 + "-",
    ],
)
async def test_file_09_a_part_that_is_not_there_and_a_thousand_parts_are_refused(server: Served, wanted: str) -> None:
    _, path, _ = await made(server)
    answer = await server.ask("GET", path, headers={"Range": wanted})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(PICTURE)}"


@pytest.mark.parametrize("headers", [{"Range": "bytes=0-1,5-6"}, {"Range": "items=0-1"}])
async def test_who_asks_for_more_than_one_part_is_given_the_whole(server: Served, headers: dict[str, str]) -> None:
    _, path, _ = await made(server)
    answer = await server.ask("GET", path, headers=headers)
    assert (answer.status, answer.raw) == (200, PICTURE)


async def test_a_part_of_what_has_changed_is_the_whole(server: Served) -> None:
    _, path, _ = await made(server)
    etag = (await server.ask("GET", path)).headers["ETag"]
    assert (await server.ask("GET", path, headers={"Range": "bytes=0-1", "If-Range": etag})).status == 206
    assert (await server.ask("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})).status == 200


async def test_file_08_a_link_that_was_changed_is_no_link(server: Served) -> None:
    _, path, own = await made(server)
    thumbnail = path.replace("media.png", "thumbnail.webp")
    until = re.search(r"until=(\d+)", path)
    assert until is not None
    later = path.replace(until[1], str(int(until[1]) + 3600))
    changed = [
        thumbnail,
        later,
        path.replace("for=all", "for=own"),
        own.replace("for=own", "for=all"),
        path + "&download=1",
        path + "&until=1",
        path.split("&signature")[0],
        path.split("?")[0],
        path[:-1],
        re.sub("signature=.*", "signature=", path),
        re.sub("signature=.*", "signature=%F0%9F%8C%85", path),
        path.replace(until[1], "never"),
        path.replace("/content/", "/content/%2e%2e/"),
        "/media/..%2f..%2fetc/passwd?until=9999999999&for=own&signature=x",
    ]
    for one in changed:
        answer = await server.ask("GET", one)
        assert answer.status in (403, 404), one
        assert PICTURE not in answer.raw
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await server.ask(method, path)).status == 405


async def test_file_08_a_link_ends(server: Served) -> None:
    _, path, _ = await made(server)
    server.world.clock.advance(seconds=239)
    assert (await server.ask("GET", path)).status == 200
    server.world.clock.advance(seconds=62)
    assert (await server.ask("GET", path)).status == 403


async def test_cont_03_a_link_dies_with_its_item(server: Served) -> None:
    item, path, own = await made(server)
    await server.world.execute(RejectContent(item), by=OPERATOR)
    assert ((await server.ask("GET", path)).status, (await server.ask("GET", own)).status) == (404, 200)

    await server.world.execute(DeleteContent(item), by=OPERATOR)

    assert [(await server.ask("GET", one)).status for one in (path, own)] == [404, 404]


async def test_a_file_that_is_gone_from_the_store_is_not_found(server: Served) -> None:
    item, path, _ = await made(server)
    await server.world.media.store.remove(f"content/{item}/")
    assert (await server.ask("GET", path)).status == 404


async def test_a_large_file_comes_whole(server: Served) -> None:
    large = PICTURE + bytes(1_000_000)
    _, path, _ = await made(server, large)
    assert (await server.ask("GET", path)).raw == large
    assert (await server.ask("GET", path, headers={"Range": "bytes=300000-"})).raw == large[300_000:]


class _Elsewhere:
    """A media store that has addresses of its own."""

    def __init__(self) -> None:
        self._inner = plain_media(ManualClock()).store
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        self.asked.append(seconds)
        return f"https://bucket.example/{key}?signed"


async def test_a_store_with_addresses_of_its_own_is_sent_to_for_a_minute() -> None:
    elsewhere = _Elsewhere()
    clock = ManualClock()
    world = World(MemoryStore(), media=attrs.evolve(plain_media(clock), store=elsewhere))  # type: ignore[arg-type]  # the rest is the inner one's
    async with served(world=world) as server:
        item, path, _ = await made(server)
        answer = await server.ask("GET", path)
        assert (answer.status, answer.raw) == (302, b"")
        key = (await item_of(server.world, item)).media
        assert answer.headers["Location"] == f"https://bucket.example/{key}?signed"
        assert answer.headers["Cache-Control"] == "no-store"
        assert elsewhere.asked == [60]
        await server.world.execute(DeleteContent(item), by=OPERATOR)
        assert (await server.ask("GET", path)).status == 404


class _Away:
    """A media store that does not answer."""

    def __init__(self) -> None:
        self._inner = plain_media(ManualClock()).store

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def stat(self, key: str) -> None:
        raise Unavailable("the media store does not answer")


async def test_a_store_that_does_not_answer_is_unavailable() -> None:
    world = World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), store=_Away()))  # type: ignore[arg-type]  # the rest is the inner one's
    async with served(world=world) as server:
        _, path, _ = await made(server)
        assert (await server.ask("GET", path)).status == 503


def test_a_link_is_good_for_at_most_so_long() -> None:
    clock = ManualClock()
    for seconds in (120, 300, 3600):
        links = SignedLinks(b"k", "http://x", seconds)
        for _ in range(100):
            clock.advance(seconds=7)
            url = links.link("a/b.png", own=False, now=clock.now())
            found = re.search(r"until=(\d+)&for=(\w+)&signature=(.*)", url)
            assert found is not None
            until = links.until("a/b.png", until=found[1], whom=found[2], signature=found[3])
            assert until is not None
            assert seconds - 60 < (until - clock.now()).total_seconds() <= seconds
