"""Streams as whoever embeds the core sees them: rooms, what is told, and what the worker does by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.memory import memory_platform
from entrypoints.worker import Worker
from platform_core.identity.access import Register
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS, Actor, Role
from platform_core.kernel.errors import (
    AccountFrozen,
    Conflict,
    Forbidden,
    InsufficientFunds,
    Invalid,
    NotFound,
    Unauthenticated,
)
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from platform_core.messaging.blocks import BlockUser
from platform_core.streams.audience import RENEWED, WATCHING, Viewer
from platform_core.streams.broadcasting import CreateStream, ListStreams, SetStreamState
from platform_core.streams.ports import room
from platform_core.streams.stream import FIRST_BEAT, GRACE, IDLE_LIFETIME, LAPSE, StreamNotLive, StreamState
from platform_core.streams.upkeep import DueStreams, ForgetViewers, LapseStream, StopStream, StopStreamsOf
from platform_core.streams.watching import Beat, Blocked, EnterRoom, EntryRequired, JoinStream, LeaveStream, NotJoined
from support.builders import codes
from support.interleaving import InterleavedStore, at_once
from support.streams import a_host, a_stream, join, seen
from support.world import OPERATOR, Person, World, memory_world

IDLE, LIVE, FROZEN, ENDED = StreamState


@pytest.fixture
def world() -> World:
    return memory_world()


@pytest.fixture
async def host(world: World) -> Person:
    return await a_host(world)


@pytest.fixture
def told(world: World) -> list[Event]:
    """Every event of streams, once `world.relay.drain()` has run."""
    heard: list[Event] = []

    async def hear(envelope: Envelope) -> None:
        if envelope.event.name.startswith("streams."):
            heard.append(envelope.event)

    world.on(Event, hear)
    return heard


def names(events: list[Event]) -> list[str]:
    return [event.name.removeprefix("streams.") for event in events]


def test_it_needs_no_event_loop() -> None:
    platform = memory_platform()
    jane = platform.run(Register("jane@example.org", "jane", Secret("correct horse"), Role.CREATOR), by=ANONYMOUS)
    by = platform.actor(jane.token)
    made = platform.run(CreateStream("Evening show"), by=by)

    assert platform.run(SetStreamState(made.stream, LIVE), by=by).started_at == platform.clock.now()
    assert made.ice_servers == ()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR, Role.ADMIN])
async def test_only_creators_and_providers_make_streams(world: World, role: Role) -> None:
    somebody = await world.person("somebody", role=role)

    with pytest.raises(Forbidden):
        await world.execute(CreateStream("x"), by=somebody.actor)
    with pytest.raises(Unauthenticated):
        await world.execute(CreateStream("x"), by=ANONYMOUS)


async def test_a_show_is_told_from_its_beginning_to_its_end(world: World, host: Person, told: list[Event]) -> None:
    anna = await world.person("anna", 10)
    stream = await a_stream(world, host.id, price=10)
    await join(world, stream, anna)
    await world.execute(LeaveStream(stream), by=anna.actor)
    await world.execute(SetStreamState(stream, ENDED), by=host.actor)
    await world.relay.drain()

    assert names(told) == ["created", "started", "entry_paid", "viewer_joined", "viewer_left", "ended"]


# ---- rooms


async def test_a_premium_room_is_for_its_host_and_for_those_who_have_paid(world: World, host: Person) -> None:
    anna = await world.person("anna", 10)
    stream = await a_stream(world, host.id, price=10)

    with pytest.raises(EntryRequired):
        await world.execute(EnterRoom(stream), by=anna.actor)
    await join(world, stream, anna)
    for who in (host, anna):
        access = await world.execute(EnterRoom(stream), by=who.actor)
        assert (access.room, access.state, access.host) == (room(stream), LIVE, host.id)
    with pytest.raises(Unauthenticated):
        await world.execute(EnterRoom(stream), by=ANONYMOUS)
    with pytest.raises(NotFound):
        await world.execute(EnterRoom("str_nothing"), by=anna.actor)


async def test_a_room_opens_for_its_host_first_and_closes_for_all(world: World, host: Person) -> None:
    anna = await world.person("anna")
    stream = await a_stream(world, host.id, state=IDLE)

    assert (await world.execute(EnterRoom(stream), by=host.actor)).state is IDLE
    with pytest.raises(StreamNotLive):
        await world.execute(EnterRoom(stream), by=anna.actor)
    await world.execute(SetStreamState(stream, LIVE), by=host.actor)
    assert (await world.execute(EnterRoom(stream), by=anna.actor)).state is LIVE
    await world.execute(SetStreamState(stream, ENDED), by=host.actor)
    for who in (host, anna):
        with pytest.raises(StreamNotLive):
            await world.execute(EnterRoom(stream), by=who.actor)


# ---- entry


async def test_entry_is_remembered_when_the_stream_freezes_and_goes_on(world: World, host: Person) -> None:
    anna = await world.person("anna", 10)
    stream = await a_stream(world, host.id, price=10)
    await join(world, stream, anna)
    world.clock.advance(hours=1)
    await world.execute(SetStreamState(stream, FROZEN), by=host.actor)

    assert (await join(world, stream, anna)).paid == 0


async def test_each_stream_is_paid_for_by_itself(world: World, host: Person) -> None:
    anna = await world.person("anna", 15)
    one, two = [await a_stream(world, host.id, price=10) for _ in range(2)]
    await join(world, one, anna)

    with pytest.raises(InsufficientFunds):
        await join(world, two, anna)
    assert (await world.wallet(anna.id)).balance == 5
    assert (await seen(world, two)).viewers == 0


async def test_held_tokens_do_not_pay_for_entry_and_are_in_the_balance(world: World, host: Person) -> None:
    anna = await world.person("anna", 25)
    await world.hold(anna, 10)
    one, two = [await a_stream(world, host.id, price=10) for _ in range(2)]

    assert (await join(world, one, anna)).balance == 15
    with pytest.raises(InsufficientFunds):
        await join(world, two, anna)


async def test_the_banned_do_not_pay_and_are_not_paid(world: World, host: Person) -> None:
    anna, ben = await world.person("anna", 10), await world.person("benn", 10)
    stream = await a_stream(world, host.id, price=10)
    await world.execute(BanUser(anna.id), by=OPERATOR)
    with pytest.raises(AccountFrozen):
        await join(world, stream, anna)
    await world.execute(BanUser(host.id), by=OPERATOR)
    for command in (JoinStream(stream), EnterRoom(stream)):
        with pytest.raises(NotFound):
            await world.execute(command, by=ben.actor)


async def test_a_ban_ends_what_the_host_shows_and_leaves_the_rest(world: World, host: Person) -> None:
    idle, live, frozen, ended = [await a_stream(world, host.id, state=state) for state in StreamState]
    other = await a_stream(world, (await a_host(world, "other")).id)
    await world.execute(BanUser(host.id), by=OPERATOR)
    await Worker(world).once()

    views = [await seen(world, stream) for stream in (idle, live, frozen, ended, other)]
    assert [(view.state, view.reason) for view in views] == [
        (IDLE, None),
        (ENDED, "moderation"),
        (ENDED, "moderation"),
        (ENDED, "host"),
        (LIVE, None),
    ]
    assert await world.execute(StopStreamsOf(host.id), by=OPERATOR) == 0


@pytest.mark.parametrize("price", [0, 10])
async def test_between_the_blocked_nobody_is_let_in_and_nobody_pays(world: World, host: Person, price: int) -> None:
    anna, ben = await world.person("anna", 10), await world.person("benn", 10)
    stream = await a_stream(world, host.id, price=price)
    await world.execute(BlockUser(anna.id), by=host.actor)

    for command in (JoinStream(stream), EnterRoom(stream)):
        with pytest.raises(Blocked):
            await world.execute(command, by=anna.actor)
    assert (await world.wallet(anna.id)).balance == 10
    assert (await join(world, stream, ben)).paid == price
    assert (await world.execute(EnterRoom(stream), by=host.actor)).sends


@pytest.mark.parametrize("seed", range(25))
async def test_joins_that_meet_in_any_order_pay_and_count_once(seed: int) -> None:
    world = World(InterleavedStore(seed))
    host, anna = await a_host(world), await world.person("anna", 100)
    stream = await a_stream(world, host.id, price=10)
    results = await at_once(
        join(world, stream, anna),
        world.execute(Beat(stream), by=host.actor),
        join(world, stream, anna),
        world.tip(anna, host, 1),
        world.execute(LeaveStream(stream), by=anna.actor),
        join(world, stream, anna),
    )

    assert codes(results) == ["ok"] * 6
    assert (await world.wallet(anna.id)).balance == 89
    assert (await seen(world, stream)).viewers <= 1
    await world.verified()


# ---- viewers


async def test_a_viewer_who_calls_all_the_time_is_written_no_more_often(world: World, host: Person) -> None:
    anna = await world.person("anna")
    stream = await a_stream(world, host.id)
    await join(world, stream, anna)

    async def version() -> int:
        [viewer] = await world.store.find(Select(Viewer))
        return viewer.version

    for _ in range(10):
        await world.execute(Beat(stream), by=anna.actor)
        await join(world, stream, anna)
    assert await version() == 1
    world.clock.advance(seconds=RENEWED.total_seconds() + 1)
    await world.execute(Beat(stream), by=anna.actor)
    assert await version() == 2


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_viewer_who_was_silent_joins_again_and_is_told_of_again(
    world: World, host: Person, told: list[Event], forgotten: bool
) -> None:
    anna = await world.person("anna")
    stream = await a_stream(world, host.id)
    await join(world, stream, anna)
    world.clock.advance(seconds=WATCHING.total_seconds())
    with pytest.raises(NotJoined):
        await world.execute(Beat(stream), by=anna.actor)
    assert await world.execute(ForgetViewers(limit=10 if forgotten else 0), by=OPERATOR) == forgotten
    await join(world, stream, anna)
    await world.relay.drain()

    expected = ["created", "started", "viewer_joined", *(["viewer_left"] if forgotten else []), "viewer_joined"]
    assert names(told) == expected
    assert (await seen(world, stream)).viewers == 1


# ---- what happens by itself


async def test_the_worker_moves_a_stream_whose_host_is_gone(world: World, host: Person, told: list[Event]) -> None:
    stream, anna = await a_stream(world, host.id), await world.person("anna")
    await join(world, stream, anna)
    await world.execute(Beat(stream), by=host.actor)
    worker = Worker(world)

    async def after(time: timedelta) -> tuple[StreamState, str | None]:
        world.clock.advance(seconds=time.total_seconds())
        await worker.once()
        view = await seen(world, stream)
        return view.state, view.reason

    assert await after(LAPSE - timedelta(microseconds=1)) == (LIVE, None)
    assert await after(timedelta(microseconds=1)) == (FROZEN, "host_lost")
    assert await after(GRACE - LAPSE - timedelta(microseconds=1)) == (FROZEN, "host_lost")
    assert await after(timedelta(microseconds=1)) == (ENDED, "host_lost")
    assert await after(timedelta(days=365)) == (ENDED, "host_lost")
    assert await world.store.find(Select(Viewer)) == []
    await world.relay.drain()
    assert names(told) == ["created", "started", "viewer_joined", "frozen", "viewer_left", "ended"]


async def test_the_worker_forgets_an_idle_stream_nobody_started_and_lists_it_nowhere(
    world: World, host: Person
) -> None:
    stream = await a_stream(world, host.id, state=IDLE)
    world.clock.advance(seconds=IDLE_LIFETIME.total_seconds())
    await Worker(world).once()

    assert (await seen(world, stream)).reason == "expired"
    assert (await world.execute(ListStreams(ENDED), by=ANONYMOUS)).total == 0


async def test_more_than_a_batch_is_worked_off(world: World, host: Person) -> None:
    streams = [await a_stream(world, host.id) for _ in range(100)]
    other = await a_host(world, "other")
    streams += [await a_stream(world, other.id) for _ in range(50)]
    world.clock.advance(seconds=FIRST_BEAT.total_seconds())
    await Worker(world).once()

    assert (await world.execute(ListStreams(FROZEN), by=ANONYMOUS)).total == len(streams)


async def test_an_operator_ends_a_stream_once(world: World, host: Person) -> None:
    stream = await a_stream(world, host.id)

    assert (await world.execute(StopStream(stream), by=OPERATOR)).state is ENDED
    with pytest.raises(Conflict):
        await world.execute(StopStream(stream), by=OPERATOR)
    assert (await seen(world, stream)).reason == "operator"


SYSTEM_ONLY: list[Callable[[str], object]] = [
    lambda stream: DueStreams(),
    LapseStream,
    StopStream,
    StopStreamsOf,
    lambda stream: ForgetViewers(),
]


@pytest.mark.parametrize("make", SYSTEM_ONLY)
async def test_what_the_platform_does_by_itself_nobody_else_does(world: World, host: Person, make: object) -> None:
    assert callable(make)
    with pytest.raises(Forbidden):
        await world.execute(make(await a_stream(world, host.id)), by=host.actor)


async def test_lists_are_asked_for_properly(world: World) -> None:
    for query in (ListStreams(IDLE), ListStreams(limit=0)):
        with pytest.raises(Invalid):
            await world.execute(query, by=ANONYMOUS)


async def test_operators_watch_nothing(world: World, host: Person) -> None:
    with pytest.raises(Forbidden):
        await world.execute(JoinStream(await a_stream(world, host.id)), by=Actor.operator())
