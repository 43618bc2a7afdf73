"""Streams"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "streams",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("host", Words(), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("is_premium", sa.Boolean(), nullable=False),
        sa.Column("token_price", sa.BigInteger(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("sender", Words(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_streams"),
    )
    op.create_index("ix_streams_host", "streams", ["host"])
    op.create_index("ix_streams_due_at", "streams", ["due_at"])
    op.create_index("ix_streams_created_at", "streams", ["created_at", "id"])
    op.create_index("ix_streams_state_started_at", "streams", ["state", "started_at", "id"])
    op.create_table(
        "viewers",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stream", Words(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_viewers"),
    )
    op.create_index("ix_viewers_user", "viewers", ["user"])
    op.create_index("ix_viewers_expires_at", "viewers", ["expires_at"])
    op.create_index("ix_viewers_stream_expires_at", "viewers", ["stream", "expires_at"])
    op.create_table(
        "admissions",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stream", Words(), nullable=False),
        sa.Column("viewer", Words(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("transaction", Words(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admissions"),
    )
    op.create_index("ix_admissions_stream", "admissions", ["stream"])
    op.create_index("ix_admissions_viewer", "admissions", ["viewer"])


def downgrade() -> None:
    """Go back: streams, and who paid for them, are forgotten; the journal keeps the payments."""
    for table in ("admissions", "viewers", "streams"):
        op.drop_table(table)
