"""Somebody else keeps a wallet locked: only those who need that wallet wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.clock import SystemClock
from adapters.ids import SystemIds
from adapters.memory.passwords import QuickPasswords
from adapters.payments.fake import FakeGateway
from adapters.sql import migrate, writer
from adapters.stores import make_store
from platform_core import Platform
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.secret import Secret
from platform_core.ledger.ports import wallet
from platform_core.wallet.balance import CreditWallet, ShowWallet
from platform_core.wallet.tips import SendTip, TipContext

OPERATOR = Actor.operator()


@pytest.fixture
async def platform(postgres_url: str) -> AsyncIterator[Platform]:
    migrate.upgrade(postgres_url)
    clock = SystemClock()
    store = make_store(postgres_url)
    await store.open()
    gateway = FakeGateway(secret=b"locks", clock=clock)
    yield Platform(store=store, clock=clock, ids=SystemIds(), passwords=QuickPasswords(), gateway=gateway)
    await store.close()


async def _fan(platform: Platform, name: str, tokens: int) -> Actor:
    opened = await platform.execute(Register(f"{name}@example.com", name, Secret("correct horse")), by=ANONYMOUS)
    await platform.execute(CreditWallet(opened.user, tokens), by=OPERATOR)
    return Actor(opened.user, Role.VIEWER, Via.SESSION)


async def test_a_locked_wallet_delays_its_own_tips_and_nobody_elses(
    platform: Platform, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long this test takes, the one who waits does not give up.
    monkeypatch.setattr(writer, "PATIENCE", 600.0)
    creator, stuck, *fans = [await _fan(platform, name, 100) for name in ("creator", "stuck", "ann", "ben", "cat")]
    other = await asyncpg.connect(postgres_url)
    lock = other.transaction()
    await lock.start()
    await other.execute("SELECT * FROM accounts WHERE id = $1 FOR UPDATE", wallet(stuck.id))

    waiting = asyncio.ensure_future(platform.execute(SendTip(creator.id, 1, TipContext.STREAM), by=stuck))
    for _ in range(20):
        await asyncio.gather(*(platform.execute(SendTip(creator.id, 1, TipContext.STREAM), by=fan) for fan in fans))

    assert not waiting.done()
    await lock.rollback()
    assert (await waiting).balance == 99
    await other.close()
    assert (await platform.execute(ShowWallet(creator.id), by=OPERATOR)).balance == 161


async def test_who_waits_too_long_is_told_that_nothing_was_written(platform: Platform, postgres_url: str) -> None:
    creator, stuck = [await _fan(platform, name, 100) for name in ("creator", "stuck")]
    other = await asyncpg.connect(postgres_url)
    lock = other.transaction()
    await lock.start()
    await other.execute("SELECT * FROM accounts WHERE id = $1 FOR UPDATE", wallet(stuck.id))

    with pytest.raises(Unavailable) as refusal:
        await platform.execute(SendTip(creator.id, 1, TipContext.STREAM), by=stuck)

    assert refusal.value.retry_after == 1
    await lock.rollback()
    await other.close()
    assert (await platform.execute(ShowWallet(creator.id), by=OPERATOR)).balance == 100
    assert (await platform.verify()).fault is None
