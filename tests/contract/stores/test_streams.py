"""Streams on every store: what meets at once ends one way, and nobody pays or counts twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from itertools import pairwise
from typing import Any

from attrs import evolve

from platform_core.identity.staff import BanUser
from platform_core.kernel.select import Select, Where
from platform_core.ledger.fees import FeePolicy
from platform_core.platform import Storage
from platform_core.streams.broadcasting import SetStreamState
from platform_core.streams.entry import Admission
from platform_core.streams.stream import FIRST_BEAT, HOST_MOVES, LEASE, Stream, StreamState
from platform_core.streams.upkeep import DueStreams, ForgetViewers, LapseStream, StopStream
from platform_core.streams.watching import Beat, EnterRoom, LeaveStream
from support.builders import codes, counted
from support.streams import a_host, a_stream, join, seen
from support.world import OPERATOR, World

IDLE, LIVE, FROZEN, ENDED = StreamState


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """What comes of acts begun together."""
    results: list[Any] = await asyncio.gather(*acts, return_exceptions=True)
    return results


async def told(world: World, stream: str) -> list[str]:
    """The names of the stream's events, in their order."""
    names = []
    now = world.clock.now()
    while batch := await world.store.outbox.claim("test", now=now, lease=0, limit=1000):
        names += [envelope.event.name for envelope in batch if envelope.subject == stream]
        await world.store.outbox.delivered([envelope.position for envelope in batch])
    return names


async def test_str_02_of_fifty_who_start_it_one_does(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id, state=IDLE)
    results = await at_once(*(world.execute(SetStreamState(stream, LIVE), by=host.actor) for _ in range(50)))

    assert counted(results) == {"INVALID_TRANSITION": 49, "ok": 1}
    assert (await told(world, stream)).count("streams.started") == 1


async def test_str_02_fifty_different_moves_at_once_are_one_legal_path(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id, state=IDLE)
    wanted = [[LIVE, FROZEN, LIVE, ENDED, IDLE][i % 5] for i in range(50)]
    results = await at_once(*(world.execute(SetStreamState(stream, state), by=host.actor) for state in wanted))

    assert counted(results).keys() <= {"ok", "INVALID_TRANSITION", "UNAVAILABLE"}
    states = {"streams.started": LIVE, "streams.resumed": LIVE, "streams.frozen": FROZEN, "streams.ended": ENDED}
    path = [IDLE, *(states[name] for name in await told(world, stream) if name in states)]
    assert all(new in HOST_MOVES.moves[old] for old, new in pairwise(path)), path
    assert len(path) == 1 + codes(results).count("ok")
    assert (await seen(world, stream)).state is path[-1]


async def test_a_heartbeat_and_a_lapse_at_once_leave_a_stream_whose_host_is_there(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id)
    world.clock.advance(seconds=FIRST_BEAT.total_seconds())
    assert await world.execute(DueStreams(), by=OPERATOR) == [stream]
    results = await at_once(
        *(world.execute(LapseStream(stream), by=OPERATOR) for _ in range(5)),
        *(world.execute(Beat(stream), by=host.actor) for _ in range(5)),
    )

    assert codes(results[5:]) == ["ok"] * 5
    assert codes(results[:5]).count("ok") <= 1
    assert (await seen(world, stream)).state is LIVE
    assert await world.execute(DueStreams(), by=OPERATOR) == []


async def test_an_end_and_heartbeats_at_once_leave_it_ended_once(world: World) -> None:
    host, anna = await a_host(world), await world.person("anna")
    stream = await a_stream(world, host.id)
    await join(world, stream, anna)
    results = await at_once(
        *(world.execute(Beat(stream), by=host.actor) for _ in range(5)),
        world.execute(SetStreamState(stream, ENDED), by=host.actor),
        *(world.execute(Beat(stream), by=who.actor) for who in (host, anna) for _ in range(5)),
        world.execute(StopStream(stream), by=OPERATOR),
    )

    ends = codes([results[5], results[-1]])
    assert sorted(ends) == ["INVALID_TRANSITION", "ok"]
    assert counted(results).keys() <= {"ok", "STREAM_NOT_LIVE", "INVALID_TRANSITION"}
    view = await seen(world, stream)
    assert (view.state, view.reason) == (ENDED, "host" if ends[0] == "ok" else "operator")
    assert (await told(world, stream)).count("streams.ended") == 1
    world.clock.advance(hours=1)
    assert await world.execute(DueStreams(), by=OPERATOR) == []


async def test_sessions_that_send_a_stream_at_once_are_one_sender(world: World) -> None:
    host = await a_host(world)
    sessions = [evolve(host.actor, session=f"ses_{i}") for i in range(10)]
    stream = await a_stream(world, host.id)
    world.clock.advance(seconds=LEASE.total_seconds())
    results = await at_once(*(world.execute(Beat(stream), by=session) for session in sessions))

    assert counted(results) == {"LEASE_HELD": 9, "ok": 1}
    sender = sessions[codes(results).index("ok")]
    for session in sessions:
        assert (await world.execute(EnterRoom(stream), by=session)).sends == (session is sender)


async def test_joins_of_one_premium_stream_at_once_are_paid_once(world: World) -> None:
    host, anna = await a_host(world), await world.person("anna", 100)
    stream = await a_stream(world, host.id, price=10)
    results = await at_once(*(join(world, stream, anna) for _ in range(20)))

    assert counted(results) == {"ok": 20}
    assert sorted(result.paid for result in results) == [0] * 19 + [10]
    assert ((await world.wallet(anna.id)).balance, (await world.wallet(host.id)).balance) == (90, 10)
    assert len(await world.store.find(Select(Admission))) == 1
    assert (await seen(world, stream)).viewers == 1
    names = await told(world, stream)
    assert (names.count("streams.entry_paid"), names.count("streams.viewer_joined")) == (1, 1)
    await world.verified()


async def test_entry_under_two_keys_at_once_is_paid_once_and_each_key_keeps_its_answer(world: World) -> None:
    host, anna = await a_host(world), await world.person("anna", 100)
    stream = await a_stream(world, host.id, price=10)
    results = await at_once(*(join(world, stream, anna, key) for key in ("one", "two") for _ in range(5)))

    assert counted(results) == {"ok": 10}
    paid = [[result.paid for result in results[:5]], [result.paid for result in results[5:]]]
    assert sorted(paid) == [[0] * 5, [10] * 5]
    assert [(await join(world, stream, anna, key)).paid for key in ("one", "two")] == [paid[0][0], paid[1][0]]
    assert ((await world.wallet(anna.id)).balance, (await world.wallet(host.id)).balance) == (90, 10)
    assert len(await world.store.find(Select(Admission))) == 1
    await world.verified()


async def test_a_ban_and_joins_at_once_take_nobodys_tokens_after_it(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id, price=10)
    crowd = [await world.person(f"viewer{i}", 10) for i in range(10)]
    acts: list[Awaitable[Any]] = [join(world, stream, viewer) for viewer in crowd]
    acts.insert(5, world.execute(BanUser(host.id), by=OPERATOR))
    results = await at_once(*acts)
    await world.relay.drain()

    assert counted(results).keys() <= {"ok", "NOT_FOUND", "ACCOUNT_FROZEN"}
    paid = codes(results[:5] + results[6:]).count("ok")
    assert (await world.wallet(host.id)).balance == 10 * paid
    view = await seen(world, stream)
    assert (view.state, view.reason) == (ENDED, "moderation")
    await world.verified()


async def test_with_funds_for_one_of_two_streams_one_is_entered(world: World) -> None:
    host, anna = await a_host(world), await world.person("anna", 15)
    streams = [await a_stream(world, host.id, price=10) for _ in range(2)]
    results = await at_once(*(join(world, stream, anna) for stream in streams for _ in range(5)))

    spelled = codes(results)
    assert sorted((spelled[:5].count("ok"), spelled[5:].count("ok"))) == [0, 5]
    assert set(spelled) == {"ok", "INSUFFICIENT_FUNDS"}
    assert ((await world.wallet(anna.id)).balance, (await world.wallet(host.id)).balance) == (5, 10)
    assert sorted([(await seen(world, stream)).viewers for stream in streams]) == [0, 1]
    await world.verified()


async def test_many_who_join_tip_and_leave_at_once_neither_conflict_nor_lose(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id, price=3)
    crowd = [await world.person(f"viewer{i}", 20) for i in range(30)]
    acts: list[Awaitable[Any]] = []
    for viewer in crowd:
        acts += [join(world, stream, viewer), world.tip(viewer, host, 2)]
    acts.append(world.execute(Beat(stream), by=host.actor))
    results = await at_once(*acts)

    assert counted(results) == {"ok": 61}
    assert (await seen(world, stream)).viewers == 30
    assert (await world.wallet(host.id)).balance == 30 * 5
    left = await at_once(*(world.execute(LeaveStream(stream), by=viewer.actor) for viewer in crowd[:10]))
    assert counted(left) == {"ok": 10}
    assert (await seen(world, stream)).viewers == 20
    await world.verified()


async def test_who_joins_while_a_stream_ends_gets_in_or_keeps_their_tokens(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id, price=10)
    crowd = [await world.person(f"viewer{i}", 10) for i in range(10)]
    acts: list[Awaitable[Any]] = [join(world, stream, viewer) for viewer in crowd]
    acts.insert(5, world.execute(SetStreamState(stream, ENDED), by=host.actor))
    results = await at_once(*acts)

    spelled = codes(results)
    assert spelled[5] == "ok"
    joined = spelled[:5] + spelled[6:]
    assert set(joined) <= {"ok", "STREAM_NOT_LIVE"}
    assert (await world.wallet(host.id)).balance == 10 * joined.count("ok")
    names = await told(world, stream)
    assert "streams.entry_paid" not in names[names.index("streams.ended") :]
    await world.verified()


async def test_entry_pays_the_platform_its_share(store: Storage) -> None:
    world = World(store, fees=FeePolicy({"stream_entry": 1000}))
    host, anna = await a_host(world), await world.person("anna", 100)
    receipt = await join(world, await a_stream(world, host.id, price=15), anna)

    assert (receipt.paid, receipt.balance) == (15, 85)
    assert (await world.wallet(host.id)).balance == 13
    assert receipt.transaction is not None
    entry = await store.entry(receipt.transaction)
    assert entry is not None
    assert (entry.kind, sorted(posting.amount for posting in entry.postings)) == ("stream_entry", [-15, 2, 13])
    await world.verified()


async def test_a_whole_fee_leaves_the_host_nothing_and_the_books_right(store: Storage) -> None:
    world = World(store, fees=FeePolicy({"stream_entry": 10_000}))
    host, anna = await a_host(world), await world.person("anna", 1)
    await join(world, await a_stream(world, host.id, price=1), anna)

    assert (await world.wallet(host.id)).balance == 0
    await world.verified()


async def test_viewers_who_are_gone_are_forgotten_and_those_who_come_back_stay(world: World) -> None:
    host = await a_host(world)
    stream = await a_stream(world, host.id)
    crowd = [await world.person(f"viewer{i}") for i in range(5)]
    for viewer in crowd:
        await join(world, stream, viewer)
    world.clock.advance(seconds=45)
    assert (await seen(world, stream)).viewers == 0
    results = await at_once(
        *(world.execute(ForgetViewers(), by=OPERATOR) for _ in range(3)), join(world, stream, crowd[0])
    )

    assert codes(results) == ["ok"] * 4
    assert (await seen(world, stream)).viewers == 1


async def test_counts_are_those_of_the_filters_alone(world: World) -> None:
    one, two = await a_host(world, "one"), await a_host(world, "two")
    for host, state in ((one, LIVE), (one, LIVE), (two, LIVE), (two, ENDED)):
        await a_stream(world, host.id, state=state)
    live = Select(Stream, where=(Where("state", "=", LIVE),), order=("-started_at",), limit=1)

    assert await world.store.counts(live, by="host") == {one.id: 2, two.id: 1}
    assert await world.store.counts(Select(Stream), by="state") == {"live": 3, "ended": 1}
    assert await world.store.counts(Select(Stream, where=(Where("host", "=", "usr_nobody"),)), by="host") == {}
