"""The store in memory. It keeps rows, not objects, so that what is not saved is forgotten, as in a database."""

from __future__ import annotations

import operator as operators
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from adapters.codec import JsonCodec, Row, RowCodec
from adapters.memory.outbox import MemoryOutbox
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed, KeyId, KeyRecord
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.journal import Account, Balances, JournalEntry, PostedLine, currency_of
from platform_core.kernel.select import Select, Where, sort_keys
from platform_core.kernel.settlement import Needs, Standing, Tally, Unique, Verdict, Writes, needs, settle

A = TypeVar("A", bound=Aggregate)


class MemoryStore:
    """Store, books and outbox in one process. Nothing here ever waits, so it can be driven without an event loop."""

    def __init__(self) -> None:
        self.outbox = MemoryOutbox()
        self._codec = RowCodec()
        self._json = JsonCodec()
        self._rows: dict[str, dict[str, Row]] = {}
        self._uniques: dict[Unique, str] = {}
        self._accounts: dict[str, Tally] = {}
        self._entries: dict[str, JournalEntry] = {}
        self._lines: dict[str, list[PostedLine]] = {}
        self._keys: dict[KeyId, KeyRecord] = {}

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def ping(self) -> None:
        """It is always there."""

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[MemoryStore]:
        """The store itself: nothing else happens while nobody waits."""
        yield self

    # ---- Store

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate as last committed, or None."""
        row = self._rows.get(kind.kind, {}).get(id)
        return None if row is None else self._codec.aggregate(kind, row)

    peek = get

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes, in its order."""
        rows = [row for row in self._rows.get(select.kind.kind, {}).values() if self._matches(row, select.where)]
        for name in reversed(sort_keys(select.order)):
            field = name.lstrip("-")
            rows.sort(key=lambda row: _sortable(row[field]), reverse=name.startswith("-"))
        if select.after is not None:
            rows = [row for row in rows if self._is_after(row, select)]
        return [self._codec.aggregate(select.kind, row) for row in rows[select.offset : select.offset + select.limit]]

    async def count(self, select: Select[A]) -> int:
        """How many aggregates fit the filters of a selection, whatever its page and limit."""
        return sum(self._matches(row, select.where) for row in self._rows.get(select.kind.kind, {}).values())

    async def counts(self, select: Select[A], *, by: str) -> Mapping[object, int]:
        """As `count`, for each value that a field has among them."""
        rows = self._rows.get(select.kind.kind, {}).values()
        return Counter(row[by] for row in rows if self._matches(row, select.where))

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """The balances of these accounts as last committed."""
        return Balances({id: self._accounts[id].balance for id in accounts if id in self._accounts})

    async def commit(self, changes: Changes) -> Committed:
        """Apply a unit of work, whole or not at all."""
        verdict, writes = self._settled(changes)
        self._write(writes)
        return self._told(changes, verdict)

    async def rehearse(self, changes: Changes) -> Committed:
        """Decide a unit of work as `commit` would, and write nothing."""
        verdict, _ = self._settled(changes)
        return self._told(changes, verdict)

    def _settled(self, changes: Changes) -> tuple[Verdict, Writes]:
        [verdict], writes = settle([changes], self._standing(needs([changes])))
        return verdict, writes

    def _told(self, changes: Changes, verdict: Verdict) -> Committed:
        if isinstance(verdict, PlatformError):
            raise verdict
        if isinstance(verdict.answer, KeyRecord) and changes.key is not None:
            answer = self._json.loads(verdict.answer.encoded or b"null", changes.key.answers)
            return Committed(answer, replayed=True)
        return verdict

    # ---- Books

    async def statement(self, account: str, *, before: int | None = None, limit: int = 50) -> list[PostedLine]:
        """The lines of one account, newest first."""
        lines = self._lines.get(account, [])
        end = len(lines) if before is None else max(0, before - 1)
        return [self._explained(line) for line in reversed(lines[max(0, end - limit) : end])]

    async def entry(self, id: str) -> JournalEntry | None:
        """One journal entry, or None."""
        return self._entries.get(id)

    async def totals(self) -> Mapping[str, int]:
        """The sum of all balances in each currency, in smallest units."""
        sums: Counter[str] = Counter()
        for id, tally in self._accounts.items():
            sums[currency_of(id)] += tally.balance
        return sums

    async def accounts(self) -> AsyncIterator[Account]:
        """Every account, by id."""
        for id, tally in sorted(self._accounts.items()):
            yield Account(id, tally.floor, tally.balance, tally.frozen, tally.sequence)

    async def lines(self) -> AsyncIterator[PostedLine]:
        """Every posted line, by account and sequence."""
        for _, lines in sorted(self._lines.items()):
            for line in lines:
                yield self._explained(line)

    async def entries(self) -> AsyncIterator[JournalEntry]:
        """Every journal entry, by id."""
        for _, entry in sorted(self._entries.items()):
            yield entry

    # ---- inside

    def _explained(self, line: PostedLine) -> PostedLine:
        entry = self._entries[line.entry]
        return PostedLine(
            line.account,
            line.sequence,
            line.amount,
            line.balance,
            entry.id,
            entry.kind,
            entry.at,
            entry.actor,
            entry.reference,
            entry.details,
        )

    def _matches(self, row: Row, where: Sequence[Where]) -> bool:
        return all(_holds(row[test.field], test.operator, self._codec.value(test.value)) for test in where)

    def _is_after(self, row: Row, select: Select[A]) -> bool:
        for name, bound in zip(sort_keys(select.order), select.after or (), strict=True):
            value, limit = _sortable(row[name.lstrip("-")]), _sortable(self._codec.value(bound))
            if value != limit:
                return bool(value < limit) if name.startswith("-") else bool(value > limit)
        return False

    def _standing(self, want: Needs) -> Standing:
        accounts = {id: self._accounts[id] for id in want.accounts | want.observed if id in self._accounts}
        versions = {}
        for kind, id in want.aggregates:
            row = self._rows.get(kind, {}).get(id)
            if row is not None:
                versions[kind, id] = row["version"]
        taken = {unique: self._uniques[unique] for unique in want.uniques if unique in self._uniques}
        keys = {key: self._keys[key] for key in want.keys if key in self._keys}
        return Standing(accounts, versions, taken, keys)

    def _write(self, writes: Writes) -> None:
        # What may fail comes first: a unit is applied whole or not at all.
        rows = [
            (type(row.aggregate), self._codec.row(row.aggregate, row.version)) for row in writes.added + writes.saved
        ]
        records = [self._encoded(record) for record in writes.keys]
        for aggregate in writes.removed:
            self._forget(type(aggregate), aggregate.id)
        for kind, row in rows:
            self._put(kind, row)
        self._accounts.update(writes.touched)
        for entry in writes.entries:
            self._entries[entry.id] = entry
        for line in writes.lines:
            self._lines.setdefault(line.account, []).append(line)
        for record in records:
            self._keys[record.key.id] = record
        self.outbox.put(writes.events)

    def _encoded(self, record: KeyRecord) -> KeyRecord:
        if record.refusal is not None:
            return record
        return KeyRecord(record.key, encoded=self._json.dumps(record.answer))

    def _put(self, kind: type[Aggregate], row: Row) -> None:
        self._forget(kind, row["id"])
        self._rows.setdefault(kind.kind, {})[row["id"]] = row
        for name in kind.unique:
            if row[name] is not None:
                self._uniques[kind.kind, name, row[name]] = row["id"]

    def _forget(self, kind: type[Aggregate], id: str) -> None:
        row = self._rows.get(kind.kind, {}).pop(id, None)
        if row is not None:
            for name in kind.unique:
                self._uniques.pop((kind.kind, name, row[name]), None)


_COMPARISONS = {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}


def _sortable(value: object) -> tuple[bool, object]:
    """None sorts first, as the databases are told to."""
    return (value is not None, value)


def _holds(value: Any, operator: str, bound: Any) -> bool:
    if operator == "=":
        return bool(value == bound)
    if operator == "!=":
        return bool(value != bound)
    if operator == "in":
        return bool(value in bound)
    if value is None or bound is None:
        return False
    if operator == "prefix":
        return str(value).startswith(str(bound))
    if operator == "contains":
        return str(bound) in str(value)
    return bool(_COMPARISONS[operator](value, bound))
