"""Payment messages on every store: kept before all else, applied once, whatever their order and number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations

import pytest
from attrs import define, evolve

from adapters.payments.fake import SignedWebhook
from contract.payments.providers import StripeProvider
from entrypoints.worker import Worker
from entrypoints.worker.purge import WEBHOOKS_KEPT, purge
from platform_core.kernel.actor import Actor
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.events import Event
from platform_core.kernel.select import Select
from platform_core.payments.events import WebhookAltered, WebhookGivenUp
from platform_core.payments.webhook import LADDER, Webhook, WebhookState
from platform_core.payments.webhooks import ListWebhooks, ReplayWebhook, TakeWebhook
from platform_core.platform import Storage
from platform_core.wallet.events import PaymentUnmatched, PurchaseSettled
from platform_core.wallet.purchases import Purchase, PurchaseState, PurchaseTokens
from support.stripe_server import ASYNC_FAILED, ASYNC_SUCCEEDED, COMPLETED, EXPIRED, StripeServer, sign
from support.world import OPERATOR, Person, World

STRIPE = Actor.system("stripe")
KINDS = (COMPLETED, ASYNC_FAILED, ASYNC_SUCCEEDED, EXPIRED)


@define
class Shop:
    """A platform on a store that sells through Stripe, a buyer, and Stripe."""

    world: World
    server: StripeServer
    buyer: Person

    async def order(self) -> Purchase:
        """A purchase of 100 tokens for 9.99 EUR, its payment page open."""
        offer = await self.world.execute(PurchaseTokens("pkg_100", "card"), by=self.buyer.actor)
        return await self.purchase(offer.purchase)

    async def purchase(self, id: str) -> Purchase:
        found = await self.world.store.get(Purchase, id)
        assert found is not None
        return found

    def told(self, purchase: Purchase, kind: str, **changes: object) -> SignedWebhook:
        """The webhook of this kind, sent now."""
        assert purchase.reference is not None
        if kind == ASYNC_SUCCEEDED:
            changes["payment_status"] = "paid"
        return self.server.signed(self.server.event(purchase.reference, kind, **changes))

    async def take(self, webhook: SignedWebhook) -> WebhookState:
        """As the server takes it."""
        taken = await self.world.execute(TakeWebhook(webhook.body, webhook.headers), by=STRIPE)
        return await self.world.apply_webhook(taken.id, by=STRIPE)

    async def kept(self, state: WebhookState | None = None) -> list[Webhook]:
        return await self.world.execute(ListWebhooks(state), by=OPERATOR)

    async def balance(self) -> int:
        return (await self.world.wallet(self.buyer.id)).balance

    async def happened(self, *kinds: type[Event]) -> list[Event]:
        claimed = await self.world.store.outbox.claim("a", now=self.world.clock.now(), lease=0, limit=1000)
        await self.world.store.outbox.delivered([envelope.position for envelope in claimed])
        return [envelope.event for envelope in claimed if isinstance(envelope.event, kinds)]


@pytest.fixture
async def shop(store: Storage) -> AsyncIterator[Shop]:
    stripe = StripeProvider()
    await stripe.server.start()
    world = World(store, clock=stripe.clock, gateway=stripe.gateway())
    yield Shop(world, stripe.server, await world.person("anna"))
    await stripe.close()


async def test_every_order_of_the_messages_with_duplicates_ends_in_one_state(shop: Shop) -> None:
    """Scenario 13."""
    orders = list(permutations(KINDS))
    purchases = [await shop.order() for _ in orders]
    for purchase, order in zip(purchases, orders, strict=True):
        for kind in (*order, *reversed(order), order[0]):
            assert await shop.take(shop.told(purchase, kind)) is WebhookState.DONE

    assert {(await shop.purchase(purchase.id)).state for purchase in purchases} == {PurchaseState.PAID}
    assert await shop.balance() == 100 * len(orders)
    assert len(await shop.happened(PurchaseSettled)) == len(orders)
    # The first says only that the money is under way: it is kept, once, and changes nothing.
    assert len(await shop.world.store.find(Select(Webhook, limit=1000))) == len(KINDS) * len(orders)
    await shop.world.verified()


async def test_the_same_messages_all_at_once_credit_once(shop: Shop) -> None:
    purchase = await shop.order()
    webhooks = [shop.told(purchase, kind) for kind in KINDS for _ in range(4)]

    states = await asyncio.gather(*map(shop.take, webhooks))

    assert set(states) == {WebhookState.DONE}
    assert (await shop.purchase(purchase.id)).state is PurchaseState.PAID
    assert await shop.balance() == 100
    assert len(await shop.kept()) == len(KINDS)
    await shop.world.verified()


async def test_without_a_word_of_money_there_are_no_tokens(shop: Shop) -> None:
    for order, state in (((COMPLETED, ASYNC_FAILED), PurchaseState.FAILED), ((EXPIRED,), PurchaseState.EXPIRED)):
        purchase = await shop.order()
        for kind in (*order, *order):
            await shop.take(shop.told(purchase, kind))
        assert (await shop.purchase(purchase.id)).state is state
    assert await shop.balance() == 0


async def test_a_message_that_comes_before_its_purchase_waits_and_is_applied(shop: Shop) -> None:
    """Scenario 12."""
    purchase = await shop.order()
    await shop.world.store.commit(Changes(removed=(purchase,)))
    paid = shop.told(purchase, ASYNC_SUCCEEDED)

    assert await shop.take(paid) is WebhookState.PENDING
    worker = Worker(shop.world)
    await worker.apply_webhooks()
    [waiting] = await shop.kept(WebhookState.PENDING)
    assert (waiting.attempts, waiting.next_at) == (1, shop.world.clock.now() + LADDER[0])

    purchase.version = 0
    await shop.world.store.commit(Changes(added=(purchase,)))
    shop.world.clock.advance(seconds=4)
    await worker.apply_webhooks()
    assert await shop.balance() == 0
    shop.world.clock.advance(seconds=1)
    await worker.apply_webhooks()

    assert await shop.balance() == 100
    [done] = await shop.kept()
    assert (done.state, done.result, done.error) == (WebhookState.DONE, "paid", None)


async def test_a_message_whose_purchase_never_comes_is_given_up_told_and_can_be_replayed(shop: Shop) -> None:
    purchase = await shop.order()
    await shop.world.store.commit(Changes(removed=(purchase,)))
    await shop.take(shop.told(purchase, ASYNC_SUCCEEDED))
    worker = Worker(shop.world)
    for pause in LADDER:
        shop.world.clock.advance(seconds=int(pause.total_seconds()))
        await worker.apply_webhooks()

    [dead] = await shop.kept(WebhookState.DEAD)
    assert await shop.happened(WebhookGivenUp) == [WebhookGivenUp(dead.id, "stripe", "there is no such purchase")]
    shop.world.clock.advance(days=30)
    await worker.apply_webhooks()
    assert [webhook.state for webhook in await shop.kept()] == [WebhookState.DEAD]

    purchase.version = 0
    await shop.world.store.commit(Changes(added=(purchase,)))
    await shop.world.execute(ReplayWebhook(dead.id), by=OPERATOR)
    assert await shop.world.apply_webhook(dead.id, by=OPERATOR) is WebhookState.DONE
    assert await shop.world.execute(ReplayWebhook(dead.id), by=OPERATOR) is WebhookState.DONE
    assert await shop.balance() == 100


async def test_an_event_id_with_another_content_is_kept_told_and_never_applied(shop: Shop) -> None:
    """Scenario 15."""
    purchase = await shop.order()
    paid = shop.server.event(str(purchase.reference), ASYNC_SUCCEEDED, payment_status="paid")
    session = {**paid["data"]["object"], "amount_total": 1}
    other = {**paid, "data": {"object": session}}
    for event in (paid, other, other, paid):
        await shop.take(shop.server.signed(event))

    first, altered = sorted(await shop.kept(), key=lambda webhook: webhook.state.value, reverse=True)
    assert (first.state, altered.state) == (WebhookState.DONE, WebhookState.DEAD)
    assert (altered.first, altered.minor, altered.event) == (first.id, 1, first.event)
    assert await shop.happened(WebhookAltered) == [WebhookAltered(altered.id, first.id, "stripe")]
    assert await shop.balance() == 100


async def test_a_copy_that_differs_in_the_senders_bookkeeping_is_the_same_message(shop: Shop) -> None:
    purchase = await shop.order()
    paid = shop.server.event(str(purchase.reference), ASYNC_SUCCEEDED, payment_status="paid")
    for event in (paid, {**paid, "pending_webhooks": 0}):
        assert await shop.take(shop.server.signed(event)) is WebhookState.DONE

    assert len(await shop.kept()) == 1


@pytest.mark.parametrize("changes", [{"amount_total": 998}, {"currency": "usd"}, {"amount_total": 1}], ids=str)
async def test_money_that_does_not_match_is_set_aside(shop: Shop, changes: dict[str, object]) -> None:
    """HOOK-03."""
    purchase = await shop.order()
    await shop.take(shop.told(purchase, ASYNC_SUCCEEDED, **changes))

    assert (await shop.purchase(purchase.id)).state is PurchaseState.NEEDS_ATTENTION
    assert len(await shop.happened(PaymentUnmatched)) == 1
    assert [webhook.result for webhook in await shop.kept()] == ["needs_attention"]
    assert await shop.balance() == 0


async def test_nothing_of_a_forgery_is_kept(shop: Shop) -> None:
    purchase = await shop.order()
    forged = shop.told(purchase, ASYNC_SUCCEEDED)
    with pytest.raises(Unauthenticated):
        await shop.take(evolve(forged, body=forged.body + b" "))

    assert await shop.kept() == []


async def test_an_unknown_type_is_kept_and_changes_nothing(shop: Shop) -> None:
    """HOOK-02."""
    purchase = await shop.order()
    for _ in range(2):
        await shop.take(shop.told(purchase, "charge.updated"))

    assert [(webhook.state, webhook.result) for webhook in await shop.kept()] == [(WebhookState.DONE, "ignored")]
    assert (await shop.purchase(purchase.id)).state is PurchaseState.PENDING


async def test_messages_done_are_forgotten_in_the_end_and_dead_ones_are_not(shop: Shop) -> None:
    purchase = await shop.order()
    await shop.take(shop.told(purchase, ASYNC_SUCCEEDED))
    broken = sign(b"{", at=shop.world.clock.now())
    await shop.take(broken)
    for moment, left in ((WEBHOOKS_KEPT - timedelta(seconds=1), 2), (WEBHOOKS_KEPT, 1)):
        await purge(shop.world.store, shop.world.clock.now() + moment)
        assert len(await shop.kept()) == left


# ---- asking


async def test_a_payment_no_message_told_of_is_credited_once_the_provider_is_asked(shop: Shop) -> None:
    purchase = await shop.order()
    paid = shop.server.pay(str(purchase.reference))
    worker = Worker(shop.world)

    await worker.reconcile()
    assert await shop.balance() == 0
    shop.world.clock.advance(minutes=10)
    await worker.reconcile()
    assert await shop.balance() == 100
    # Then the message comes after all, and its brother.
    await shop.take(shop.server.signed(paid))
    await shop.take(shop.told(purchase, ASYNC_SUCCEEDED))
    await worker.reconcile()

    assert await shop.balance() == 100
    assert await shop.happened(PaymentUnmatched) == []
    await shop.world.verified()


async def test_message_and_answer_at_once_credit_once(shop: Shop) -> None:
    purchase = await shop.order()
    paid = shop.server.signed(shop.server.pay(str(purchase.reference)))
    shop.world.clock.advance(minutes=10)
    paid = shop.server.signed(shop.server.event(str(purchase.reference), COMPLETED))
    worker = Worker(shop.world)

    await asyncio.gather(worker.reconcile(), shop.take(paid), worker.reconcile(), shop.take(paid))

    assert await shop.balance() == 100
    assert await shop.happened(PaymentUnmatched) == []
