"""The desk of one use case: what it may read, and where it puts what it wants changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from platform_core.kernel.actor import Actor
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Key
from platform_core.kernel.errors import NotFound
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.journal import Account, Balances, JournalEntry, Posting
from platform_core.kernel.ports import Ids, Store
from platform_core.kernel.select import Select

A = TypeVar("A", bound=Aggregate)


class Work:
    """A unit of work in the making. Nothing is written before the use case has returned.

    Args:
        store: Where to read.
        actor: Who acts.
        now: The moment of the whole use case.
        ids: New identifiers.
        key: The idempotency key of the request, if it had one.
    """

    def __init__(self, *, store: Store, actor: Actor, now: datetime, ids: Ids, key: Key | None = None) -> None:
        self.actor = actor
        self.now = now
        self.ids = ids
        self._store = store
        self._key = key
        self._clear()

    def _clear(self) -> None:
        self._added: list[Aggregate] = []
        self._saved: list[Aggregate] = []
        self._removed: list[Aggregate] = []
        self._guarded: list[Aggregate] = []
        self._opened: list[Account] = []
        self._freezes: dict[str, bool] = {}
        self._entries: list[JournalEntry] = []
        self._observed: list[str] = []
        self._events: list[Envelope] = []

    # ---- reading

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate, or None."""
        return await self._store.get(kind, id)

    async def require(self, kind: type[A], id: str, *, called: str | None = None) -> A:
        """The aggregate.

        Raises:
            NotFound: There is none.
        """
        found = await self._store.get(kind, id)
        if found is None:
            raise NotFound(f"there is no such {called or kind.kind}")
        return found

    async def current(self, kind: type[A], id: str) -> A | None:
        """The aggregate as this unit is going to write it; as last committed, or None, where it writes none.

        For contexts that several calls in one unit lead to: each would change a copy of its own otherwise.
        """
        return self._written(kind, id) or await self._store.get(kind, id)

    async def find_current(self, select: Select[A]) -> list[A]:
        """The aggregates that are stored and fit a selection, each as this unit is going to write it."""
        found = await self._store.find(select)
        return [self._written(select.kind, one.id) or one for one in found]

    def _written(self, kind: type[A], id: str) -> A | None:
        for aggregate in (*self._added, *self._saved):
            if isinstance(aggregate, kind) and aggregate.id == id:
                return aggregate
        return None

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates a selection describes."""
        return await self._store.find(select)

    async def count(self, select: Select[A]) -> int:
        """How many aggregates fit the filters of a selection, whatever its page and limit."""
        return await self._store.count(select)

    async def counts(self, select: Select[A], *, by: str) -> Mapping[object, int]:
        """As `count`, for each value that a field has among them."""
        return await self._store.counts(select, by=by)

    async def balances(self, *accounts: str) -> Balances:
        """Balances as last committed."""
        return await self._store.balances(accounts)

    # ---- changing

    def add(self, aggregate: Aggregate) -> None:
        """A new aggregate."""
        self._added.append(aggregate)

    def save(self, aggregate: Aggregate) -> None:
        """A changed aggregate; one added just now is written as it is in the end anyway."""
        if aggregate not in self._saved and aggregate not in self._added:
            self._saved.append(aggregate)

    def remove(self, aggregate: Aggregate) -> None:
        """An aggregate to forget."""
        self._removed.append(aggregate)

    def guard(self, aggregate: Aggregate) -> None:
        """An aggregate only read, which must not have changed when this unit commits."""
        self._guarded.append(aggregate)

    def open(self, *accounts: Account) -> None:
        """Accounts to open, if they are not open yet."""
        self._opened.extend(accounts)

    def freeze(self, account: str, *, frozen: bool = True) -> None:
        """Refuse new business with an account, or allow it again."""
        self._freezes[account] = frozen

    def post(
        self,
        kind: str,
        *postings: Posting,
        id: str | None = None,
        reference: str | None = None,
        details: dict[str, str] | None = None,
        reverses: str | None = None,
        despite_freeze: bool = False,
    ) -> JournalEntry:
        """Move money: a balanced entry, applied at commit if every floor holds."""
        entry = JournalEntry(
            id or self.ids.new("txn"),
            kind,
            postings,
            self.now,
            self.actor.id,
            reference,
            details or {},
            reverses,
            despite_freeze,
        )
        self._entries.append(entry)
        return entry

    def observe(self, *accounts: str) -> None:
        """Further accounts whose balances the answer needs."""
        self._observed.extend(accounts)

    def emit(self, event: Event, *, subject: str) -> None:
        """Something that happened, other than what the aggregates record themselves."""
        self._events.append(self._envelope(event, subject))

    def _envelope(self, event: Event, subject: str) -> Envelope:
        return Envelope(self.ids.new("evt"), event, subject, self.now, self.actor.id)

    # ---- ids

    def new_id(self, prefix: str) -> str:
        """A new id."""
        return self.ids.new(prefix)

    def stable_id(self, prefix: str) -> str:
        """An id that is the same each time this idempotency key comes; a new one without a key.

        For things that are told to the outside before this unit commits: a retry then tells the same thing again.
        What is found under it must be compared with the request, for the key may have come with another one.
        """
        if self._key is None:
            return self.ids.new(prefix)
        digest = blake2b(repr(self._key.id).encode(), digest_size=16, person=prefix.encode()[:16])
        return f"{prefix}_{digest.hexdigest()}"

    # ---- leaving

    async def commit(self) -> None:
        """Commit what is here so far, before something outside is told of it. The key stays with the last unit.

        What is refused is forgotten, so that whoever can may begin again from fresh reads.

        Raises:
            Stale: Something read has changed.
        """
        changes, written = self._changes(None, lambda _: None), (*self._added, *self._saved)
        self._clear()
        await self._store.commit(changes)
        for aggregate in written:
            aggregate.version += 1

    def changes(self, answer: Callable[[Balances], object]) -> Changes:
        """Everything left behind, as a value."""
        return self._changes(self._key, answer)

    def _changes(self, key: Key | None, answer: Callable[[Balances], object]) -> Changes:
        events = list(self._events)
        for aggregate in (*self._added, *self._saved, *self._removed):
            events.extend(self._envelope(event, aggregate.id) for event in aggregate.take_events())
        return Changes(
            added=tuple(self._added),
            saved=tuple(self._saved),
            removed=tuple(self._removed),
            guarded=tuple(self._guarded),
            opened=tuple(self._opened),
            freezes=self._freezes,
            entries=tuple(self._entries),
            observed=tuple(self._observed),
            events=tuple(events),
            key=key,
            answer=answer,
        )
