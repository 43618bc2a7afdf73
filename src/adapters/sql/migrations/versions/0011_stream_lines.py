"""Lines of streams' chats"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Words

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "stream_lines",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stream", Words(), nullable=False),
        sa.Column("author", Words(), nullable=False),
        sa.Column("content", Words(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_lines")),
    )
    op.create_index(op.f("ix_stream_lines_said_at"), "stream_lines", ["said_at"])
    op.create_index("ix_stream_lines_stream_said_at", "stream_lines", ["stream", "said_at", "id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("stream_lines")
