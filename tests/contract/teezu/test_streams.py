"""What Teezu answers about live streams."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from entrypoints.http.kit.rows import moment
from platform_core.identity.sessions import session_id
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from platform_core.streams.stream import StreamState
from platform_core.streams.upkeep import ForgetViewers, LapseStream
from support.streams import a_stream
from support.world import OPERATOR
from unit.http.served import Answered, Guest, Served

IDLE, LIVE, FROZEN, ENDED = StreamState
STUN = {"urls": "stun:stun.example:3478"}


async def creator(server: Served, name: str = "creator42") -> Guest:
    return await server.guest(name, role=Role.CREATOR)


async def set_state(server: Served, stream: str, state: object, who: Guest) -> Answered:
    return await server.api("PATCH", f"/streams/{stream}/state", {"state": state}, token=who.token)


async def read(server: Served, stream: str) -> Any:
    return (await server.api("GET", f"/streams/{stream}")).json


def turn(user: str, server: Served) -> dict[str, str]:
    """The TURN server a user is told of now, by coturn's scheme, as its page describes it."""
    name = f"{int(server.world.clock.now().timestamp()) + 3600}:{user}"
    proof = b64encode(hmac.digest(b"shared" * 6, name.encode(), "sha1")).decode()
    return {"urls": "turn:turn.example:3478", "username": name, "credential": proof}


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
    assert set(answer.json) == {"streams", "total", "limit"}
    assert [stream["streamId"] for stream in answer.json["streams"]] == live[:0:-1]
    assert (answer.json["total"], answer.json["limit"]) == (3, 2)
    assert answer.json["streams"][0] == await read(server, live[2])
    for state in ("frozen", "ended"):
        other = (await server.api("GET", f"/streams?state={state}")).json
        assert [stream["state"] for stream in other["streams"]] == [state]
        assert other["total"] == 1


@pytest.mark.parametrize("query", ["state=idle", "state=LIVE", "limit=0", "limit=-1", "limit=abc", "limit=1&limit=2"])
async def test_in_05_a_list_is_asked_for_properly(server: Served, query: str) -> None:
    assert (await server.api("GET", f"/streams?{query}")).status == 422


async def test_in_05_a_limit_above_the_most_is_clamped_and_told(server: Served) -> None:
    assert (await server.api("GET", "/streams?limit=1000000")).json == {"streams": [], "total": 0, "limit": 100}


# ---- watching


async def test_joining_a_free_stream(server: Served) -> None:
    jane, john, world = await creator(server), await server.guest("john"), server.world
    id = await a_stream(world, jane.id)

    answer = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert answer.status == 200
    assert answer.json == {
        "streamId": id,
        "state": "live",
        "iceServers": [STUN, turn(john.id, server)],
        "socketRoom": f"stream:{id}",
        "tokensPaid": 0,
        "transactionId": None,
        "newBalance": 0,
        "expiresAt": moment(world.clock.now() + timedelta(seconds=45)),
    }
    assert (await read(server, id))["viewerCount"] == 1


async def test_entry_to_a_premium_stream_is_paid_once(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=25)
    id = await a_stream(server.world, jane.id, price=10)

    first = await server.api("POST", f"/streams/{id}/join", token=john.token)
    await server.api("POST", f"/streams/{id}/leave", token=john.token)
    again = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert (first.json["tokensPaid"], first.json["newBalance"]) == (10, 15)
    assert first.json["transactionId"].startswith("txn_entry_")
    assert (again.json["tokensPaid"], again.json["transactionId"], again.json["newBalance"]) == (0, None, 15)
    assert (await server.world.wallet(jane.id)).balance == 10


async def test_a_join_sent_again_under_its_key_answers_the_same(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=25)
    id = await a_stream(server.world, jane.id, price=10)
    key = {"Idempotency-Key": "join-1"}

    answers = [await server.api("POST", f"/streams/{id}/join", token=john.token, headers=key) for _ in range(2)]

    assert answers[0].raw == answers[1].raw
    assert answers[1].headers["Idempotent-Replayed"] == "true"


async def test_str_04_who_cannot_pay_is_told_nothing_that_lets_them_in(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=9)
    id = await a_stream(server.world, jane.id, price=10)

    answer = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert (answer.status, answer.code) == (402, "INSUFFICIENT_FUNDS")
    for word in (b"stun", b"turn", b"stream:", b"credential"):
        assert word not in answer.raw
        assert word not in (await server.api("GET", f"/streams/{id}", token=john.token)).raw
    assert (await read(server, id))["viewerCount"] == 0


@pytest.mark.parametrize("state", [IDLE, ENDED])
async def test_nobody_pays_for_a_stream_that_is_not_on(server: Served, state: StreamState) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=25)
    id = await a_stream(server.world, jane.id, price=10, state=state)

    answer = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert (answer.status, answer.code) == (409, "STREAM_NOT_LIVE")
    assert (await server.world.wallet(john.id)).balance == 25


async def test_the_host_joins_for_nothing_and_does_not_count(server: Served) -> None:
    jane = await creator(server)
    id = await a_stream(server.world, jane.id, price=10, state=IDLE)

    answer = await server.api("POST", f"/streams/{id}/join", token=jane.token)

    assert (answer.status, answer.json["tokensPaid"], answer.json["expiresAt"]) == (200, 0, None)
    assert answer.json["iceServers"] == [STUN, turn(jane.id, server)]
    await set_state(server, id, "live", jane)
    assert (await read(server, id))["viewerCount"] == 0


async def test_a_banned_hosts_stream_cannot_be_joined(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=25)
    id = await a_stream(server.world, jane.id, price=10)
    await server.world.execute(BanUser(jane.id), by=OPERATOR)

    assert (await server.api("POST", f"/streams/{id}/join", token=john.token)).status == 404


async def test_str_05_a_viewer_counts_once_for_as_long_as_they_are_heard_of(server: Served) -> None:
    jane, john, world = await creator(server), await server.guest("john"), server.world
    id = await a_stream(world, jane.id, session=session_id(jane.token))
    await asyncio.gather(*(server.api("POST", f"/streams/{id}/join", token=john.token) for _ in range(20)))
    other_session = await server.token("john")
    await server.api("POST", f"/streams/{id}/join", token=other_session)
    assert (await read(server, id))["viewerCount"] == 1

    for _ in range(4):
        world.clock.advance(seconds=15)
        await server.api("POST", f"/streams/{id}/heartbeat", token=jane.token)
        answer = await server.api("POST", f"/streams/{id}/heartbeat", token=john.token)
        assert answer.json == {
            "streamId": id,
            "state": "live",
            "expiresAt": moment(world.clock.now() + timedelta(seconds=45)),
        }
    assert (await read(server, id))["viewerCount"] == 1

    world.clock.advance(seconds=45)
    assert (await read(server, id))["viewerCount"] == 0
    late = await server.api("POST", f"/streams/{id}/heartbeat", token=john.token)
    assert (late.status, late.code) == (409, "NOT_JOINED")
    await world.execute(ForgetViewers(), by=OPERATOR)
    await server.api("POST", f"/streams/{id}/join", token=john.token)
    assert (await read(server, id))["viewerCount"] == 1


async def test_who_leaves_counts_no_longer_and_may_leave_twice(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    id = await a_stream(server.world, jane.id)
    await server.api("POST", f"/streams/{id}/join", token=john.token)

    answers = [await server.api("POST", f"/streams/{id}/leave", token=john.token) for _ in range(2)]

    assert [(answer.status, answer.raw) for answer in answers] == [(204, b"")] * 2
    assert (await read(server, id))["viewerCount"] == 0


async def test_nobody_watches_more_than_ten_at_once(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    streams = [await a_stream(server.world, jane.id) for _ in range(11)]
    answers = [await server.api("POST", f"/streams/{id}/join", token=john.token) for id in [*streams, streams[0]]]

    assert [answer.status for answer in answers] == [200] * 10 + [409, 200]
    assert answers[10].code == "WATCHES_TOO_MANY"


# ---- heartbeats of the host


async def test_a_host_who_falls_silent_freezes_the_stream_and_comes_back(server: Served) -> None:
    jane, world = await creator(server), server.world
    id = await a_stream(world, jane.id, session=session_id(jane.token))
    beat = await server.api("POST", f"/streams/{id}/heartbeat", token=jane.token)
    assert beat.json == {
        "streamId": id,
        "state": "live",
        "expiresAt": moment(world.clock.now() + timedelta(seconds=15)),
    }
    world.clock.advance(seconds=15)
    await world.execute(LapseStream(id), by=OPERATOR)
    stream = await read(server, id)
    assert (stream["state"], stream["reason"]) == ("frozen", "host_lost")

    back = await server.api("POST", f"/streams/{id}/heartbeat", token=jane.token)

    assert back.json["state"] == "live"
    assert (await read(server, id))["reason"] is None


@pytest.mark.parametrize("state", [IDLE, ENDED])
async def test_a_stream_that_is_not_on_has_no_heartbeat(server: Served, state: StreamState) -> None:
    jane, john = await creator(server), await server.guest("john")
    id = await a_stream(server.world, jane.id, state=state)

    for who in (jane, john):
        answer = await server.api("POST", f"/streams/{id}/heartbeat", token=who.token)
        assert (answer.status, answer.code) == (409, "STREAM_NOT_LIVE")


async def test_of_two_sessions_of_a_host_one_sends(server: Served) -> None:
    jane, world = await creator(server), server.world
    id = await a_stream(world, jane.id, session=session_id(jane.token))
    other = await server.token("creator42")

    refused = await server.api("POST", f"/streams/{id}/heartbeat", token=other)
    assert (refused.status, refused.code) == (409, "LEASE_HELD")
    world.clock.advance(seconds=10)
    assert (await server.api("POST", f"/streams/{id}/heartbeat", token=other)).status == 200
    assert (await server.api("POST", f"/streams/{id}/heartbeat", token=jane.token)).code == "LEASE_HELD"
    ended = await set_state(server, id, "ended", jane)
    assert ended.status == 200


async def test_who_is_blocked_is_let_in_nowhere_and_told_nothing_that_lets_them_in(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=25)
    id = await a_stream(server.world, jane.id, price=10)
    server.world.blocks.pairs.append({john.id, jane.id})

    answer = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert (answer.status, answer.code) == (403, "BLOCKED")
    for word in (b"stun", b"turn", b"stream:"):
        assert word not in answer.raw
    assert (await server.world.wallet(john.id)).balance == 25
