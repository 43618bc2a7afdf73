"""A payment provider that behaves like a real one, and keeps next to nothing: its payment page, its declines, its
webhooks.

What is bought travels inside the address of its payment page, signed. Whoever plays the buyer looks at the page with
`checkout`, and says with `answer` what came of it; that makes the signed webhook to deliver. Real providers deliver
late, twice and out of order: deliver the answer later, again, or after another, to get the same. Moved on by more
than five minutes between `answer` and its delivery, the clock makes the signature too old; answer again, as a provider
signs each attempt anew.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from attrs import frozen

from adapters.payments.signatures import any_equal, check_signature, signature
from platform_core.kernel.errors import Conflict, Invalid, Malformed, NotFound
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
from platform_core.payments.ports import Checkout, PaymentEvent, PaymentOutcome

HEADER = "fake-signature"
LIFETIME = timedelta(minutes=30)
REMEMBERED = 10_000
"""How many payments it can be asked about."""

#: What a message can be about, by how our ids of it begin.
_NOUNS = {"pur": "payment", "pay": "payment", "rfd": "refund", "trf": "transfer", "sel": "account"}
_TYPES = {f"{noun}.{outcome.value}": outcome for noun in set(_NOUNS.values()) for outcome in PaymentOutcome}


class CheckoutExpired(Conflict):
    """A payment page was left open too long and can no longer be paid."""

    code = "CHECKOUT_EXPIRED"


@frozen(kw_only=True)
class FakeCheckout:
    """What a payment page shows.

    Args:
        subject: What it pays, as the platform named it.
        payment: The provider's id of the payment.
        amount: What it costs.
        method: How the buyer chose to pay.
        description: What is bought, for people.
        expires_at: Until when it can be paid.
    """

    subject: str
    payment: str
    amount: Money
    method: str
    description: str
    expires_at: datetime


@frozen
class SignedWebhook:
    """A webhook as it goes over the wire.

    Args:
        body: The raw bytes.
        headers: The headers that matter, names in lower case.
    """

    body: bytes
    headers: dict[str, str]


class FakeGateway:
    """The provider.

    Args:
        secret: Signs payment pages and webhooks.
        clock: The time.
        base_url: Where its payment pages are; empty for addresses relative to the platform's own.
        previous: Earlier secrets whose signatures are still taken, while the secret is rotated.

    Raises:
        ValueError: A secret is empty.
    """

    name = "fake"

    def __init__(
        self, *, secret: bytes | str, clock: Clock, base_url: str = "", previous: Sequence[bytes | str] = ()
    ) -> None:
        self._secrets = [text.encode() if isinstance(text, str) else text for text in (secret, *previous)]
        if not all(self._secrets):
            raise ValueError("a signing secret is empty")
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._answers: dict[str, tuple[PaymentOutcome, Money]] = {}

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        """Make a payment page ready, good for 30 minutes. Asked again, it gives a page for the same payment."""
        expires = int((self._clock.now() + LIFETIME).timestamp())
        content = [subject, amount.minor, amount.currency, method, description, expires]
        payload = _text(json.dumps(content, separators=(",", ":")).encode())
        token = f"{payload}.{_seal(self._secrets[0], payload)}"
        return Checkout(f"{self._base_url}/pay/{token}", _payment(subject), _moment(expires))

    def checkout(self, token: str) -> FakeCheckout:
        """What to show on the page with this token, the last part of its address.

        Raises:
            NotFound: There is no such page.
            CheckoutExpired: It can no longer be paid.
        """
        found = self._page(token)
        if self._clock.now() >= found.expires_at:
            raise CheckoutExpired("this payment page has expired")
        return found

    def answer(
        self, token: str, outcome: PaymentOutcome, *, at: datetime | None = None, paid: Money | None = None
    ) -> SignedWebhook:
        """The webhook that tells what came of a payment; the same event each time, as a provider repeats itself.

        It looks at no expiry, for word of a payment made in time may come at any time: a page asks `checkout` first.

        Args:
            token: The page's.
            outcome: What came of it.
            at: The moment it is sent; now when None.
            paid: What was paid; the price when None.

        Raises:
            NotFound: There is no such page.
        """
        page = self._page(token)
        amount = paid or page.amount
        self._remember(page.payment, outcome, amount)
        return self.message(page.subject, page.payment, outcome, amount=amount, at=at)

    def message(
        self,
        subject: str,
        reference: str,
        outcome: PaymentOutcome,
        *,
        amount: Money | None = None,
        detail: str = "",
        at: datetime | None = None,
    ) -> SignedWebhook:
        """The webhook that tells anything of anything; the same event each time.

        Args:
            subject: What it is about, as the platform named it.
            reference: The provider's id of that.
            outcome: What happened.
            amount: How much was paid, refunded, disputed.
            detail: More in the provider's words.
            at: The moment it is sent; now when None.
        """
        data: dict[str, object] = {"subject": subject, "reference": reference}
        if amount is not None:
            data |= {"minor": amount.minor, "currency": amount.currency}
        if detail:
            data["detail"] = detail
        event = {
            "id": _event_id(subject, reference, outcome, amount, detail),
            "type": f"{_NOUNS.get(subject.partition('_')[0], 'payment')}.{outcome.value}",
            "data": data,
        }
        body = json.dumps(event, separators=(",", ":")).encode()
        return SignedWebhook(body, {HEADER: signature(self._secrets[0], body, at or self._clock.now())})

    async def status(self, *, subject: str, reference: str) -> PaymentEvent | None:
        """What was answered on the page, in this process and among the last `REMEMBERED`; None if nothing was.

        Raises:
            NotFound: The page pays something else.
        """
        if reference != _payment(subject):
            raise NotFound("this payment page pays something else")
        answered = self._answers.get(reference)
        if answered is None:
            return None
        outcome, amount = answered
        return PaymentEvent(_event_id(subject, reference, outcome, amount), subject, reference, outcome, amount)

    async def subject(self, reference: str) -> str:
        """Refuse.

        Raises:
            NotFound: Always.
        """
        raise NotFound("this provider's messages say what they are about")

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The message in a webhook, or None for one of no interest.

        Args:
            body: The raw bytes, as they came.
            headers: The request's headers, names in lower case.

        Raises:
            Unauthenticated: The signature is missing, wrong, or more than five minutes from now.
            Malformed: The signature is right and the message cannot be read.
        """
        check_signature(headers.get(HEADER), body, secrets=self._secrets, now=self._clock.now())
        try:
            return _event(json.loads(body))
        except (ValueError, TypeError, KeyError, RecursionError, Invalid) as error:
            raise Malformed("the webhook cannot be read") from error

    def _remember(self, payment: str, outcome: PaymentOutcome, amount: Money) -> None:
        before = self._answers.pop(payment, None)
        # What was paid stays paid, whatever else is said of it.
        paid = before is not None and before[0] is PaymentOutcome.SUCCEEDED
        self._answers[payment] = before if before is not None and paid else (outcome, amount)
        while len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def _page(self, token: str) -> FakeCheckout:
        payload, _, given = token.partition(".")
        seals = [_seal(secret, payload).encode() for secret in self._secrets]
        if not any_equal(seals, [given.encode(errors="replace")]):
            raise NotFound("there is no such payment page")
        # We signed it, so it is what `open_checkout` wrote.
        subject, minor, currency, method, description, expires = json.loads(_bytes(payload))
        return FakeCheckout(
            subject=subject,
            payment=_payment(subject),
            amount=Money(minor, currency),
            method=method,
            description=description,
            expires_at=_moment(expires),
        )


def _event(message: dict[str, Any]) -> PaymentEvent | None:
    """The event in a message.

    Raises:
        ValueError, TypeError, KeyError, Invalid: There is none in it.
    """
    id, kind = _string(message["id"]), _string(message["type"])
    if kind not in _TYPES:
        return None
    data = message["data"]
    amount = Money(data["minor"], _string(data["currency"])) if "minor" in data else None
    detail = _string(data["detail"]) if "detail" in data else ""
    return PaymentEvent(id, _string(data["subject"]), _string(data["reference"]), _TYPES[kind], amount, detail)


def _event_id(subject: str, reference: str, outcome: PaymentOutcome, amount: Money | None, detail: str = "") -> str:
    return "evt_" + _name(subject, reference, outcome.value, str(amount), detail)


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is expected")
    return value


def _payment(subject: str) -> str:
    """The payment of a subject: always the same one, so that a page asked for twice is paid once."""
    return "fpm_" + _name(subject)


def _name(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]


def _seal(secret: bytes, payload: str) -> str:
    # The word in front keeps pages apart from webhooks, whose signed text begins with digits.
    return _text(hmac.new(secret, f"page.{payload}".encode(errors="replace"), sha256).digest())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
