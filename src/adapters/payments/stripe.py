"""Stripe: payment pages as Checkout Sessions, and its webhooks.

A purchase's id is the idempotency key of its session, so however often a page is asked for there is one to pay. Stripe
forgets keys after a day at the earliest, and a session ends within a day: no purchase ever has two that can be paid.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from adapters.payments.signatures import check_signature
from adapters.payments.stripe_amounts import from_stripe, to_stripe
from adapters.payments.stripe_api import BROKEN, StripeApi, errors
from adapters.payments.stripe_events import read_message, session_subject, subject_of
from adapters.payments.texts import LONGEST_ADDRESS, text
from platform_core.kernel.errors import Invalid, Malformed, NotFound, PlatformError, Unavailable
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
from platform_core.payments.ports import Checkout, PaymentEvent, PaymentOutcome, PaymentRefused

logger = logging.getLogger("platform_core.payments.stripe")

HEADER = "stripe-signature"

#: How the buyer pays to Stripe's name of it, and the currencies it is good for; all when None.
METHODS: Mapping[str, tuple[str, frozenset[str] | None]] = {
    "card": ("card", None),
    "ideal": ("ideal", frozenset({"EUR"})),
    "crypto": ("crypto", frozenset({"USD"})),
}


class StripeGateway:
    """The provider.

    Args:
        api: The way to its API.
        secrets: The signing secrets of the webhook endpoint, the present one first: two while it is rotated.
        clock: The time.
        return_url: Where Stripe sends buyers afterwards; `purchase` and `result` (`paid`, `cancelled`) are added.
        methods: The ways to pay that the account has turned on.

    Raises:
        ValueError: A secret is missing, or a method is none.
    """

    name = "stripe"

    def __init__(
        self,
        *,
        api: StripeApi,
        secrets: Sequence[str],
        clock: Clock,
        return_url: str,
        methods: Sequence[str] = ("card",),
    ) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a secret of Stripe's is missing")
        if not methods or not set(methods) <= METHODS.keys():
            raise ValueError(f"the ways to pay are some of {', '.join(METHODS)}")
        self._api = api
        self._secrets = [secret.encode() for secret in secrets]
        self._clock = clock
        self._return_url = return_url
        self._methods = frozenset(methods)

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        """Make a payment page ready, good for a day. Asked again, it gives the same page.

        Raises:
            Invalid: The account does not take this method, or the amount is none Stripe takes.
            PaymentRefused: Stripe says no for a reason of its own.
            Unavailable: Stripe does not answer, or not as it should; the same purchase may be asked for again.
        """
        kind, currencies = METHODS.get(method, ("", None))
        if method not in self._methods:
            raise Invalid.field("method", f"cannot be used here; choose {' or '.join(sorted(self._methods))}")
        if currencies is not None and amount.currency not in currencies:
            raise Invalid.field("method", f"pays {' or '.join(sorted(currencies))} only")
        price = {
            "currency": amount.currency.lower(),
            "unit_amount": to_stripe(amount),
            "product_data": {"name": description},
        }
        params = {
            "mode": "payment",
            "client_reference_id": subject,
            "metadata": {"purchase": subject},
            "payment_intent_data": {"metadata": {"purchase": subject}},
            "payment_method_types": [kind],
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": self._back(subject, "paid"),
            "cancel_url": self._back(subject, "cancelled"),
        }
        sessions = await self._sessions()
        session = await self._asked(sessions.create_async(params, {"idempotency_key": subject}))
        try:
            return Checkout(
                text(session["url"], most=LONGEST_ADDRESS),
                text(session["id"]),
                datetime.fromtimestamp(session["expires_at"], UTC),
            )
        except (KeyError, TypeError, ValueError) as error:
            # A session without an address has ended: one made long ago, given again for its key.
            raise PaymentRefused("this payment page has ended; start again") from error

    async def status(self, *, subject: str, reference: str) -> PaymentEvent | None:
        """What has come of a session, or None while it is open or the money under way.

        Raises:
            NotFound: There is no such session, or it pays something else.
            Unavailable: Stripe does not answer, or not as it should.
        """
        sessions = await self._sessions()
        found = await self._asked(sessions.retrieve_async(reference, {"expand": ["payment_intent"]}))
        session = found.to_dict()
        if session_subject(session) != subject:
            raise NotFound("this payment page pays something else")
        outcome = _outcome(session)
        if outcome is None:
            return None
        try:
            amount = from_stripe(session["amount_total"], session["currency"])
            return PaymentEvent(f"asked:{reference}:{outcome.value}", subject, text(session["id"]), outcome, amount)
        except (KeyError, TypeError, Invalid) as error:
            raise Unavailable("the payment provider answers in a way that cannot be read") from error

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The message in a webhook, or None for one of no interest: of another type, or about something else.

        Args:
            body: The raw bytes, as they came.
            headers: The request's headers, names in lower case.

        Raises:
            Unauthenticated: The signature is missing, wrong, or more than five minutes from now.
            Malformed: The signature is right and the message cannot be read, or is of the other mode.
        """
        check_signature(headers.get(HEADER), body, secrets=self._secrets, now=self._clock.now())
        try:
            return read_message(json.loads(body), live=self._api.live)
        except (ValueError, TypeError, KeyError, RecursionError, Invalid) as error:
            raise Malformed("the webhook cannot be read") from error

    async def subject(self, reference: str) -> str:
        """What a payment is for, as we named it when its page was opened.

        Args:
            reference: Stripe's id of the PaymentIntent or the charge.

        Raises:
            NotFound: There is no such payment, or it is for something else.
            Unavailable: Stripe does not answer, or not as it should.
        """
        services = await self._api.v1()
        kind = services.charges if reference.startswith(("ch_", "py_")) else services.payment_intents
        found = subject_of((await self._asked(kind.retrieve_async(reference))).to_dict())
        if found is None:
            raise NotFound("this payment is for something else")
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    def _back(self, subject: str, result: str) -> str:
        joint = "&" if "?" in self._return_url else "?"
        return f"{self._return_url}{joint}{urlencode({'purchase': subject, 'result': result})}"

    async def _sessions(self) -> Any:
        return (await self._api.v1()).checkout.sessions

    async def _asked(self, request: Awaitable[Any]) -> Any:
        stripe: Any = errors()
        try:
            return await request
        except stripe.StripeError as error:
            raise _refusal(stripe, error) from error
        except BROKEN as error:
            raise Unavailable("the payment provider does not answer", retry_after=5) from error


def _refusal(stripe: Any, error: Any) -> PlatformError:
    """Stripe's refusal in our own words: what it says is for us, not for the buyer."""
    logger.warning(
        "stripe refused: %s, status %s, code %s, request %s",
        *(type(error).__name__, error.http_status, error.code, error.request_id),
    )
    param = str(getattr(error, "param", None) or "")
    if isinstance(error, stripe.IdempotencyError):
        return PaymentRefused("this purchase was begun differently; start again")
    if isinstance(error, stripe.CardError):
        return PaymentRefused("the payment was declined")
    if isinstance(error, stripe.InvalidRequestError) and error.http_status in (400, 402, 404):
        if error.code == "resource_missing" and error.http_status == 404:
            return NotFound("the payment provider knows no such payment page")
        if param.startswith("payment_method_types") or error.code == "payment_method_unactivated":
            return Invalid.field("method", "cannot be used here")
        if error.code in ("amount_too_small", "amount_too_large"):
            return Invalid.field("amount", "is too small" if error.code == "amount_too_small" else "is too large")
        return PaymentRefused("the payment provider does not take this payment")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        logger.error("stripe does not accept our key, or it may not do this")
        return Unavailable("payments are not set up rightly here")
    # Too many requests, the same one still under way, an outage, no answer: all of these pass.
    return Unavailable("the payment provider does not answer", retry_after=5)


def _outcome(session: Mapping[str, Any]) -> PaymentOutcome | None:
    if session.get("payment_status") == "paid":
        return PaymentOutcome.SUCCEEDED
    if session.get("status") == "expired":
        return PaymentOutcome.EXPIRED
    intent = session.get("payment_intent")
    failed = isinstance(intent, Mapping) and intent.get("status") in ("requires_payment_method", "canceled")
    return PaymentOutcome.FAILED if session.get("status") == "complete" and failed else None
