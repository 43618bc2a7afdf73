"""The way to Stripe's API that payment pages and selling share: one key, one pool of connections, opened when first
needed. What it gives is Stripe's own, and for the adapters beside it only.
"""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import Any

import aiohttp

VERSION = "2026-10-28.endive"
"""The version of Stripe's API that this was written against; Stripe answers in it whatever the account's own is."""
RETRIES = 2
TIMEOUT = 20.0
"""Seconds one request may take."""

#: What comes instead of an answer and is not among the errors of Stripe's own client: one that breaks off half-way.
BROKEN = (aiohttp.ClientError, OSError)


class StripeApi:
    """The API.

    Args:
        key: The secret key of the account; it says whether this is live or a test.
        api_url: Where Stripe's API is; its own address when empty.
        timeout: Seconds one request may take.

    Raises:
        ValueError: The key is missing.
    """

    def __init__(self, key: str, *, api_url: str = "", timeout: float = TIMEOUT) -> None:
        if not key:
            raise ValueError("a secret of Stripe's is missing")
        self._key = key
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout
        self.live = key.startswith(("sk_live_", "rk_live_"))
        self._opening: asyncio.Lock = asyncio.Lock()
        self._http: Any = None
        self._client: Any = None

    async def v1(self) -> Any:
        """The services of the API, as Stripe's client names them."""
        async with self._opening:
            if self._client is None:
                # Most of a second, so not on the event loop, and not for those who never sell anything.
                stripe: Any = await asyncio.to_thread(import_module, "stripe")
                # It would record Stripe's messages, which quote what they were sent; ours say what may be said.
                logging.getLogger("stripe").setLevel(logging.WARNING)
                self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=self._timeout))
                self._client = stripe.StripeClient(
                    self._key,
                    http_client=self._http,
                    max_network_retries=RETRIES,
                    stripe_version=VERSION,
                    base_addresses={"api": self._api_url} if self._api_url else {},
                )
        return self._client.v1

    async def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            await self._http.close_async()
            self._http = self._client = None


def errors() -> Any:
    """Stripe's client, for the names of its errors."""
    return import_module("stripe")
