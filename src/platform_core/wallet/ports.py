"""What the wallet asks of the outside, and what other contexts may use of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import frozen

from platform_core.kernel.errors import Conflict
from platform_core.kernel.money import Money


@frozen
class Checkout:
    """A payment page made ready for one purchase.

    Args:
        url: Where the buyer pays.
        reference: The provider's id of it.
        expires_at: Until when it can be paid.
    """

    url: str
    reference: str
    expires_at: datetime


class PaymentOutcome(Enum):
    """What a provider says of a payment."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


@frozen
class PaymentEvent:
    """A provider's message, its signature checked.

    Args:
        id: The provider's id of the event; it is applied at most once (invariant 38).
        purchase: The purchase it is about, as we named it to the provider.
        payment: The provider's id of the payment.
        outcome: What happened.
        amount: What was paid.
    """

    id: str
    purchase: str
    payment: str
    outcome: PaymentOutcome
    amount: Money


class PaymentRefused(Conflict):
    """The provider will not take this payment, and asking again would change nothing."""

    code = "PAYMENT_REFUSED"


class PaymentGateway(Protocol):
    """A payment provider."""

    @property
    def name(self) -> str:
        """Its name, in accounts and events."""

    async def open_checkout(self, *, purchase: str, amount: Money, method: str, description: str) -> Checkout:
        """Make a payment page ready. The same purchase asked again gets the same page.

        Raises:
            Invalid: The method, or the amount, is one this provider does not take.
            PaymentRefused: It says no for a reason of its own.
            Unavailable: The provider does not answer; nothing is known to have happened.
        """

    async def status(self, *, purchase: str, reference: str) -> PaymentEvent | None:
        """What has come of a payment page, for when no message came: the answer that a message would have been.

        Args:
            purchase: The purchase, as we named it to the provider.
            reference: The page's, as `open_checkout` gave it.

        Returns:
            What came of it, or None while that is open.

        Raises:
            NotFound: The provider knows no such page, or it belongs to another purchase.
            Unavailable: The provider does not answer.
        """

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The message in a webhook, or None for one of no interest.

        Args:
            body: The raw bytes, as they came.
            headers: The request's headers, names in lower case.

        Raises:
            Unauthenticated: The signature is missing, wrong or too old; checked before anything is parsed.
            Malformed: The signature is right and the message cannot be read.
        """
