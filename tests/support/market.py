"""A marketplace on any store: sellers, products, orders paid through the fake provider, refunds, the worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from adapters.payments.fake import FakeGateway, SignedWebhook
from adapters.payments.fake_merchant import FakeMerchant
from entrypoints.worker import Worker
from platform_core.kernel.actor import Actor
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Request
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.events import Event
from platform_core.kernel.money import Money
from platform_core.kernel.select import Select, Where
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.ports import payable, psp, receivable, sales_revenue, unmatched
from platform_core.marketplace.checkout import CartItem, PlaceOrder
from platform_core.marketplace.order import Order
from platform_core.marketplace.orders import OrderView
from platform_core.marketplace.payment import Payment
from platform_core.marketplace.products import CreateProduct
from platform_core.marketplace.refund import Refund
from platform_core.marketplace.refunding import RefundOrder, RefundView
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import TakeWebhook
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.transfer import Transfer, transfer_id
from platform_core.platform import Storage
from support.world import Person, World

A = TypeVar("A", bound=Aggregate)
EUR = "EUR"
PSP = Actor.system("fake")
PRICE = 2999


class Market:
    """People who buy and sell on one platform."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.worker = Worker(world)
        self.merchant: FakeMerchant = world.merchant
        self.gateway: FakeGateway = world.gateway  # type: ignore[assignment]  # likewise

    async def refused(self, by: Actor, request: Request[object]) -> str:
        """The code a request is refused with."""
        try:
            await self.world.execute(request, by=by)
        except PlatformError as refusal:
            return refusal.code
        raise AssertionError(f"{request} was not refused")

    # ---- people and products

    async def seller(self, name: str = "sella", *, ready: bool = True) -> Person:
        """Somebody who sells; with an account that takes money, if `ready`."""
        person = await self.world.person(name)
        if ready:
            await self.world.execute(StartOnboarding(), by=person.actor)
            await self.world.relay.drain()
        return person

    async def product(
        self, seller: Person, price: int = PRICE, *, title: str = "A song", publish: bool = True, **more: object
    ) -> str:
        """Something on sale; its id."""
        command = CreateProduct(title, price, publish=publish, **more)  # type: ignore[arg-type]  # as the command has it
        return (await self.world.execute(command, by=seller.actor)).id

    # ---- buying

    async def order(
        self, buyer: Person, *products: str, quantity: int = 1, key: str | None = None, method: str = "card"
    ) -> OrderView:
        """An order of these products."""
        items = tuple(CartItem(product, quantity) for product in products)
        return await self.world.execute(PlaceOrder(items, method), by=buyer.actor, key=key)

    async def tell(self, webhook: SignedWebhook) -> WebhookState:
        """Deliver a message, as the server takes it; where it is then."""
        taken = await self.world.execute(TakeWebhook(webhook.body, webhook.headers), by=PSP)
        return await self.world.apply_webhook(taken.id, by=PSP)

    async def pay(
        self, order: OrderView, outcome: PaymentOutcome = PaymentOutcome.SUCCEEDED, *, paid: Money | None = None
    ) -> None:
        """Play the buyer on an order's payment page."""
        token = str(order.payment_url).rpartition("/")[2]
        await self.tell(self.gateway.answer(token, outcome, paid=paid))

    async def sold(self, buyer: Person, *products: str, quantity: int = 1) -> OrderView:
        """An order that is paid."""
        order = await self.order(buyer, *products, quantity=quantity)
        await self.pay(order)
        return order

    async def said(
        self, payment: Payment, outcome: PaymentOutcome, *, minor: int | None = None, detail: str = ""
    ) -> WebhookState:
        """The provider says something of a payment."""
        amount = None if minor is None else Money(minor, payment.currency)
        reference = payment.charges[0].reference if payment.charges else str(payment.reference)
        return await self.tell(self.gateway.message(payment.id, reference, outcome, amount=amount, detail=detail))

    async def work(self) -> None:
        """Do all of the worker's part of selling that is due now."""
        worker = self.worker
        for part in (
            worker.apply_webhooks,
            worker.ask_about_payments,
            worker.expire_orders,
            worker.send_refunds,
            worker.take_money_back,
            worker.send_transfers,
        ):
            while await part():
                pass

    # ---- going back

    async def refund(
        self, by: Person, order: str, amount: int | None = None, lines: Sequence[int] | None = None
    ) -> RefundView:
        """A refund, asked for."""
        command = RefundOrder(order, amount, "broken", lines=None if lines is None else tuple(lines))
        return await self.world.execute(command, by=by.actor)

    async def refund_said(self, refund: str, outcome: PaymentOutcome, reference: str | None = None) -> WebhookState:
        """The provider says something of a refund."""
        found = await self.refund_of(refund)
        given = reference or found.reference or "re_unknown"
        return await self.tell(self.gateway.message(refund, given, outcome, amount=found.amount))

    # ---- looking

    async def order_of(self, id: str) -> Order:
        return await self._one(Order, id)

    async def payment_of(self, order: str) -> Payment:
        return await self._one(Payment, (await self.order_of(order)).payment)

    async def refund_of(self, id: str) -> Refund:
        return await self._one(Refund, id)

    async def refunds(self, order: str) -> list[Refund]:
        return await self.world.store.find(Select(Refund, (Where("order", "=", order),), ("created_at",)))

    async def transfer_of(self, order: str, seller: Person) -> Transfer:
        return await self._one(Transfer, transfer_id(order, seller.id))

    async def _one(self, kind: type[A], id: str) -> A:
        found = await self.world.store.get(kind, id)
        assert found is not None
        return found

    async def balance(self, *accounts: str) -> list[int]:
        balances = await self.world.store.balances(accounts)
        return [balances[account] for account in accounts]

    async def books(self, *sellers: Person) -> dict[str, int]:
        """The balances that selling moves, those that are zero left out."""
        names = {psp("fake", EUR).id: "psp", sales_revenue(EUR).id: "revenue", unmatched(EUR).id: "unmatched"}
        for number, seller in enumerate(sellers, 1):
            names[payable(seller.id, EUR).id] = f"payable {number}"
            names[receivable(seller.id, EUR).id] = f"receivable {number}"
        balances = await self.world.store.balances(tuple(names))
        return {names[account]: minor for account, minor in balances.items() if minor}

    async def events(self, *kinds: type[Event]) -> list[Event]:
        """What happened and was not delivered yet."""
        claimed = await self.world.store.outbox.claim("a", now=self.world.clock.now(), lease=0, limit=10_000)
        await self.world.store.outbox.delivered([envelope.position for envelope in claimed])
        return [envelope.event for envelope in claimed if isinstance(envelope.event, kinds)]


def market_on(store: Storage) -> Market:
    """A market whose platform takes ten per cent."""
    return Market(World(store, fees=FeePolicy({"sale": 1000})))
