"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.tables import Instant, Json, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


POSTGRES_GUARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the books are never changed, only added to' USING ERRCODE = '23001'; END $$;
CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh GROUP BY entry, right(account, 3) HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'an entry must sum to zero in each currency' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER journal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_balance AFTER INSERT ON postings REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced()
"""

SQLITE_GUARDS = [
    f"CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'the books are never changed, only added to'); END"
    for table in ("journal", "postings")
    for verb in ("UPDATE", "DELETE")
]


def _guard_the_books() -> None:
    if op.get_bind().dialect.name == "postgresql":
        statements = POSTGRES_GUARDS.split(";\nCREATE ")
        statements = [statements[0], *(f"CREATE {statement}" for statement in statements[1:])]
    else:
        statements = SQLITE_GUARDS
    for statement in statements:
        op.execute(statement)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "accounts",
        sa.Column("id", Words(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= floor", name=("ck_accounts_floor")),
        sa.PrimaryKeyConstraint("id", name=("pk_accounts")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "guesses",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("blocked_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_guesses")),
    )
    with op.batch_alter_table("guesses", schema=None) as batch_op:
        batch_op.create_index(("ix_guesses_since"), ["since"], unique=False)

    op.create_table(
        "holds",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("payer", Words(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("purpose", Words(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("reason", Words(), nullable=True),
        sa.CheckConstraint("amount > 0 AND captured >= 0 AND captured <= amount", name=("ck_holds_amounts")),
        sa.PrimaryKeyConstraint("id", name=("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_holds_active_deadline",
            ["deadline"],
            unique=False,
            postgresql_where=sa.text("state = 'active'"),
            sqlite_where=sa.text("state = 'active'"),
        )
        batch_op.create_index(("ix_holds_payer"), ["payer"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("scope", Words(), nullable=False),
        sa.Column("key", Words(), nullable=False),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("answer", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=("pk_idempotency_keys")),
    )
    op.create_table(
        "journal",
        sa.Column("id", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", Words(), nullable=False),
        sa.Column("reference", Words(), nullable=True),
        sa.Column("details", Words(), nullable=False),
        sa.Column("reverses", Words(), nullable=True),
        sa.Column("despite_freeze", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_journal")),
    )
    op.create_table(
        "leases",
        sa.Column("name", Words(), nullable=False),
        sa.Column("worker", Words(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=("pk_leases")),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("payload", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", Words(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", Words(), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("parked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("position", name=("pk_outbox")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_waiting",
            ["subject", "position"],
            unique=False,
            postgresql_where=sa.text("not_before IS NOT NULL"),
            sqlite_where=sa.text("not_before IS NOT NULL"),
        )

    op.create_table(
        "postings",
        sa.Column("account", Words(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", Words(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=("ck_postings_amount")),
        sa.PrimaryKeyConstraint("account", "sequence", name=("pk_postings")),
    )
    with op.batch_alter_table("postings", schema=None) as batch_op:
        batch_op.create_index(("ix_postings_entry"), ["entry"], unique=False)

    op.create_table(
        "purchases",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("package", Words(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_currency", Words(), nullable=False),
        sa.Column("method", Words(), nullable=False),
        sa.Column("provider", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("checkout_url", Words(), nullable=True),
        sa.Column("payment", Words(), nullable=True),
        sa.Column("unmatched", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_purchases")),
    )
    with op.batch_alter_table("purchases", schema=None) as batch_op:
        batch_op.create_index(("ix_purchases_user"), ["user"], unique=False)

    op.create_table(
        "reversals",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("undone", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_reversals")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("role", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(("ix_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(("ix_sessions_user"), ["user"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("email", Words(), nullable=False),
        sa.Column("email_key", Words(), nullable=False),
        sa.Column("username", Words(), nullable=False),
        sa.Column("password_hash", Words(), nullable=False),
        sa.Column("role", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("display_name", Words(), nullable=False),
        sa.Column("bio", Words(), nullable=False),
        sa.Column("avatar_url", Words(), nullable=True),
        sa.Column("social_links", Json(), nullable=False),
        sa.Column("banned_at", Instant(), nullable=True),
        sa.Column("ban_reason", Words(), nullable=True),
        sa.Column("last_login_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_users")),
        sa.UniqueConstraint("email_key", name=("uq_users_email_key")),
        sa.UniqueConstraint("username", name=("uq_users_username")),
    )
    op.create_index(
        "ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "windows",
        sa.Column("name", Words(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_windows"),
    )
    op.create_index("ix_windows_ends_at", "windows", ["ends_at"], unique=False)
    _guard_the_books()


def downgrade() -> None:
    """There is nothing before it: a database with money in it is not taken apart."""
    raise RuntimeError("the first version cannot be undone")
