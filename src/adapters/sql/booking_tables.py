"""The tables of bookings: who offers, when they can be booked, what was booked, and what was said of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from adapters.sql.columns import Instant, Json, Words
from adapters.sql.schema import aggregates

providers = aggregates(
    "providers",
    Column("category", Words, nullable=False),
    Column("bio", Words, nullable=False),
    Column("services", Json, nullable=False),
    Column("rate", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("stars", BigInteger, nullable=False),
    Column("reviews", BigInteger, nullable=False),
    Column("rating", BigInteger, nullable=False),
    Column("sessions", BigInteger, nullable=False),
    Column("cancellations", BigInteger, nullable=False),
    Index("ix_providers_popularity", "sessions", "rating", "id"),
    Index("ix_providers_category", "category"),
)

slots = aggregates(
    "slots",
    Column("provider", Words, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index("ix_slots_provider_starts_at", "provider", "starts_at"),
)

calendars = aggregates("calendars", Column("taken", Json, nullable=False))

bookings = aggregates(
    "bookings",
    Column("provider", Words, nullable=False),
    Column("customer", Words, nullable=False),
    Column("slot", Words, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("minutes", BigInteger, nullable=False),
    Column("rate", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("note", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("hold", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirm_by", Instant, nullable=False),
    Column("complete_at", Instant),
    Column("resolve_by", Instant),
    Column("due_at", Instant),
    Column("disputed_by", Words),
    Column("reason", Words),
    Column("ended_at", Instant),
    Column("ended_by", Words),
    Index("ix_bookings_customer", "customer", "created_at", "id"),
    Index("ix_bookings_provider", "provider", "created_at", "id"),
)
Index(
    "ix_bookings_due_at",
    bookings.c.due_at,
    postgresql_where=bookings.c.due_at.is_not(None),
    sqlite_where=bookings.c.due_at.is_not(None),
)

provider_reviews = aggregates(
    "provider_reviews",
    Column("booking", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("rating", BigInteger, nullable=False),
    Column("words", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_provider_reviews_provider", "provider", "created_at", "id"),
)

#: Aggregate kind to its table.
BOOKING_TABLES: dict[str, Table] = {
    "provider": providers,
    "slot": slots,
    "calendar": calendars,
    "booking": bookings,
    "provider_review": provider_reviews,
}
