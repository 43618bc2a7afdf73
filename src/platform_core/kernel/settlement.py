"""Deciding a batch of units of work: pure, in arrival order, the same for every store.

A store finds out what stands (`needs` says about what), hands it to `settle`, and writes what comes back. Each unit is
accepted whole or refused whole; a refused one leaves the others as if it had never come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed, Key, KeyId, KeyRecord
from platform_core.kernel.errors import (
    AccountFrozen,
    Conflict,
    InsufficientFunds,
    KeyReused,
    NotFound,
    PlatformError,
    Stale,
    StoredRefusal,
    Taken,
)
from platform_core.kernel.events import Envelope
from platform_core.kernel.journal import Account, Balances, JournalEntry, PostedLine, check_balanced

AggregateId = tuple[str, str]
Unique = tuple[str, str, object]
Verdict = Committed | PlatformError

#: The most an account may hold, or owe: what every database can still count (a thousand times the largest amount).
MOST = 10**18


@define
class Needs:
    """What a store must find out before a batch can be decided.

    Args:
        accounts: Those the batch moves or freezes: nobody else may, until it is written.
        observed: Others that it only looks at, or opens if they are not open yet.
        aggregates: What it writes or guards, by kind and id.
        uniques: Values that one aggregate of a kind may have.
        keys: Idempotency keys.
    """

    accounts: set[str] = field(factory=set)
    observed: set[str] = field(factory=set)
    aggregates: set[AggregateId] = field(factory=set)
    uniques: set[Unique] = field(factory=set)
    keys: set[KeyId] = field(factory=set)


def needs(units: Iterable[Changes]) -> Needs:
    """Everything the units read or touch, for one look-up each."""
    want = Needs()
    for unit in units:
        if unit.key is not None:
            want.keys.add(unit.key.id)
        for entry in unit.entries:
            want.accounts.update([posting.account for posting in entry.postings])
        want.accounts.update(unit.freezes)
        want.observed.update(unit.observed)
        want.observed.update([account.id for account in unit.opened])
        for aggregates in (unit.added, unit.saved, unit.removed, unit.guarded):
            for aggregate in aggregates:
                want.aggregates.add((aggregate.kind, aggregate.id))
        for aggregates in (unit.added, unit.saved):
            for aggregate in aggregates:
                want.uniques.update(_uniques(aggregate))
    want.observed -= want.accounts
    return want


@define
class Tally:
    """An account while a batch is decided."""

    floor: int | None
    balance: int
    frozen: bool
    sequence: int
    is_new: bool = False


@define
class Standing:
    """What stands before a batch, and, as units are accepted, after each of them.

    Args:
        accounts: The accounts touched or observed that exist.
        versions: The current version of each aggregate that exists.
        taken: The id of the aggregate that has a unique value.
        keys: The idempotency keys already used.
    """

    accounts: dict[str, Tally] = field(factory=dict)
    versions: dict[AggregateId, int] = field(factory=dict)
    taken: dict[Unique, str] = field(factory=dict)
    keys: dict[KeyId, KeyRecord] = field(factory=dict)


@frozen
class Row:
    """An aggregate to be written, at its new version."""

    aggregate: Aggregate
    version: int


@define
class Writes:
    """What the accepted units of a batch write, together."""

    added: list[Row] = field(factory=list)
    saved: list[Row] = field(factory=list)
    removed: list[Aggregate] = field(factory=list)
    opened: dict[str, Account] = field(factory=dict)
    touched: dict[str, Tally] = field(factory=dict)
    entries: list[JournalEntry] = field(factory=list)
    lines: list[PostedLine] = field(factory=list)
    keys: list[KeyRecord] = field(factory=list)
    events: list[Envelope] = field(factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether every unit was refused or replayed."""
        return not (
            self.added or self.saved or self.removed or self.touched or self.entries or self.keys or self.events
        )


def settle(units: Sequence[Changes], standing: Standing) -> tuple[list[Verdict], Writes]:
    """Accept or refuse each unit in arrival order.

    Args:
        units: The batch.
        standing: What stands; it is moved along as units are accepted.

    Returns:
        A verdict for each unit, in order, and what the accepted ones write.
    """
    writes = Writes()
    return [_decide(unit, standing, writes) for unit in units], writes


def _decide(unit: Changes, standing: Standing, writes: Writes) -> Verdict:
    key = unit.key
    if key is not None and (record := standing.keys.get(key.id)) is not None:
        return _replay(key, record)
    try:
        if unit.refusal is not None:
            raise unit.refusal
        _check_aggregates(unit, standing)
        fresh, lines = _move(unit, standing)
        balances = _balances(unit, standing, fresh)
        answer = unit.answer(balances)
    except PlatformError as refusal:
        if key is not None and refusal.sticks:
            _remember(KeyRecord(key, refusal=refusal), standing, writes)
        return refusal
    _apply(unit, standing, writes, fresh, lines)
    if key is not None:
        _remember(KeyRecord(key, answer=answer, moved=bool(unit.entries)), standing, writes)
    return Committed(answer)


def _replay(key: Key, record: KeyRecord) -> Verdict:
    """The first answer again, if the request is the same one (invariant 36)."""
    known = record.key.fingerprint
    if known != key.fingerprint:
        names = sorted(known.keys() | key.fingerprint.keys())
        differing = next(name for name in names if known.get(name) != key.fingerprint.get(name))
        return KeyReused.field(differing, "differs from the first request with this idempotency key")
    if record.refusal is not None:
        first = record.refusal
        return StoredRefusal(first.kind, first.code, first.message, first.details)
    return Committed(record.answer if record.encoded is None else record, replayed=True)


def _remember(record: KeyRecord, standing: Standing, writes: Writes) -> None:
    standing.keys[record.key.id] = record
    writes.keys.append(record)


def _uniques(aggregate: Aggregate) -> list[Unique]:
    values = [(aggregate.kind, name, getattr(aggregate, name)) for name in aggregate.unique]
    return [unique for unique in values if unique[2] is not None]


def _check_aggregates(unit: Changes, standing: Standing) -> None:
    for aggregate in unit.added:
        if (aggregate.kind, aggregate.id) in standing.versions:
            raise Stale(f"{aggregate.id} exists already")
    for aggregates in (unit.saved, unit.removed, unit.guarded):
        for aggregate in aggregates:
            if standing.versions.get((aggregate.kind, aggregate.id)) != aggregate.version:
                raise Stale(f"{aggregate.id} has changed")
    for aggregates in (unit.added, unit.saved):
        for aggregate in aggregates:
            for unique in _uniques(aggregate):
                if standing.taken.get(unique, aggregate.id) != aggregate.id:
                    raise Taken.field(unique[1])


def _move(unit: Changes, standing: Standing) -> tuple[dict[str, Tally], list[PostedLine]]:
    """The accounts as they are after the unit's entries, and the lines that say how (invariants 1, 6, 7)."""
    fresh = {
        account.id: Tally(account.floor, 0, account.frozen, 0, is_new=True)
        for account in unit.opened
        if account.id not in standing.accounts
    }
    lines: list[PostedLine] = []
    for entry in unit.entries:
        check_balanced(entry.postings)
        for posting in entry.postings:
            tally = fresh.get(posting.account) or _taken_up(posting.account, standing, fresh)
            if tally.frozen and not entry.despite_freeze:
                raise AccountFrozen("this account is frozen")
            tally.balance += posting.amount
            tally.sequence += 1
            if posting.amount < 0 and tally.floor is not None and tally.balance < tally.floor:
                raise InsufficientFunds("not enough is available")
            if abs(tally.balance) > MOST:
                raise Conflict("an account cannot hold that much")
            lines.append(PostedLine(posting.account, tally.sequence, posting.amount, tally.balance, entry.id))
    for id, is_frozen in unit.freezes.items():
        (fresh.get(id) or _taken_up(id, standing, fresh)).frozen = is_frozen
    return fresh, lines


def _taken_up(account: str, standing: Standing, fresh: dict[str, Tally]) -> Tally:
    """The unit's own copy of an account, so that a refusal halfway leaves what stands as it was."""
    known = standing.accounts.get(account)
    if known is None:
        raise NotFound(f"there is no account {account}")
    fresh[account] = tally = Tally(known.floor, known.balance, known.frozen, known.sequence)
    return tally


def _balances(unit: Changes, standing: Standing, fresh: dict[str, Tally]) -> Balances:
    balances = Balances({id: tally.balance for id, tally in fresh.items()})
    for id in unit.observed:
        if id not in balances and (known := standing.accounts.get(id)) is not None:
            balances[id] = known.balance
    return balances


def _apply(unit: Changes, standing: Standing, writes: Writes, fresh: dict[str, Tally], lines: list[PostedLine]) -> None:
    for aggregate in unit.added:
        _write(writes.added, aggregate, 1, standing)
    for aggregate in unit.saved:
        _write(writes.saved, aggregate, aggregate.version + 1, standing)
    for aggregate in unit.removed:
        writes.removed.append(aggregate)
        del standing.versions[aggregate.kind, aggregate.id]
        _let_go(aggregate, standing)
    for account in unit.opened:
        if account.id in fresh and fresh[account.id].is_new:
            writes.opened[account.id] = account
    standing.accounts.update(fresh)
    writes.touched.update(fresh)
    writes.entries.extend(unit.entries)
    writes.lines.extend(lines)
    writes.events.extend(unit.events)


def _write(rows: list[Row], aggregate: Aggregate, version: int, standing: Standing) -> None:
    rows.append(Row(aggregate, version))
    standing.versions[aggregate.kind, aggregate.id] = version
    _let_go(aggregate, standing)
    for unique in _uniques(aggregate):
        standing.taken[unique] = aggregate.id


def _let_go(aggregate: Aggregate, standing: Standing) -> None:
    """Free the values the aggregate had: it is gone, or has others now."""
    if aggregate.unique:
        had = [unique for unique, id in standing.taken.items() if id == aggregate.id and unique[0] == aggregate.kind]
        for unique in had:
            del standing.taken[unique]
