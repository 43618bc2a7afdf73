"""Rehearsing a command: a store that reads, and instead of writing says what would be written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.journal import Account, Balances, JournalEntry, PostedLine
from platform_core.kernel.ports import Outbox
from platform_core.kernel.select import Select
from platform_core.platform import Snapshot, Storage

A = TypeVar("A", bound=Aggregate)


class Rehearsed(Exception):
    """The unit of work that would have been committed.

    Args:
        changes: The unit.
        before: The balances, as they are, of the accounts it moves money on.
    """

    def __init__(self, changes: Changes, before: Balances) -> None:
        super().__init__("rehearsed")
        self.changes = changes
        self.before = before


class Rehearsal:
    """A store on which nothing is ever committed: a unit of work is a value, so it can be looked at instead."""

    def __init__(self, store: Storage) -> None:
        self._store = store

    @property
    def outbox(self) -> Outbox:
        """Events committed and not yet delivered."""
        return self._store.outbox

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Books and aggregates all as of one moment."""
        return self._store.snapshot()

    async def open(self) -> None:
        """Make it ready for use."""
        await self._store.open()

    async def close(self) -> None:
        """Let go of everything."""
        await self._store.close()

    async def ping(self) -> None:
        """Make sure it answers."""
        await self._store.ping()

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate as last committed, or None."""
        return await self._store.get(kind, id)

    async def peek(self, kind: type[A], id: str) -> A | None:
        """The aggregate as last committed, or None."""
        return await self._store.peek(kind, id)

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes."""
        return await self._store.find(select)

    async def count(self, select: Select[A]) -> int:
        """How many aggregates fit the filters of a selection."""
        return await self._store.count(select)

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """Balances as last committed."""
        return await self._store.balances(accounts)

    async def commit(self, changes: Changes) -> Committed:
        """Refuse, and hand the unit over.

        Raises:
            Rehearsed: Always.
        """
        accounts = sorted({posting.account for entry in changes.entries for posting in entry.postings})
        raise Rehearsed(changes, await self._store.balances(accounts))

    async def statement(self, account: str, *, before: int | None = None, limit: int = 50) -> list[PostedLine]:
        """The lines of one account, newest first."""
        return await self._store.statement(account, before=before, limit=limit)

    async def entry(self, id: str) -> JournalEntry | None:
        """One journal entry, or None."""
        return await self._store.entry(id)

    def accounts(self) -> AsyncIterator[Account]:
        """Every account."""
        return self._store.accounts()

    def lines(self) -> AsyncIterator[PostedLine]:
        """Every posted line."""
        return self._store.lines()

    def entries(self) -> AsyncIterator[JournalEntry]:
        """Every journal entry."""
        return self._store.entries()


def described(rehearsed: Rehearsed) -> list[dict[str, object]]:
    """What would change, one row each: what is done to what, and how."""
    changes = rehearsed.changes
    rows: list[dict[str, object]] = []
    for verb, aggregates in (("add", changes.added), ("save", changes.saved), ("remove", changes.removed)):
        rows += [{"change": f"{verb} {aggregate.kind}", "subject": aggregate.id} for aggregate in aggregates]
    rows += [
        {"change": "freeze" if frozen else "thaw", "subject": account} for account, frozen in changes.freezes.items()
    ]
    balances = Balances(rehearsed.before)
    for entry in changes.entries:
        for posting in entry.postings:
            old = balances[posting.account]
            balances[posting.account] = old + posting.amount
            rows.append(
                {
                    "change": entry.kind,
                    "subject": posting.account,
                    "amount": posting.amount,
                    "before": old,
                    "after": balances[posting.account],
                }
            )
    rows += [{"change": f"event {envelope.event.name}", "subject": envelope.subject} for envelope in changes.events]
    return rows
