"""A store in memory that lets others go first at every step, in an order drawn from a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from random import Random
from typing import Any, TypeVar

from adapters.memory.store import MemoryStore
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.journal import Balances
from platform_core.kernel.select import Select

A = TypeVar("A", bound=Aggregate)
MOST = 4


class InterleavedStore(MemoryStore):
    """Before and after each read and each commit up to `MOST` other steps may come.

    Args:
        seed: Which order; the same seed and the same acts give the same one.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)

    async def _step(self) -> None:
        for _ in range(self._random.randint(0, MOST)):
            await asyncio.sleep(0)

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate, sooner or later."""
        await self._step()
        found = await super().get(kind, id)
        await self._step()
        return found

    async def peek(self, kind: type[A], id: str) -> A | None:
        """The aggregate, sooner or later."""
        await self._step()
        found = await super().peek(kind, id)
        await self._step()
        return found

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates, sooner or later."""
        await self._step()
        found = await super().find(select)
        await self._step()
        return found

    async def count(self, select: Select[A]) -> int:
        """The count, sooner or later."""
        await self._step()
        found = await super().count(select)
        await self._step()
        return found

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """The balances, sooner or later."""
        await self._step()
        found = await super().balances(accounts)
        await self._step()
        return found

    async def commit(self, changes: Changes) -> Committed:
        """Apply a unit of work, sooner or later."""
        await self._step()
        committed = await super().commit(changes)
        await self._step()
        return committed


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """What comes of acts begun together: answers and refusals."""
    results: list[Any] = await asyncio.gather(*acts, return_exceptions=True)
    return results
