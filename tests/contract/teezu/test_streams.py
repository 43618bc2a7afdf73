"""What Teezu answers about live streams."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract.teezu.streaming import STUN, creator, read, set_state, turn
from entrypoints.http.kit.rows import moment
from platform_core.streams.stream import StreamState
from support.streams import a_stream
from unit.http.served import Served

IDLE, LIVE, FROZEN, ENDED = StreamState


# ---- creating


async def test_create_answers_the_seeds_shape(server: Served) -> None:
    jane = await creator(server)

    answer = await server.api(
        "POST", "/streams", {"title": "Evening show 🔥", "isPremium": True, "tokenPrice": 10}, token=jane.token
    )

    assert answer.status == 201
    id = answer.json["streamId"]
    assert id.startswith("str_")
    assert answer.json == {
        "streamId": id,
        "state": "idle",
        "iceServers": [STUN, turn(jane.id, server)],
        "socketRoom": f"stream:{id}",
    }


async def test_a_title_is_enough(server: Served) -> None:
    jane = await creator(server)
    made = await server.api("POST", "/streams", {"title": "Show"}, token=jane.token)

    stream = await read(server, made.json["streamId"])
    assert (stream["isPremium"], stream["tokenPrice"]) == (False, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 141}, "title"),
        ({"title": 1}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "x", "isPremium": "yes"}, "isPremium"),
        ({"title": "x", "isPremium": True}, "tokenPrice"),
        ({"title": "x", "isPremium": True, "tokenPrice": 0}, "tokenPrice"),
        ({"title": "x", "isPremium": True, "tokenPrice": -1}, "tokenPrice"),
        ({"title": "x", "isPremium": True, "tokenPrice": 10**15 + 1}, "tokenPrice"),
        ({"title": "x", "isPremium": True, "tokenPrice": 1.5}, "tokenPrice"),
        ({"title": "x", "tokenPrice": 10}, "tokenPrice"),
        ({"title": "x", "state": "live"}, "state"),
        ({"title": "x", "host": "usr_x"}, "host"),
    ],
)
async def test_what_cannot_be_created_names_its_field(server: Served, body: dict[str, object], field: str) -> None:
    answer = await server.api("POST", "/streams", body, token=(await creator(server)).token)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer.json["details"]] == [field]


async def test_a_host_has_so_many_streams_and_no_more(server: Served) -> None:
    jane = await creator(server)
    made = [await server.api("POST", "/streams", {"title": "x"}, token=jane.token) for _ in range(101)]

    assert [answer.status for answer in made] == [201] * 100 + [409]
    assert made[-1].code == "TOO_MANY_STREAMS"


# ---- reading


async def test_a_stream_is_shown_to_everybody_and_lets_nobody_in(server: Served) -> None:
    jane = await creator(server)
    created = server.world.clock.now()
    id = await a_stream(server.world, jane.id, price=10, state=IDLE)
    server.world.clock.advance(minutes=5)
    started = server.world.clock.now()
    await set_state(server, id, "live", jane)

    answer = await server.api("GET", f"/streams/{id}")

    assert answer.status == 200
    assert answer.json == {
        "streamId": id,
        "title": "Evening show",
        "state": "live",
        "isPremium": True,
        "tokenPrice": 10,
        "viewerCount": 0,
        "host": {"id": jane.id, "username": "creator42"},
        "startedAt": moment(started),
        "createdAt": moment(created),
        "endedAt": None,
        "reason": None,
    }


async def test_what_is_not_there_is_not_found(server: Served) -> None:
    jane = await creator(server)
    for method, path in (
        ("GET", ""),
        ("PATCH", "/state"),
        ("POST", "/join"),
        ("POST", "/heartbeat"),
        ("POST", "/leave"),
    ):
        body = {"state": "live"} if method == "PATCH" else None
        answer = await server.api(method, f"/streams/str_nothing{path}", body, token=jane.token)
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), path


# ---- states


async def test_a_show_from_its_beginning_to_its_end(server: Served) -> None:
    jane, world = await creator(server), server.world
    id = await a_stream(world, jane.id, state=IDLE)
    started = moment(world.clock.now())

    for state in ("live", "frozen", "live", "ended"):
        answer = await set_state(server, id, state, jane)
        assert answer.status == 200
        assert answer.json == {"streamId": id, "state": state, "startedAt": started}
        world.clock.advance(seconds=10)

    stream = await read(server, id)
    assert (stream["startedAt"], stream["reason"]) == (started, "host")
    assert stream["endedAt"] == moment(world.clock.now() - timedelta(seconds=10))


LEGAL = {("idle", "live"), ("live", "frozen"), ("live", "ended"), ("frozen", "live")}
ILLEGAL = [(old, new.value) for old in StreamState for new in StreamState if (old.value, new.value) not in LEGAL]


@pytest.mark.parametrize(("old", "new"), ILLEGAL, ids=str)
async def test_every_other_move_is_a_conflict_that_names_both_states(
    server: Served, old: StreamState, new: str
) -> None:
    jane = await creator(server)
    id = await a_stream(server.world, jane.id, state=old)

    answer = await set_state(server, id, new, jane)

    assert (answer.status, answer.json["error"], answer.code) == (409, "Conflict", "INVALID_TRANSITION")
    assert answer.json["message"] == f"a stream that is {old.value} cannot become {new}"
    assert (await read(server, id))["state"] == old.value


async def test_authz_02_whose_it_is_comes_before_what_is_wanted(server: Served) -> None:
    jane, other = await creator(server), await creator(server, "other")
    id = await a_stream(server.world, jane.id)

    assert (await set_state(server, id, "nonsense", other)).status == 403
    assert (await set_state(server, "str_nothing", "nonsense", other)).status == 404
    wrong = await set_state(server, id, "nonsense", jane)
    assert (wrong.status, wrong.json["details"][0]["field"]) == (422, "state")


async def test_str_02_of_many_who_start_it_at_once_one_does(server: Served) -> None:
    jane = await creator(server)
    id = await a_stream(server.world, jane.id, state=IDLE)

    answers = await asyncio.gather(*(set_state(server, id, "live", jane) for _ in range(50)))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 49


# ---- listing


async def test_live_streams_are_listed_those_that_began_last_first(server: Served) -> None:
    jane, world = await creator(server), server.world
    live = []
    for _ in range(3):
        live.append(await a_stream(world, jane.id))
        world.clock.advance(seconds=1)
    for state in (IDLE, FROZEN, ENDED):
        await a_stream(world, jane.id, state=state)

    answer = await server.api("GET", "/streams?state=live&limit=2")

    assert answer.status == 200
    assert set(answer.json) == {"streams", "total", "limit", "nextCursor"}
    assert [stream["streamId"] for stream in answer.json["streams"]] == live[:0:-1]
    assert (answer.json["total"], answer.json["limit"]) == (3, 2)
    assert answer.json["streams"][0] == await read(server, live[2])
    rest = await server.api("GET", f"/streams?state=live&limit=2&cursor={answer.json['nextCursor']}")
    assert [stream["streamId"] for stream in rest.json["streams"]] == live[:1]
    assert (rest.json["total"], rest.json["nextCursor"]) == (3, None)
    edited = await server.api("GET", f"/streams?state=frozen&limit=2&cursor={answer.json['nextCursor']}")
    assert (edited.status, edited.code) == (400, "INVALID_CURSOR")
    for name in ("frozen", "ended"):
        other = (await server.api("GET", f"/streams?state={name}")).json
        assert [stream["state"] for stream in other["streams"]] == [name]
        assert other["total"] == 1


@pytest.mark.parametrize("query", ["state=idle", "state=LIVE", "limit=0", "limit=-1", "limit=abc", "limit=1&limit=2"])
async def test_in_05_a_list_is_asked_for_properly(server: Served, query: str) -> None:
    assert (await server.api("GET", f"/streams?{query}")).status == 422


async def test_in_05_a_limit_above_the_most_is_clamped_and_told(server: Served) -> None:
    answer = await server.api("GET", "/streams?limit=1000000")

    assert answer.json == {"streams": [], "total": 0, "limit": 100, "nextCursor": None}


async def test_streams_of_one_host_can_be_asked_for(server: Served) -> None:
    jane, john = await creator(server), await creator(server, "john_doe")
    mine, _ = await a_stream(server.world, jane.id), await a_stream(server.world, john.id)

    listed = (await server.api("GET", f"/streams?host={jane.id}")).json
    nobody = (await server.api("GET", "/streams?host=usr_nobody")).json

    assert ([stream["streamId"] for stream in listed["streams"]], listed["total"]) == ([mine], 1)
    assert (nobody["streams"], nobody["total"]) == ([], 0)
