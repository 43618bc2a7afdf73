"""What every store tells operators: what waits, what the books sum up to, how busy it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.memory.store import MemoryStore
from adapters.testing import START
from entrypoints.metrics.metrics import Loaded
from platform_core.kernel.changes import Changes
from platform_core.kernel.events import Backlog
from platform_core.kernel.journal import Account
from platform_core.platform import Storage
from support.builders import a_wallet, an_entry, an_envelope, opening


async def test_the_outbox_tells_how_much_waits_and_since_when(store: Storage) -> None:
    assert await store.outbox.backlog() == Backlog(0, 0, None)

    await store.commit(Changes(events=tuple(an_envelope(subject) for subject in ("a", "b", "c"))))
    claimed = await store.outbox.claim("w", now=START, lease=60, limit=1)
    await store.outbox.failed(claimed[0].position, error="no", retry_at=None)
    assert await store.outbox.backlog() == Backlog(2, 1, START)

    [second] = await store.outbox.claim("w", now=START + timedelta(seconds=1), lease=60, limit=1)
    await store.outbox.failed(second.position, error="no", retry_at=START + timedelta(hours=1))
    assert await store.outbox.backlog() == Backlog(2, 1, START)


async def test_all_balances_of_a_currency_sum_to_zero(store: Storage) -> None:
    assert await store.totals() == {}

    anna, ben = a_wallet("usr_anna"), a_wallet("usr_ben")
    euros = [Account.of(purpose, "sys", "EUR", floor=None) for purpose in ("bank", "sales")]
    await store.commit(opening(anna, ben, tokens=10**15))
    sale = an_entry("txn_sale", (euros[0], -999), (euros[1], 999))
    await store.commit(Changes(opened=tuple(euros), entries=(sale,)))

    assert await store.totals() == {"TZT": 0, "EUR": 0}
    async with store.snapshot() as snapshot:
        assert await snapshot.totals() == {"TZT": 0, "EUR": 0}


async def test_a_store_that_commits_in_batches_tells_how_large_they_are(store: Storage) -> None:
    if isinstance(store, MemoryStore):
        assert not isinstance(store, Loaded)
        return
    assert isinstance(store, Loaded)
    batches: list[tuple[int, int]] = []
    store.on_batch(lambda units: batches.append((units, store.load().waiting)))

    units = [store.commit(Changes(events=(an_envelope(f"s{n}"),))) for n in range(20)]
    committing = asyncio.gather(*units)
    in_use = []
    while not committing.done():
        in_use.append(store.load().in_use)
        await asyncio.sleep(0)
    await committing
    idle = store.load()

    assert sum(count for count, _ in batches) == 20
    assert batches[0][0] + batches[0][1] == 20
    assert max(in_use) == 1
    assert (idle.waiting, idle.in_use) == (0, 0)
    assert idle.most > 1
