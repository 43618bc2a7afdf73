"""Invoices, credit notes, and the series of their numbers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Json, Words

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "invoices",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number", Words(), nullable=False),
        sa.Column("place", Words(), nullable=False),
        sa.Column("form", Words(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("order", Words(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("buyer", Words(), nullable=False),
        sa.Column("sold_by", Json(), nullable=False),
        sa.Column("sold_to", Json(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("lines", Json(), nullable=False),
        sa.Column("totals", Json(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("refund", Words(), nullable=True),
        sa.Column("corrects", Words(), nullable=True),
        sa.Column("corrects_number", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("place", name=op.f("uq_invoices_place")),
    )
    op.create_index(op.f("ix_invoices_number"), "invoices", ["number"])
    op.create_index(op.f("ix_invoices_order"), "invoices", ["order"])
    op.create_index(op.f("ix_invoices_refund"), "invoices", ["refund"])
    op.create_index("ix_invoices_series", "invoices", ["seller", "form", "year", "sequence"])
    op.create_table(
        "invoice_series",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("form", Words(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("last_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_series")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("invoice_series")
    op.drop_table("invoices")
