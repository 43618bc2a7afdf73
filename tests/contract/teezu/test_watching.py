"""What Teezu answers about watching live streams, and about the heartbeats of those who send and watch."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract.teezu.streaming import STUN, creator, read, set_state, turn
from entrypoints.http.kit.rows import moment
from platform_core.identity.sessions import session_id
from platform_core.identity.staff import BanUser
from platform_core.streams.stream import StreamState
from platform_core.streams.upkeep import ForgetViewers, LapseStream
from support.streams import a_stream
from support.world import OPERATOR
from unit.http.served import Served

IDLE, LIVE, FROZEN, ENDED = StreamState


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


async def test_who_is_blocked_while_they_watch_soon_counts_no_longer(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    id = await a_stream(server.world, jane.id)
    await server.api("POST", f"/streams/{id}/join", token=john.token)
    await server.api("POST", "/messages/blocks", {"userId": john.id}, token=jane.token)

    server.world.clock.advance(seconds=15)
    beat = await server.api("POST", f"/streams/{id}/heartbeat", token=john.token)
    assert (beat.status, beat.code) == (403, "BLOCKED")

    server.world.clock.advance(seconds=30)
    assert (await read(server, id))["viewerCount"] == 0


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
    await server.api("POST", "/messages/blocks", {"userId": john.id}, token=jane.token)

    answer = await server.api("POST", f"/streams/{id}/join", token=john.token)

    assert (answer.status, answer.code) == (403, "BLOCKED")
    for word in (b"stun", b"turn", b"stream:"):
        assert word not in answer.raw
    assert (await server.world.wallet(john.id)).balance == 25
