"""Hyperswitch, a service in front of payment providers: its messages, in its own spelling and in that of Veza.

What a message is about: Hyperswitch keeps metadata with payments and refunds, and lets whoever makes one name it. So
our id is read from the metadata's `subject`, else it is the `payment_id` or `refund_id` itself. Disputes carry no
metadata: who wants to hear of them names payments by our ids. The other name of a payment is the provider's behind
Hyperswitch (`connector_transaction_id`), so that refunds can be asked for there.

The signature covers the body only. A message may carry the moment it was made; what is older than all tries of its
sender is refused. Apart from that a replay is harmless, for a message counts once. Nothing here looks at the object's
`updated`: states have ranks, and word of a lower one changes nothing, in whatever order it comes.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from attrs import frozen

from adapters.payments.signatures import any_equal
from adapters.payments.texts import LONGEST, text
from platform_core.kernel.errors import Invalid, Malformed, Unauthenticated
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
from platform_core.payments.ports import PaymentEvent, PaymentOutcome

OLDEST = timedelta(days=3)
"""How old a message may be that says when it was made: Hyperswitch tries for a day."""
AHEAD = timedelta(minutes=5)
"""How far its clock may be ahead of ours."""

#: Signature headers, best first, each with the hash of its HMAC: Hyperswitch's own, and that of Veza's document.
HEADERS: Mapping[str, str] = {
    "x-webhook-signature-512": "sha512",
    "x-webhook-signature-256": "sha256",
    "x-hyperswitch-signature": "sha512",
}
HASHES = ("sha256", "sha512")

#: What an event's name says. A dot in a name is an underscore here, so `payment.succeeded` is here as well.
EVENTS: Mapping[str, PaymentOutcome] = {
    "action_required": PaymentOutcome.REQUIRES_ACTION,
    "payment_authorized": PaymentOutcome.PROCESSING,
    "payment_cancelled": PaymentOutcome.CANCELLED,
    "payment_captured": PaymentOutcome.SUCCEEDED,
    "payment_expired": PaymentOutcome.EXPIRED,
    "payment_failed": PaymentOutcome.FAILED,
    "payment_processing": PaymentOutcome.PROCESSING,
    "payment_succeeded": PaymentOutcome.SUCCEEDED,
    "refund_failed": PaymentOutcome.FAILED,
    "refund_succeeded": PaymentOutcome.SUCCEEDED,
    "dispute_opened": PaymentOutcome.DISPUTED,
    "dispute_accepted": PaymentOutcome.DISPUTE_LOST,
    "dispute_lost": PaymentOutcome.DISPUTE_LOST,
    "dispute_cancelled": PaymentOutcome.DISPUTE_WON,
    "dispute_won": PaymentOutcome.DISPUTE_WON,
}


@frozen
class HyperswitchOptions:
    """How messages are signed and what their events are called.

    Args:
        secrets: The secrets they may be signed with, the present one first: two while it is rotated.
        headers: Signature headers in lower case, best first, each with the hash of its HMAC. The first that is there
            decides.
        events: What events' names say; None of those that are passed over.
    """

    secrets: Sequence[str]
    headers: Mapping[str, str] = HEADERS
    events: Mapping[str, PaymentOutcome | None] = EVENTS


class HyperswitchMessages:
    """Reads the messages.

    Args:
        options: How they are signed and what they are called.
        clock: The time.

    Raises:
        ValueError: A secret is missing, or a hash is none.
    """

    name = "hyperswitch"

    def __init__(self, options: HyperswitchOptions, clock: Clock) -> None:
        if not options.secrets or not all(options.secrets):
            raise ValueError("a secret of Hyperswitch's is missing")
        if not options.headers or not set(options.headers.values()) <= set(HASHES):
            raise ValueError(f"the hashes of signatures are {' and '.join(HASHES)}")
        self._secrets = [secret.encode() for secret in options.secrets]
        self._headers = {name.lower(): hash for name, hash in options.headers.items()}
        self._events = {plain(name): outcome for name, outcome in options.events.items()}
        self._clock = clock

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The message in a webhook, or None for one of no interest.

        Args:
            body: The raw bytes, as they came.
            headers: The request's headers, names in lower case.

        Raises:
            Unauthenticated: The signature is missing or wrong, or the message is too old or too new.
            Malformed: The signature is right and the message cannot be read.
        """
        self._check(body, headers)
        try:
            message = _object(json.loads(body))
            self._check_age(message)
            return self._event(message, body)
        except (ValueError, TypeError, KeyError, RecursionError, Invalid) as error:
            raise Malformed("the webhook cannot be read") from error

    def _check(self, body: bytes, headers: Mapping[str, str]) -> None:
        name = next((name for name in self._headers if name in headers), None)
        if name is None:
            raise Unauthenticated("the signature is missing")
        hash = self._headers[name]
        expected = (hmac.new(secret, body, hash).hexdigest().encode() for secret in self._secrets)
        if not any_equal(expected, [headers[name].encode(errors="replace")]):
            raise Unauthenticated("the signature is wrong")

    def _check_age(self, message: Mapping[str, Any]) -> None:
        made = message.get("timestamp")
        if made is None:
            return
        at = datetime.fromisoformat(text(made))
        age = self._clock.now() - (at if at.tzinfo is not None else at.replace(tzinfo=UTC))
        if not -AHEAD <= age <= OLDEST:
            raise Unauthenticated("the message is too old or too new")

    def _event(self, message: Mapping[str, Any], body: bytes) -> PaymentEvent | None:
        """The event in a message.

        Raises:
            ValueError, TypeError, KeyError, Invalid: There is none in it.
        """
        kind = plain(text(message.get("event_type") or message["event"]))
        outcome = self._events.get(kind)
        if outcome is None:
            return None
        about = _about(message)
        # Without an id the message itself is its name: the same bytes are the same message.
        id = text(message.get("event_id") or message.get("id") or sha256(body).hexdigest())
        payment = text(about["payment_id"])
        if kind.startswith("refund_"):
            refund = text(about["refund_id"])
            return PaymentEvent(id, _named(about) or refund, refund, outcome, _amount(about), _said(about))
        if kind.startswith("dispute_"):
            reference = _other_name(about) or payment
            return PaymentEvent(id, payment, reference, outcome, _amount(about), text(about["dispute_id"]))
        amount = _amount(about)
        if outcome is PaymentOutcome.SUCCEEDED and amount is None:
            raise KeyError("amount")
        return PaymentEvent(id, _named(about) or payment, _other_name(about) or payment, outcome, amount, _said(about))


def plain(name: str) -> str:
    """An event's name as it is looked up."""
    return name.strip().lower().replace(".", "_")


def _about(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object a message is about: in its `content`, in its `data`, or beside the event's name."""
    content = message.get("content", message.get("data", message))
    return _object(_object(content).get("object", content))


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("an object is expected")
    return value


def _named(about: Mapping[str, Any]) -> str | None:
    metadata = about.get("metadata")
    named = metadata.get("subject") if isinstance(metadata, Mapping) else None
    return None if named is None else text(named)


def _other_name(about: Mapping[str, Any]) -> str | None:
    name = about.get("connector_transaction_id")
    # Some providers have ids longer than any we keep; none of those can be asked for a refund from here.
    return None if name is None or (isinstance(name, str) and len(name) > LONGEST) else text(name)


def _said(about: Mapping[str, Any]) -> str:
    code = about.get("error_code")
    return code if isinstance(code, str) else ""


def _amount(about: Mapping[str, Any]) -> Money | None:
    """How much: what was received, where that is said. Disputes tell it as a text."""
    received = about.get("amount_received")
    minor = received if type(received) is int and received > 0 else about.get("amount")
    if minor is None:
        return None
    if isinstance(minor, str) and minor.isascii() and minor.isdigit() and len(minor) <= 16:
        minor = int(minor)
    if type(minor) is not int:
        raise TypeError("an amount is expected")
    return Money(minor, text(about["currency"]).upper())
