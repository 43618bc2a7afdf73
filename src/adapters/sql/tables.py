"""The tables, once for every SQL database. The tables of aggregates have a column for each of their fields."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, text

from adapters.sql import schema
from adapters.sql.booking_tables import BOOKING_TABLES
from adapters.sql.columns import Instant, Json, Words
from adapters.sql.content_tables import CONTENT_TABLES
from adapters.sql.invoice_tables import INVOICE_TABLES
from adapters.sql.payout_tables import PAYOUT_TABLES
from adapters.sql.sales_tables import SALES_TABLES
from adapters.sql.schema import aggregates

#: Every table, those of this file and those it brings along.
metadata = schema.metadata

users = aggregates(
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

sessions = aggregates(
    "sessions",
    Column("user", Words, nullable=False, index=True),
    Column("role", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

guesses = aggregates(
    "guesses",
    Column("failures", BigInteger, nullable=False),
    Column("since", Instant, nullable=False, index=True),
    Column("blocked_until", Instant),
)

refresh_families = aggregates(
    "refresh_families",
    Column("user", Words, nullable=False, index=True),
    Column("current", Words, nullable=False),
    Column("previous", Words),
    Column("began_at", Instant, nullable=False),
    Column("rotated_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)

api_keys = aggregates(
    "api_keys",
    Column("user", Words, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
)

holds = aggregates(
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

reversals = aggregates("reversals", Column("undone", Json, nullable=False))

purchases = aggregates(
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
    Column("reference", Words),
    Column("payment", Words),
    Column("unmatched", Json, nullable=False),
    Column("ask_at", Instant),
)
Index(
    "ix_purchases_ask_at",
    purchases.c.ask_at,
    postgresql_where=purchases.c.state == "pending",
    sqlite_where=purchases.c.state == "pending",
)

webhooks = aggregates(
    "webhooks",
    Column("provider", Words, nullable=False),
    Column("event", Words),
    Column("digest", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("subject", Words),
    Column("reference", Words),
    Column("outcome", Words),
    Column("minor", BigInteger),
    Column("currency", Words),
    Column("detail", Words, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at", Instant),
    Column("result", Words),
    Column("error", Words),
    Column("first", Words),
)
Index(
    "ix_webhooks_pending_next_at",
    webhooks.c.next_at,
    postgresql_where=webhooks.c.state == "pending",
    sqlite_where=webhooks.c.state == "pending",
)

conversations = aggregates(
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

messages = aggregates(
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

streams = aggregates(
    "streams",
    Column("host", Words, nullable=False, index=True),
    Column("title", Words, nullable=False),
    Column("is_premium", Boolean, nullable=False),
    Column("token_price", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("heard_at", Instant),
    Column("sender", Words),
    Column("due_at", Instant, index=True),
)
Index("ix_streams_created_at", streams.c.created_at, streams.c.id)
Index("ix_streams_state_started_at", streams.c.state, streams.c.started_at, streams.c.id)

viewers = aggregates(
    "viewers",
    Column("stream", Words, nullable=False),
    Column("user", Words, nullable=False, index=True),
    Column("joined_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
Index("ix_viewers_stream_expires_at", viewers.c.stream, viewers.c.expires_at)

admissions = aggregates(
    "admissions",
    Column("stream", Words, nullable=False, index=True),
    Column("viewer", Words, nullable=False, index=True),
    Column("paid", BigInteger, nullable=False),
    Column("transaction", Words, nullable=False),
    Column("paid_at", Instant, nullable=False),
)

stream_lines = aggregates(
    "stream_lines",
    Column("stream", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("content", Words, nullable=False),
    Column("said_at", Instant, nullable=False, index=True),
)
Index("ix_stream_lines_stream_said_at", stream_lines.c.stream, stream_lines.c.said_at, stream_lines.c.id)

#: Aggregate kind to its table.
AGGREGATE_TABLES: dict[str, Table] = {
    "user": users,
    "session": sessions,
    "guesses": guesses,
    "refresh_family": refresh_families,
    "api_key": api_keys,
    "hold": holds,
    "reversal": reversals,
    "purchase": purchases,
    "conversation": conversations,
    "message": messages,
    "webhook": webhooks,
    "stream": streams,
    "viewer": viewers,
    "admission": admissions,
    "stream_line": stream_lines,
    **BOOKING_TABLES,
    **CONTENT_TABLES,
    **SALES_TABLES,
    **PAYOUT_TABLES,
    **INVOICE_TABLES,
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
