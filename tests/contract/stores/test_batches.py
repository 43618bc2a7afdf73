"""What every store promises to units that come at the same time."""

import asyncio
from typing import Any

from adapters.testing import START
from platform_core.identity.users import User
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.select import Select
from platform_core.platform import Storage
from support.builders import BANK, a_hold, a_key, a_user, a_wallet, an_entry, an_envelope, answering, codes, opening

ANNA, BEN = a_wallet("usr_anna"), a_wallet("usr_ben")


async def together(store: Storage, *units: Changes) -> list[Any]:
    """What comes of units handed in at once."""
    results: list[Any] = await asyncio.gather(*(store.commit(unit) for unit in units), return_exceptions=True)
    return results


def payment(id: str, amount: int) -> Changes:
    """Anna pays Ben and is told what she has left."""
    entry = an_entry(id, (ANNA, -amount), (BEN, amount))
    return Changes(entries=(entry,), answer=lambda balances: balances[ANNA.id])


async def test_balances_are_those_in_the_order_of_the_commits(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    results = await together(store, *(payment(f"txn_{i}", 1) for i in range(60)))

    assert [result.answer for result in results] == list(range(99, 39, -1))
    lines = await store.statement(ANNA.id, limit=100)
    assert [line.balance for line in lines] == [*range(40, 101)]


async def test_a_unit_that_is_refused_fails_alone(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    await store.commit(Changes(added=(a_user("usr_1"), a_user("usr_2"))))
    fresh, stale = await store.get(User, "usr_1"), a_user("usr_2", version=7)
    assert fresh is not None
    fresh.bio = "saved"
    nobody = a_wallet("usr_nobody")
    units = {
        "good": payment("txn_1", 10),
        "poor": payment("txn_2", 1000),
        "good again": payment("txn_3", 10),
        "stale": Changes(saved=(stale,), entries=payment("txn_4", 10).entries),
        "taken": Changes(added=(a_user("usr_3", username="user1"),), events=(an_envelope("usr_3"),)),
        "saved": Changes(saved=(fresh,)),
        "unknown": Changes(entries=(an_entry("txn_5", (ANNA, -1), (nobody, 1)),)),
        "added": Changes(added=(a_hold(), a_user("usr_4"))),
        "added twice": Changes(added=(a_user("usr_4", username="another"),)),
        "keyed": Changes(key=a_key(), entries=payment("txn_6", 10).entries, answer=answering(1)),
        "replayed": Changes(key=a_key(), entries=payment("txn_7", 10).entries, answer=answering(2)),
        "reused": Changes(key=a_key(amount="b"), entries=payment("txn_8", 10).entries),
        "poor and keyed": Changes(key=a_key("k2"), entries=payment("txn_9", 1000).entries),
        "refused again": Changes(key=a_key("k2"), entries=payment("txn_10", 1000).entries),
        "good at last": payment("txn_11", 10),
    }

    results = await together(store, *units.values())
    assert dict(zip(units, codes(results), strict=True)) == {
        "good": "ok",
        "poor": "INSUFFICIENT_FUNDS",
        "good again": "ok",
        "stale": "STALE",
        "taken": "CONFLICT",
        "saved": "ok",
        "unknown": "NOT_FOUND",
        "added": "ok",
        "added twice": "STALE",
        "keyed": "ok",
        "replayed": "ok",
        "reused": "IDEMPOTENCY_KEY_REUSED",
        "poor and keyed": "INSUFFICIENT_FUNDS",
        "refused again": "INSUFFICIENT_FUNDS",
        "good at last": "ok",
    }
    assert [results[i].answer for i in (0, 2, 9, 10, 14)] == [90, 80, 1, 1, 60]
    assert (results[9].replayed, results[10].replayed, results[13].replayed) == (False, True, True)
    assert await store.balances([ANNA.id, BEN.id, BANK.id]) == {ANNA.id: 60, BEN.id: 140, BANK.id: -200}
    assert [entry.id async for entry in store.entries() if "open" not in entry.id] == [
        "txn_1",
        "txn_11",
        "txn_3",
        "txn_6",
    ]
    assert [user.id for user in await store.find(Select(User))] == ["usr_1", "usr_2", "usr_4"]
    assert await store.outbox.pending() == 0


async def test_an_account_opened_by_many_at_once_is_opened_once(store: Storage) -> None:
    await store.commit(opening(ANNA, tokens=100))
    units = [Changes(opened=(ANNA, BEN), entries=payment(f"txn_{i}", 1).entries) for i in range(50)]

    assert set(codes(await together(store, *units))) == {"ok"}
    assert await store.balances([ANNA.id, BEN.id]) == {ANNA.id: 50, BEN.id: 50}
    assert [line.sequence for line in await store.statement(BEN.id, limit=100)] == [*range(50, 0, -1)]


async def test_a_freeze_holds_for_what_comes_after_it(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    freeze, thaw = Changes(freezes={ANNA.id: True}), Changes(freezes={ANNA.id: False})
    results = await together(store, payment("txn_1", 1), freeze, payment("txn_2", 1), thaw, payment("txn_3", 1))

    assert codes(results) == ["ok", "ok", "ACCOUNT_FROZEN", "ok", "ok"]


async def test_one_of_many_who_save_the_same_wins(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    units = []
    for i in range(20):
        user = await store.get(User, "usr_1")
        assert user is not None
        user.bio = str(i)
        units.append(Changes(saved=(user,)))

    assert codes(await together(store, *units)) == ["ok"] + ["STALE"] * 19
    user = await store.get(User, "usr_1")
    assert user is not None
    assert (user.bio, user.version) == ("0", 2)


async def test_one_of_many_who_take_the_same_name_wins(store: Storage) -> None:
    units = [Changes(added=(a_user(f"usr_{i}", username="same"),)) for i in range(20)]

    assert codes(await together(store, *units)) == ["ok"] + ["CONFLICT"] * 19


async def test_a_name_given_up_can_be_taken_by_the_next_in_line(store: Storage) -> None:
    await store.commit(Changes(added=(a_user("usr_1"), a_user("usr_2"))))
    first, second = await store.get(User, "usr_1"), await store.get(User, "usr_2")
    assert first is not None
    assert second is not None
    first.username, second.username = "renamed", "user1"
    results = await together(
        store, Changes(saved=(first,)), Changes(saved=(second,)), Changes(added=(a_user("usr_3", username="user2"),))
    )

    assert codes(results) == ["ok", "ok", "ok"]
    assert [user.username for user in await store.find(Select(User))] == ["renamed", "user1", "user2"]


async def test_many_readers_get_what_each_asked_for(store: Storage) -> None:
    await store.commit(Changes(added=tuple(a_user(f"usr_{i}") for i in range(50))))
    asked = [store.get(User, f"usr_{i % 60}") for i in range(200)]

    found = await asyncio.gather(*asked)
    assert [user.id if user else None for user in found] == [
        f"usr_{i % 60}" if i % 60 < 50 else None for i in range(200)
    ]
    assert len({id(user) for user in found if user}) == len([user for user in found if user])


async def test_a_reader_who_asks_for_the_impossible_disturbs_nobody(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    found = await asyncio.gather(*(store.get(User, id) for id in ("usr_1", "\x00", "\ud800", "usr_1")))

    assert [user.id if user else None for user in found] == ["usr_1", None, None, "usr_1"]


async def test_a_unit_the_store_cannot_keep_fails_alone_and_whole(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))

    def broken(_: object) -> object:
        raise ZeroDivisionError

    bad = [
        Changes(key=a_key("bad", answers=int), answer=answering(object()), entries=payment("txn_bad_2", 1).entries),
        Changes(answer=broken, entries=payment("txn_bad_3", 1).entries),
    ]
    results = await together(store, payment("txn_1", 1), *bad, payment("txn_2", 1))

    assert [result.answer for result in (results[0], results[-1])] == [99, 98]
    assert all(isinstance(result, Exception) for result in results[1:-1])
    assert await store.balances([ANNA.id]) == {ANNA.id: 98}
    assert (await store.commit(Changes(key=a_key("bad"), answer=answering(1)))).answer == 1


async def test_a_caller_who_goes_away_leaves_the_others_and_their_own_unit_whole(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    tasks = [asyncio.ensure_future(store.commit(payment(f"txn_{i}", 1))) for i in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    left = (await store.balances([ANNA.id]))[ANNA.id]
    entries = [entry.id async for entry in store.entries() if "open" not in entry.id]
    assert left == 100 - len(entries)
    assert len(entries) in {9, 10}
    assert sum(isinstance(result, Committed) for result in results) >= 9


async def test_moments_and_events_of_one_batch_keep_their_order(store: Storage) -> None:
    units = [Changes(events=(an_envelope("usr_1", 2 * i), an_envelope("usr_1", 2 * i + 1))) for i in range(20)]
    await together(store, *units)

    claimed = await store.outbox.claim("a", now=START, lease=60, limit=100)
    assert [envelope.id for envelope in claimed] == [f"evt_usr_1_{i}" for i in range(40)]
