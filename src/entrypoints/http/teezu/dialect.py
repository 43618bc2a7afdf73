"""Teezu, put together."""

from __future__ import annotations

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.teezu import (
    assist,
    auth,
    bookings,
    chat,
    content,
    messages,
    moderation,
    providers,
    streams,
    tiers,
    users,
    wallet,
)
from entrypoints.http.teezu.errors import show_refusal

TEEZU = Dialect(
    name="teezu",
    title="Teezu creator platform API",
    version="7.0",
    description="Accounts, sessions, profiles, the token wallet, providers and bookings, messages, content, "
    "its moderation, tiers, live streams, assistance. Amounts are whole tokens (TZT); moments are ISO 8601 in UTC. "
    "Sign in with `POST /auth/login`, then send `Authorization: Bearer <sessionToken>`.",
    root="/api/v1",
    rows=(
        *auth.ROWS,
        *users.ROWS,
        *wallet.ROWS,
        *providers.ROWS,
        *bookings.ROWS,
        *messages.ROWS,
        *content.ROWS,
        *moderation.ROWS,
        *tiers.ROWS,
        *streams.ROWS,
        *chat.ROWS,
        *assist.ROWS,
    ),
    show_refusal=show_refusal,
    cookie=True,
)
