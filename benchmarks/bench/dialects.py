"""How the same operations are spelled on the wire: paths, ids, tokens, answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CREATORS, FANS = 1_000, 10_000
FIRST_FAN, LAST_FAN = CREATORS + 1, CREATORS + FANS
POOR = LAST_FAN + 1
OPENING, POOR_OPENING = 10**9, 50
EXPIRED = "sess_expired"
TOKEN = "sess_%08d_peerbenchpeerbenchpeer"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What a client must know to tip, to read a balance and to see that the server is up."""

    ready: str
    hello: str
    wallet: str
    tip: str
    feed: str | None
    user: str
    """The id of user n as JSON text, a printf pattern."""
    key_reused: int
    """Status of a used key with another body."""

    def user_id(self, number: int) -> Any:
        """The id of a user as it stands in JSON."""
        return json.loads(self.user % number)

    def recipient_of(self, answer: Any) -> Any:
        """The id of who got the tip, as the answer tells it."""
        return answer["recipientId"] if "recipientId" in answer else answer["recipient"]["id"]

    def environment(self) -> dict[str, str]:
        """The same for the load script."""
        paths = {"HELLO": self.hello, "WALLET": self.wallet, "TIP": self.tip, "FEED": self.feed or ""}
        return {**paths, "TOKEN": TOKEN, "USER_ID": self.user}


PEER = Dialect(
    ready="/hello",
    hello="/hello",
    wallet="/v1/wallet",
    tip="/v1/tips",
    feed="/v1/feed",
    user="%d",
    key_reused=409,
)
TEEZU = Dialect(
    ready="/healthz",
    hello="/healthz",
    wallet="/api/v1/wallet/balance",
    tip="/api/v1/wallet/tip",
    feed=None,
    user='"usr_%026d"',
    key_reused=422,
)


def bearer(number: int, key: str | None = None) -> dict[str, str]:
    """The headers of user n, with an idempotency key when one is given."""
    headers = {"Authorization": f"Bearer {TOKEN % number}"}
    return {**headers, "Idempotency-Key": key} if key else headers
