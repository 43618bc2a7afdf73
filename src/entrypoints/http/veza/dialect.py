"""Veza, put together."""

from __future__ import annotations

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.veza import (
    auth,
    developer,
    health,
    invoices,
    orders,
    products,
    refunds,
    selling,
    sessions,
    transfers,
    webhooks,
)
from entrypoints.http.veza.envelope import enveloped
from entrypoints.http.veza.errors import VEZA_STATUSES, show_refusal

VEZA = Dialect(
    name="veza",
    title="Veza API",
    version="1.0",
    description="Accounts and API keys, products, orders, refunds and payouts. Answers are "
    '`{"success": true, "data": ...}` or `{"success": false, "error": "..."}`. Amounts are cents with a currency; '
    "moments are ISO 8601 in UTC. Sign in with `POST /auth/login`, then send `Authorization: Bearer <access_token>`; "
    "programs send `X-API-Key: veza_sk_...`.",
    root="/api/v1",
    rows=(
        *auth.ROWS,
        *sessions.ROWS,
        *developer.ROWS,
        *products.ROWS,
        *orders.ROWS,
        *refunds.ROWS,
        *invoices.ROWS,
        *selling.ROWS,
        *transfers.ROWS,
        *health.ROWS,
    ),
    show_refusal=show_refusal,
    bearer="`Bearer <access_token>`, a JWT good for an hour",
    doorkeeping=lambda platform: platform.token_doorkeeper.actor,
    key_header="X-API-Key",
    key_doorkeeping=lambda platform: platform.key_doorkeeper.actor,
    envelope=enveloped,
    statuses=VEZA_STATUSES,
    hooks=webhooks.HOOKS,
    legacy=health.LEGACY,
)
