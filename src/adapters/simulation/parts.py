"""The parts of a simulated platform: its clock, its ids and its store."""

from __future__ import annotations

from base64 import b32hexencode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

from attrs import frozen

from adapters.codec import JsonCodec, Row, RowCodec
from adapters.memory.store import MemoryStore
from adapters.simulation.stage import Act, Stage
from adapters.simulation.steps import Trouble
from adapters.testing import START
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes, Committed, KeyId
from platform_core.kernel.errors import Stale, Unavailable, Uncertain
from platform_core.kernel.events import Envelope
from platform_core.kernel.journal import Balances, JournalEntry
from platform_core.kernel.select import Select
from platform_core.kernel.settlement import Tally
from platform_core.payouts.debts import Debt, debt_id
from platform_core.payouts.movement import AttemptState, TransferAttempt, attempt_id
from platform_core.payouts.transfer import Transfer

A = TypeVar("A", bound=Aggregate)

_ROWS, _JSON = RowCodec(), JsonCodec()


class SimulatedClock:
    """A clock that is moved on by steps, and now and then a little back, as machines' clocks are set."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        """The moment it shows, in UTC."""
        return self._now

    def move(self, by: timedelta) -> datetime:
        """Move it on, or back; the moment it shows then."""
        self._now += by
        return self._now


class SimulatedIds:
    """Ids of the real form that depend on the step which asks for them, and not on those before it.

    So a run from which steps were dropped has the same ids, and the same pauses that are spread by them.

    Args:
        seed: Which series.
        clock: Whose milliseconds they sort by.
        stage: Which step asks.
    """

    def __init__(self, seed: int, clock: SimulatedClock, stage: Stage) -> None:
        self._seed = seed
        self._clock = clock
        self._stage = stage
        self._outside = 0

    def new(self, prefix: str) -> str:
        """A new id such as `usr_06f1…`."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        step, count = self._next()
        spread = int.from_bytes(self._digest(step, count)[:5], "big")
        number = milliseconds << 80 | step << 56 | count << 40 | spread
        return f"{prefix}_{b32hexencode(number.to_bytes(16, 'big'))[:26].decode().lower()}"

    def secret(self) -> str:
        """A text that looks secret."""
        return self._digest(*self._next()).hex()

    def _next(self) -> tuple[int, int]:
        act = self._stage.act
        if act is None:
            self._outside += 1
            return 0, self._outside
        act.made += 1
        return act.number, act.made

    def _digest(self, step: int, count: int) -> bytes:
        return blake2b(f"{self._seed} {step} {count}".encode(), digest_size=32).digest()


@frozen
class Written:
    """What one commit wrote.

    Args:
        step: The step whose act committed it; 0 for what was there at the beginning.
        key: The idempotency key's id, if it had one.
        entries: The money it moved.
        events: What it told.
        added: The aggregates it made, as kind and id.
    """

    step: int
    key: KeyId | None
    entries: tuple[JournalEntry, ...]
    events: tuple[Envelope, ...]
    added: tuple[tuple[str, str], ...]


@frozen
class Sending:
    """A transfer that is about to be sent, as things stood when that was committed.

    Args:
        attempt: The attempt's id.
        owed: What its seller owed that could have been netted.
        too_early: Whether the money was to wait longer.
        held: Whether a dispute was to keep it here.
    """

    attempt: str
    owed: int
    too_early: bool
    held: bool


class SimulatedStore(MemoryStore):
    """The store in memory, with troubles, and with a record of every commit for those who check it.

    Args:
        stage: Says what goes wrong.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        # What it has worked out about each kind of aggregate is the same in every run.
        self._codec, self._json = _ROWS, _JSON
        self._stage = stage
        self.written: list[Written] = []
        self.sendings: list[Sending] = []

    async def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate, unless the store is away."""
        await self._read()
        return await super().get(kind, id)

    peek = get

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates, unless the store is away."""
        await self._read()
        return await super().find(select)

    async def count(self, select: Select[A]) -> int:
        """The count, unless the store is away."""
        await self._read()
        return await super().count(select)

    async def counts(self, select: Select[A], *, by: str) -> Mapping[object, int]:
        """The counts, unless the store is away."""
        await self._read()
        return await super().counts(select, by=by)

    async def balances(self, accounts: Sequence[str]) -> Balances:
        """The balances, unless the store is away."""
        await self._read()
        return await super().balances(accounts)

    async def commit(self, changes: Changes) -> Committed:
        """Apply a unit of work, unless something goes wrong."""
        act = self._stage.act
        trouble = await self._stage.commits()
        if trouble is Trouble.COMMIT_FAILS:
            raise Unavailable("the store is away")
        if trouble in (Trouble.STALE, Trouble.STORM):
            raise Stale("somebody else was quicker")
        committed = await super().commit(changes)
        if not committed.replayed and not changes.is_empty:
            self._record(changes, act)
        if trouble is Trouble.ANSWER_LOST:
            raise Uncertain("the store was lost while it committed")
        await self._stage.committed()
        return committed

    async def _read(self) -> None:
        if await self._stage.reads():
            raise Unavailable("the store is away")

    def _record(self, changes: Changes, act: Act | None) -> None:
        for attempt in changes.added:
            if isinstance(attempt, TransferAttempt):
                self._sending(attempt)
        self.written.append(
            Written(
                0 if act is None else act.number,
                None if changes.key is None else changes.key.id,
                changes.entries,
                changes.events,
                tuple((aggregate.kind, aggregate.id) for aggregate in changes.added),
            )
        )

    def _sending(self, attempt: TransferAttempt) -> None:
        row = self.rows(Transfer.kind).get(attempt.movement)
        before = self.rows(TransferAttempt.kind).get(attempt_id(attempt.movement, attempt.number - 1))
        if row is None or (before is not None and before["state"] == AttemptState.OPEN.value):
            return  # It is a reversal's, or tried again because nobody knows what became of the last try.
        transfer = self.decoded(Transfer, row)
        owing = self.rows(Debt.kind).get(debt_id(transfer.seller, transfer.currency))
        owed = 0 if owing is None else self.decoded(Debt, owing).free
        # A clock that is set back may show an earlier time at another try.
        too_early = attempt.number == 1 and attempt.sent_at < transfer.available_at
        self.sendings.append(Sending(attempt.id, owed, too_early, transfer.held))

    # ---- for those who check

    def rows(self, kind: str) -> Mapping[str, Row]:
        """The rows of a kind, by id."""
        return self._rows.get(kind, {})

    def decoded(self, kind: type[A], row: Row) -> A:
        """The aggregate that a row says."""
        return self._codec.aggregate(kind, row)

    def tallies(self) -> Mapping[str, Tally]:
        """The accounts, by id."""
        return self._accounts

    def journal(self) -> Mapping[str, JournalEntry]:
        """The journal entries, by id."""
        return self._entries
