"""Payments: one attempt to pay an order, put together from a provider's words in whatever order those come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define, evolve, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, Invalid
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import Money
from platform_core.marketplace.events import PaymentUnsettled
from platform_core.marketplace.parts import Parts
from platform_core.payments.ports import PaymentEvent, PaymentOutcome

METHODS = ("card", "crypto", "ideal")
ASK_AFTER = timedelta(minutes=30)
"""How long a provider's word may take before the provider is asked."""
ASK_AT_LEAST_EVERY = timedelta(hours=6)
ASK_FOR = timedelta(days=14)
"""How long a payment may be under way at the provider; bank payments take days."""


class PaymentState(Enum):
    """Where a payment is."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    """The provider did not answer when its page was asked for; left by asking."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


#: How much a state says. Word of a lower or the same rank changes nothing, so it may come in any order.
RANKS: Mapping[PaymentState, int] = {
    PaymentState.CREATED: 0,
    PaymentState.REQUIRES_ACTION: 1,
    PaymentState.PROCESSING: 2,
    PaymentState.UNKNOWN: 2,
    PaymentState.FAILED: 3,
    PaymentState.CANCELLED: 3,
    PaymentState.SUCCEEDED: 4,
    PaymentState.DISPUTED: 5,
    PaymentState.CHARGED_BACK: 6,
}
CAPTURED = frozenset({PaymentState.SUCCEEDED, PaymentState.DISPUTED, PaymentState.CHARGED_BACK})
OVER = frozenset({PaymentState.FAILED, PaymentState.CANCELLED})


def _above(state: PaymentState) -> frozenset[PaymentState]:
    return frozenset(other for other in PaymentState if RANKS[other] > RANKS[state])


# Upwards only, but for a page that is found after all and a dispute that is won.
PAYMENTS: Machine[PaymentState] = Machine(
    "payment",
    {
        **{state: _above(state) for state in PaymentState},
        PaymentState.UNKNOWN: _above(PaymentState.UNKNOWN) | {PaymentState.CREATED},
        PaymentState.DISPUTED: frozenset({PaymentState.SUCCEEDED, PaymentState.CHARGED_BACK}),
    },
)

_SAID: Mapping[PaymentOutcome, PaymentState] = {
    PaymentOutcome.CREATED: PaymentState.CREATED,
    PaymentOutcome.REQUIRES_ACTION: PaymentState.REQUIRES_ACTION,
    PaymentOutcome.PROCESSING: PaymentState.PROCESSING,
    PaymentOutcome.FAILED: PaymentState.FAILED,
    PaymentOutcome.EXPIRED: PaymentState.CANCELLED,
    PaymentOutcome.CANCELLED: PaymentState.CANCELLED,
}


class Fate(Enum):
    """What becomes of money that came."""

    OPEN = "open"
    """Not decided yet."""
    KEPT = "kept"
    """It pays the order."""
    MISMATCH = "mismatch"
    """It is not what the order costs; it goes back."""
    EXTRA = "extra"
    """The order was paid already; it goes back."""
    LATE = "late"
    """The order had ended, and cannot be had any more; it goes back."""


@frozen(kw_only=True)
class Charge:
    """Money that came.

    Args:
        reference: The provider's id of it.
        minor: How much, in minor units.
        currency: Of which currency.
        fate: What becomes of it.
        gone: How much is back with its payer, if it buys nothing; more than came, where it was refunded and disputed.
    """

    reference: str
    minor: int
    currency: str
    fate: Fate = Fate.OPEN
    gone: int = 0

    @property
    def left(self) -> int:
        """What of money that buys nothing is still here."""
        return max(0, self.minor - self.gone)


class DisputeState(Enum):
    """How far a dispute is."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


_DISPUTES: Mapping[PaymentOutcome, DisputeState] = {
    PaymentOutcome.DISPUTED: DisputeState.OPEN,
    PaymentOutcome.DISPUTE_WON: DisputeState.WON,
    PaymentOutcome.DISPUTE_LOST: DisputeState.LOST,
}


@frozen(kw_only=True)
class Taken:
    """What was taken of a line.

    Args:
        line: Its number.
        minor: What the money taken was for this line, in minor units.
        parts: What of it came from whom.
    """

    line: int
    minor: int
    parts: Parts


@frozen(kw_only=True)
class Dispute:
    """A buyer's bank taking money back.

    Args:
        id: The provider's.
        state: How far it is.
        minor: How much, in minor units; None for all of the money it is about.
        about: The provider's name of that money, as the dispute was told.
        charge: The money that the books have as taken now; None while they have none.
        taken: What was taken of each line, while it is.
        booked_anew: How often it was booked again, for something else went or came back.
    """

    id: str
    state: DisputeState
    minor: int | None
    about: str = ""
    charge: str | None = None
    taken: tuple[Taken, ...] = ()
    booked_anew: int = 0


@define(eq=False, kw_only=True)
class Payment(Aggregate):
    """A payment.

    Args:
        order: What it pays.
        buyer: Who pays.
        minor: What is to be paid, in minor units.
        currency: Of which currency.
        method: How: card, crypto or ideal.
        provider: Through whom.
        created_at: When it was made.
        expires_at: Until when its page can be paid.
        state: Where it is.
        checkout_url: Its page, once the provider has said.
        reference: The provider's id of the page, once the provider has said.
        charges: The money that came; more than once, if somebody pays twice.
        disputes: What buyers' banks did with it.
        ask_at: When to ask the provider what came of it; None once nobody need ask.
    """

    kind: ClassVar[str] = "payment"

    order: str
    buyer: str
    minor: int
    currency: str
    method: str
    provider: str
    created_at: datetime
    expires_at: datetime
    state: PaymentState = PaymentState.CREATED
    checkout_url: str | None = None
    reference: str | None = None
    charges: tuple[Charge, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    ask_at: datetime | None = None

    @property
    def price(self) -> Money:
        """What is to be paid."""
        return Money(self.minor, self.currency)

    @property
    def kept(self) -> Charge | None:
        """The money that pays the order."""
        return next((charge for charge in self.charges if charge.fate is Fate.KEPT), None)

    def charge(self, reference: str) -> Charge:
        """The money of this name, which has come."""
        return next(charge for charge in self.charges if charge.reference == reference)

    def dispute(self, id: str) -> Dispute:
        """The dispute of this name, which was told of."""
        return next(dispute for dispute in self.disputes if dispute.id == id)

    def disputed(self, dispute: Dispute) -> Charge | None:
        """The money that a bank takes by a dispute now; None if it gave it back, or none has come.

        Providers may name it otherwise than when they told that it came. Then it is what pays the order, or came first;
        should money of just that name come later, it is that.
        """
        return None if dispute.state is DisputeState.WON else self._named(dispute.about)

    def _named(self, name: str) -> Charge | None:
        named = next((charge for charge in self.charges if charge.reference == name), None)
        return named or self.kept or next(iter(self.charges), None)

    # ---- what the provider says

    def opened(self, url: str, reference: str, expires_at: datetime) -> None:
        """Its page is there."""
        self.checkout_url, self.reference, self.expires_at = url, reference, expires_at
        if self.state is PaymentState.UNKNOWN:
            self.state = PAYMENTS.move(self.state, PaymentState.CREATED)

    def lost_sight(self) -> None:
        """The provider did not answer: it may know of this payment or not."""
        if PaymentState.UNKNOWN in PAYMENTS.moves[self.state]:
            self.state = PAYMENTS.move(self.state, PaymentState.UNKNOWN)

    def fail(self) -> None:
        """It came to nothing; after money has come that changes nothing (invariant 39)."""
        self._raise_to(PaymentState.FAILED)

    def cancel(self) -> None:
        """Nobody will pay it; likewise."""
        self._raise_to(PaymentState.CANCELLED)

    def hear(self, event: PaymentEvent) -> bool:
        """Take the provider's word; whether it said anything new. Word in any order, and twice, ends the same.

        Raises:
            AmountMissing: It tells of money and not how much.
        """
        before = (self.state, self.charges, self.disputes)
        if event.outcome is PaymentOutcome.SUCCEEDED:
            self._charged(event)
        elif event.outcome in _DISPUTES:
            self._disputed(event, _DISPUTES[event.outcome])
        elif event.outcome in _SAID:
            self._raise_to(_SAID[event.outcome])
        self._follow()
        return before != (self.state, self.charges, self.disputes)

    def ask_later(self, now: datetime) -> None:
        """The provider does not know yet: ask again, ever less often, and at last leave it to an operator."""
        age = now - self.created_at
        if age >= ASK_FOR:
            self.ask_at = None
            self.record(PaymentUnsettled(self.order, self.id))
        else:
            self.ask_at = now + min(max(age, ASK_AFTER), ASK_AT_LEAST_EVERY)

    # ---- what became of it

    def decide(self, reference: str, fate: Fate) -> None:
        """Say what becomes of money that came."""
        self._change(evolve(self.charge(reference), fate=fate))

    def return_unkept(self, reference: str, minor: int) -> int:
        """Money that buys nothing goes back to its payer, or comes back after all where `minor` is below zero.

        Returns:
            How much less of it is here then.
        """
        before = self.charge(reference)
        after = evolve(before, gone=before.gone + minor)
        self._change(after)
        return before.left - after.left

    def book(self, dispute: Dispute, charge: str, taken: tuple[Taken, ...]) -> None:
        """The books have a dispute's money as taken."""
        self._put(evolve(dispute, charge=charge, taken=taken))

    def unbook(self, dispute: Dispute) -> None:
        """The books have it as given back."""
        self._put(evolve(dispute, charge=None, taken=()))

    # ---- inside

    def _charged(self, event: PaymentEvent) -> None:
        money = event.money
        known = {charge.reference for charge in self.charges}
        if event.reference not in known:
            charge = Charge(reference=event.reference, minor=money.minor, currency=money.currency)
            self.charges = (*self.charges, charge)
        self._raise_to(PaymentState.SUCCEEDED)
        self.ask_at = None

    def _disputed(self, event: PaymentEvent, state: DisputeState) -> None:
        id = event.detail or event.reference
        known = {dispute.id: dispute for dispute in self.disputes}
        before = known.get(id)
        minor = self._minor_of(event)
        if before is None:
            self.disputes = (*self.disputes, Dispute(id=id, state=state, minor=minor, about=event.reference))
        elif before.state is DisputeState.OPEN:
            # How it was decided is final; that it was opened is then told late.
            # What is given back is what was taken, whatever is told of it then.
            minor = before.minor if minor is None or before.charge is not None else minor
            self._put(evolve(before, state=state, minor=minor))

    def _minor_of(self, event: PaymentEvent) -> int | None:
        amount, charge = event.amount, self._named(event.reference)
        if amount is not None and amount.currency != (self.currency if charge is None else charge.currency):
            raise Invalid.field("currency", "is not that of the payment")
        return None if amount is None else amount.minor

    def _change(self, charge: Charge) -> None:
        self.charges = tuple(charge if other.reference == charge.reference else other for other in self.charges)

    def _put(self, dispute: Dispute) -> None:
        self.disputes = tuple(dispute if other.id == dispute.id else other for other in self.disputes)

    def _follow(self) -> None:
        """What disputes make of money that came."""
        if self.state not in CAPTURED or not self.charges:
            return
        states = {dispute.state for dispute in self.disputes}
        state = PaymentState.SUCCEEDED
        if DisputeState.OPEN in states:
            state = PaymentState.DISPUTED
        if DisputeState.LOST in states:
            state = PaymentState.CHARGED_BACK
        if state is not self.state and state in PAYMENTS.moves[self.state]:
            self.state = PAYMENTS.move(self.state, state)

    def _raise_to(self, state: PaymentState) -> None:
        if RANKS[state] > RANKS[self.state]:
            self.state = PAYMENTS.move(self.state, state)
        if state in OVER and self.state in OVER:
            self.ask_at = None


class PaymentUnderWay(Conflict):
    """The order is being paid already."""

    code = "PAYMENT_UNDER_WAY"
