"""The tables of content: items, what creators have of them, tiers, and who has paid for what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from adapters.sql.columns import Instant, Words
from adapters.sql.schema import aggregates

content_items = aggregates(
    "content_items",
    Column("creator", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("caption", Words, nullable=False),
    Column("is_premium", Boolean, nullable=False),
    Column("tier", Words, nullable=False),
    Column("token_price", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    Column("moderation", Words, nullable=False),
    Column("reason", Words),
    Column("created_at", Instant, nullable=False),
    Column("digest", Words, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("mime", Words, nullable=False),
    Column("published_at", Instant),
    Column("listed_at", Instant),
    Column("width", BigInteger),
    Column("height", BigInteger),
    Column("milliseconds", BigInteger),
    Column("media", Words),
    Column("thumbnail", Words),
    Column("preview", Words),
    Column("due_at", Instant),
    Column("attempts", BigInteger, nullable=False),
    Column("deleted_at", Instant),
)
# The feed reads one of these from its end, whatever it asks for.
for _name, _columns in {
    "ix_content_items_listed": ("listed_at", "id"),
    "ix_content_items_kind_listed": ("is_premium", "listed_at", "id"),
    "ix_content_items_creator_listed": ("creator", "listed_at", "id"),
    "ix_content_items_creator_kind_listed": ("creator", "is_premium", "listed_at", "id"),
}.items():
    _is_listed = content_items.c.listed_at.is_not(None)
    Index(_name, *(content_items.c[name] for name in _columns), postgresql_where=_is_listed, sqlite_where=_is_listed)
Index("ix_content_items_moderation", content_items.c.moderation, content_items.c.id)
Index(
    "ix_content_items_due_at",
    content_items.c.due_at,
    postgresql_where=content_items.c.due_at.is_not(None),
    sqlite_where=content_items.c.due_at.is_not(None),
)

shelves = aggregates(
    "shelves",
    Column("items", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

uploads = aggregates(
    "uploads",
    Column("creator", Words, nullable=False),
    Column("item", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("abandoned", Boolean, nullable=False),
)

tier_plans = aggregates(
    "tier_plans",
    Column("changed_at", Instant, nullable=False),
    Column("fan", BigInteger, nullable=False),
    Column("superfan", BigInteger, nullable=False),
)

subscriptions = aggregates(
    "subscriptions",
    Column("creator", Words, nullable=False),
    Column("subscriber", Words, nullable=False),
    Column("tier", Words, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("transaction", Words),
    Index("ix_subscriptions_subscriber", "subscriber", "until", "id"),
)

unlocks = aggregates(
    "unlocks",
    Column("item", Words, nullable=False, index=True),
    Column("user", Words, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("transaction", Words, nullable=False),
    Column("unlocked_at", Instant, nullable=False),
)

#: Aggregate kind to its table.
CONTENT_TABLES: dict[str, Table] = {
    "content_item": content_items,
    "shelf": shelves,
    "upload": uploads,
    "tier_plan": tier_plans,
    "subscription": subscriptions,
    "unlock": unlocks,
}
