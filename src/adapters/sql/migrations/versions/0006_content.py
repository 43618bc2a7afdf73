"""Content: items, shelves, uploads, tiers, subscriptions and unlocks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "content_items",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("creator", Words(), nullable=False),
        sa.Column("form", Words(), nullable=False),
        sa.Column("caption", Words(), nullable=False),
        sa.Column("is_premium", sa.Boolean(), nullable=False),
        sa.Column("tier", Words(), nullable=False),
        sa.Column("token_price", sa.BigInteger(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("moderation", Words(), nullable=False),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("digest", Words(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime", Words(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("listed_at", Instant(), nullable=True),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=True),
        sa.Column("media", Words(), nullable=True),
        sa.Column("thumbnail", Words(), nullable=True),
        sa.Column("preview", Words(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_content_items"),
    )
    op.create_index(
        "ix_content_items_creator_kind_listed",
        "content_items",
        ["creator", "is_premium", "listed_at", "id"],
        unique=False,
        postgresql_where=sa.text("listed_at IS NOT NULL"),
        sqlite_where=sa.text("listed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_content_items_creator_listed",
        "content_items",
        ["creator", "listed_at", "id"],
        unique=False,
        postgresql_where=sa.text("listed_at IS NOT NULL"),
        sqlite_where=sa.text("listed_at IS NOT NULL"),
    )
    op.create_index("ix_content_items_digest", "content_items", ["digest"], unique=False)
    op.create_index(
        "ix_content_items_due_at",
        "content_items",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_content_items_kind_listed",
        "content_items",
        ["is_premium", "listed_at", "id"],
        unique=False,
        postgresql_where=sa.text("listed_at IS NOT NULL"),
        sqlite_where=sa.text("listed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_content_items_listed",
        "content_items",
        ["listed_at", "id"],
        unique=False,
        postgresql_where=sa.text("listed_at IS NOT NULL"),
        sqlite_where=sa.text("listed_at IS NOT NULL"),
    )
    op.create_index("ix_content_items_moderation", "content_items", ["moderation", "id"], unique=False)
    op.create_table(
        "shelves",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shelves"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("creator", Words(), nullable=False),
        sa.Column("item", Words(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"], unique=False)
    op.create_table(
        "tier_plans",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("fan", sa.BigInteger(), nullable=False),
        sa.Column("superfan", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tier_plans"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("creator", Words(), nullable=False),
        sa.Column("subscriber", Words(), nullable=False),
        sa.Column("tier", Words(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("transaction", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_subscriber", "subscriptions", ["subscriber", "until", "id"], unique=False)
    op.create_table(
        "unlocks",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("item", Words(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("transaction", Words(), nullable=False),
        sa.Column("unlocked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unlocks"),
    )
    op.create_index("ix_unlocks_item", "unlocks", ["item"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("unlocks")
    op.drop_table("subscriptions")
    op.drop_table("tier_plans")
    op.drop_table("uploads")
    op.drop_table("shelves")
    op.drop_table("content_items")
