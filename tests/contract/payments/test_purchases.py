"""A purchase from the package to the tokens, whatever the provider's messages do on their way (HOOK-02, HOOK-03)."""

from collections.abc import AsyncIterator
from itertools import permutations

import pytest

from adapters.memory import MemoryPlatform, memory_platform
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.errors import Invalid, KeyReused, NotFound
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.money import Money
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from platform_core.kernel.sync import run_sync
from platform_core.ledger.ports import Hold, psp, token_sales
from platform_core.ledger.verification import verify
from platform_core.payments.ports import PaymentOutcome
from platform_core.wallet.balance import GetWallet, Statement
from platform_core.wallet.events import PaymentUnmatched, PurchaseFailed, PurchaseSettled
from platform_core.wallet.purchases import CheckoutOffer, Purchase, PurchaseState, PurchaseTokens, SettlePurchase

SUCCEEDED, FAILED, EXPIRED = PaymentOutcome.SUCCEEDED, PaymentOutcome.FAILED, PaymentOutcome.EXPIRED
CASH, SALES = psp("fake", "EUR").id, token_sales("EUR").id

ORDERS = sorted(set(permutations([FAILED, SUCCEEDED, SUCCEEDED, EXPIRED])), key=str)


class Shop:
    """One buyer on a platform of their own."""

    def __init__(self) -> None:
        self.platform: MemoryPlatform = memory_platform()
        opened = self.platform.run(Register("anna@example.org", "anna", Secret("correct horse")), by=ANONYMOUS)
        self.buyer = self.platform.actor(opened.token)

    def order(self, package: str = "pkg_100", *, key: str | None = None) -> CheckoutOffer:
        return self.platform.run(PurchaseTokens(package, "ideal"), by=self.buyer, key=key)

    @property
    def balance(self) -> int:
        return self.platform.run(GetWallet(), by=self.buyer).balance

    def purchase(self, offer: CheckoutOffer) -> Purchase:
        found = run_sync(self.platform.store.get(Purchase, offer.purchase))
        assert found is not None
        return found

    def accounts(self, *ids: str) -> list[int]:
        balances = run_sync(self.platform.store.balances(ids))
        return [balances[id] for id in ids]

    def pay_wrongly(self, offer: CheckoutOffer, paid: Money) -> str:
        """The provider says that something else was paid."""
        gateway = self.platform.gateway
        webhook = gateway.answer(offer.url.rpartition("/")[2], SUCCEEDED, paid=paid)
        event = gateway.read_event(webhook.body, webhook.headers)
        assert event is not None
        return self.platform.run(
            SettlePurchase(event.subject, event.reference, event.outcome, event.money.minor, event.money.currency),
            by=Actor.system(),
        )

    def listen(self, *events: type[Event]) -> list[Event]:
        """What is told of these from now on, each time events are delivered."""
        told: list[Event] = []

        async def tell(envelope: Envelope) -> None:
            told.append(envelope.event)

        for event in events:
            self.platform.on(event, tell)
        return told

    async def _holds(self) -> AsyncIterator[Hold]:
        for hold in await self.platform.store.find(Select(Hold)):
            yield hold

    def books_are_clean(self) -> bool:
        return run_sync(verify(self.platform.store, self._holds())).fault is None


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_tokens_are_there_once_the_money_is(shop: Shop) -> None:
    offer = shop.order()

    assert shop.balance == 0
    assert shop.platform.pay(offer.url) == "paid"
    assert shop.balance == 100
    assert shop.accounts(CASH, SALES) == [-999, 999]
    assert shop.books_are_clean()


@pytest.mark.parametrize("late", [False, True], ids=["in time", "after the page has expired"])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join(word.value for word in order))
def test_tokens_come_once_however_often_and_in_whatever_order_the_messages_do(
    order: tuple[PaymentOutcome, ...], late: bool
) -> None:
    shop = Shop()
    told = shop.listen(PurchaseSettled, PurchaseFailed, PaymentUnmatched)
    offer = shop.order()
    if late:
        shop.platform.clock.advance(days=3)
    for outcome in (*order, *order, *reversed(order)):
        shop.platform.pay(offer.url, outcome)
        shop.platform.deliver()

    assert shop.balance == 100
    assert shop.purchase(offer).state is PurchaseState.PAID
    assert shop.accounts(CASH, SALES) == [-999, 999]
    assert len(shop.platform.run(Statement(shop.buyer.id), by=shop.buyer)) == 1
    failures = [] if order[0] is SUCCEEDED else [PurchaseFailed(offer.purchase, shop.buyer.id, order[0].value)]
    assert told == [*failures, PurchaseSettled(offer.purchase, shop.buyer.id, 100)]
    assert shop.books_are_clean()


@pytest.mark.parametrize(("outcome", "state"), [(FAILED, PurchaseState.FAILED), (EXPIRED, PurchaseState.EXPIRED)])
def test_without_money_there_are_no_tokens(shop: Shop, outcome: PaymentOutcome, state: PurchaseState) -> None:
    offer = shop.order()
    for _ in range(3):
        shop.platform.pay(offer.url, outcome)

    assert shop.purchase(offer).state is state
    assert shop.balance == 0
    assert shop.accounts(CASH, SALES) == [0, 0]


@pytest.mark.parametrize("paid", [Money(998, "EUR"), Money(1000, "EUR"), Money(999, "USD"), Money(1, "EUR")], ids=str)
def test_money_that_does_not_match_is_set_aside_and_credits_nothing(shop: Shop, paid: Money) -> None:
    offer = shop.order()
    told = shop.listen(PaymentUnmatched)

    assert shop.pay_wrongly(offer, paid) == "needs_attention"
    assert shop.pay_wrongly(offer, paid) == "needs_attention"
    assert shop.platform.pay(offer.url, FAILED) == "needs_attention"
    assert shop.platform.pay(offer.url) == "needs_attention"
    shop.platform.deliver()
    payment = shop.purchase(offer).payment
    assert payment is not None
    assert told == [PaymentUnmatched(offer.purchase, shop.buyer.id, payment, paid.minor, paid.currency)]
    assert shop.balance == 0
    assert shop.books_are_clean()


def test_word_of_another_purchase_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.platform.run(SettlePurchase("pur_none", "pay_1", SUCCEEDED, 999, "EUR"), by=Actor.system())


def test_a_request_with_the_same_key_gives_the_same_page(shop: Shop) -> None:
    first = shop.order(key="k1")
    shop.platform.clock.advance(minutes=5)

    assert shop.order(key="k1") == first
    assert shop.order(key="k2") != first
    assert shop.order().purchase != shop.order().purchase
    assert len(run_sync(shop.platform.store.find(Select(Purchase)))) == 4


def test_a_key_used_for_one_package_is_not_for_another(shop: Shop) -> None:
    first = shop.order("pkg_100", key="k")

    with pytest.raises(KeyReused):
        shop.order("pkg_5000", key="k")
    assert shop.order("pkg_100", key="k") == first


def test_only_packages_on_sale_can_be_bought(shop: Shop) -> None:
    with pytest.raises(Invalid):
        shop.order("pkg_1000000")
    with pytest.raises(Invalid):
        shop.platform.run(PurchaseTokens("pkg_100", "barter"), by=shop.buyer)
    assert run_sync(shop.platform.store.find(Select(Purchase))) == []


def test_each_of_several_purchases_is_paid_by_itself(shop: Shop) -> None:
    one, two = shop.order("pkg_100"), shop.order("pkg_500")
    shop.platform.pay(two.url)
    shop.platform.pay(one.url, FAILED)

    assert shop.balance == 500
    assert shop.platform.pay(one.url) == "paid"
    assert shop.balance == 600


def test_a_second_payment_of_one_purchase_is_told_and_credits_nothing(shop: Shop) -> None:
    offer = shop.order()
    told = shop.listen(PaymentUnmatched)
    shop.platform.pay(offer.url)

    assert (
        shop.platform.run(SettlePurchase(offer.purchase, "pay_other", SUCCEEDED, 999, "EUR"), by=Actor.system())
        == "paid"
    )
    shop.platform.deliver()
    assert told == [PaymentUnmatched(offer.purchase, shop.buyer.id, "pay_other", 999, "EUR")]
    assert shop.balance == 100
