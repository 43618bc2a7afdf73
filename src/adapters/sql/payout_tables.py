"""The tables of payouts: sellers' accounts and debts, transfers, their attempts and their reversals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Table

from adapters.sql.columns import Instant, Words
from adapters.sql.schema import aggregates

seller_accounts = aggregates(
    "seller_accounts",
    Column("seller", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("account", Words),
    Column("state", Words, nullable=False),
)

debts = aggregates(
    "debts",
    Column("seller", Words, nullable=False, index=True),
    Column("currency", Words, nullable=False),
    Column("owed", BigInteger, nullable=False),
    Column("coming", BigInteger, nullable=False),
    CheckConstraint("owed >= 0 AND coming >= 0", name="owed"),
)


def _movement() -> tuple[Column[Any], ...]:
    return (
        Column("seller", Words, nullable=False),
        Column("currency", Words, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("state", Words, nullable=False),
        Column("due_at", Instant),
        Column("provider", Words),
        Column("generation", BigInteger, nullable=False),
        Column("attempts", BigInteger, nullable=False),
        Column("retry_count", BigInteger, nullable=False),
        Column("limit", BigInteger, nullable=False),
        Column("probes", BigInteger, nullable=False),
        Column("uncertain", Boolean, nullable=False),
        Column("answered", Boolean, nullable=False),
        Column("asked_for", Boolean, nullable=False),
        Column("last_sent_at", Instant),
        Column("reason", Words),
    )


transfers = aggregates(
    "transfers",
    *_movement(),
    Column("order", Words, nullable=False, index=True),
    Column("gross", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("available_at", Instant, nullable=False),
    Column("unsent", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("reversed", BigInteger, nullable=False),
    Column("restored", BigInteger, nullable=False),
    Column("to_return", BigInteger, nullable=False),
    Column("netted", BigInteger, nullable=False),
    Column("rounds", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("completed_at", Instant),
    Index("ix_transfers_seller", "seller", "created_at", "id"),
    Index("ix_transfers_created_at", "created_at", "id"),
    Index("ix_transfers_state", "state", "created_at", "id"),
)

transfer_reversals = aggregates(
    "transfer_reversals",
    *_movement(),
    Column("transfer", Words, nullable=False, index=True),
    Column("sending", Words, nullable=False),
    Column("reference", Words, nullable=False),
    Column("order", Words, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("completed_at", Instant),
)

for _table in (transfers, transfer_reversals):
    _is_due = _table.c.due_at.is_not(None)
    Index(f"ix_{_table.name}_due_at", _table.c.due_at, postgresql_where=_is_due, sqlite_where=_is_due)

transfer_attempts = aggregates(
    "transfer_attempts",
    Column("movement", Words, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("subject", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("answered_at", Instant),
    Column("reference", Words),
    Column("failure", Words),
    Column("code", Words),
    Column("reason", Words),
    Column("asked_back", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Index("ix_transfer_attempts_movement", "movement", "number"),
)

takings = aggregates(
    "takings",
    Column("transfer", Words, nullable=False, index=True),
    Column("reference", Words, nullable=False),
    Column("payable", BigInteger, nullable=False),
    Column("receivable", BigInteger, nullable=False),
    Column("given_back", Boolean, nullable=False),
)

#: Aggregate kind to its table.
PAYOUT_TABLES: dict[str, Table] = {
    "seller_account": seller_accounts,
    "debt": debts,
    "transfer": transfers,
    "transfer_attempt": transfer_attempts,
    "transfer_reversal": transfer_reversals,
    "taking": takings,
}
