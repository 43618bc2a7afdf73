"""Payouts: sellers' accounts and debts, transfers, their attempts and their reversals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "debts",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("owed", sa.BigInteger(), nullable=False),
        sa.Column("coming", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("owed >= 0 AND coming >= 0", name=op.f("ck_debts_owed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debts")),
    )
    op.create_index(op.f("ix_debts_seller"), "debts", ["seller"], unique=False)
    op.create_table(
        "seller_accounts",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("account", Words(), nullable=True),
        sa.Column("state", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_accounts")),
    )
    op.create_table(
        "takings",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("transfer", Words(), nullable=False),
        sa.Column("reference", Words(), nullable=False),
        sa.Column("payable", sa.BigInteger(), nullable=False),
        sa.Column("receivable", sa.BigInteger(), nullable=False),
        sa.Column("given_back", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takings")),
    )
    op.create_index(op.f("ix_takings_transfer"), "takings", ["transfer"], unique=False)
    op.create_table(
        "transfer_attempts",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("movement", Words(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("key", Words(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("reference", Words(), nullable=True),
        sa.Column("failure", Words(), nullable=True),
        sa.Column("code", Words(), nullable=True),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("asked_back", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_attempts")),
    )
    op.create_index("ix_transfer_attempts_movement", "transfer_attempts", ["movement", "number"], unique=False)
    op.create_table(
        "transfer_reversals",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("provider", Words(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("probes", sa.BigInteger(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("asked_for", sa.Boolean(), nullable=False),
        sa.Column("last_sent_at", Instant(), nullable=True),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("transfer", Words(), nullable=False),
        sa.Column("sending", Words(), nullable=False),
        sa.Column("reference", Words(), nullable=False),
        sa.Column("order", Words(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_reversals")),
    )
    op.create_index(
        "ix_transfer_reversals_due_at",
        "transfer_reversals",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_transfer_reversals_transfer"), "transfer_reversals", ["transfer"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("provider", Words(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("probes", sa.BigInteger(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("asked_for", sa.Boolean(), nullable=False),
        sa.Column("last_sent_at", Instant(), nullable=True),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("order", Words(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("available_at", Instant(), nullable=False),
        sa.Column("unsent", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("reversed", sa.BigInteger(), nullable=False),
        sa.Column("restored", sa.BigInteger(), nullable=False),
        sa.Column("to_return", sa.BigInteger(), nullable=False),
        sa.Column("netted", sa.BigInteger(), nullable=False),
        sa.Column("rounds", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_created_at", "transfers", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_transfers_due_at",
        "transfers",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_transfers_order"), "transfers", ["order"], unique=False)
    op.create_index("ix_transfers_seller", "transfers", ["seller", "created_at", "id"], unique=False)
    op.create_index("ix_transfers_state", "transfers", ["state", "created_at", "id"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("transfers")
    op.drop_table("transfer_reversals")
    op.drop_table("transfer_attempts")
    op.drop_table("takings")
    op.drop_table("seller_accounts")
    op.drop_table("debts")
