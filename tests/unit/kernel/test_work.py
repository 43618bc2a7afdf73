"""The desk of a use case."""

import pytest

from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock, SeededIds
from platform_core.identity.users import User
from platform_core.kernel.actor import Actor
from platform_core.kernel.changes import Key
from platform_core.kernel.errors import NotFound, Stale
from platform_core.kernel.select import Select
from platform_core.kernel.work import Work
from platform_core.wallet.events import TokensCredited
from support.builders import a_key, a_user, answering


def a_desk(store: MemoryStore | None = None, key: Key | None = None) -> Work:
    """A fresh one."""
    clock = ManualClock()
    return Work(store=store or MemoryStore(), actor=Actor.operator(), now=clock.now(), ids=SeededIds(1, clock), key=key)


async def test_nothing_is_written_before_it_is_committed() -> None:
    store = MemoryStore()
    work = a_desk(store)
    work.add(a_user())
    assert await store.get(User, "usr_1") is None
    await store.commit(work.changes(answering(None)))

    assert await store.get(User, "usr_1") is not None


async def test_what_is_required_is_there_or_refused_by_name() -> None:
    with pytest.raises(NotFound, match="no such seller"):
        await a_desk().require(User, "usr_1", called="seller")


async def test_an_aggregate_committed_halfway_can_be_changed_further() -> None:
    store = MemoryStore()
    work = a_desk(store)
    user = a_user()
    work.add(user)
    await work.commit()
    user.bio = "later"
    work.save(user)
    work.save(user)
    await store.commit(work.changes(answering(None)))

    found = await store.get(User, "usr_1")
    assert found is not None
    assert (found.version, found.bio) == (2, "later")


async def test_an_aggregate_added_and_saved_at_once_is_added_as_it_is_in_the_end() -> None:
    store = MemoryStore()
    work = a_desk(store)
    user = a_user()
    work.add(user)
    user.bio = "later"
    work.save(user)
    await store.commit(work.changes(answering(None)))

    found = await store.get(User, "usr_1")
    assert found is not None
    assert (found.version, found.bio) == (1, "later")


async def test_the_key_stays_with_the_last_unit() -> None:
    store = MemoryStore()
    work = a_desk(store, a_key())
    work.add(a_user())
    await work.commit()
    await store.commit(work.changes(answering(7)))

    assert (await store.commit(a_desk(store, a_key()).changes(answering(8)))).answer == 7


async def test_what_happened_travels_once_in_order_and_with_who_caused_it() -> None:
    work = a_desk()
    user = User.register(
        id="usr_1", email="a@example.org", username="anna", password_hash="-", role=a_user().role, now=work.now
    )
    work.emit(TokensCredited("txn_1", "usr_1", 5), subject="usr_1")
    work.add(user)
    first, second = work.changes(answering(None)), work.changes(answering(None))

    assert [type(envelope.event).__name__ for envelope in first.events] == ["TokensCredited", "UserRegistered"]
    assert {(envelope.subject, envelope.actor, envelope.at) for envelope in first.events} == {
        ("usr_1", "cli", work.now)
    }
    assert len(second.events) == 1


async def test_a_halfway_commit_that_lost_a_race_is_stale() -> None:
    store = MemoryStore()
    one, two = a_desk(store), a_desk(store)
    one.add(a_user())
    two.add(a_user())
    await one.commit()

    with pytest.raises(Stale):
        await two.commit()


def test_a_stable_id_is_the_same_under_one_key_whatever_the_request_says() -> None:
    def stable(key: Key | None) -> str:
        return a_desk(key=key).stable_id("pur")

    assert stable(a_key("k")) == stable(a_key("k"))
    assert stable(a_key("k")).startswith("pur_")
    assert stable(a_key("k")) == stable(a_key("k", amount="b"))
    others = [a_key("k2"), a_key("k", scope="usr_2")]
    assert len({stable(key) for key in (a_key("k"), *others)}) == 3
    work = a_desk()
    assert work.stable_id("pur") != work.stable_id("pur")


async def test_what_a_unit_is_going_to_write_is_current() -> None:
    work = a_desk()
    added = a_user()
    work.add(added)
    assert await work.get(User, "usr_1") is None
    assert await work.current(User, "usr_1") is added
    assert await work.current(User, "usr_2") is None
    await work.commit()
    kept = await work.current(User, "usr_1")
    assert kept is not None
    assert kept is not added
    work.save(kept)
    assert await work.current(User, "usr_1") is kept
    assert await work.find_current(Select(User)) == [kept]
    assert await work.find(Select(User)) != [kept]


async def test_what_lost_a_race_halfway_is_forgotten_and_can_begin_anew() -> None:
    store = MemoryStore()
    one, two = a_desk(store), a_desk(store)
    one.add(a_user())
    two.add(a_user())
    await one.commit()
    with pytest.raises(Stale):
        await two.commit()
    again = await two.require(User, "usr_1")
    again.bio = "later"
    two.save(again)
    await two.commit()

    found = await store.get(User, "usr_1")
    assert found is not None
    assert found.bio == "later"
