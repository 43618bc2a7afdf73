"""What every store promises about events."""

from datetime import datetime, timedelta

import pytest

from adapters.testing import START
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import InsufficientFunds, Stale
from platform_core.kernel.events import Envelope
from platform_core.platform import Storage
from platform_core.wallet.events import TipSent
from support.builders import a_key, a_user, a_wallet, an_entry, an_envelope, opening

LEASE = 60


async def put(store: Storage, *subjects: str) -> None:
    """One event for each subject named, numbered as they come."""
    envelopes = tuple(an_envelope(subject, number) for number, subject in enumerate(subjects, 1))
    await store.commit(Changes(events=envelopes))


async def claim(store: Storage, worker: str = "a", *, now: datetime = START, limit: int = 100) -> list[Envelope]:
    """What a worker gets."""
    return await store.outbox.claim(worker, now=now, lease=LEASE, limit=limit)


def names(envelopes: list[Envelope]) -> list[str]:
    """Subject and number, short."""
    return [envelope.id.removeprefix("evt_") for envelope in envelopes]


async def test_an_event_is_there_once_its_unit_is(store: Storage) -> None:
    event = TipSent("txn_1", "usr_1", "usr_2", 10**15, 0, "chat", None)
    await store.commit(Changes(events=(Envelope("evt_1", event, "usr_2", START, "usr_1"),)))

    [envelope] = await claim(store)
    assert envelope.event == event
    assert (envelope.id, envelope.subject, envelope.at, envelope.actor) == ("evt_1", "usr_2", START, "usr_1")
    assert (envelope.attempts, envelope.error) == (0, None)
    assert envelope.position > 0


async def test_an_event_of_a_refused_or_replayed_unit_never_is(store: Storage) -> None:
    anna = a_wallet("usr_anna")
    await store.commit(opening(anna))
    with pytest.raises(InsufficientFunds):
        await store.commit(Changes(entries=(an_entry("txn_1", (anna, -1), (anna, 1)),), events=(an_envelope("usr_1"),)))
    with pytest.raises(Stale):
        await store.commit(Changes(saved=(a_user(),), events=(an_envelope("usr_1"),)))
    for number in (1, 2):
        await store.commit(Changes(key=a_key(answers=type(None)), events=(an_envelope("usr_2", number),)))

    assert names(await claim(store)) == ["usr_2_1"]


async def test_events_come_in_the_order_they_were_committed(store: Storage) -> None:
    await put(store, "a", "b", "a", "c", "b")

    claimed = await claim(store)
    assert names(claimed) == ["a_1", "b_2", "a_3", "c_4", "b_5"]
    positions = [envelope.position for envelope in claimed]
    assert positions == sorted(set(positions))


async def test_no_more_are_given_than_asked_for(store: Storage) -> None:
    await put(store, "a", "b", "c")

    first = await claim(store, limit=2)
    assert names(first) == ["a_1", "b_2"]
    await store.outbox.delivered([envelope.position for envelope in first])
    assert names(await claim(store, limit=2)) == ["c_3"]


async def test_what_one_worker_has_another_gets_only_when_its_lease_has_ended(store: Storage) -> None:
    await put(store, "a", "a", "b")
    await claim(store, "one")

    assert await claim(store, "two") == []
    assert await claim(store, "two", now=START + timedelta(seconds=LEASE - 1)) == []
    again = await claim(store, "two", now=START + timedelta(seconds=LEASE))
    assert names(again) == ["a_1", "a_2", "b_3"]


async def test_a_worker_that_asks_again_gets_what_it_has_not_told_of(store: Storage) -> None:
    await put(store, "a", "b", "a")
    first, second, _ = await claim(store, "one")
    await store.outbox.delivered([first.position])
    await store.outbox.failed(second.position, error="boom", retry_at=START + timedelta(seconds=4))

    assert names(await claim(store, "one")) == ["a_3"]


async def test_of_a_subject_partly_leased_another_worker_gets_nothing(store: Storage) -> None:
    await put(store, "a", "a", "a")
    await claim(store, "one", limit=2)

    assert await claim(store, "two") == []


async def test_what_was_delivered_is_forgotten(store: Storage) -> None:
    await put(store, "a", "a")
    first, second = await claim(store)
    await store.outbox.delivered([first.position])
    assert await store.outbox.pending() == 1
    await store.outbox.delivered([second.position, 999_999])

    assert await store.outbox.pending() == 0
    assert await claim(store, now=START + timedelta(days=1)) == []


async def test_a_failed_event_delays_its_own_subject_only(store: Storage) -> None:
    await put(store, "a", "b", "a", "b")
    claimed = await claim(store)
    retry_at = START + timedelta(seconds=30)
    await store.outbox.failed(claimed[0].position, error="boom ü", retry_at=retry_at)
    await store.outbox.delivered([claimed[1].position])
    after = START + timedelta(seconds=LEASE)

    await store.outbox.failed(claimed[0].position, error="boom again", retry_at=after + timedelta(seconds=30))
    assert names(await claim(store, now=after)) == ["b_4"]
    late = await claim(store, now=after + timedelta(seconds=LEASE))
    assert [name for name in names(late) if name.startswith("a")] == ["a_1", "a_3"]
    assert (late[0].attempts, late[0].error) == (2, "boom again")


async def test_a_subject_waits_until_its_retry_is_due_and_then_comes_in_order(store: Storage) -> None:
    await put(store, "a", "a")
    first, _ = await claim(store)
    await store.outbox.failed(first.position, error="boom", retry_at=START + timedelta(seconds=4))

    assert await claim(store, now=START + timedelta(seconds=3)) == []
    assert names(await claim(store, now=START + timedelta(seconds=4))) == ["a_1", "a_2"]


async def test_a_parked_event_is_seen_and_its_subject_goes_on(store: Storage) -> None:
    await put(store, "a", "a", "b")
    first, *_ = await claim(store)
    await store.outbox.failed(first.position, error="poison", retry_at=None)

    [parked] = await store.outbox.parked()
    assert (parked.id, parked.error, parked.attempts) == ("evt_a_1", "poison", 1)
    assert await store.outbox.pending() == 2
    assert names(await claim(store, now=START + timedelta(seconds=LEASE))) == ["a_2", "b_3"]


async def test_parked_events_are_listed_oldest_first_and_bounded(store: Storage) -> None:
    await put(store, "a", "b", "c")
    for envelope in await claim(store):
        await store.outbox.failed(envelope.position, error="poison", retry_at=None)

    assert names(await store.outbox.parked()) == ["a_1", "b_2", "c_3"]
    assert names(await store.outbox.parked(2)) == ["a_1", "b_2"]


async def test_a_parked_event_can_be_put_back_in_line(store: Storage) -> None:
    await put(store, "a", "a")
    first, _ = await claim(store)
    await store.outbox.failed(first.position, error="poison", retry_at=None)
    await store.outbox.retry_parked([first.position, 999_999])

    assert await store.outbox.parked() == []
    assert await store.outbox.pending() == 2
    again = await claim(store, now=START + timedelta(seconds=LEASE))
    assert names(again) == ["a_1", "a_2"]
    assert again[0].attempts == 0


async def test_a_late_word_on_an_event_long_delivered_changes_nothing(store: Storage) -> None:
    await put(store, "a", "b")
    first, second = await claim(store)
    await store.outbox.delivered([first.position])
    await store.outbox.failed(first.position, error="late", retry_at=None)
    await store.outbox.delivered([first.position])

    assert await store.outbox.parked() == []
    assert await store.outbox.pending() == 1
    assert names(await claim(store, now=START + timedelta(seconds=LEASE))) == names([second])
