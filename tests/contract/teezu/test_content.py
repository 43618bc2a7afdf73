"""Teezu's content: what each operation answers, field by field."""

from __future__ import annotations

import asyncio
import re
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
from entrypoints.http.kit.limits import Limit
from platform_core.content.ports import ContentRules, Moderation
from platform_core.content.shelves import Upload
from platform_core.kernel.actor import Role
from platform_core.kernel.select import Select
from support.media import MP4, keys, png, tend
from support.world import World, plain_media
from unit.http.served import GENEROUS, Answered, Guest, Served, as_form, served
from unit.media.pictures import encoded, recording, with_gps

LINK = re.compile(
    r"http://media\.example/media/content/cnt_\w+/[a-z]+\.\w+\?until=\d+&for=(all|own)&signature=[\w-]{43}"
)
MOMENT = "2026-01-01T00:00:00Z"


@pytest.fixture
async def jane(server: Served) -> Guest:
    """A creator."""
    return await server.guest("jane", role=Role.CREATOR)


@pytest.fixture
async def bob(server: Served) -> Guest:
    """A viewer with tokens."""
    return await server.guest("bob", tokens=1000)


async def post(server: Served, by: Guest, content: bytes | None = None, **fields: Any) -> Answered:
    """Upload something."""
    body = {"type": "image", **fields, "file": png() if content is None else content}
    return await server.api("POST", "/content", body, token=by.token)


async def uploaded(server: Served, by: Guest, content: bytes | None = None, **fields: Any) -> str:
    """The id of something uploaded."""
    answer = await post(server, by, content, **fields)
    assert answer.status == 201, answer.raw
    return str(answer.json["contentId"])


async def shown(server: Served, item: str, by: Guest | None) -> dict[str, Any]:
    """An item as somebody sees it."""
    answer = await server.api("GET", f"/content/{item}", token=None if by is None else by.token)
    assert answer.status == 200, answer.raw
    found: dict[str, Any] = answer.json
    return found


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
    world = World(MemoryStore(), media=attrs.evolve(plain_media(ManualClock()), rules=SMALL))
    async with served(world=world, body_seconds=0.5) as running:
        yield running


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
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), 20)
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


async def test_file_01_a_body_that_comes_too_slowly_is_given_up(strict: Served) -> None:
    jane = await strict.guest("jane", role=Role.CREATOR)
    said = await sent(strict, jane, begun(b"x"))
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


# ---- reading


async def test_an_item_field_by_field(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane, caption="Hello")
    for caller in (None, bob, jane):
        view = await shown(server, item, caller)
        url, thumbnail = view.pop("url"), view.pop("thumbnailUrl")
        assert LINK.fullmatch(url)
        assert LINK.fullmatch(thumbnail)
        assert ("for=own" in url) == (caller is jane)
        assert view == {
            "id": item,
            "type": "image",
            "caption": "Hello",
            "creator": {"id": jane.id, "username": "jane", "avatarUrl": None},
            "preview": "data:image/webp;base64,",
            "isPremium": False,
            "tierRequired": "free",
            "tokenPrice": 0,
            "locked": False,
            "mimeType": "image/png",
            "width": 1,
            "height": 1,
            "durationMs": None,
            "status": "ready",
            "moderationStatus": "approved",
            "stats": {"unlocks": 0},
            "createdAt": MOMENT,
        }


async def test_cont_01_a_premium_item_is_a_teaser_until_it_is_paid_for(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane, isPremium="true", tierRequired="fan", tokenPrice="25")
    moe = await server.guest("moe", role=Role.MODERATOR)
    for caller in (None, bob):
        view = await shown(server, item, caller)
        assert (view["locked"], view["url"], view["thumbnailUrl"]) == (True, None, None)
        assert (view["isPremium"], view["tierRequired"], view["tokenPrice"]) == (True, "fan", 25)
        assert "/media/" not in str(view)
    for caller in (jane, moe):
        assert (await shown(server, item, caller))["url"]

    paid = await server.api("POST", f"/content/{item}/unlock", token=bob.token)

    assert paid.status == 200
    assert paid.json == {
        "contentId": item,
        "transactionId": paid.json["transactionId"],
        "amount": 25,
        "newBalance": 975,
        "unlockedAt": MOMENT,
    }
    assert paid.json["transactionId"].startswith("txn_unlock_")
    again = await server.api("POST", f"/content/{item}/unlock", token=bob.token)
    assert (again.status, again.json) == (200, paid.json)
    view = await shown(server, item, bob)
    assert (view["locked"], view["stats"]) == (False, {"unlocks": 1})
    assert LINK.fullmatch(view["url"])
    assert (await server.world.wallet(jane.id)).balance == 25


async def test_what_cannot_be_unlocked_is_refused(server: Served, jane: Guest, bob: Guest) -> None:
    free, tier = await uploaded(server, jane), await uploaded(server, jane, png(2), tierRequired="superfan")
    dear = await uploaded(server, jane, png(3), tokenPrice="1001")
    for item, by, status, code in (
        (free, bob, 409, "CONFLICT"),
        (tier, bob, 409, "CONFLICT"),
        (dear, jane, 409, "CONFLICT"),
        (dear, bob, 402, "INSUFFICIENT_FUNDS"),
        ("cnt_none", bob, 404, "NOT_FOUND"),
    ):
        answer = await server.api("POST", f"/content/{item}/unlock", token=by.token)
        assert (answer.status, answer.code) == (status, code)


async def test_cont_02_what_is_not_approved_is_nowhere(server: Served, jane: Guest, bob: Guest) -> None:
    answer = await post(server, jane, caption="doubtful")
    assert answer.json["moderationStatus"] == "pending"
    item = answer.json["contentId"]
    assert (await shown(server, item, jane))["moderationReason"]
    for path in (f"/content/{item}", "/content/cnt_none"):
        for caller in (None, bob.token):
            assert (await server.api("GET", path, token=caller)).status == 404
    for method, path in (("DELETE", f"/content/{item}"), ("POST", f"/content/{item}/unlock")):
        assert (await server.api(method, path, token=bob.token)).status == 404
    feed = (await server.api("GET", "/content/feed", token=bob.token)).json
    profile = (await server.api("GET", f"/users/{jane.id}/profile")).json
    assert (feed["items"], profile["recentContent"], profile["stats"]["content"]) == ([], [], 0)


async def test_cont_03_a_deleted_item_is_gone_at_once(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane)
    links = [(await shown(server, item, by))["url"].removeprefix("http://media.example") for by in (jane, bob)]
    assert (await server.api("DELETE", f"/content/{item}", token=bob.token)).status == 403

    gone = await server.api("DELETE", f"/content/{item}", token=jane.token)

    assert (gone.status, gone.raw) == (204, b"")
    assert [(await server.ask("GET", link)).status for link in links] == [404, 404]
    assert (await server.api("GET", f"/content/{item}", token=jane.token)).status == 404
    assert (await server.api("DELETE", f"/content/{item}", token=jane.token)).status == 404
    assert (await server.api("GET", "/content/feed", token=bob.token)).json["items"] == []


async def test_staff_take_items_away(server: Served, jane: Guest) -> None:
    item = await uploaded(server, jane)
    moe = await server.guest("moe", role=Role.MODERATOR)
    assert (await server.api("DELETE", f"/content/{item}", token=moe.token)).status == 204


async def test_a_profile_shows_content_and_tiers(server: Served, jane: Guest) -> None:
    free = await uploaded(server, jane, caption="free")
    premium = await uploaded(server, jane, png(2), caption="premium", tierRequired="fan")
    await server.api("PUT", "/tiers", {"fan": 100, "superfan": 0}, token=jane.token)

    profile = (await server.api("GET", f"/users/{jane.id}/profile")).json

    assert profile["stats"]["content"] == 2
    assert profile["subscriptionTiers"] == [{"id": "fan", "name": "Fan", "tokenPrice": 100}]
    cards = {card["id"]: card for card in profile["recentContent"]}
    assert LINK.fullmatch(cards[free].pop("thumbnailUrl"))
    assert cards[free] == {
        "id": free,
        "type": "image",
        "caption": "free",
        "isPremium": False,
        "preview": "data:image/webp;base64,",
        "createdAt": MOMENT,
    }
    assert (cards[premium]["thumbnailUrl"], cards[premium]["isPremium"]) == (None, True)


# ---- the feed


async def test_the_feed_field_by_field(server: Served, jane: Guest, bob: Guest) -> None:
    free = await uploaded(server, jane, caption="free")
    server.world.clock.advance(minutes=1)
    premium = await uploaded(server, jane, png(2), caption="premium", tokenPrice="5")

    answer = await server.api("GET", "/content/feed", token=bob.token)

    assert answer.status == 200
    assert set(answer.json) == {"items", "nextCursor", "hasMore"}
    assert (answer.json["nextCursor"], answer.json["hasMore"]) == (None, False)
    teaser, open_ = answer.json["items"]
    url, thumbnail = open_.pop("url"), open_.pop("thumbnailUrl")
    assert LINK.fullmatch(url)
    assert LINK.fullmatch(thumbnail)
    common = {
        "type": "image",
        "creator": {"id": jane.id, "username": "jane", "avatarUrl": None},
        "preview": "data:image/webp;base64,",
        "tierRequired": "free",
        "width": 1,
        "height": 1,
        "durationMs": None,
    }
    assert open_ == {
        **common,
        "id": free,
        "caption": "free",
        "isPremium": False,
        "tokenPrice": 0,
        "locked": False,
        "createdAt": MOMENT,
    }
    assert teaser == {
        **common,
        "id": premium,
        "caption": "premium",
        "isPremium": True,
        "tokenPrice": 5,
        "locked": True,
        "url": None,
        "thumbnailUrl": None,
        "createdAt": "2026-01-01T00:01:00Z",
    }


async def test_the_feed_is_walked_by_cursors_and_filtered(server: Served, jane: Guest, bob: Guest) -> None:
    made = []
    for number in range(5):
        server.world.clock.advance(minutes=1)
        made.append(await uploaded(server, jane, png(number), tokenPrice="5" if number % 2 else "0"))

    async def walked(query: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = (await server.api("GET", f"/content/feed?limit=2{query}{cursor}", token=bob.token)).json
            assert len(page["items"]) <= 2
            found += [item["id"] for item in page["items"]]
            assert page["hasMore"] == (page["nextCursor"] is not None)
            if not page["hasMore"]:
                return found
            assert page["nextCursor"].startswith("crs_")
            cursor = f"&cursor={page['nextCursor']}"

    assert await walked("") == made[::-1]
    assert await walked("&filter=all") == made[::-1]
    assert await walked("&filter=premium") == [made[3], made[1]]
    assert await walked("&filter=free") == [made[4], made[2], made[0]]


async def test_in_06_a_cursor_is_one_of_this_list_this_user_and_this_filter(
    server: Served, jane: Guest, bob: Guest
) -> None:
    for number in range(3):
        await uploaded(server, jane, png(number))
    cursor = (await server.api("GET", "/content/feed?limit=1", token=bob.token)).json["nextCursor"]
    wrong = [
        ("/content/feed", jane, cursor),
        ("/content/feed?filter=free", bob, cursor),
        ("/messages/conversations", bob, cursor),
        ("/content/feed", bob, cursor[:-1]),
        ("/content/feed", bob, cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")),
        ("/content/feed", bob, "crs_abc"),
        ("/content/feed", bob, ""),
        ("/content/feed", bob, "crs_" + "A" * 500),
        ("/content/feed", bob, "1' OR 1=1 --"),
    ]
    for path, by, given in wrong:
        answer = await server.api("GET", f"{path}{'&' if '?' in path else '?'}cursor={given}", token=by.token)
        assert (answer.status, answer.code) == (400, "INVALID_CURSOR"), (path, given)


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("filter=new", "filter"), ("sort=x", "sort")],
)
async def test_what_the_feed_is_not_asked_for_is_refused(server: Served, bob: Guest, query: str, field: str) -> None:
    answer = await server.api("GET", f"/content/feed?{query}", token=bob.token)
    assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field])


async def test_a_page_of_the_feed_has_twenty_items_when_nobody_says(server: Served, jane: Guest) -> None:
    for number in range(21):
        await uploaded(server, jane, png(number))
    page = (await server.api("GET", "/content/feed", token=jane.token)).json
    assert (len(page["items"]), page["hasMore"]) == (20, True)
    page = (await server.api("GET", "/content/feed?limit=100000", token=jane.token)).json
    assert (len(page["items"]), page["hasMore"]) == (21, False)


def test_the_statuses_on_the_wire_are_those_of_the_core() -> None:
    assert {one.value for one in Moderation} == {"approved", "pending", "rejected"}
