"""What payments ask of the outside, and what other contexts may use of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.money import Money
from platform_core.kernel.work import Work


@frozen
class Checkout:
    """A payment page made ready for one purchase or order.

    Args:
        url: Where the buyer pays.
        reference: The provider's id of it.
        expires_at: Until when it can be paid.
    """

    url: str
    reference: str
    expires_at: datetime


class PaymentOutcome(Enum):
    """What a provider says of a payment, a refund, a transfer or a seller's account."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REVERSED = "reversed"
    """A transfer's money is back."""
    DISPUTED = "disputed"
    """The buyer's bank takes a payment back, until it is decided; `detail` is the provider's id of the dispute."""
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    READY = "ready"
    """A seller's account can be paid."""
    RESTRICTED = "restricted"
    CLOSED = "closed"


@frozen
class PaymentEvent:
    """A provider's message, its signature checked.

    Args:
        id: The provider's id of the event; it is applied at most once (invariant 38).
        subject: What it is about, as we named it to the provider; the word before `_` says what that is. Empty if the
            message names only the provider's own id of a payment: then `PaymentGateway.subject` is asked.
        reference: The provider's id of it.
        outcome: What happened.
        amount: How much was paid, refunded, disputed; None where no money is told of.
        detail: More in the provider's words: why something failed, or which dispute it is.
        provider: Whose word it is; put in where it is kept.
    """

    id: str
    subject: str
    reference: str
    outcome: PaymentOutcome
    amount: Money | None = None
    detail: str = ""
    provider: str = ""

    @property
    def money(self) -> Money:
        """How much was paid.

        Raises:
            AmountMissing: It does not say.
        """
        if self.amount is None:
            raise AmountMissing("the message says no amount")
        return self.amount


class AmountMissing(Conflict):
    """A provider says that money came, and not how much."""

    code = "AMOUNT_MISSING"


#: How one kind of thing takes a provider's word: it is told in which state it is then. `NotFound` has the message wait.
Heed = Callable[[Work, PaymentEvent], Awaitable[str]]


@frozen
class Subjects:
    """What a provider's message can be about: the start of our id to what takes the word."""

    heeds: Mapping[str, Heed]

    def heed(self, subject: str) -> Heed:
        """What takes word of this thing.

        Raises:
            NotFound: There is no such thing here.
        """
        found = self.heeds.get(subject.partition("_")[0])
        if found is None:
            raise NotFound("the message is about nothing that is known here")
        return found


class PaymentRefused(Conflict):
    """The provider will not take this payment, and asking again would change nothing."""

    code = "PAYMENT_REFUSED"


class MessageReader(Protocol):
    """Somebody besides the payment provider who tells of its payments, such as a service in front of it."""

    @property
    def name(self) -> str:
        """Its name, in the address of its webhooks."""

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The message in a webhook, or None for one of no interest.

        Raises:
            Unauthenticated: The signature is missing, wrong or too old; checked before anything is parsed.
            Malformed: The signature is right and the message cannot be read.
        """


@frozen
class Readers:
    """Everybody besides the payment provider whose messages are taken, by name."""

    readers: Mapping[str, MessageReader] = field(factory=dict)


class PaymentGateway(Protocol):
    """A payment provider."""

    @property
    def name(self) -> str:
        """Its name, in accounts and events."""

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        """Make a payment page ready. The same subject asked again gets the same page.

        Args:
            subject: What it pays: our id of a token purchase or of a payment.
            amount: What is to be paid.
            method: How.
            description: What is bought, for people.

        Raises:
            Invalid: The method, or the amount, is one this provider does not take.
            PaymentRefused: It says no for a reason of its own.
            Unavailable: The provider does not answer; nothing is known to have happened.
        """

    async def status(self, *, subject: str, reference: str) -> PaymentEvent | None:
        """What has come of a payment page, for when no message came: the answer that a message would have been.

        Args:
            subject: What it pays, as we named it to the provider.
            reference: The page's, as `open_checkout` gave it.

        Returns:
            What came of it, or None while that is open.

        Raises:
            NotFound: The provider knows no such page, or it pays something else.
            Unavailable: The provider does not answer.
        """

    async def subject(self, reference: str) -> str:
        """What a payment is for, as we named it: asked for messages that name it only as the provider does.

        Args:
            reference: The provider's id of it, as the message has it.

        Raises:
            NotFound: The provider knows no such payment, or it is for nothing of ours.
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
