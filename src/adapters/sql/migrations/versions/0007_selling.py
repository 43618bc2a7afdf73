"""Selling: products, orders, payments, refunds, reviews; messages of more than purchases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Instant, Json, Words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.execute("ALTER TABLE webhooks RENAME COLUMN purchase TO subject")
    op.execute("ALTER TABLE webhooks RENAME COLUMN payment TO reference")
    op.add_column("webhooks", sa.Column("detail", Words(), nullable=False, server_default=""))
    op.create_table(
        "orders",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("buyer", Words(), nullable=False),
        sa.Column("lines", Json(), nullable=False),
        sa.Column("standing", Json(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("payment", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("disputed", Words(), nullable=False),
        sa.Column("unpaid", Words(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=True),
        sa.Column("fulfilled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_buyer", "orders", ["buyer", "created_at", "id"], unique=False)
    op.create_index("ix_orders_created_at", "orders", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_orders_expires_at",
        "orders",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending_payment'"),
        sqlite_where=sa.text("state = 'pending_payment'"),
    )
    op.create_table(
        "payments",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("order", Words(), nullable=False),
        sa.Column("buyer", Words(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("method", Words(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("checkout_url", Words(), nullable=True),
        sa.Column("reference", Words(), nullable=True),
        sa.Column("charges", Json(), nullable=False),
        sa.Column("disputes", Json(), nullable=False),
        sa.Column("ask_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(
        "ix_payments_ask_at",
        "payments",
        ["ask_at"],
        unique=False,
        postgresql_where=sa.text("ask_at IS NOT NULL"),
        sqlite_where=sa.text("ask_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_payments_order"), "payments", ["order"], unique=False)
    op.create_table(
        "product_reviews",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("product", Words(), nullable=False),
        sa.Column("buyer", Words(), nullable=False),
        sa.Column("order", Words(), nullable=False),
        sa.Column("rating", sa.BigInteger(), nullable=False),
        sa.Column("words", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_reviews")),
    )
    op.create_index("ix_product_reviews_product", "product_reviews", ["product", "created_at", "id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seller", Words(), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("description", Words(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("tax_bp", sa.BigInteger(), nullable=False),
        sa.Column("tax_country", Words(), nullable=False),
        sa.Column("delivery", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("searched", Words(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("reviews", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index("ix_products_seller", "products", ["seller", "created_at", "id"], unique=False)
    op.create_index("ix_products_state_price", "products", ["state", "price", "id"], unique=False)
    op.create_index("ix_products_state_published_at", "products", ["state", "published_at", "id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("order", Words(), nullable=False),
        sa.Column("payment", Words(), nullable=False),
        sa.Column("charge", Words(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("cause", Words(), nullable=False),
        sa.Column("by", Words(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", Words(), nullable=False),
        sa.Column("shares", Json(), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("details", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("reference", Words(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("probes", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("taken", Json(), nullable=False),
        sa.Column("error", Words(), nullable=True),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index(op.f("ix_refunds_created_at"), "refunds", ["created_at"], unique=False)
    op.create_index(
        "ix_refunds_due_at",
        "refunds",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_refunds_order"), "refunds", ["order"], unique=False)
    op.create_table(
        "review_rights",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("product", Words(), nullable=False),
        sa.Column("buyer", Words(), nullable=False),
        sa.Column("orders", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_rights")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("review_rights")
    op.drop_table("product_reviews")
    op.drop_table("refunds")
    op.drop_table("payments")
    op.drop_table("orders")
    op.drop_table("products")
    op.drop_column("webhooks", "detail")
    op.execute("ALTER TABLE webhooks RENAME COLUMN reference TO payment")
    op.execute("ALTER TABLE webhooks RENAME COLUMN subject TO purchase")
