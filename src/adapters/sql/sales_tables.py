"""The tables of selling: products, orders, payments, refunds, reviews and the rights to write them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from adapters.sql.columns import Instant, Json, Words
from adapters.sql.schema import aggregates

products = aggregates(
    "products",
    Column("seller", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("tax_bp", BigInteger, nullable=False),
    Column("tax_country", Words, nullable=False),
    Column("delivery", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("searched", Words, nullable=False),
    Column("stars", BigInteger, nullable=False),
    Column("reviews", BigInteger, nullable=False),
    Index("ix_products_state_published_at", "state", "published_at", "id"),
    Index("ix_products_state_price", "state", "price", "id"),
    Index("ix_products_seller", "seller", "created_at", "id"),
)

orders = aggregates(
    "orders",
    Column("buyer", Words, nullable=False),
    Column("lines", Json, nullable=False),
    Column("standing", Json, nullable=False),
    Column("currency", Words, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("payment", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("disputed", Words, nullable=False),
    Column("unpaid", Words, nullable=False),
    Column("paid_at", Instant),
    Column("fulfilled_at", Instant),
    Index("ix_orders_buyer", "buyer", "created_at", "id"),
    Index("ix_orders_created_at", "created_at", "id"),
)
_is_pending = orders.c.state == "pending_payment"
Index("ix_orders_expires_at", orders.c.expires_at, postgresql_where=_is_pending, sqlite_where=_is_pending)

payments = aggregates(
    "payments",
    Column("order", Words, nullable=False, index=True),
    Column("buyer", Words, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("method", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("checkout_url", Words),
    Column("reference", Words),
    Column("charges", Json, nullable=False),
    Column("disputes", Json, nullable=False),
    Column("ask_at", Instant),
)
_is_asked = payments.c.ask_at.is_not(None)
Index("ix_payments_ask_at", payments.c.ask_at, postgresql_where=_is_asked, sqlite_where=_is_asked)

refunds = aggregates(
    "refunds",
    Column("order", Words, nullable=False, index=True),
    Column("payment", Words, nullable=False),
    Column("charge", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("cause", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("shares", Json, nullable=False),
    Column("reason", Words, nullable=False),
    Column("details", Words, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("reference", Words),
    Column("generation", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("probes", BigInteger, nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("sent_at", Instant),
    Column("due_at", Instant),
    Column("taken", Json, nullable=False),
    Column("error", Words),
    Column("resolved_at", Instant),
)
_is_due = refunds.c.due_at.is_not(None)
Index("ix_refunds_due_at", refunds.c.due_at, postgresql_where=_is_due, sqlite_where=_is_due)

product_reviews = aggregates(
    "product_reviews",
    Column("product", Words, nullable=False),
    Column("buyer", Words, nullable=False),
    Column("order", Words, nullable=False),
    Column("rating", BigInteger, nullable=False),
    Column("words", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Index("ix_product_reviews_product", "product", "created_at", "id"),
)

review_rights = aggregates(
    "review_rights",
    Column("product", Words, nullable=False),
    Column("buyer", Words, nullable=False),
    Column("orders", Json, nullable=False),
)

#: Aggregate kind to its table.
SALES_TABLES: dict[str, Table] = {
    "product": products,
    "order": orders,
    "payment": payments,
    "refund": refunds,
    "product_review": product_reviews,
    "review_right": review_rights,
}
