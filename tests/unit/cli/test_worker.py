"""The background loops, on the store in memory and a clock of their own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.ids import SystemIds
from adapters.memory.passwords import QuickPasswords
from adapters.memory.store import MemoryStore
from adapters.sql.store import SqlStore
from entrypoints import container
from entrypoints.cli.database import prepare
from entrypoints.gateways import NoPayments
from entrypoints.settings import Settings
from entrypoints.worker import Worker
from entrypoints.worker.purge import purge
from platform_core.identity.access import Login, Register
from platform_core.identity.families import LONGEST, RefreshFamily
from platform_core.identity.guesses import Guesses
from platform_core.identity.sessions import LIFETIME, Session
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import StoredRefusal, Unauthenticated
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from platform_core.platform import Platform
from platform_core.wallet.balance import CreditWallet, PlaceHold, ShowWallet

OPERATOR = Actor.operator("test")
PASSWORD = Secret("correct horse battery")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: int) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(clock: Clock) -> Platform:
    return Platform(store=MemoryStore(), clock=clock, ids=SystemIds(), passwords=QuickPasswords(), gateway=NoPayments())


async def registered(platform: Platform) -> str:
    """The id of a new user with 100 tokens."""
    opened = await platform.execute(Register("ada@example.com", "ada", PASSWORD), by=ANONYMOUS)
    await platform.execute(CreditWallet(opened.user, 100), by=OPERATOR)
    return opened.user


async def test_it_expires_holds_at_their_deadline_and_not_before(platform: Platform, clock: Clock) -> None:
    user = await registered(platform)
    for _ in range(3):
        await platform.execute(PlaceHold(user, 10, "x", seconds=60), by=OPERATOR)
    worker = Worker(platform)

    clock.advance(seconds=59)
    await worker.once()
    assert (await platform.execute(ShowWallet(user), by=OPERATOR)).held == 30

    clock.advance(seconds=1)
    await worker.once()
    assert (await platform.execute(ShowWallet(user), by=OPERATOR)).held == 0
    assert (await platform.verify()).fault is None


async def test_it_forgets_ended_sessions_and_old_guesses_and_nothing_else(platform: Platform, clock: Clock) -> None:
    await registered(platform)
    with pytest.raises(Unauthenticated):
        await platform.execute(Login("nobody@example.com", PASSWORD), by=ANONYMOUS)
    family = RefreshFamily.begin(session="ses_1", user="usr_1", secret="one", now=clock.now())
    await platform.store.commit(Changes(added=(family,)))
    worker = Worker(platform)

    await worker.once()
    assert len(await platform.store.find(Select(Session))) == 1
    assert len(await platform.store.find(Select(Guesses))) == 1

    clock.advance(seconds=int(LIFETIME.total_seconds()))
    await worker.once()
    assert await platform.store.find(Select(Session)) == []
    assert await platform.store.find(Select(Guesses)) == []
    assert len(await platform.store.find(Select(RefreshFamily))) == 1

    clock.advance(seconds=int((LONGEST - LIFETIME).total_seconds()))
    await worker.once()
    assert await platform.store.find(Select(RefreshFamily)) == []


async def test_a_nudge_delivers_at_once(platform: Platform) -> None:
    delivered = asyncio.Event()

    async def take(_: Envelope) -> None:
        delivered.set()

    platform.on(Event, take)
    worker = Worker(platform, deliver_every=3600)
    stop = asyncio.Event()
    running = asyncio.ensure_future(worker.run(stop))
    await asyncio.sleep(0)
    await registered(platform)

    worker.nudge()
    await asyncio.wait_for(delivered.wait(), 60)

    stop.set()
    await asyncio.wait_for(running, 60)


async def test_a_loop_that_fails_stops_no_other(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Worker):
        async def purge(self) -> bool:
            raise RuntimeError("no purge today")

        async def expire_holds(self) -> bool:
            raise RuntimeError("no sweep today")

    def failures() -> set[str]:
        return {str(record.exc_info[1]) for record in caplog.records if record.exc_info}

    delivered = asyncio.Event()

    async def take(_: Envelope) -> None:
        delivered.set()

    platform.on(Event, take)
    stop = asyncio.Event()
    running = asyncio.ensure_future(Broken(platform, deliver_every=0.01, sweep_every=0.01, purge_every=0.01).run(stop))
    await registered(platform)
    async with asyncio.timeout(60):
        while not failures() >= {"no purge today", "no sweep today"}:  # noqa: ASYNC110  # a record is no event
            await asyncio.sleep(0.01)

    await asyncio.wait_for(delivered.wait(), 60)

    stop.set()
    await asyncio.wait_for(running, 60)


async def test_in_a_database_it_forgets_old_keys_and_ended_windows(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/x.db", secret_key="x" * 32, webhook_secret="y" * 32)
    prepare(settings)
    async with container.running(settings) as platform:
        store = platform.store
        assert isinstance(store, SqlStore)
        user = await registered(platform)
        await platform.execute(CreditWallet(user, 1), by=OPERATOR, key="once")
        assert (await store.windows.count("auth:ip 192.0.2.1", seconds=3600))[0] == 1

        await purge(store, platform.clock.now())
        assert (await store.windows.count("auth:ip 192.0.2.1", seconds=3600))[0] == 2
        assert (await platform.perform(CreditWallet(user, 1), by=OPERATOR, key="once")).replayed

        await purge(store, platform.clock.now() + timedelta(days=31))
        with pytest.raises(StoredRefusal, match="too long ago"):
            await platform.perform(CreditWallet(user, 1), by=OPERATOR, key="once")
