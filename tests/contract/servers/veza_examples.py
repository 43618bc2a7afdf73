"""The command lines that Veza's document shows, as they stand there, and the answers it shows for them.

`eyJ...` stands for somebody's token, `uuid`, `uuid-here` for an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

#: In answers: what is a text, a number, a list there, whatever it says.
TEXT, NUMBER, YES_OR_NO = "a text", 1, True
ITEMS: Sequence[Any] = []


@frozen
class Example:
    """A command line and its answer.

    Args:
        command: The command line.
        data: What is in `data` of the answer, as far as the document shows it; None where it shows nothing.
    """

    command: str
    data: Any = None


_USER = {"id": TEXT, "username": "johndoe", "email": "john@example.com"}
_TOKENS = {"access_token": TEXT, "refresh_token": TEXT, "expires_in": 3600}
_REVIEW = {
    "id": TEXT,
    "product_id": TEXT,
    "buyer_id": TEXT,
    "order_id": TEXT,
    "rating": 5,
    "comment": "Amazing track!",
    "created_at": TEXT,
}

REGISTER = Example(
    r"""curl -X POST http://localhost:8080/api/v1/auth/register \
  -H "Content-Type: application/json" \
  -d '{"username":"johndoe","email":"john@example.com","password":"SecureP@ssw0rd"}'""",
    {"user": _USER, **_TOKENS},
)
LOGIN = Example(
    r"""curl -X POST http://localhost:8080/api/v1/auth/login \
  -H "Content-Type: application/json" \
  -d '{"email":"john@example.com","password":"SecureP@ssw0rd"}'""",
    {**_TOKENS, "user": _USER},
)
REFRESH = Example(
    r"""curl -X POST http://localhost:8080/api/v1/auth/refresh \
  -H "Content-Type: application/json" \
  -d '{"refresh_token":"eyJ..."}'""",
    _TOKENS,
)
LOGOUT = Example(
    r"""curl -X POST http://localhost:8080/api/v1/auth/logout \
  -H "Authorization: Bearer eyJ..."
""",
)
PRODUCTS = Example(
    r"""curl "http://localhost:8080/api/v1/marketplace/products?limit=20&offset=0"
""",
    {"products": ITEMS, "total": NUMBER},
)
PRODUCT = Example(r"""curl http://localhost:8080/api/v1/marketplace/products/uuid-here""", {"id": TEXT})
ORDER = Example(
    r"""curl -X POST http://localhost:8080/api/v1/marketplace/orders \
  -H "Authorization: Bearer eyJ..." \
  -H "Content-Type: application/json" \
  -d '{"items":[{"product_id":"uuid","quantity":1}],"payment_method":"card"}'""",
    {"id": TEXT},
)
BALANCE = Example(
    r"""curl http://localhost:8080/api/v1/sell/balance \
  -H "Authorization: Bearer eyJ..."
""",
    {"connected": YES_OR_NO, "available": NUMBER, "pending": NUMBER},
)
TRANSFERS = Example(
    r"""curl http://localhost:8080/api/v1/sell/transfers \
  -H "Authorization: Bearer eyJ..."
""",
    {"transfers": ITEMS, "total": NUMBER},
)
ONBOARD = Example(
    r"""curl -X POST http://localhost:8080/api/v1/sell/connect/onboard \
  -H "Authorization: Bearer eyJ..."
""",
    {"onboarding_url": TEXT},
)
REVIEWS = Example(
    r"""curl "http://localhost:8080/api/v1/marketplace/products/uuid/reviews?limit=10"
""",
    {"reviews": [_REVIEW]},
)
REVIEW = Example(
    r"""curl -X POST http://localhost:8080/api/v1/marketplace/products/uuid/reviews \
  -H "Authorization: Bearer eyJ..." \
  -H "Content-Type: application/json" \
  -d '{"rating":5,"comment":"Amazing track!"}'""",
    _REVIEW,
)
INVOICE = Example(
    r"""curl -o invoice.pdf http://localhost:8080/api/v1/marketplace/orders/uuid/invoice \
  -H "Authorization: Bearer eyJ..."
""",
)
REFUND = Example(
    r"""curl -X POST http://localhost:8080/api/v1/marketplace/orders/uuid/refund \
  -H "Authorization: Bearer eyJ..." \
  -H "Content-Type: application/json" \
  -d '{"reason":"Not as described"}'""",
    {"message": "Refund initiated"},
)
ALL_TRANSFERS = Example(
    r"""curl "http://localhost:8080/api/v1/admin/transfers?status=failed&limit=50&offset=0" \
  -H "Authorization: Bearer eyJ..."
""",
    {
        "transfers": [
            {
                "id": TEXT,
                "seller_id": TEXT,
                "order_id": TEXT,
                "amount_cents": 2699,
                "platform_fee_cents": 300,
                "currency": "EUR",
                "status": "failed",
                "retry_count": 1,
                "next_retry_at": TEXT,
                "created_at": TEXT,
            }
        ],
        "total": NUMBER,
    },
)
RETRY = Example(
    r"""curl -X POST http://localhost:8080/api/v1/admin/transfers/uuid-here/retry \
  -H "Authorization: Bearer eyJ..."
""",
    {"id": TEXT, "status": "completed", "retry_count": 2},
)
HEALTH = Example(r"""curl http://localhost:8080/api/v1/health""", {"status": "ok"})
DEEP_HEALTH = Example(
    r"""curl http://localhost:8080/api/v1/health/deep""",
    {
        "status": "healthy",
        "timestamp": TEXT,
        "checks": {"database": {"status": "ok"}, "disk": {"status": "ok", "details": {"free_gb": 42.5}}},
        "config": {
            "jwt_secret_set": True,
            "stripe_connect_enabled": YES_OR_NO,
            "platform_fee_rate": 0.10,
            "transfer_retry_enabled": True,
        },
    },
)
