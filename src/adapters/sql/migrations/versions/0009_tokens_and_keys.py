"""Families of refresh tokens, and API keys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Json, Words

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "refresh_families",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("current", Words(), nullable=False),
        sa.Column("previous", Words(), nullable=True),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("rotated_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_families")),
    )
    op.create_index(op.f("ix_refresh_families_user"), "refresh_families", ["user"])
    op.create_index(op.f("ix_refresh_families_ends_at"), "refresh_families", ["ends_at"])
    op.create_table(
        "api_keys",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_user"), "api_keys", ["user"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("api_keys")
    op.drop_table("refresh_families")
