"""What Teezu answers about moods, matches and texts, field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from ipaddress import ip_address
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from adapters.assist import local_assistant
from adapters.assist.pictures import WebPictures
from adapters.memory.store import MemoryStore
from adapters.web.fetch import FetchRules, GuardedFetcher
from platform_core.assist.ports import REASONS
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from support.world import OPERATOR, World
from unit.http.served import Guest, Served, served


async def creator(server: Served, name: str, bio: str, role: Role = Role.CREATOR) -> Guest:
    guest = await server.guest(name, role=role)
    answer = await server.api("PATCH", f"/users/{guest.id}", {"bio": bio}, token=guest.token)
    assert answer.status == 200
    return guest


def broken(body: dict[str, Any]) -> list[str]:
    return [detail["field"] for detail in body["details"]]


# ---- mood


async def test_mood_answers_the_seeds_shape(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api(
        "POST", "/ai/mood", {"input": "Feeling adventurous tonight 🔥", "type": "text"}, token=jane.token
    )

    assert answer.status == 200
    assert list(answer.json) == ["mood", "confidence", "tags"]
    assert answer.json["mood"] == "adventurous"
    assert 0.75 < answer.json["confidence"] <= 1
    assert answer.json["tags"] == ["energetic", "social", "bold"]


async def test_mood_takes_a_text_unless_told_otherwise(server: Served) -> None:
    jane = await server.guest("jane")

    assert (await server.api("POST", "/ai/mood", {"input": "so sad"}, token=jane.token)).json["mood"] == "sad"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["input"]),
        ({"input": ""}, ["input"]),
        ({"input": None}, ["input"]),
        ({"input": 7}, ["input"]),
        ({"input": ["x"]}, ["input"]),
        ({"input": "x" * 2001}, ["input"]),
        ({"input": "x" * 2049}, ["input"]),
        ({"input": "x\0"}, ["input"]),
        ({"input": "x", "type": "image"}, ["type"]),
        ({"input": "x", "type": None}, ["type"]),
        ({"input": "x", "mood": "happy"}, ["mood"]),
        ({"input": "", "type": "video", "x": 1}, ["input", "type", "x"]),
    ],
)
async def test_mood_names_what_is_broken(server: Served, body: dict[str, Any], fields: list[str]) -> None:
    jane = await server.guest("jane")

    answer = await server.api("POST", "/ai/mood", body, token=jane.token)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert broken(answer.json) == fields


# ---- mood of pictures


async def resolve(host: str, port: int) -> Sequence[str]:
    """One name for the test's own server; every other leads inside."""
    return ["127.0.0.2"] if host == "pictures.example" else ["127.0.0.1"]


@pytest.fixture
async def pictures() -> AsyncIterator[str]:
    """The address of a server with pictures, under a name that passes for a public one."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = BytesIO()
        Image.new("RGB", (32, 32), (250, 60, 20)).save(stream, "JPEG")
        bodies = {"a.jpg": stream.getvalue(), "page.html": b"<html></html>", "large.jpg": b"x" * (5 * 2**20 + 1)}
        body = bodies.get(request.match_info["name"])
        return web.Response(status=404) if body is None else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.2", 0).start()
    yield f"http://pictures.example:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def sighted() -> AsyncIterator[Served]:
    """A server that may fetch from that address only."""
    rules = FetchRules(ports={"http": None, "https": 443}, permits=lambda found: found == ip_address("127.0.0.2"))
    fetcher = GuardedFetcher(rules, resolve=resolve)
    assistant = local_assistant(pictures=WebPictures(fetcher))
    async with served(world=World(MemoryStore(), assist=assistant)) as running:
        yield running


async def test_a_picture_at_an_address_has_a_mood(sighted: Served, pictures: str) -> None:
    jane = await sighted.guest("jane")

    body = {"input": f"{pictures}/a.jpg", "type": "image_url"}
    answer = await sighted.api("POST", "/ai/mood", body, token=jane.token)

    assert answer.status == 200
    assert answer.json["mood"] == "excited"
    assert answer.json["tags"] == ["bright", "vivid", "warm"]


async def test_ssrf_02_an_address_that_is_not_for_us_is_refused_by_its_field(sighted: Served, pictures: str) -> None:
    jane = await sighted.guest("jane")

    for url in (
        "not an address",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://rebound.example/",
        "file:///etc/passwd",
        f"{pictures}/missing.jpg",
        f"{pictures}/page.html",
        f"{pictures}/large.jpg",
        f"http://user@pictures.example{pictures[-6:]}/a.jpg",
    ):
        answer = await sighted.api("POST", "/ai/mood", {"input": url, "type": "image_url"}, token=jane.token)

        assert (answer.status, answer.code) == (422, "VALIDATION_ERROR"), url
        assert broken(answer.json) == ["input"]
        assert "127.0.0" not in answer.raw.decode()


async def test_more_pictures_than_can_be_looked_at_are_put_off() -> None:
    assistant = local_assistant(pictures=WebPictures(GuardedFetcher(), at_once=0))
    async with served(world=World(MemoryStore(), assist=assistant)) as server:
        jane = await server.guest("jane")
        body = {"input": "https://pictures.example/a.jpg", "type": "image_url"}

        answer = await server.api("POST", "/ai/mood", body, token=jane.token)

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "5")


async def test_where_no_pictures_are_to_be_had_the_field_is_refused(server: Served) -> None:
    jane = await server.guest("jane")
    body = {"input": "https://pictures.example/a.jpg", "type": "image_url"}

    answer = await server.api("POST", "/ai/mood", body, token=jane.token)

    assert (answer.status, broken(answer.json)) == (422, ["input"])


# ---- match


async def test_match_answers_the_seeds_shape(server: Served) -> None:
    jane = await creator(server, "jane", "I love fitness and cooking")
    trainer = await creator(server, "trainer", "Fitness coach and marathon runner", Role.PROVIDER)
    await creator(server, "painter", "Oil painting", Role.PROVIDER)
    await creator(server, "chef", "Fitness food", Role.CREATOR)

    body = {"limit": 10, "filters": {"role": "provider", "tags": ["fitness"]}}
    answer = await server.api("POST", "/ai/match", body, token=jane.token)

    assert answer.status == 200
    assert list(answer.json) == ["matches"]
    [match] = answer.json["matches"]
    assert list(match) == ["userId", "score", "reasons"]
    assert match["userId"] == trainer.id
    assert 0.5 < match["score"] <= 1
    assert match["reasons"] == ["matches your tags", "shared interests"]


async def test_every_field_of_a_match_may_be_left_out(server: Served) -> None:
    jane = await creator(server, "jane", "music")
    singer = await creator(server, "singer", "I sing jazz")
    baker = await creator(server, "baker", "bread")
    await server.guest("viewer_1")

    bodies: tuple[dict[str, Any], ...] = ({}, {"limit": 10}, {"filters": {}}, {"filters": {"role": None, "tags": []}})
    for body in bodies:
        answer = await server.api("POST", "/ai/match", body, token=jane.token)

        matches = answer.json["matches"]
        assert [match["userId"] for match in matches] == [singer.id, baker.id]
        assert matches[0]["score"] > matches[1]["score"]
        assert {reason for match in matches for reason in match["reasons"]} <= set(REASONS)


async def test_the_banned_are_suggested_to_nobody(server: Served) -> None:
    jane = await server.guest("jane")
    singer = await creator(server, "singer", "music")
    body = {"filters": {"tags": ["music"]}}
    assert len((await server.api("POST", "/ai/match", body, token=jane.token)).json["matches"]) == 1

    await server.world.execute(BanUser(singer.id), by=OPERATOR)

    assert (await server.api("POST", "/ai/match", body, token=jane.token)).json == {"matches": []}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"limit": 0}, ["limit"]),
        ({"limit": 51}, ["limit"]),
        ({"limit": "10"}, ["limit"]),
        ({"limit": 1.5}, ["limit"]),
        ({"limit": True}, ["limit"]),
        ({"limit": None}, ["limit"]),
        ({"filters": None}, ["filters"]),
        ({"filters": []}, ["filters"]),
        ({"filters": {"role": "admin"}}, ["filters.role"]),
        ({"filters": {"role": "moderator"}}, ["filters.role"]),
        ({"filters": {"tags": "fitness"}}, ["filters.tags"]),
        ({"filters": {"tags": ["a"] * 11}}, ["filters.tags"]),
        ({"filters": {"tags": ["ok", ""]}}, ["filters.tags[1]"]),
        ({"filters": {"tags": ["x" * 41]}}, ["filters.tags[0]"]),
        ({"filters": {"tags": [1]}}, ["filters.tags[0]"]),
        ({"filters": {"tags": ["a\0"]}}, ["filters.tags[0]"]),
        ({"filters": {"banned": True}}, ["filters.banned"]),
        ({"user": "usr_1"}, ["user"]),
    ],
)
async def test_match_names_what_is_broken(server: Served, body: dict[str, Any], fields: list[str]) -> None:
    jane = await server.guest("jane")

    answer = await server.api("POST", "/ai/match", body, token=jane.token)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert broken(answer.json) == fields


# ---- generate


@pytest.mark.parametrize("genre", ["caption", "bio", "opener"])
async def test_generate_answers_the_seeds_shape(server: Served, genre: str) -> None:
    jane = await server.guest("jane")

    body = {"type": genre, "context": "sunset photo on the beach", "tone": "playful"}
    answer = await server.api("POST", "/ai/generate", body, token=jane.token)

    assert answer.status == 200
    assert list(answer.json) == ["generated", "alternatives"]
    texts = [answer.json["generated"], *answer.json["alternatives"]]
    assert len(texts) == len(set(texts)) == 3
    assert all("sunset and beach" in text.lower() for text in texts)
    assert answer.raw == (await server.api("POST", "/ai/generate", body, token=jane.token)).raw


async def test_context_and_tone_may_be_left_out(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api("POST", "/ai/generate", {"type": "bio"}, token=jane.token)

    assert (answer.status, len(answer.json["alternatives"])) == (200, 2)


async def test_generate_repeats_no_markup(server: Served) -> None:
    jane = await server.guest("jane")
    body = {"type": "caption", "context": "<img src=x onerror=alert(1)> beach", "tone": "<b>bold</b>"}

    answer = await server.api("POST", "/ai/generate", body, token=jane.token)

    assert answer.status == 200
    assert b"<" not in answer.raw


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["type"]),
        ({"type": "poem"}, ["type"]),
        ({"type": None}, ["type"]),
        ({"type": "bio", "context": 1}, ["context"]),
        ({"type": "bio", "context": None}, ["context"]),
        ({"type": "bio", "context": "x" * 1001}, ["context"]),
        ({"type": "bio", "context": "\0"}, ["context"]),
        ({"type": "bio", "tone": "x" * 41}, ["tone"]),
        ({"type": "bio", "tone": []}, ["tone"]),
        ({"type": "bio", "length": 3}, ["length"]),
        ({"context": 1, "tone": 2}, ["type", "context", "tone"]),
    ],
)
async def test_generate_names_what_is_broken(server: Served, body: dict[str, Any], fields: list[str]) -> None:
    jane = await server.guest("jane")

    answer = await server.api("POST", "/ai/generate", body, token=jane.token)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert broken(answer.json) == fields
