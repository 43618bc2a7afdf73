"""Looking at parts: at once, briefly, seldom."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters import vitals as module
from adapters.vitals import WatchedVitals, answers, disk, unused
from platform_core.kernel.errors import Unavailable
from platform_core.operations.ports import Condition, Finding

OK, DOWN = Finding(Condition.OK), Finding(Condition.DOWN)


async def fine() -> None:
    """A part that answers."""


async def away() -> None:
    """A part that does not."""
    raise Unavailable("it is at 10.0.0.7")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits in a test."""
    monkeypatch.setattr(module, "PATIENCE", 0.02)
    monkeypatch.setattr(module, "SOON", 0.001)


class Hanging:
    """A part that answers once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()

    async def __call__(self) -> None:
        self.asked += 1
        await self.go.wait()


async def test_each_part_is_told_by_itself() -> None:
    vitals = WatchedVitals({"database": answers(fine), "redis": unused, "media": answers(away)}, {})

    assert await vitals.parts() == {"database": OK, "redis": Finding(Condition.UNUSED), "media": DOWN}


async def test_a_part_that_hangs_holds_nobody_up_and_is_asked_once() -> None:
    hanging = Hanging()
    vitals = WatchedVitals({"database": answers(hanging), "redis": answers(fine)}, {}, fresh=0)

    for _ in range(3):
        assert await vitals.parts() == {"database": DOWN, "redis": OK}
    assert hanging.asked == 1
    hanging.go.set()
    await asyncio.sleep(0)
    assert (await vitals.parts())["database"] == OK


async def test_whoever_decides_on_traffic_waits_less_and_then_takes_the_database_for_away() -> None:
    hanging = Hanging()
    vitals = WatchedVitals({"database": answers(hanging), "redis": answers(fine)}, {}, fresh=0)

    assert await vitals.soon() == {"database": DOWN}
    hanging.go.set()
    await vitals.parts()
    module.SOON = 1
    assert await vitals.soon() == {"database": OK, "redis": OK}


async def test_what_was_seen_is_told_again_for_a_while() -> None:
    asked = Hanging()
    asked.go.set()
    vitals = WatchedVitals({"database": answers(asked)}, {})

    await asyncio.gather(*(vitals.parts() for _ in range(5)))
    await vitals.parts()
    assert asked.asked == 1
    vitals._until = 0
    await vitals.parts()
    assert asked.asked == 2


async def test_the_disk_is_that_of_the_nearest_folder_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = disk(tmp_path / "not" / "there", shown=True)
    hidden = disk(tmp_path, shown=False)

    assert (await look()).details["free_gb"] > 0
    assert (await hidden()).details == {}
    monkeypatch.setattr(module, "LOW_GB", 1e9)
    assert (await look()).condition is Condition.LOW


async def test_what_is_held_is_let_go() -> None:
    closed = []

    async def close() -> None:
        closed.append(1)

    await WatchedVitals({"database": answers(fine)}, {}, closes=close).close()
    await WatchedVitals({"database": answers(fine)}, {}).close()
    assert closed == [1]
