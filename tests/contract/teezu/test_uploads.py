"""Teezu's uploads: what is taken, what is refused, and what large, slow and hostile ones come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest
from PIL import Image

from adapters.media.studio import ProcessStudio, find_ffmpeg
from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock
from contract.teezu.content_scene import LINK, post, shown, uploaded
from entrypoints.http.kit.limits import Limit
from platform_core.content.ports import ContentRules
from platform_core.content.shelves import Upload
from platform_core.kernel.actor import Role
from platform_core.kernel.select import Select
from support.media import MP4, keys, png, tend
from support.world import World, plain_media
from unit.http.served import GENEROUS, Guest, Served, as_form, served
from unit.media.pictures import encoded, recording, with_gps


@pytest.fixture
async def jane(server: Served) -> Guest:
    """A creator."""
    return await server.guest("jane", role=Role.CREATOR)


@pytest.fixture
async def bob(server: Served) -> Guest:
    """A viewer with tokens."""
    return await server.guest("bob", tokens=1000)


# ---- uploading


async def test_an_upload_answers_with_the_item_and_its_links(server: Served, jane: Guest) -> None:
    answer = await post(server, jane, caption="Golden hour 🌅")

    assert answer.status == 201
    body = answer.json
    assert set(body) == {"contentId", "url", "thumbnailUrl", "moderationStatus", "status"}
    assert body["contentId"].startswith("cnt_")
    assert LINK.fullmatch(body["url"])
    assert LINK.fullmatch(body["thumbnailUrl"])
    assert (body["moderationStatus"], body["status"]) == ("approved", "ready")
    given = await server.ask("GET", body["url"].removeprefix("http://media.example"))
    assert (given.status, given.raw) == (200, png())


async def test_a_video_is_processing_until_the_worker_has_been_at_it(server: Served, jane: Guest, bob: Guest) -> None:
    answer = await post(server, jane, MP4, type="video")
    assert answer.status == 201
    assert (answer.json["url"], answer.json["thumbnailUrl"]) == (None, None)
    assert (answer.json["status"], answer.json["moderationStatus"]) == ("processing", "pending")
    item = answer.json["contentId"]
    assert (await shown(server, item, jane))["status"] == "processing"
    assert (await server.api("GET", f"/content/{item}", token=bob.token)).status == 404

    await tend(server.world)

    view = await shown(server, item, bob)
    assert (view["type"], view["status"], view["durationMs"], view["mimeType"]) == ("video", "ready", 1000, "video/mp4")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "gif"}, "type"),
        ({"type": "video"}, "type"),
        ({"type": ""}, "type"),
        ({"caption": "x" * 2201}, "caption"),
        ({"caption": "a\0b"}, "caption"),
        ({"isPremium": "yes"}, "isPremium"),
        ({"isPremium": "1"}, "isPremium"),
        ({"tierRequired": "gold"}, "tierRequired"),
        ({"isPremium": "false", "tierRequired": "fan"}, "tierRequired"),
        ({"isPremium": "false", "tokenPrice": "5"}, "tokenPrice"),
        ({"tokenPrice": "-1"}, "tokenPrice"),
        ({"tokenPrice": "1.5"}, "tokenPrice"),
        ({"tokenPrice": "1e3"}, "tokenPrice"),
        ({"tokenPrice": str(10**15 + 1)}, "tokenPrice"),
        ({"moderationStatus": "approved"}, "moderationStatus"),
        ({"creator": "usr_other"}, "creator"),
        ({"file": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"}, "file"),
        ({"file": b"%PDF-1.7"}, "file"),
        ({"file": b""}, "file"),
        ({"file": b"#EXTM3U\nfile:///etc/passwd"}, "file"),
    ],
)
async def test_a_field_that_breaks_a_rule_is_named_and_nothing_is_kept(
    server: Served, jane: Guest, fields: dict[str, Any], field: str
) -> None:
    answer = await server.api("POST", "/content", {"type": "image", "file": png(), **fields}, token=jane.token)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert field in [detail["field"] for detail in answer.json["details"]]
    assert await keys(server.world) == []
    assert await server.world.store.find(Select(Upload)) == []


async def test_what_is_missing_is_named(server: Served, jane: Guest) -> None:
    form, kind = as_form({"caption": "no more", "x": b""})
    form = form.replace(b'name="x"; filename="upload"', b'name="x"')
    answer = await server.api("POST", "/content", raw=form, headers={"Content-Type": kind}, token=jane.token)
    assert answer.status == 422
    assert {detail["field"] for detail in answer.json["details"]} == {"type", "file", "x"}


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('name="file"', "must be a file"),
        ('name="file"; filename="holiday.jpg"', "its name says something else"),
        ('name="file"; filename="x.php"', "its name says something else"),
    ],
)
async def test_file_03_a_file_is_what_its_name_says(server: Served, jane: Guest, head: str, said: str) -> None:
    form, kind = as_form({"type": "image", "file": png()})
    form = form.replace(b'name="file"; filename="upload"', head.encode())
    answer = await server.api("POST", "/content", raw=form, headers={"Content-Type": kind}, token=jane.token)
    assert answer.status == 422
    assert said in answer.json["message"]


async def test_fields_come_once(server: Served, jane: Guest) -> None:
    for twice in ("type", "file"):
        one, kind = as_form({twice: "image" if twice == "type" else png()})
        both, _ = as_form({"type": "image", "file": png()})
        answer = await server.api(
            "POST",
            "/content",
            raw=one.rpartition(b"--form-of-the-tests--")[0].rpartition(b"----")[0] + both,
            headers={"Content-Type": kind},
            token=jane.token,
        )
        assert answer.status == 422
        assert "once" in answer.json["message"]


async def test_what_is_no_form_is_refused(server: Served, jane: Guest) -> None:
    form, kind = as_form({"type": "image", "file": png()})
    for raw, headers, status in (
        (b"{}", {"Content-Type": "application/json"}, 415),
        (form, {"Content-Type": "multipart/form-data"}, 415),
        (form, {"Content-Type": "multipart/form-data; boundary=other"}, 400),
        (form[:-20], {"Content-Type": kind}, 400),
        (b"", {"Content-Type": kind}, 400),
        (form, {"Content-Type": kind, "Content-Encoding": "br"}, 415),
    ):
        answer = await server.api("POST", "/content", raw=raw, headers=headers, token=jane.token)
        assert answer.status == status, (headers, answer.raw)
    assert (
        await server.api("POST", "/content?type=image", raw=form, headers={"Content-Type": kind}, token=jane.token)
    ).status == 422


async def test_auth_13_a_form_of_another_site_uploads_nothing(server: Served, jane: Guest) -> None:
    form, kind = as_form({"type": "image", "file": png()})
    cookie = {"Content-Type": kind, "Cookie": f"teezu_session={jane.token}"}
    for origin in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = await server.api("POST", "/content", raw=form, headers={**cookie, **origin})
        assert answer.status == 403
    own = {**cookie, "Sec-Fetch-Site": "same-origin"}
    assert (await server.api("POST", "/content", raw=form, headers=own)).status == 201


async def test_the_same_upload_under_one_key_is_one_item(server: Served, jane: Guest) -> None:
    form, kind = as_form({"type": "image", "caption": "x", "file": png()})
    other, _ = as_form({"type": "image", "caption": "x", "file": png(9)})
    headers = {"Content-Type": kind, "Idempotency-Key": "k"}
    first = await server.api("POST", "/content", raw=form, headers=headers, token=jane.token)
    again = await server.api("POST", "/content", raw=form, headers=headers, token=jane.token)
    differs = await server.api("POST", "/content", raw=other, headers=headers, token=jane.token)

    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (differs.status, differs.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert [detail["field"] for detail in differs.json["details"]] == ["file"]


async def test_file_11_who_has_enough_is_told() -> None:
    jane_rules = ContentRules(items_per_creator=1)
    world = World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), rules=jane_rules))
    async with served(world=world) as server:
        jane = await server.guest("jane", role=Role.CREATOR)
        await uploaded(server, jane)
        answer = await post(server, jane, png(3))
        assert (answer.status, answer.code) == (409, "QUOTA_EXCEEDED")


async def test_uploads_are_counted_by_themselves() -> None:
    async with served(limits={**GENEROUS, "uploads": Limit(2)}) as server:
        jane = await server.guest("jane", role=Role.CREATOR)
        assert [(await post(server, jane, png(n))).status for n in range(3)] == [201, 201, 429]
        assert (await server.api("GET", "/content/feed", token=jane.token)).status == 200


# ---- large, slow and endless (FILE-01)


SMALL = ContentRules(image_bytes=100_000, video_bytes=300_000, audio_bytes=50_000)


@pytest.fixture
async def strict() -> AsyncIterator[Served]:
    """A server that takes little."""
    async with served(world=small_world()) as running:
        yield running


def small_world() -> World:
    return World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), rules=SMALL))


async def sent(server: Served, by: Guest, *chunks: bytes, length: int | None = None) -> bytes:
    """What the server says to a body that comes in these chunks."""
    _, kind = as_form({})
    head = [
        "POST /teezu/api/v1/content HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {by.token}",
        f"Content-Type: {kind}",
        "Connection: close",
        "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}",
    ]
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write("\r\n".join([*head, "", ""]).encode())
        for chunk in chunks:
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" if length is None else chunk)
            await writer.drain()
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)
    except (ConnectionError, asyncio.IncompleteReadError):
        return b"closed"
    finally:
        writer.close()


def begun(content: bytes = b"") -> bytes:
    """A form up to somewhere in its file."""
    form, _ = as_form({"type": "image", "file": b"@"})
    return form.partition(b"@")[0] + content


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (png() + bytes(99_000), 201),
        (png() + bytes(100_000), 413),
        (MP4 + bytes(299_000), 201),
        (MP4 + bytes(300_000), 413),
        (b"ID3\x04\0\0\0\0\0\0\0" + bytes(50_000), 413),
        (b"<html>" + bytes(50_000), 422),
    ],
)
async def test_file_01_each_type_has_its_own_bound(strict: Served, content: bytes, status: int) -> None:
    jane = await strict.guest("jane", role=Role.CREATOR)
    kind = {b"\x89": "image", b"\0": "video", b"I": "audio"}.get(content[:1], "image")
    assert (await post(strict, jane, content, type=kind)).status == status
    assert bool(await keys(strict.world)) == (status == 201)


async def test_file_01_a_body_that_says_it_is_too_large_is_not_read(strict: Served) -> None:
    jane = await strict.guest("jane", role=Role.CREATOR)
    assert b" 413 " in (await sent(strict, jane, length=10**9)).split(b"\r\n")[0]


async def test_file_01_an_endless_part_is_cut_off(strict: Served) -> None:
    jane = await strict.guest("jane", role=Role.CREATOR)
    said = await sent(strict, jane, begun(png()), *[bytes(64_000)] * 50)
    assert b" 413 " in said.split(b"\r\n")[0] or said == b"closed"
    assert await keys(strict.world) == []


@pytest.mark.parametrize(
    "chunks",
    [
        [b"x" * 60_000] * 20,
        [as_form({f"f{n}": "x" for n in range(10_000)})[0]],
        [as_form({"caption": "x" * 20_000})[0]],
        [as_form({f"f{n}": "x" * 16_000 for n in range(6)})[0]],
        [as_form({})[0], *[b"epilogue" * 8_000] * 20],
        [b"------form-of-the-tests\r\nX: " + b"y" * 10_000],
    ],
)
async def test_file_01_whatever_is_not_the_file_is_bounded_too(strict: Served, chunks: list[bytes]) -> None:
    jane = await strict.guest("jane", role=Role.CREATOR)
    said = await sent(strict, jane, *chunks)
    assert said.split(b" ")[1:2] in ([b"400"], [b"413"]) or said == b"closed", said[:200]


async def test_file_01_a_body_that_comes_too_slowly_is_given_up() -> None:
    async with served(world=small_world(), body_seconds=0.5) as hasty:
        jane = await hasty.guest("jane", role=Role.CREATOR)
        said = await sent(hasty, jane, begun(b"x"))
    assert b" 408 " in said.split(b"\r\n")[0] or said == b"closed"


async def test_who_may_not_upload_is_told_before_anything_is_read(strict: Served) -> None:
    bob = await strict.guest("bob")
    assert b" 403 " in (await sent(strict, bob, length=50_000)).split(b"\r\n")[0]


# ---- through the real studio


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Served]:
    """A server whose studio is the real one."""
    studio = ProcessStudio(tmp_path / "scratch")
    world = World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), studio=studio))
    async with served(world=world) as running:
        yield running
    studio.stop()


async def test_file_06_a_picture_tells_nobody_where_it_was_taken(real: Served) -> None:
    jane, bob = await real.guest("jane", role=Role.CREATOR), await real.guest("bob")
    item = await uploaded(real, jane, with_gps())

    view = await shown(real, item, bob)

    assert (view["width"], view["height"], view["mimeType"]) == (40, 60, "image/jpeg")
    for link in (view["url"], view["thumbnailUrl"]):
        given = await real.ask("GET", link.removeprefix("http://media.example"))
        with Image.open(BytesIO(given.raw)) as picture:
            assert not picture.getexif()
        assert b"at my home" not in given.raw
    assert view["preview"].startswith("data:image/webp;base64,")


async def test_hostile_pictures_are_refused_and_leave_nothing(real: Served) -> None:
    jane = await real.guest("jane", role=Role.CREATOR)
    for content in (encoded("PNG")[:-30], encoded("JPEG")[:200], b"GIF89a<script>alert(1)</script>"):
        answer = await post(real, jane, content)
        assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, ["file"])
    assert await keys(real.world) == []


async def test_a_real_video_becomes_ready(real: Served, tmp_path: Path) -> None:
    jane, bob = await real.guest("jane", role=Role.CREATOR), await real.guest("bob")
    video = recording(find_ffmpeg() or "", tmp_path / "a.mp4", "-c:v", "libx264", "-c:a", "aac")
    item = await uploaded(real, jane, video, type="video")
    broken = await uploaded(real, jane, video[: len(video) // 2], type="video")

    assert sorted(await tend(real.world)) == ["failed", "ready"]

    view = await shown(real, item, bob)
    assert (view["width"], view["height"], view["type"]) == (160, 120, "video")
    assert 1900 <= view["durationMs"] <= 2200
    given = await real.ask("GET", view["url"].removeprefix("http://media.example"), headers={"Range": "bytes=4-7"})
    assert (given.status, given.raw) == (206, b"ftyp")
    failed = await shown(real, broken, jane)
    assert (failed["status"], failed["url"]) == ("failed", None)
    assert "damaged" in failed["moderationReason"]
    assert (await real.api("GET", f"/content/{broken}", token=bob.token)).status == 404
