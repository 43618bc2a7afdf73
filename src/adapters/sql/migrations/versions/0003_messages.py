"""Conversations and messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.tables import Instant, Words

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "conversations",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("first", Words(), nullable=False),
        sa.Column("second", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("first_moved_at", Instant(), nullable=True),
        sa.Column("second_moved_at", Instant(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("by_first", sa.BigInteger(), nullable=False),
        sa.Column("first_read", sa.BigInteger(), nullable=False),
        sa.Column("second_read", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("second_seen", sa.BigInteger(), nullable=False),
        sa.Column("first_blocks_since", Instant(), nullable=True),
        sa.Column("second_blocks_since", Instant(), nullable=True),
        sa.Column("last_preview", Words(), nullable=True),
        sa.Column("last_sent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    for side in ("first", "second"):
        op.create_index(f"ix_conversations_{side}", "conversations", [side, f"{side}_moved_at", "id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("conversation", Words(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("by_first", sa.BigInteger(), nullable=False),
        sa.Column("author", Words(), nullable=False),
        sa.Column("form", Words(), nullable=False),
        sa.Column("content", Words(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("transaction", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_conversation", "messages", ["conversation", "sequence"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("messages")
    op.drop_table("conversations")
