"""Buying tokens: credited once the money has come, once, and never for anything else."""

from __future__ import annotations

from itertools import permutations

import pytest
from attrs import evolve

from adapters.memory.store import MemoryStore
from adapters.payments.fake import FakeGateway
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Actor
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.errors import Forbidden, Invalid, KeyReused, NotFound, Unavailable
from platform_core.kernel.money import Money
from platform_core.kernel.select import Select
from platform_core.payments.ports import Checkout, PaymentGateway, PaymentOutcome
from platform_core.wallet.events import PaymentUnmatched, PurchaseFailed, PurchaseSettled
from platform_core.wallet.packages import Catalogue, TokenPackage
from platform_core.wallet.purchases import CheckoutOffer, Purchase, PurchaseState, PurchaseTokens, SettlePurchase
from support.world import OPERATOR, Person, World, memory_world

PSP = Actor.system("fake")
PAID = SettlePurchase("", "pay_1", PaymentOutcome.SUCCEEDED, 999, "EUR")
FAILED = evolve(PAID, outcome=PaymentOutcome.FAILED)
EXPIRED = evolve(PAID, outcome=PaymentOutcome.EXPIRED)


async def begun(world: World | None = None) -> tuple[World, Person, CheckoutOffer]:
    """Anna has begun to buy a hundred tokens for 9.99."""
    world = world or memory_world()
    anna = await world.person("anna")
    return world, anna, await world.execute(PurchaseTokens("pkg_100", "card"), by=anna.actor)


async def told(world: World, offer: CheckoutOffer, *words: SettlePurchase) -> str:
    """The state after the provider's words."""
    state = ""
    for word in words:
        state = await world.execute(evolve(word, purchase=offer.purchase), by=PSP)
    return state


async def happened(world: World) -> list[object]:
    claimed = await world.store.outbox.claim("a", now=world.clock.now(), lease=60, limit=100)
    return [
        envelope.event
        for envelope in claimed
        if isinstance(envelope.event, PurchaseSettled | PurchaseFailed | PaymentUnmatched)
    ]


async def test_the_price_and_the_tokens_are_the_catalogues() -> None:
    """MON-14."""
    world, anna, offer = await begun()
    purchase = await world.store.get(Purchase, offer.purchase)

    assert purchase is not None
    assert (purchase.tokens, purchase.price, purchase.user) == (100, Money(999, "EUR"), anna.id)
    assert (purchase.state, purchase.checkout_url, purchase.expires_at) == (
        PurchaseState.PENDING,
        offer.url,
        offer.expires_at,
    )
    assert (await world.wallet(anna.id)).balance == 0


@pytest.mark.parametrize(
    ("package", "method", "field"),
    [("pkg_1", "card", "package"), ("", "card", "package"), ("pkg_100", "cash", "method")],
)
async def test_what_is_not_on_sale_cannot_be_bought(package: str, method: str, field: str) -> None:
    world = memory_world()
    anna = await world.person("anna")

    with pytest.raises(Invalid) as refused:
        await world.execute(PurchaseTokens(package, method), by=anna.actor)
    assert refused.value.details[0].field == field
    assert await world.store.find(Select(Purchase)) == []


async def test_paid_tokens_are_credited_against_the_money_at_the_provider() -> None:
    world, anna, offer = await begun()

    assert await told(world, offer, PAID) == "paid"
    assert (await world.wallet(anna.id)).balance == 100
    accounts = ["psp:fake:EUR", "token_sales:sys:EUR", "issuance:sys:TZT"]
    assert [(await world.store.balances(accounts))[account] for account in accounts] == [-999, 999, -100]
    assert await happened(world) == [PurchaseSettled(offer.purchase, anna.id, 100)]
    assert (await world.verified()).totals == {"EUR": 0, "TZT": 0}


@pytest.mark.parametrize("words", [*permutations([PAID, PAID, FAILED, EXPIRED])], ids=str)
async def test_whatever_order_the_words_come_in_the_end_is_the_same(words: tuple[SettlePurchase, ...]) -> None:
    """Invariants 26, 38 and 39."""
    world, anna, offer = await begun()

    assert await told(world, offer, *words) == "paid"
    assert (await world.wallet(anna.id)).balance == 100
    assert [event for event in await happened(world) if isinstance(event, PurchaseSettled)] == [
        PurchaseSettled(offer.purchase, anna.id, 100)
    ]


@pytest.mark.parametrize(("word", "state"), [(FAILED, "failed"), (EXPIRED, "expired")])
async def test_a_purchase_that_came_to_nothing_says_so_once(word: SettlePurchase, state: str) -> None:
    world, anna, offer = await begun()

    assert await told(world, offer, word, word) == state
    assert await happened(world) == [PurchaseFailed(offer.purchase, anna.id, state)]
    assert (await world.wallet(anna.id)).balance == 0


@pytest.mark.parametrize(("minor", "currency"), [(998, "EUR"), (1000, "EUR"), (999, "USD"), (1, "EUR")])
async def test_money_that_does_not_match_waits_for_a_person_and_is_told(minor: int, currency: str) -> None:
    """HOOK-03, MON-11: no silent exchange, no cent short or over."""
    world, anna, offer = await begun()
    wrong = evolve(PAID, minor=minor, currency=currency)

    assert await told(world, offer, wrong, wrong) == "needs_attention"
    assert (await world.wallet(anna.id)).balance == 0
    assert await happened(world) == [PaymentUnmatched(offer.purchase, anna.id, "pay_1", minor, currency)]
    await world.verified()


async def test_a_second_payment_credits_nothing_and_is_told() -> None:
    world, anna, offer = await begun()

    assert await told(world, offer, PAID, evolve(PAID, payment="pay_2")) == "paid"
    assert (await world.wallet(anna.id)).balance == 100
    assert (await happened(world))[1:] == [PaymentUnmatched(offer.purchase, anna.id, "pay_2", 999, "EUR")]


async def test_a_buyer_banned_meanwhile_owns_what_they_paid_for() -> None:
    world, anna, offer = await begun()
    await world.execute(BanUser(anna.id), by=OPERATOR)

    assert await told(world, offer, PAID) == "paid"
    assert (await world.wallet(anna.id)).balance == 100


async def test_only_the_platform_settles_and_only_what_is_there() -> None:
    world, anna, offer = await begun()
    with pytest.raises(Forbidden):
        await world.execute(evolve(PAID, purchase=offer.purchase), by=anna.actor)
    with pytest.raises(NotFound):
        await world.execute(evolve(PAID, purchase="pur_none"), by=PSP)


# ---- a provider that does not answer


class Flaky:
    """A provider that fails so many times."""

    def __init__(self, gateway: PaymentGateway, failures: int) -> None:
        self._gateway = gateway
        self.failures = failures
        self.asked: list[str] = []

    @property
    def name(self) -> str:
        return "fake"

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        self.asked.append(f"{subject} {amount.minor}")
        if self.failures:
            self.failures -= 1
            raise Unavailable("no answer")
        return await self._gateway.open_checkout(subject=subject, amount=amount, method=method, description=description)

    def read_event(self, body: bytes, headers: object) -> None:
        """Nothing comes."""


def flaky_world(failures: int) -> tuple[World, Flaky]:
    """A world whose provider fails so many times."""
    world = memory_world()
    assert isinstance(world.gateway, FakeGateway)
    flaky = Flaky(world.gateway, failures)
    bound = world.application._bound[PurchaseTokens]
    services = {name: flaky if service is world.gateway else service for name, service in bound.services.items()}
    world.application._bound[PurchaseTokens] = evolve(bound, services=services)
    return world, flaky


async def test_a_retry_after_an_outage_asks_for_the_same_page_of_the_same_purchase() -> None:
    world, flaky = flaky_world(2)
    anna = await world.person("anna")
    request = PurchaseTokens("pkg_100", "card")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await world.execute(request, by=anna.actor, key="buy")
    offer = await world.execute(request, by=anna.actor, key="buy")

    assert flaky.asked == [f"{offer.purchase} 999"] * 3
    assert [purchase.id for purchase in await world.store.find(Select(Purchase))] == [offer.purchase]
    assert await world.execute(request, by=anna.actor, key="buy") == offer
    assert len(flaky.asked) == 3


async def test_money_can_come_for_a_purchase_whose_page_was_never_answered() -> None:
    world, _ = flaky_world(1)
    anna = await world.person("anna")
    with pytest.raises(Unavailable):
        await world.execute(PurchaseTokens("pkg_100", "card"), by=anna.actor, key="buy")
    [purchase] = await world.store.find(Select(Purchase))
    await world.execute(evolve(PAID, purchase=purchase.id), by=PSP)

    assert (await world.wallet(anna.id)).balance == 100


async def test_another_package_under_the_key_of_a_failed_request_is_refused() -> None:
    """The purchase was there before the outage: the key is for that one."""
    world, _ = flaky_world(1)
    anna = await world.person("anna")
    with pytest.raises(Unavailable):
        await world.execute(PurchaseTokens("pkg_100", "card"), by=anna.actor, key="buy")
    with pytest.raises(KeyReused, match="package"):
        await world.execute(PurchaseTokens("pkg_5000", "card"), by=anna.actor, key="buy")
    offer = await world.execute(PurchaseTokens("pkg_100", "card"), by=anna.actor, key="buy")

    [purchase] = await world.store.find(Select(Purchase))
    assert (purchase.id, purchase.package, purchase.tokens) == (offer.purchase, "pkg_100", 100)


class Interrupted(MemoryStore):
    """A store that is gone after so many commits."""

    commits = 0
    dies_at = 0

    async def commit(self, changes: Changes) -> Committed:
        self.commits += 1
        if self.commits == self.dies_at:
            raise Unavailable("gone")
        return await super().commit(changes)


async def test_a_crash_between_the_page_and_the_answer_leaves_one_purchase() -> None:
    store = Interrupted()
    world = World(store)
    anna = await world.person("anna")
    store.dies_at = store.commits + 2
    request = PurchaseTokens("pkg_100", "card")
    with pytest.raises(Unavailable):
        await world.execute(request, by=anna.actor, key="buy")
    offer = await world.execute(request, by=anna.actor, key="buy")

    assert [purchase.id for purchase in await store.find(Select(Purchase))] == [offer.purchase]


def test_a_catalogue_is_what_it_is_given() -> None:
    package = TokenPackage("pkg_x", 7, Money(70, "USD"))

    assert Catalogue({"pkg_x": package}).package("pkg_x") == package
    with pytest.raises(Invalid):
        Catalogue({"pkg_x": package}).package("pkg_100")
