"""Buying tokens: a checkout at the payment provider, and the credit once it says the money has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define, frozen

from platform_core.kernel.actor import PLATFORM, USERS, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Invalid, KeyReused, NotFound
from platform_core.kernel.journal import Posting
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import Money
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import ISSUANCE, psp, token_sales, user_accounts
from platform_core.payments.ports import PaymentEvent, PaymentGateway, PaymentOutcome
from platform_core.wallet.events import PaymentUnmatched, PurchaseFailed, PurchaseSettled, PurchaseUnsettled
from platform_core.wallet.packages import Catalogue
from platform_core.wallet.wallet import Wallet

CHECKOUT_LIFETIME = timedelta(minutes=30)
ASK_AFTER = timedelta(minutes=10)
"""How long a provider's message may take before the provider is asked."""
ASK_AT_LEAST_EVERY = timedelta(hours=6)
ASK_FOR = timedelta(days=14)
"""How long a payment may be under way at the provider; bank payments take days."""
METHODS = ("card", "crypto", "ideal")


class PurchaseState(Enum):
    """Where a purchase is."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    NEEDS_ATTENTION = "needs_attention"
    """Money came that does not match; an operator decides (HOOK-03)."""


# A success that comes late is money all the same: it is never refused because a failure came first (invariant 39).
PURCHASES: Machine[PurchaseState] = Machine(
    "purchase",
    {
        PurchaseState.PENDING: frozenset(
            {PurchaseState.PAID, PurchaseState.FAILED, PurchaseState.EXPIRED, PurchaseState.NEEDS_ATTENTION}
        ),
        PurchaseState.FAILED: frozenset({PurchaseState.PAID, PurchaseState.NEEDS_ATTENTION}),
        PurchaseState.EXPIRED: frozenset({PurchaseState.PAID, PurchaseState.NEEDS_ATTENTION}),
        PurchaseState.PAID: frozenset(),
        PurchaseState.NEEDS_ATTENTION: frozenset(),
    },
)


_FAILURES: Mapping[PaymentOutcome, PurchaseState] = {
    PaymentOutcome.FAILED: PurchaseState.FAILED,
    PaymentOutcome.EXPIRED: PurchaseState.EXPIRED,
    PaymentOutcome.CANCELLED: PurchaseState.EXPIRED,
}


@define(eq=False, kw_only=True)
class Purchase(Aggregate):
    """One purchase of a token package.

    Args:
        user: The buyer.
        package: The package's id.
        tokens: How many tokens, fixed when it was made.
        price_minor: What they cost, in minor units, fixed likewise.
        price_currency: Of which currency.
        method: card, crypto or ideal.
        state: Where it is.
        provider: The payment provider.
        checkout_url: Where the buyer pays, once the provider has said.
        reference: The provider's id of the payment page, once the provider has said.
        payment: The provider's id of the payment, once it is known.
        unmatched: The provider's ids of further payments, which buy nothing.
        ask_at: When to ask the provider what came of it, if no message has said; None once nobody need ask.
        created_at: When it was made.
        expires_at: Until when it can be paid.
    """

    kind: ClassVar[str] = "purchase"

    user: str
    package: str
    tokens: int
    price_minor: int
    price_currency: str
    method: str
    provider: str
    created_at: datetime
    expires_at: datetime
    state: PurchaseState = PurchaseState.PENDING
    checkout_url: str | None = None
    reference: str | None = None
    payment: str | None = None
    unmatched: tuple[str, ...] = ()
    ask_at: datetime | None = None

    @property
    def price(self) -> Money:
        """What it costs."""
        return Money(self.price_minor, self.price_currency)

    def settle(self, work: Work, payment: str, minor: int, currency: str) -> None:
        """The money has come: credit the tokens, once (invariant 26). A repeated or late word changes nothing.

        Money that buys nothing (the wrong sum, or a second payment) is told as an event, for somebody to give it back.
        """
        if PURCHASES.is_final(self.state):
            if payment != self.payment and payment not in self.unmatched:
                # Told once, however often the provider repeats it (invariant 38).
                self.unmatched = (*self.unmatched, payment)
                self.record(self._unmatched(payment, minor, currency))
                work.save(self)
            return
        self.payment, self.ask_at = payment, None
        if (minor, currency) != (self.price_minor, self.price_currency):
            self.state = PURCHASES.move(self.state, PurchaseState.NEEDS_ATTENTION)
            self.record(self._unmatched(payment, minor, currency))
            work.save(self)
            return
        self.state = PURCHASES.move(self.state, PurchaseState.PAID)
        cash, sales = psp(self.provider, currency), token_sales(currency)
        work.open(*user_accounts(self.user), ISSUANCE, cash, sales)
        work.post(
            "purchase",
            Posting(cash.id, -minor),
            Posting(sales.id, minor),
            *Wallet(self.user).credit(self.tokens),
            reference=self.id,
            details={"package": self.package, "payment": payment},
            # The buyer has paid: a freeze meanwhile keeps them from spending, not from owning.
            despite_freeze=True,
        )
        self.record(PurchaseSettled(self.id, self.user, self.tokens))
        work.save(self)

    def _unmatched(self, payment: str, minor: int, currency: str) -> PaymentUnmatched:
        return PaymentUnmatched(self.id, self.user, payment, minor, currency)

    def fail(self, work: Work, state: PurchaseState) -> None:
        """It came to nothing. Word of that after money has come changes nothing (invariant 39)."""
        if self.state is not PurchaseState.PENDING:
            return
        self.state = PURCHASES.move(self.state, state)
        self.ask_at = None
        self.record(PurchaseFailed(self.id, self.user, state.value))
        work.save(self)

    def heed(self, work: Work, event: PaymentEvent) -> None:
        """Take the provider's word: the money has come, or will not. Other word changes nothing."""
        if event.outcome is PaymentOutcome.SUCCEEDED:
            self.settle(work, event.reference, event.money.minor, event.money.currency)
        elif event.outcome in _FAILURES:
            self.fail(work, _FAILURES[event.outcome])

    def ask_later(self, work: Work) -> None:
        """The provider does not know yet: ask again, ever less often, and at last leave it to an operator."""
        age = work.now - self.created_at
        if age >= ASK_FOR:
            self.ask_at = None
            self.record(PurchaseUnsettled(self.id, self.user))
        else:
            self.ask_at = work.now + min(max(age, ASK_AFTER), ASK_AT_LEAST_EVERY)
        work.save(self)


@frozen
class CheckoutOffer:
    """Where and until when to pay.

    Args:
        purchase: The purchase's id.
        url: The payment page.
        expires_at: Until when.
    """

    purchase: str
    url: str
    expires_at: datetime


@frozen
class PurchaseTokens(Command[CheckoutOffer]):
    """Begin to buy a token package.

    Args:
        package: The package's id.
        method: card, crypto or ideal.
    """

    policy: ClassVar[Policy] = USERS

    package: str
    method: str


async def purchase_tokens(
    command: PurchaseTokens, work: Work, catalogue: Catalogue, gateway: PaymentGateway
) -> CheckoutOffer:
    """Make the purchase, then the payment page for it.

    The purchase is committed before the provider hears of it, so money can never come for a row that is not there. A
    retry with the same key finds it and asks the provider for the same page again.

    Raises:
        Invalid: The package is not on sale, or the method is none (MON-14).
        PaymentRefused: The provider will not take it.
        Unavailable: The provider does not answer; the same request may be sent again.
    """
    package = catalogue.package(command.package)
    if command.method not in METHODS:
        raise Invalid.field("method", f"must be one of {', '.join(METHODS)}")
    purchase = await work.get(Purchase, id := work.stable_id("pur"))
    if purchase is not None:
        for name, said, now in (("package", purchase.package, package.id), ("method", purchase.method, command.method)):
            if said != now:
                raise KeyReused.field(name, "differs from the first request with this idempotency key")
    if purchase is None:
        purchase = Purchase(
            id=id,
            user=work.actor.id,
            package=package.id,
            tokens=package.tokens,
            price_minor=package.price.minor,
            price_currency=package.price.currency,
            method=command.method,
            provider=gateway.name,
            created_at=work.now,
            expires_at=work.now + CHECKOUT_LIFETIME,
            ask_at=work.now + ASK_AFTER,
        )
        work.add(purchase)
        await work.commit()
    if purchase.checkout_url is None:
        checkout = await gateway.open_checkout(
            subject=purchase.id,
            amount=purchase.price,
            method=purchase.method,
            description=f"{purchase.tokens} tokens",
        )
        purchase.checkout_url, purchase.expires_at = checkout.url, checkout.expires_at
        purchase.reference = checkout.reference
        work.save(purchase)
    return CheckoutOffer(purchase.id, purchase.checkout_url, purchase.expires_at)


async def heed_purchase(work: Work, event: PaymentEvent) -> str:
    """What a provider's message does to the purchase it is about; the state it is in then.

    Raises:
        NotFound: There is no such purchase, or it is paid through another provider.
    """
    purchase = await work.require(Purchase, event.subject)
    if purchase.provider != event.provider:
        raise NotFound("the purchase is paid through another provider")
    purchase.heed(work, event)
    return str(purchase.state.value)


@frozen
class SettlePurchase(Command[str]):
    """Take a provider's word on a payment. Only the platform, once it has checked the signature.

    Args:
        purchase: The purchase it is about.
        payment: The provider's id of the payment.
        outcome: What happened to it.
        minor: What was paid, in minor units.
        currency: Of which currency.
    """

    policy: ClassVar[Policy] = PLATFORM

    purchase: str
    payment: str
    outcome: PaymentOutcome
    minor: int
    currency: str


async def settle_purchase(command: SettlePurchase, work: Work) -> str:
    """Settle or fail the purchase; the state it is in now.

    Raises:
        NotFound: There is no such purchase.
    """
    purchase = await work.require(Purchase, command.purchase)
    if command.outcome is PaymentOutcome.SUCCEEDED:
        purchase.settle(work, command.payment, command.minor, command.currency)
    elif command.outcome in _FAILURES:
        purchase.fail(work, _FAILURES[command.outcome])
    return purchase.state.value


@frozen
class ListPurchases(Query[list[Purchase]]):
    """Purchases, oldest first. Only the platform may.

    Args:
        state: Only those in this state.
        owner: Only this user's.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    state: PurchaseState | None = None
    owner: str | None = None
    limit: int = 100


async def list_purchases(query: ListPurchases, work: Work) -> list[Purchase]:
    """The purchases."""
    where = []
    if query.state is not None:
        where.append(Where("state", "=", query.state))
    if query.owner is not None:
        where.append(Where("user", "=", query.owner))
    return await work.find(
        Select(Purchase, where=tuple(where), order=("created_at",), limit=bounded(query.limit, OPERATORS))
    )
