"""Rehearsing a command: a store that reads, and instead of writing says what would be written."""

from __future__ import annotations

from typing import Any, cast

from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.journal import Balances
from platform_core.platform import Storage


class Rehearsed(Exception):
    """The unit of work that would have been committed.

    Args:
        changes: The unit.
        before: The balances, as they are, of the accounts it moves money on.
        replayed: Whether its key was used before, so that nothing at all would happen.
    """

    def __init__(self, changes: Changes, before: Balances, *, replayed: bool = False) -> None:
        super().__init__("rehearsed")
        self.changes = changes
        self.before = before
        self.replayed = replayed


def rehearsing(store: Storage) -> Storage:
    """A store on which nothing is ever committed: a unit of work is a value, so it can be looked at instead."""
    return cast(Storage, _Rehearsal(store))


class _Rehearsal:
    """The store itself but for `commit`."""

    def __init__(self, store: Storage) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, changes: Changes) -> Committed:
        """Hand the unit over, if the store would take it.

        Raises:
            Rehearsed: It would.
            PlatformError: It would not; the refusal a commit would raise.
        """
        accounts = sorted({posting.account for entry in changes.entries for posting in entry.postings})
        before = await self._store.balances(accounts)
        verdict = await self._store.rehearse(changes)
        raise Rehearsed(changes, before, replayed=verdict.replayed)


def described(rehearsed: Rehearsed) -> list[dict[str, object]]:
    """What would change, one row each: what is done to what, and how."""
    changes = rehearsed.changes
    rows: list[dict[str, object]] = []
    if rehearsed.replayed:
        return rows
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
