"""The inbox of payment messages, and when to ask about a purchase"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "webhooks",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("event", Words(), nullable=True),
        sa.Column("digest", Words(), nullable=False),
        sa.Column("body", Words(), nullable=False),
        sa.Column("purchase", Words(), nullable=True),
        sa.Column("payment", Words(), nullable=True),
        sa.Column("outcome", Words(), nullable=True),
        sa.Column("minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", Words(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("result", Words(), nullable=True),
        sa.Column("error", Words(), nullable=True),
        sa.Column("first", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_received_at"), "webhooks", ["received_at"])
    op.create_index(
        "ix_webhooks_pending_next_at", "webhooks", ["next_at"], postgresql_where=PENDING, sqlite_where=PENDING
    )
    op.add_column("purchases", sa.Column("reference", Words(), nullable=True))
    op.add_column("purchases", sa.Column("ask_at", Instant(), nullable=True))
    op.execute("UPDATE purchases SET ask_at = expires_at WHERE state = 'pending'")
    op.create_index("ix_purchases_ask_at", "purchases", ["ask_at"], postgresql_where=PENDING, sqlite_where=PENDING)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_purchases_ask_at", table_name="purchases")
    op.drop_column("purchases", "ask_at")
    op.drop_column("purchases", "reference")
    op.drop_table("webhooks")
