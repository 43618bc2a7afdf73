"""Bookings: providers, slots, calendars, bookings and reviews"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Json, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "providers",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("category", Words(), nullable=False),
        sa.Column("bio", Words(), nullable=False),
        sa.Column("services", Json(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("reviews", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=False),
        sa.Column("sessions", sa.BigInteger(), nullable=False),
        sa.Column("cancellations", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_providers"),
    )
    op.create_index("ix_providers_category", "providers", ["category"], unique=False)
    op.create_index("ix_providers_popularity", "providers", ["sessions", "rating", "id"], unique=False)
    op.create_table(
        "slots",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
    )
    op.create_index("ix_slots_provider_starts_at", "slots", ["provider", "starts_at"], unique=False)
    op.create_table(
        "calendars",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("taken", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("customer", Words(), nullable=False),
        sa.Column("slot", Words(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("note", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("hold", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("confirm_by", Instant(), nullable=False),
        sa.Column("complete_at", Instant(), nullable=True),
        sa.Column("resolve_by", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("disputed_by", Words(), nullable=True),
        sa.Column("reason", Words(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
    )
    op.create_index("ix_bookings_customer", "bookings", ["customer", "created_at", "id"], unique=False)
    op.create_index(
        "ix_bookings_due_at",
        "bookings",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_bookings_provider", "bookings", ["provider", "created_at", "id"], unique=False)
    op.create_table(
        "provider_reviews",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("booking", Words(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("author", Words(), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=False),
        sa.Column("words", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_reviews"),
    )
    op.create_index("ix_provider_reviews_provider", "provider_reviews", ["provider", "created_at", "id"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("provider_reviews")
    op.drop_table("bookings")
    op.drop_table("calendars")
    op.drop_table("slots")
    op.drop_table("providers")
