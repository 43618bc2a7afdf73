"""The ledger as it is kept in SQL, for reading."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from adapters.codec import JsonCodec
from adapters.sql.backends import Run
from adapters.sql.connection import Connection, Record
from platform_core.kernel.journal import Account, JournalEntry, PostedLine, Posting

PAGE = 1000

_LINES = """SELECT p.account, p.sequence, p.amount, p.balance, p.entry, j.kind, j.at, j.actor, j.reference, j.details
 FROM postings p LEFT JOIN journal j ON j.id = p.entry"""


class SqlBooks:
    """Statements, entries, accounts and lines, read through `run`.

    Args:
        run: How to reach the database.
        json: How details are kept.
    """

    def __init__(self, run: Run, json: JsonCodec) -> None:
        self._run = run
        self._json = json

    async def statement(self, account: str, *, before: int | None = None, limit: int = 50) -> list[PostedLine]:
        """The lines of one account, newest first, those with a sequence below `before`."""
        bound = 2**62 if before is None else before
        sql = f"{_LINES} WHERE p.account = ? AND p.sequence < ? ORDER BY p.sequence DESC LIMIT ?"
        return [self._line(row) for row in await self._query(sql, account, bound, limit)]

    async def entry(self, id: str) -> JournalEntry | None:
        """One journal entry, or None."""
        rows = await self._query("SELECT * FROM journal WHERE id = ?", id)
        return (await self._with_legs(rows))[0] if rows else None

    async def totals(self) -> Mapping[str, int]:
        """The sum of all balances in each currency, in smallest units."""
        # The currency ends the account's id. Both databases count and add up without a row leaving them.
        sql = "SELECT substr(id, length(id) - 2) AS currency, sum(balance) AS total FROM accounts GROUP BY 1"
        return {row["currency"]: int(row["total"]) for row in await self._query(sql)}

    async def accounts(self) -> AsyncIterator[Account]:
        """Every account, by id."""
        last = ""
        while rows := await self._query("SELECT * FROM accounts WHERE id > ? ORDER BY id LIMIT ?", last, PAGE):
            for row in rows:
                yield Account(row["id"], row["floor"], row["balance"], row["frozen"], row["sequence"])
            last = rows[-1]["id"]

    async def lines(self) -> AsyncIterator[PostedLine]:
        """Every posted line, by account and sequence."""
        account, sequence = "", 0
        sql = f"{_LINES} WHERE (p.account, p.sequence) > (?, ?) ORDER BY p.account, p.sequence LIMIT ?"
        while rows := await self._query(sql, account, sequence, PAGE):
            for row in rows:
                yield self._line(row)
            account, sequence = rows[-1]["account"], rows[-1]["sequence"]

    async def entries(self) -> AsyncIterator[JournalEntry]:
        """Every journal entry, by id."""
        last = ""
        while rows := await self._query("SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?", last, PAGE):
            for entry in await self._with_legs(rows):
                yield entry
            last = rows[-1]["id"]

    async def _query(self, sql: str, *values: Any) -> list[Record]:
        async def work(connection: Connection) -> list[Record]:
            return await connection.query(sql, *values)

        return await self._run(work)

    async def _with_legs(self, rows: list[Record]) -> list[JournalEntry]:
        ids = [row["id"] for row in rows]

        async def work(connection: Connection) -> list[Record]:
            from adapters.sql.tables import postings

            return await connection.select(postings, ("entry", "account", "sequence", "amount"), "entry", ids)

        legs: dict[str, list[Posting]] = {}
        for row in await self._run(work):
            legs.setdefault(row["entry"], []).append(Posting(row["account"], row["amount"]))
        return [
            JournalEntry(
                row["id"],
                row["kind"],
                tuple(sorted(legs.get(row["id"], []), key=lambda leg: leg.amount)),
                row["at"],
                row["actor"],
                row["reference"],
                self._json.loads(row["details"], dict[str, str]),
                row["reverses"],
                row["despite_freeze"],
            )
            for row in rows
        ]

    def _line(self, row: Record) -> PostedLine:
        details = self._json.loads((row["details"] or "{}"), dict[str, str])
        return PostedLine(
            row["account"],
            row["sequence"],
            row["amount"],
            row["balance"],
            row["entry"],
            row["kind"] or "",
            row["at"],
            row["actor"] or "",
            row["reference"],
            details,
        )
