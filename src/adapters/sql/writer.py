"""Group commit: what arrives while a batch is being decided is the next batch, and that one begins as soon as the
first has only to reach the disk.

A batch that the database refuses is run again one by one, so that a poisoned unit fails alone. Units that need rows
which others keep locked step aside until those are free, so that nobody else waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from adapters.sql.backends import Backend
from adapters.sql.batching import Combiner
from adapters.sql.commit import Committer
from adapters.sql.connection import Busy, Connection, Interrupted, OutcomeUnknown, Poisoned
from adapters.sql.tables import accounts
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.errors import Conflict, PlatformError, Stale, Unavailable, Uncertain
from platform_core.kernel.settlement import needs

#: How often a batch that was undone for no fault of its own runs again.
RERUNS = 5
#: Seconds a unit waits for accounts that others keep locked, and between two looks at them.
PATIENCE = 2.0
LOOK_EVERY = 0.02

#: The outcome of a unit that must wait for locked accounts: which.
Locked = frozenset[str]
Outcome = Committed | Locked | Exception


class Writer:
    """Commits units of work in batches.

    Args:
        backend: The database.
        committer: Decides and writes a batch.
    """

    def __init__(self, backend: Backend, committer: Committer) -> None:
        self._backend = backend
        self._committer = committer
        self._batches: Combiner[Changes, Committed | Locked] = Combiner(self._batch, gathers=True)
        #: Accounts that the database called locked, each with what is set once somebody has got hold of it again.
        self._stuck: dict[str, asyncio.Event] = {}
        self._looking: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many units are queued behind the batch under way."""
        return self._batches.waiting

    def observe(self, told: Callable[[int], None]) -> None:
        """Have somebody told the size of each batch."""
        self._batches.observer = told

    async def commit(self, unit: Changes) -> Committed:
        """Commit one unit of work, with whatever else is waiting."""
        locked = frozenset(self._stuck.keys() & _accounts(unit)) if self._stuck else Locked()
        deadline = asyncio.get_running_loop().time() + PATIENCE if locked else None
        while True:
            if locked:
                deadline = deadline or asyncio.get_running_loop().time() + PATIENCE
                await self._until_free(locked, deadline)
            outcome = await self._batches.submit(unit)
            if isinstance(outcome, Committed):
                return outcome
            locked = outcome

    async def finish(self) -> None:
        """Wait until everything handed in is committed or refused."""
        await self._batches.finish()
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _until_free(self, locked: Locked, deadline: float) -> None:
        """Wait beside the batches, holding nothing."""
        events = [self._stuck.get(account) or self._look_at(account) for account in locked]
        try:
            async with asyncio.timeout_at(deadline):
                for event in events:
                    await event.wait()
        except TimeoutError:
            refusal = Unavailable("something this needs is in use by another for too long", retry_after=1)
            raise refusal from None

    def _look_at(self, account: str) -> asyncio.Event:
        event = self._stuck[account] = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._look(account, event))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        return event

    async def _look(self, account: str, event: asyncio.Event) -> None:
        """Queue for the account's lock like anybody else, until it has been had once."""
        try:
            while True:
                with suppress(Exception):  # an outage is told to those who commit
                    if await self._backend.probe(account):
                        return
                await asyncio.sleep(LOOK_EVERY)
        finally:
            del self._stuck[account]
            event.set()

    async def _batch(self, units: Sequence[Changes]) -> Sequence[Outcome]:
        """The outcome of each unit. It never raises: what was committed is never forgotten over what was not."""
        for _ in range(RERUNS):
            try:
                return await self._backend.write(partial(self._decide, units), committing=self._batches.hand_over)
            except Busy:
                outcomes = await self._around_locks(units)
                if outcomes is not None:
                    return outcomes
            except Poisoned as error:
                return [_refusal(error)] if len(units) == 1 else await self._one_by_one(units)
            except OutcomeUnknown:
                if not all(unit.key for unit in units):
                    return await self._after_a_lost_answer(units)
            except Interrupted:
                await asyncio.sleep(0)
            except Unavailable as error:
                return [error] * len(units)
            except Exception as error:  # noqa: BLE001  # a unit that cannot be decided or kept; the others can
                return [error] if len(units) == 1 else await self._one_by_one(units)
        return [Unavailable("the database cannot take this just now", retry_after=1)] * len(units)

    async def _decide(self, units: Sequence[Changes], connection: Connection) -> Sequence[Outcome]:
        return await self._committer.commit(connection, units)

    async def _one_by_one(self, units: Sequence[Changes]) -> Sequence[Outcome]:
        return [(await self._batch([unit]))[0] for unit in units]

    async def _around_locks(self, units: Sequence[Changes]) -> Sequence[Outcome] | None:
        """Tell those that need locked accounts to wait, and commit the others; None when no account is locked now."""
        wanted = sorted(set().union(*(_accounts(unit) for unit in units)))
        try:
            free = set(await self._backend.side(partial(_unlocked, wanted)))
        except Exception as error:  # noqa: BLE001  # nothing of these units is written
            return [error] * len(units)
        locked = [frozenset(_accounts(unit) - free) for unit in units]
        if not any(locked):
            # The lock is gone again, or it is not on an account: trying again tells, one by one if there are several.
            return None if len(units) == 1 else await self._one_by_one(units)
        going_on = [unit for unit, waits in zip(units, locked, strict=True) if not waits]
        outcomes = iter(await self._batch(going_on) if going_on else ())
        return [waits or next(outcomes) for waits in locked]

    async def _after_a_lost_answer(self, units: Sequence[Changes]) -> Sequence[Outcome]:
        """The connection went while committing. A key tells whether its unit is in; without one nobody can say."""
        unknown = Uncertain("the connection to the database was lost; look before you repeat this")
        return [(await self._batch([unit]))[0] if unit.key else unknown for unit in units]


def _accounts(unit: Changes) -> set[str]:
    return needs([unit]).accounts


async def _unlocked(wanted: Sequence[str], connection: Connection) -> list[str]:
    """Those of the accounts that nobody has locked, or that are not there yet."""
    known = {row["id"] for row in await connection.select(accounts, ("id",), "id", wanted)}
    free = await connection.select(accounts, ("id",), "id", wanted, lock="skip")
    return [*(row["id"] for row in free), *(set(wanted) - known)]


def _refusal(error: Poisoned) -> PlatformError:
    if error.unique:
        # Another process was quicker with the same value, id or key: what stands now decides.
        return Stale("another was quicker")
    return Conflict("the database does not allow this")
