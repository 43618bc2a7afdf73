"""Committing a batch of units of work: look up what stands, decide in Python, write what was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.codec import JsonCodec
from adapters.sql.connection import Connection
from adapters.sql.rows import TableCodec
from adapters.sql.tables import AGGREGATE_TABLES, accounts, idempotency_keys, journal, outbox, postings
from platform_core.kernel.changes import Changes, Committed, Key, KeyRecord
from platform_core.kernel.errors import KeyExpired
from platform_core.kernel.settlement import Needs, Standing, Tally, Verdict, Writes, needs, settle

_ACCOUNT = ("id", "floor", "balance", "frozen", "sequence")
_KEY = ("scope", "key", "fingerprint", "refused", "moved", "answer", "created_at")
_OUTBOX = ("id", "name", "subject", "payload", "at", "actor")
_JOURNAL = ("id", "kind", "at", "actor", "reference", "details", "reverses", "despite_freeze")
_POSTING = ("account", "sequence", "entry", "amount", "balance")


class Committer:
    """Commits batches on a connection; the same for every SQL database.

    Args:
        json: How answers, refusals and events are kept.
    """

    def __init__(self, json: JsonCodec) -> None:
        self.json = json
        self.rows = TableCodec()

    async def commit(self, connection: Connection, units: Sequence[Changes]) -> list[Verdict]:
        """Decide and write a batch inside the connection's transaction.

        Returns:
            A verdict for each unit, in order.
        """
        standing = await self._standing(connection, needs(units))
        verdicts, writes = settle(units, standing)
        if not writes.is_empty:
            await self._write(connection, writes)
        return [self._replayed(unit, verdict) for unit, verdict in zip(units, verdicts, strict=True)]

    def _replayed(self, unit: Changes, verdict: Verdict) -> Verdict:
        if isinstance(verdict, Committed) and isinstance(verdict.answer, KeyRecord) and unit.key is not None:
            try:
                answer = self.json.loads(verdict.answer.encoded or b"null", unit.key.answers)
            except Exception:  # noqa: BLE001  # another secret key, or another shape: one caller's trouble, not the batch's
                return KeyExpired("the answer kept under this idempotency key cannot be read any more; use a new one")
            return Committed(answer, replayed=True)
        return verdict

    # ---- what stands

    async def _standing(self, connection: Connection, want: Needs) -> Standing:
        standing = Standing()
        # Locks are taken in one order everywhere: accounts by id, then aggregates by kind and id.
        if want.accounts:
            found = await connection.select(accounts, _ACCOUNT, "id", sorted(want.accounts), lock="wait")
            self._tally(standing, found)
        for kind in sorted({kind for kind, _ in want.aggregates}):
            ids = sorted(id for other, id in want.aggregates if other == kind)
            for row in await connection.select(AGGREGATE_TABLES[kind], ("id", "version"), "id", ids, lock="wait"):
                standing.versions[kind, row["id"]] = row["version"]
        for kind, name in sorted({(kind, name) for kind, name, _ in want.uniques}):
            values = [value for k, n, value in want.uniques if (k, n) == (kind, name)]
            for row in await connection.select(AGGREGATE_TABLES[kind], ("id", name), name, values):
                standing.taken[kind, name, row[name]] = row["id"]
        if want.observed or want.keys:
            # After the locks, so that what others did before they let go of theirs is seen.
            found, known = await connection.look_up(want.observed, want.keys)
            self._tally(standing, found)
            for row in known:
                fingerprint = self.json.loads(row["fingerprint"], dict[str, str])
                key = Key(row["scope"], row["key"], fingerprint, None)
                standing.keys[key.id] = self._record(key, row["answer"], refused=row["refused"])
        return standing

    def _tally(self, standing: Standing, found: Sequence[Any]) -> None:
        for row in found:
            standing.accounts[row["id"]] = Tally(row["floor"], row["balance"], bool(row["frozen"]), row["sequence"])

    def _record(self, key: Key, answer: str | None, *, refused: bool) -> KeyRecord:
        if answer is None:
            return KeyRecord(key, refusal=KeyExpired("this idempotency key was used too long ago; use a new one"))
        if refused:
            return KeyRecord(key, refusal=self.json.stored_refusal(answer))
        return KeyRecord(key, encoded=answer.encode())

    # ---- what is written

    async def _write(self, connection: Connection, writes: Writes) -> None:
        for rows, write in ((writes.added, connection.insert), (writes.saved, connection.update)):
            for kind in sorted({row.aggregate.kind for row in rows}):
                table = AGGREGATE_TABLES[kind]
                values = [self.rows.values(table, row) for row in rows if row.aggregate.kind == kind]
                await write(table, self.rows.columns(table), values)
        for kind in sorted({aggregate.kind for aggregate in writes.removed}):
            ids = [aggregate.id for aggregate in writes.removed if aggregate.kind == kind]
            await connection.delete(AGGREGATE_TABLES[kind], "id", ids)
        if writes.opened:
            opened = sorted(writes.opened.values(), key=lambda account: account.id)
            new = [(account.id, account.floor, 0, False, 0) for account in opened]
            await connection.insert(accounts, _ACCOUNT, new)
        touched = [(id, tally.balance, tally.frozen, tally.sequence) for id, tally in sorted(writes.touched.items())]
        dumps = self.json.dumps
        await connection.write_ledger(
            (accounts, ("id", "balance", "frozen", "sequence"), touched),
            (
                journal,
                _JOURNAL,
                [
                    (
                        entry.id,
                        entry.kind,
                        entry.at,
                        entry.actor,
                        entry.reference,
                        dumps(entry.details).decode(),
                        entry.reverses,
                        entry.despite_freeze,
                    )
                    for entry in writes.entries
                ],
            ),
            (
                postings,
                _POSTING,
                [(line.account, line.sequence, line.entry, line.amount, line.balance) for line in writes.lines],
            ),
            (idempotency_keys, _KEY, [self._key_row(record) for record in writes.keys]),
            (
                outbox,
                _OUTBOX,
                [
                    (
                        envelope.id,
                        envelope.event.name,
                        envelope.subject,
                        dumps(envelope.event).decode(),
                        envelope.at,
                        envelope.actor,
                    )
                    for envelope in writes.events
                ],
            ),
        )

    def _key_row(self, record: KeyRecord) -> tuple[Any, ...]:
        key = record.key
        answer = self.json.refusal(record.refusal) if record.refusal is not None else self.json.dumps(record.answer)
        fingerprint = self.json.dumps(key.fingerprint).decode()
        # Only for forgetting old keys; no decision about the request depends on it.
        now = datetime.now(UTC)
        return (key.scope, key.key, fingerprint, record.refusal is not None, record.moved, answer.decode(), now)
