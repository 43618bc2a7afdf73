"""Hyperswitch's side: its messages, in its own spelling and in that of Veza's document, signed as it signs."""

from __future__ import annotations

import hmac
import json
from typing import Any

from adapters.payments.fake import SignedWebhook
from support.world import HYPERSWITCH_SECRETS

H512, H256, SEED = "x-webhook-signature-512", "x-webhook-signature-256", "x-hyperswitch-signature"
HASHES = {H512: "sha512", H256: "sha256", SEED: "sha512"}


def payment(subject: str | None = "pur_1", **changes: Any) -> dict[str, Any]:
    """A payment as Hyperswitch tells of it."""
    told = {
        "payment_id": "pay_hyperswitch_1",
        "status": "succeeded",
        "amount": 999,
        "amount_received": 999,
        "currency": "EUR",
        "connector": "stripe",
        "connector_transaction_id": "pi_1",
        "metadata": None if subject is None else {"subject": subject},
        "updated": "2026-01-01T00:00:00.000Z",
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not ...}


def message(kind: str = "payment_succeeded", about: Any = None, **changes: Any) -> dict[str, Any]:
    """A message as Hyperswitch writes it before it is JSON; `...` leaves a field out."""
    told = {
        "merchant_id": "merchant_1",
        "event_id": "evt_1",
        "event_type": kind,
        "content": {"type": "payment_details", "object": payment() if about is None else about},
        "timestamp": "2026-01-01T00:00:00.000Z",
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not ...}


def signed(told: Any, *, header: str = H512, secret: str = HYPERSWITCH_SECRETS[0]) -> SignedWebhook:
    """A message, or any body, as it goes over the wire."""
    body = told if isinstance(told, bytes) else json.dumps(told, separators=(",", ":")).encode()
    return SignedWebhook(body, {header: hmac.new(secret.encode(), body, HASHES[header]).hexdigest()})
