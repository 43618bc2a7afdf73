"""The tables, once for every SQL database. The tables of aggregates have a column for each of their fields."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Words(TypeDecorator[str]):
    """Text that sorts by code point, on every database alike."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL is told; SQLite does it anyway."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()


class Instant(TypeDecorator[Any]):
    """A moment in UTC with microseconds."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`timestamptz`, or ISO 8601 text of one length, which sorts like the moments."""
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text()


class Json(TypeDecorator[Any]):
    """Nested values."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`jsonb`, or text."""
        return JSONB() if dialect.name == "postgresql" else Text()


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _aggregates(name: str, *columns: Any, **options: Any) -> Table:
    head = (Column("id", Words, primary_key=True), Column("version", BigInteger, nullable=False))
    return Table(name, metadata, *head, *columns, **options)


users = _aggregates(
    "users",
    Column("email", Words, nullable=False),
    Column("email_key", Words, nullable=False, unique=True),
    Column("username", Words, nullable=False, unique=True),
    Column("password_hash", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("display_name", Words, nullable=False),
    Column("bio", Words, nullable=False),
    Column("avatar_url", Words),
    Column("social_links", Json, nullable=False),
    Column("banned_at", Instant),
    Column("ban_reason", Words),
    Column("last_login_at", Instant),
)

sessions = _aggregates(
    "sessions",
    Column("user", Words, nullable=False, index=True),
    Column("role", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

guesses = _aggregates(
    "guesses",
    Column("failures", BigInteger, nullable=False),
    Column("since", Instant, nullable=False, index=True),
    Column("blocked_until", Instant),
)

holds = _aggregates(
    "holds",
    Column("payer", Words, nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("purpose", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("reason", Words),
    CheckConstraint("amount > 0 AND captured >= 0 AND captured <= amount", name="amounts"),
)
Index(
    "ix_holds_active_deadline",
    holds.c.deadline,
    postgresql_where=holds.c.state == "active",
    sqlite_where=holds.c.state == "active",
)

reversals = _aggregates("reversals", Column("undone", Json, nullable=False))

purchases = _aggregates(
    "purchases",
    Column("user", Words, nullable=False, index=True),
    Column("package", Words, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("price_currency", Words, nullable=False),
    Column("method", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("checkout_url", Words),
    Column("payment", Words),
    Column("unmatched", Json, nullable=False),
)

conversations = _aggregates(
    "conversations",
    Column("first", Words, nullable=False),
    Column("second", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("first_moved_at", Instant),
    Column("second_moved_at", Instant),
    Column("sequence", BigInteger, nullable=False),
    Column("by_first", BigInteger, nullable=False),
    Column("first_read", BigInteger, nullable=False),
    Column("second_read", BigInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("second_seen", BigInteger, nullable=False),
    Column("first_blocks_since", Instant),
    Column("second_blocks_since", Instant),
    Column("last_preview", Words),
    Column("last_sent_at", Instant),
)
Index("ix_conversations_first", conversations.c.first, conversations.c.first_moved_at, conversations.c.id)
Index("ix_conversations_second", conversations.c.second, conversations.c.second_moved_at, conversations.c.id)

messages = _aggregates(
    "messages",
    Column("conversation", Words, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("by_first", BigInteger, nullable=False),
    Column("author", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("content", Words, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("amount", BigInteger),
    Column("transaction", Words),
)
Index("ix_messages_conversation", messages.c.conversation, messages.c.sequence)

content_items = _aggregates(
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

shelves = _aggregates(
    "shelves",
    Column("items", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

uploads = _aggregates(
    "uploads",
    Column("creator", Words, nullable=False),
    Column("item", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("abandoned", Boolean, nullable=False),
)

tier_plans = _aggregates(
    "tier_plans",
    Column("changed_at", Instant, nullable=False),
    Column("fan", BigInteger, nullable=False),
    Column("superfan", BigInteger, nullable=False),
)

subscriptions = _aggregates(
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

unlocks = _aggregates(
    "unlocks",
    Column("item", Words, nullable=False, index=True),
    Column("user", Words, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("transaction", Words, nullable=False),
    Column("unlocked_at", Instant, nullable=False),
)

#: Aggregate kind to its table.
AGGREGATE_TABLES: dict[str, Table] = {
    "user": users,
    "session": sessions,
    "guesses": guesses,
    "hold": holds,
    "reversal": reversals,
    "purchase": purchases,
    "conversation": conversations,
    "message": messages,
    "content_item": content_items,
    "shelf": shelves,
    "upload": uploads,
    "tier_plan": tier_plans,
    "subscription": subscriptions,
    "unlock": unlocks,
}

# The ledger has no foreign keys: they were 40 % of the database's work per tip. Its own rules guard it instead:
# entries are written with their lines in one statement, a trigger refuses unbalanced ones and any change to old ones,
# and `ledger verify` recomputes everything.

accounts = Table(
    "accounts",
    metadata,
    Column("id", Words, primary_key=True),
    Column("floor", BigInteger),
    Column("balance", BigInteger, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    CheckConstraint("balance >= floor", name="floor"),
    # Room on each page lets a balance change in place, without touching the index.
    postgresql_with={"fillfactor": 50},
)

journal = Table(
    "journal",
    metadata,
    Column("id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("reference", Words),
    Column("details", Words, nullable=False),
    Column("reverses", Words),
    Column("despite_freeze", Boolean, nullable=False),
)

postings = Table(
    "postings",
    metadata,
    Column("account", Words, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Words, nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    CheckConstraint("amount <> 0", name="amount"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("fingerprint", Words, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("moved", Boolean, nullable=False),
    Column("answer", Words),
    Column("created_at", Instant, nullable=False),
)

# Keys are written in the order of time, so a few bytes per block are enough to find the old ones.
Index("ix_idempotency_keys_created_at", idempotency_keys.c.created_at, postgresql_using="brin")

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Words, nullable=False),
    Column("attempts", BigInteger, nullable=False, server_default=text("0")),
    Column("error", Words),
    Column("not_before", Instant),
    Column("parked", Boolean, nullable=False, server_default=text("false")),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.subject,
    outbox.c.position,
    postgresql_where=outbox.c.not_before.is_not(None),
    sqlite_where=outbox.c.not_before.is_not(None),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("worker", Words, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

windows = Table(
    "windows",
    metadata,
    Column("name", Words, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)
