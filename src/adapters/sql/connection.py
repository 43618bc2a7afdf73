"""What the SQL stores need of a database connection: a few set-wise statements, the same on every database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import Table

from platform_core.kernel.changes import KeyId

Record = Mapping[str, Any]

#: `wait` for rows that others have locked, or `skip` them.
Lock = Literal["wait", "skip"]


class Connection(Protocol):
    """A connection inside a transaction, or reading outside of one. Values are plain: text, integers, booleans, moments
    and, for JSON columns, text.
    """

    async def select(
        self, table: Table, columns: Sequence[str], key: str, values: Sequence[Any], *, lock: Lock | None = None
    ) -> list[Record]:
        """The rows whose `key` is among `values`; locked in the order of the key until the transaction ends."""

    async def look_up(self, wanted: Iterable[str], keys: Iterable[KeyId]) -> tuple[list[Record], list[Record]]:
        """Accounts by id, and idempotency keys by scope and key, all as of one moment; nothing is locked."""

    async def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """New rows, all of them."""

    async def update(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Rows changed; the first column is the key."""

    async def delete(self, table: Table, key: str, values: Sequence[Any]) -> None:
        """Rows gone."""

    async def query(self, sql: str, *values: Any) -> list[Record]:
        """A statement with `?` for its values, and its rows."""

    async def write_ledger(self, *parts: tuple[Table, Sequence[str], Sequence[Sequence[Any]]]) -> None:
        """The ledger's part of a batch: accounts updated by their first column, then the other tables' new rows, in as
        few round trips as the database allows.
        """


class Busy(Exception):
    """Rows are locked by somebody else for longer than this connection waits."""


class Poisoned(Exception):
    """The database refused the batch for what is in it.

    Args:
        constraint: What it broke.
        unique: Whether that is a value which is there already.
    """

    def __init__(self, constraint: str, *, unique: bool) -> None:
        super().__init__(constraint)
        self.unique = unique


class Interrupted(Exception):
    """The transaction was undone for no fault of its own (a deadlock, a lost connection); it may run again."""


class OutcomeUnknown(Interrupted):
    """The connection was lost while committing: the batch may be in or not."""
