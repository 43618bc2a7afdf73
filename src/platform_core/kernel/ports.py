"""What the core asks of the outside for every context: the time, new ids, random secrets, and a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.events import Backlog, Envelope
from platform_core.kernel.journal import Account, Balances, JournalEntry, PostedLine
from platform_core.kernel.select import Select

A = TypeVar("A", bound=Aggregate)


class Clock(Protocol):
    """The time. Decisions take it from here only (invariant 42)."""

    def now(self) -> datetime:
        """The present moment, in UTC."""


class Ids(Protocol):
    """New identifiers."""

    def new(self, prefix: str) -> str:
        """A new id such as `usr_06f1…`: unique, and sorting by time within its prefix."""

    def secret(self) -> str:
        """256 random bits as URL-safe text, for a token that grants access."""


class Store(Protocol):
    """Where everything is kept. Reads give fresh objects; only `commit` writes."""

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate as last committed, or None."""

    async def peek(self, kind: type[A], id: str) -> A | None:
        """As `get`, for a look only: the object may be shared with others who look, and must not be changed."""

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes, in its order."""

    async def count(self, select: Select[A]) -> int:
        """How many aggregates fit the filters of a selection, whatever its page and limit."""

    async def counts(self, select: Select[A], *, by: str) -> Mapping[object, int]:
        """As `count`, for each value that a field has among them."""

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """The balances of these accounts as last committed; an account never opened has 0."""

    async def commit(self, changes: Changes) -> Committed:
        """Apply a unit of work, whole or not at all.

        Raises:
            Stale: Something was read at a version that is no longer current.
            Conflict: A value that must be unique is taken.
            InsufficientFunds: An account would fall below its floor.
            AccountFrozen: An entry touches a frozen account.
            KeyReused: The idempotency key was used with another request.
            Unavailable: The store cannot take it now; nothing was written.
        """


class Books(Protocol):
    """The ledger as it is kept, for reading: statements, export and verification."""

    async def statement(self, account: str, *, before: int | None = None, limit: int = 50) -> list[PostedLine]:
        """The lines of one account, newest first, those with a sequence below `before`."""

    async def entry(self, id: str) -> JournalEntry | None:
        """One journal entry, or None."""

    async def totals(self) -> Mapping[str, int]:
        """The sum of all balances in each currency, in smallest units: zero in clean books (invariant 2)."""

    def accounts(self) -> AsyncIterator[Account]:
        """Every account, by id."""

    def lines(self) -> AsyncIterator[PostedLine]:
        """Every posted line, by account and sequence."""

    def entries(self) -> AsyncIterator[JournalEntry]:
        """Every journal entry, by id."""


class Outbox(Protocol):
    """Events committed and not yet delivered."""

    async def claim(self, worker: str, *, now: datetime, lease: int, limit: int) -> list[Envelope]:
        """Events due for delivery, oldest first, leased to one worker for `lease` seconds.

        Of one subject only a run of consecutive oldest events is given, and none while an earlier one is leased or
        waiting for a retry: this keeps the order per aggregate.
        """

    async def skip(self, worker: str, *, now: datetime, lease: int, limit: int) -> int:
        """Forget the oldest events that are not parked, when nobody listens to any; how many were forgotten."""

    async def delivered(self, positions: Sequence[int]) -> None:
        """These were handled by every subscriber; forget them."""

    async def failed(self, position: int, *, error: str, retry_at: datetime | None) -> None:
        """This one was not handled: try again at `retry_at`, or park it when that is None."""

    async def parked(self, limit: int = 100) -> list[Envelope]:
        """Events given up on, oldest first, with their last error."""

    async def retry_parked(self, positions: Sequence[int]) -> None:
        """Put parked events back in line."""

    async def pending(self) -> int:
        """How many events wait for delivery."""

    async def backlog(self) -> Backlog:
        """How much waits, and since when; for operators."""
