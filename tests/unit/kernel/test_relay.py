"""Delivery: at least once, in order for each subject, and no poisoned event stops anybody else."""

from __future__ import annotations

import pytest

from adapters.memory.outbox import MemoryOutbox
from adapters.testing import ManualClock
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.relay import ATTEMPTS, LEASE, Relay, retry_delay
from platform_core.wallet.events import TipSent, TokensCredited
from support.builders import an_envelope


class Killed(BaseException):
    """The process ends here."""


class Deliveries:
    """An outbox, a relay on it, and what came of the events."""

    def __init__(self) -> None:
        self.outbox, self.clock = MemoryOutbox(), ManualClock()
        self.handled: list[str] = []
        self.failing: dict[str, BaseException] = {}
        self.relay = self.restarted("one")

    def restarted(self, worker: str) -> Relay:
        """A relay of another process."""
        relay = Relay(self.outbox, self.clock, worker=worker)
        relay.on(TokensCredited, self.handle)
        return relay

    async def handle(self, envelope: Envelope) -> None:
        name = envelope.id.removeprefix("evt_")
        if name in self.failing:
            raise self.failing[name]
        self.handled.append(name)

    def put(self, *subjects: str) -> None:
        """An event for each, numbered as they come."""
        self.outbox.put([an_envelope(subject, number) for number, subject in enumerate(subjects, 1)])


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries()


async def test_events_are_handled_once_and_in_order(deliveries: Deliveries) -> None:
    deliveries.put("a", "b", "a", "b")
    await deliveries.relay.drain()
    await deliveries.relay.drain()

    assert deliveries.handled == ["a_1", "b_2", "a_3", "b_4"]
    assert await deliveries.outbox.pending() == 0


async def test_a_handler_gets_the_events_it_asked_for_and_one_for_all_gets_all() -> None:
    deliveries = Deliveries()
    seen: list[str] = []

    async def everything(envelope: Envelope) -> None:
        seen.append(envelope.id)

    deliveries.relay.on(Event, everything)
    tip = TipSent("txn_1", "usr_1", "usr_2", 5, 0, "chat", None)
    deliveries.outbox.put([an_envelope("a", 1), an_envelope("a", 2, tip)])
    await deliveries.relay.drain()

    assert deliveries.handled == ["a_1"]
    assert seen == ["evt_a_1", "evt_a_2"]


async def test_events_nobody_asked_for_are_forgotten(deliveries: Deliveries) -> None:
    deliveries.put("a")
    await Relay(deliveries.outbox, deliveries.clock).drain()

    assert await deliveries.outbox.pending() == 0


async def test_a_failure_delays_its_own_subject_only_and_keeps_its_order(deliveries: Deliveries) -> None:
    deliveries.put("a", "b", "a", "b")
    deliveries.failing["a_1"] = RuntimeError("boom")
    await deliveries.relay.drain()
    assert deliveries.handled == ["b_2", "b_4"]

    deliveries.failing.clear()
    await deliveries.relay.drain()
    assert deliveries.handled == ["b_2", "b_4"]
    deliveries.clock.advance(seconds=retry_delay(1))
    await deliveries.relay.drain()
    assert deliveries.handled == ["b_2", "b_4", "a_1", "a_3"]


async def test_a_poisoned_event_is_parked_after_so_many_attempts_and_its_subject_goes_on(
    deliveries: Deliveries,
) -> None:
    deliveries.put("a", "a")
    deliveries.failing["a_1"] = RuntimeError("poison")
    for attempt in range(1, ATTEMPTS + 1):
        assert await deliveries.outbox.parked() == []
        await deliveries.relay.drain()
        deliveries.clock.advance(seconds=retry_delay(attempt))
    await deliveries.relay.drain()

    assert deliveries.handled == ["a_2"]
    [parked] = await deliveries.outbox.parked()
    assert (parked.id, parked.attempts, parked.error) == ("evt_a_1", ATTEMPTS, "RuntimeError: poison")
    assert await deliveries.outbox.pending() == 0


async def test_a_parked_event_put_back_is_delivered(deliveries: Deliveries) -> None:
    deliveries.put("a")
    deliveries.failing["a_1"] = RuntimeError("poison")
    for attempt in range(1, ATTEMPTS + 1):
        await deliveries.relay.drain()
        deliveries.clock.advance(seconds=retry_delay(attempt))
    deliveries.failing.clear()
    [parked] = await deliveries.outbox.parked()
    await deliveries.outbox.retry_parked([parked.position])
    await deliveries.relay.drain()

    assert deliveries.handled == ["a_1"]


async def test_what_was_handled_but_not_marked_when_the_process_died_comes_again(deliveries: Deliveries) -> None:
    deliveries.put("a", "a", "b")
    deliveries.failing["b_3"] = Killed()
    with pytest.raises(Killed):
        await deliveries.relay.deliver()
    assert deliveries.handled == ["a_1", "a_2"]

    deliveries.failing.clear()
    other = deliveries.restarted("two")
    await other.drain()
    assert deliveries.handled == ["a_1", "a_2"]
    deliveries.clock.advance(seconds=LEASE)
    await other.drain()
    assert deliveries.handled == ["a_1", "a_2", "a_1", "a_2", "b_3"]
    assert await deliveries.outbox.pending() == 0


async def test_two_relays_share_the_work_without_doing_it_twice(deliveries: Deliveries) -> None:
    deliveries.put("a", "b", "a", "b")
    other = deliveries.restarted("two")
    assert (await deliveries.relay.deliver(limit=1), await other.deliver(), await deliveries.relay.deliver()) == (
        1,
        3,
        0,
    )

    assert sorted(deliveries.handled) == ["a_1", "a_3", "b_2", "b_4"]


async def test_a_long_error_is_kept_short(deliveries: Deliveries) -> None:
    deliveries.put("a")
    deliveries.failing["a_1"] = RuntimeError("x" * 10_000)
    await deliveries.relay.drain()
    deliveries.clock.advance(seconds=retry_delay(1))
    [waiting] = await deliveries.outbox.claim("two", now=deliveries.clock.now(), lease=LEASE, limit=1)

    assert waiting.error is not None
    assert len(waiting.error) == 500


def test_the_wait_grows_up_to_an_hour() -> None:
    assert [retry_delay(attempt) for attempt in range(1, ATTEMPTS + 1)] == [1, 4, 16, 64, 256, 1024, 3600, 3600]
