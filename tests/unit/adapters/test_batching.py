"""Doing together what arrives together, and beginning the next while the last one waits for its outcome."""

import asyncio
from collections.abc import Sequence

from adapters.sql.batching import Combiner


class Desk:
    """Works batches whose steps the test allows.

    Args:
        limit: The most items in a batch.
        gathers: Whether a batch waits for those who are on their way.
    """

    def __init__(self, *, limit: int = 256, gathers: bool = False) -> None:
        self.combiner: Combiner[int, int] = Combiner(self._work, limit=limit, gathers=gathers)
        self.begun: list[list[int]] = []
        self.answers: dict[int, int] = {}
        self._steps: list[asyncio.Event] = []

    async def submit(self, item: int) -> None:
        """Hand an item in."""
        answer = self.combiner.submit(item)
        answer.add_done_callback(lambda done: self.answers.update({item: done.result()}))
        await turns()

    async def hand_over(self) -> None:
        """Say that the batch under way has only to reach the disk."""
        self.combiner.hand_over()
        await turns()

    async def finish(self, batch: int) -> None:
        """Let a batch have its outcome."""
        self._steps[batch].set()
        await turns()

    async def _work(self, items: Sequence[int]) -> list[int]:
        self.begun.append(list(items))
        is_finished = asyncio.Event()
        self._steps.append(is_finished)
        await is_finished.wait()
        return [item * 10 for item in items]


async def turns() -> None:
    """Let everybody do what they can do now."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_while_a_batch_is_under_way_is_the_next_batch() -> None:
    desk = Desk()
    for item in (1, 2, 3):
        await desk.submit(item)
    assert desk.begun == [[1]]

    await desk.finish(0)
    await desk.finish(1)

    assert desk.begun == [[1], [2, 3]]
    assert desk.answers == {1: 10, 2: 20, 3: 30}


async def test_the_next_batch_begins_when_one_is_handed_over() -> None:
    desk = Desk()
    await desk.submit(1)
    await desk.submit(2)
    await desk.hand_over()
    assert desk.begun == [[1], [2]]

    await desk.finish(1)
    assert desk.answers == {2: 20}
    await desk.finish(0)
    assert desk.answers == {1: 10, 2: 20}


async def test_only_one_batch_is_ahead_of_the_one_worked_on() -> None:
    desk = Desk()
    for item in (1, 2):
        await desk.submit(item)
        await desk.hand_over()
    await desk.submit(3)
    assert desk.begun == [[1], [2]]

    await desk.finish(0)
    assert desk.begun == [[1], [2]]
    await desk.hand_over()
    assert desk.begun == [[1], [2], [3]]


async def test_after_a_hand_over_with_nobody_waiting_whoever_comes_begins_at_once() -> None:
    desk = Desk()
    await desk.submit(1)
    await desk.hand_over()
    await desk.submit(2)
    assert desk.begun == [[1], [2]]

    await desk.finish(0)
    await desk.finish(1)
    await desk.submit(3)
    await desk.finish(2)
    await desk.combiner.finish()
    assert desk.answers == {1: 10, 2: 20, 3: 30}


async def test_a_batch_that_gathers_takes_along_whoever_comes_in_the_next_turns() -> None:
    desk = Desk(gathers=True)

    async def come(item: int) -> None:
        """Hand an item in after as many turns of the event loop."""
        for _ in range(item):
            await asyncio.sleep(0)
        await desk.submit(item)

    await asyncio.gather(*map(come, (1, 2, 3, 9)))

    assert desk.begun == [[1, 2, 3]]
    await desk.finish(0)
    assert desk.begun == [[1, 2, 3], [9]]


async def test_a_batch_that_gathers_takes_no_more_than_its_limit() -> None:
    desk = Desk(gathers=True, limit=2)
    await asyncio.gather(*map(desk.submit, (1, 2, 3)))
    assert desk.begun == [[1, 2]]
