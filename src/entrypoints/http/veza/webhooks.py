"""Messages of the payment service in front of the providers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from entrypoints.http.kit.hooks import Hook
from entrypoints.http.kit.rows import Answer


class Received(Answer, frozen=True):
    """A message that is safely kept."""

    received: Annotated[bool, Meta(extra_json_schema={"const": True})]


HOOKS: tuple[Hook, ...] = (
    Hook(
        path="/webhooks/hyperswitch",
        sender="hyperswitch",
        id="hyperswitch_webhook",
        summary="Take a message of Hyperswitch",
        description="The signature is the lower-case hex of an HMAC over the raw body: SHA-512, or SHA-256 in "
        "`X-Webhook-Signature-256`. The same message again changes nothing. What it is about is our id in the "
        "object's `metadata.subject`, else its `payment_id` or `refund_id`.",
        tag="webhooks",
        signatures={
            "signature512": "X-Webhook-Signature-512",
            "signature256": "X-Webhook-Signature-256",
            "signature": "X-Hyperswitch-Signature",
        },
        answer=Received(received=True),
        example={
            "event": "payment.succeeded",
            "event_id": "evt_018e31720d1b7a2b82677d3032cab959",
            "content": {
                "object": {
                    "payment_id": "pay_5b1f0a3c",
                    "amount": 2999,
                    "currency": "EUR",
                    "metadata": {"subject": "pay_5b1f0a3c"},
                }
            },
        },
    ),
)
