"""Doing together what arrives together: while one batch is under way, what comes next queues and is the next batch.

No timer and no added delay: an idle system works batches of one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from platform_core.kernel.errors import Unavailable

I = TypeVar("I")  # noqa: E741  # the item
O = TypeVar("O")  # noqa: E741  # its outcome

WAITING = 20_000


class Combiner(Generic[I, O]):
    """Gathers items into batches.

    Args:
        work: Takes a batch and gives an outcome for each item, in order; an exception as an outcome is raised to its
            caller, an exception raised fails the whole batch.
        lanes: How many batches may be under way at once.
        limit: The most items in a batch.
        gathers: Whether a batch waits for those who are on their way already: who comes in the same turn of the event
            loop, and in the next ones, as long as each brings somebody.
    """

    def __init__(
        self,
        work: Callable[[Sequence[I]], Awaitable[Sequence[O | Exception]]],
        *,
        lanes: int = 1,
        limit: int = 256,
        gathers: bool = False,
    ) -> None:
        self._work = work
        self._free = lanes
        self._limit = limit
        self._gathers = gathers
        self._queue: deque[tuple[I, asyncio.Future[O]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        #: The lane whose batch is worked on, and the one whose batch has been handed over.
        self._under_way: object | None = None
        self._ahead: object | None = None
        #: Told the size of each batch, when somebody wants to know.
        self.observer: Callable[[int], None] | None = None

    def submit(self, item: I) -> asyncio.Future[O]:
        """Queue an item. A caller who stops waiting does not stop the batch.

        Raises:
            Unavailable: Too many are waiting.
        """
        if len(self._queue) >= WAITING:
            raise Unavailable("too busy just now", retry_after=1)
        future: asyncio.Future[O] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._free:
            self._begin()
        return future

    def _begin(self) -> None:
        self._free -= 1
        task = asyncio.get_running_loop().create_task(self._lane())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hand_over(self) -> None:
        """Say that the batch under way needs only its outcome: the next one begins. At most one is ahead like that.

        For combiners of one lane: it is the lane's own batch that is meant.
        """
        if self._ahead is None and self._under_way is not None:
            self._ahead, self._under_way = self._under_way, None
            self._free += 1
            if self._queue:
                self._begin()

    @property
    def waiting(self) -> int:
        """How many items are queued behind what is under way."""
        return len(self._queue)

    async def finish(self) -> None:
        """Wait until everything queued is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _lane(self) -> None:
        me = object()
        try:
            while self._queue:
                self._under_way = me
                if self._gathers:
                    await self._gather()
                batch = [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]
                if self.observer is not None:
                    self.observer(len(batch))
                outcomes = await self._outcomes([item for item, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if future.done():
                        continue
                    if isinstance(outcome, Exception):
                        future.set_exception(outcome)
                    else:
                        future.set_result(outcome)
                if self._ahead is me:
                    break
        finally:
            if self._ahead is me:
                self._ahead = None
            else:
                self._free += 1

    async def _gather(self) -> None:
        """Go on when a turn of the event loop has brought nobody new, for larger batches cost each of them less."""
        present = 0
        while present < len(self._queue) < self._limit:
            present = len(self._queue)
            await asyncio.sleep(0)

    async def _outcomes(self, items: Sequence[I]) -> Sequence[O | Exception]:
        try:
            return await self._work(items)
        except Exception as error:  # noqa: BLE001  # every caller is told
            return [error] * len(items)
