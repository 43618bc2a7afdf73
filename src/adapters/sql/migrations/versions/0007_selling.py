"""Selling: products, orders, payments, refunds, reviews; messages of more than purchases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from adapters.sql.columns import Words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.execute("ALTER TABLE webhooks RENAME COLUMN purchase TO subject")
    op.execute("ALTER TABLE webhooks RENAME COLUMN payment TO reference")
    op.add_column("webhooks", sa.Column("detail", Words(), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("webhooks", "detail")
    op.execute("ALTER TABLE webhooks RENAME COLUMN reference TO payment")
    op.execute("ALTER TABLE webhooks RENAME COLUMN subject TO purchase")
