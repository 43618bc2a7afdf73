"""Group commit: what arrives while a batch is being committed is the next batch.

A batch that the database refuses is run again one by one, so that a poisoned unit fails alone. Units that need rows
which others keep locked step aside until those are free, so that nobody else waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from adapters.sql.backends import Backend
from adapters.sql.batching import Combiner
from adapters.sql.commit import Committer
from adapters.sql.connection import Busy, Connection, Interrupted, OutcomeUnknown, Poisoned
from adapters.sql.tables import AGGREGATE_TABLES, accounts
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.errors import Conflict, PlatformError, Stale, Taken, Unavailable
from platform_core.kernel.settlement import needs

#: How often a batch that was undone for no fault of its own runs again.
RERUNS = 5
#: Seconds a unit waits for accounts that others keep locked, and between two looks at them.
PATIENCE = 2.0
TRY_EVERY = 0.05

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
        self._batches: Combiner[Changes, Committed | Locked] = Combiner(self._batch)
        self._probes: Combiner[str, bool] = Combiner(self._probe)
        #: Accounts that somebody keeps locked, with how many units wait for each.
        self._stuck: dict[str, int] = {}

    async def commit(self, unit: Changes) -> Committed:
        """Commit one unit of work, with whatever else is waiting."""
        stuck = frozenset(self._stuck.keys() & _accounts(unit)) if self._stuck else None
        outcome = stuck or await self._batches.submit(unit)
        return outcome if isinstance(outcome, Committed) else await self._wait(unit, outcome)

    async def finish(self) -> None:
        """Wait until everything handed in is committed or refused."""
        await self._batches.finish()

    async def _wait(self, unit: Changes, locked: Locked) -> Committed:
        """Look now and then whether the accounts are free, and hold nothing meanwhile."""
        for account in locked:
            self._stuck[account] = self._stuck.get(account, 0) + 1
        deadline = asyncio.get_running_loop().time() + PATIENCE
        try:
            while asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(TRY_EVERY)
                if all([await self._probes.submit(account) for account in locked]):
                    outcome = await self._batches.submit(unit)
                    if isinstance(outcome, Committed):
                        return outcome
            raise Unavailable("something this needs is in use by another for too long", retry_after=1)
        finally:
            for account in locked:
                self._stuck[account] -= 1
                if not self._stuck[account]:
                    del self._stuck[account]

    async def _probe(self, wanted: Sequence[str]) -> Sequence[bool]:
        free = set(await self._backend.side(partial(_unlocked, sorted(set(wanted)))))
        return [account in free for account in wanted]

    async def _batch(self, units: Sequence[Changes]) -> Sequence[Outcome]:
        for _ in range(RERUNS):
            try:
                return await self._backend.write(partial(self._decide, units))
            except Busy:
                outcomes = await self._around_locks(units)
                if outcomes is not None:
                    return outcomes
            except Poisoned as error:
                return [_refusal(units[0], error)] if len(units) == 1 else await self._one_by_one(units)
            except OutcomeUnknown:
                if not all(unit.key for unit in units):
                    return await self._after_a_lost_answer(units)
            except Interrupted:
                await asyncio.sleep(0)
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
        free = set(await self._backend.side(partial(_unlocked, wanted)))
        locked = [frozenset(_accounts(unit) - free) for unit in units]
        if not any(locked):
            # The lock is gone again, or it is not on an account: trying again tells, one by one if there are several.
            return None if len(units) == 1 else await self._one_by_one(units)
        going_on = [unit for unit, waits in zip(units, locked, strict=True) if not waits]
        outcomes = iter(await self._batch(going_on) if going_on else ())
        return [waits or next(outcomes) for waits in locked]

    async def _after_a_lost_answer(self, units: Sequence[Changes]) -> Sequence[Outcome]:
        """The connection went while committing. A key tells whether its unit is in; without one nobody can say."""
        unknown = Unavailable("the connection to the database was lost; look before you repeat this")
        return [(await self._batch([unit]))[0] if unit.key else unknown for unit in units]


def _accounts(unit: Changes) -> set[str]:
    return needs([unit]).accounts


async def _unlocked(wanted: Sequence[str], connection: Connection) -> list[str]:
    """Those of the accounts that nobody has locked, or that are not there yet."""
    known = {row["id"] for row in await connection.select(accounts, ("id",), "id", wanted)}
    free = await connection.select(accounts, ("id",), "id", wanted, lock="skip")
    return [*(row["id"] for row in free), *(set(wanted) - known)]


def _refusal(unit: Changes, error: Poisoned) -> PlatformError:
    for aggregate in (*unit.added, *unit.saved):
        table = AGGREGATE_TABLES[aggregate.kind].name
        for name in type(aggregate).unique:
            # PostgreSQL names the constraint, SQLite the column.
            if error.constraint == f"uq_{table}_{name}" or f"{table}.{name}" in error.constraint:
                return Taken.field(name)
    if error.constraint.startswith(("pk_", "UNIQUE constraint failed")):
        # Another process was quicker with the same id, key or account: what stands now decides.
        return Stale("another was quicker")
    return Conflict("the database does not allow this")
