"""The other side of each payment gateway, for the contract to play: how its provider speaks and signs."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from adapters.payments.fake import HEADER, FakeGateway, SignedWebhook
from adapters.payments.signatures import signature
from adapters.payments.stripe import HEADER as STRIPE_HEADER
from adapters.payments.stripe import StripeGateway
from adapters.payments.stripe_amounts import to_stripe
from adapters.payments.stripe_api import TIMEOUT, StripeApi
from adapters.testing import ManualClock
from platform_core.kernel.money import Money
from platform_core.payments.ports import Checkout, PaymentGateway, PaymentOutcome
from support.stripe_server import ASYNC_FAILED, COMPLETED, EXPIRED, KEY, StripeServer, sign

SECRET = "whsec_present"
OLD_SECRET = "whsec_previous"
OTHER_SECRET = "whsec_of_another_endpoint"


class Provider(Protocol):
    """What a gateway's own test support must offer for the contract to run over it."""

    clock: ManualClock
    header: str
    """The signature header's name."""

    def gateway(self, *secrets: str) -> PaymentGateway:
        """A gateway to this one provider that takes these secrets, the present one first."""

    def tell(self, checkout: Checkout, outcome: PaymentOutcome, *, paid: Money | None = None) -> SignedWebhook:
        """The webhook that tells what came of a payment, signed with SECRET now."""

    def happen(self, gateway: PaymentGateway, checkout: Checkout, outcome: PaymentOutcome) -> None:
        """Let this come of a payment, with no message of it."""

    def sign(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> SignedWebhook:
        """Any body, signed as the provider signs, `age` seconds ago."""

    def message(self, **changes: object) -> dict[str, object]:
        """A message of success as the provider writes it before it is JSON; `type` and `minor` can be changed."""


class FakeProvider:
    """The fake gateway plays both sides itself."""

    header = HEADER

    def __init__(self) -> None:
        self.clock = ManualClock()

    def gateway(self, *secrets: str) -> FakeGateway:
        present, *previous = secrets or (SECRET,)
        return FakeGateway(secret=present, clock=self.clock, base_url="https://pay.example", previous=previous)

    def tell(self, checkout: Checkout, outcome: PaymentOutcome, *, paid: Money | None = None) -> SignedWebhook:
        return self.gateway().answer(checkout.url.rpartition("/")[2], outcome, paid=paid)

    def happen(self, gateway: PaymentGateway, checkout: Checkout, outcome: PaymentOutcome) -> None:
        assert isinstance(gateway, FakeGateway)
        gateway.answer(checkout.url.rpartition("/")[2], outcome)

    def sign(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> SignedWebhook:
        at: datetime = self.clock.now() - timedelta(seconds=age)
        return SignedWebhook(body, {HEADER: signature(secret.encode(), body, at)})

    def message(self, **changes: object) -> dict[str, object]:
        data = {"subject": "pur_1", "reference": "fpm_1", "minor": changes.get("minor", 999), "currency": "EUR"}
        return {"id": "evt_1", "type": changes.get("type", "payment.succeeded"), "data": data}


class StripeProvider:
    """Stripe, played by a server of our own."""

    header = STRIPE_HEADER

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = StripeServer(self.clock.now)
        self._gateways: list[StripeGateway] = []

    def gateway(self, *secrets: str, timeout: float = TIMEOUT, **options: Any) -> StripeGateway:
        given: dict[str, Any] = {"methods": ("card", "ideal"), **options}
        api = StripeApi(KEY, api_url=self.server.url, timeout=timeout)
        made = StripeGateway(
            api=api, secrets=secrets or (SECRET,), clock=self.clock, return_url="https://live.example/", **given
        )
        self._gateways.append(made)
        return made

    def tell(self, checkout: Checkout, outcome: PaymentOutcome, *, paid: Money | None = None) -> SignedWebhook:
        changes: dict[str, object] = {"payment_status": "paid"} if outcome is PaymentOutcome.SUCCEEDED else {}
        if paid is not None:
            changes |= {"amount_total": to_stripe(paid), "currency": paid.currency.lower()}
        return self.server.signed(self.server.event(checkout.reference, TYPES[outcome], **changes))

    def happen(self, gateway: PaymentGateway, checkout: Checkout, outcome: PaymentOutcome) -> None:
        acts = {
            PaymentOutcome.SUCCEEDED: self.server.pay,
            PaymentOutcome.FAILED: self.server.fail,
            PaymentOutcome.EXPIRED: self.server.expire,
        }
        acts[outcome](checkout.reference)

    def sign(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> SignedWebhook:
        return sign(body, at=self.clock.now() - timedelta(seconds=age), secret=secret)

    def message(self, **changes: object) -> dict[str, object]:
        session = {
            "id": "cs_test_1",
            "client_reference_id": "pur_1",
            "metadata": {"purchase": "pur_1"},
            "payment_status": "paid",
            "amount_total": changes.get("minor", 999),
            "currency": "eur",
        }
        kind = changes.get("type", COMPLETED)
        return {"id": "evt_1", "type": kind, "livemode": False, "data": {"object": session}}

    async def close(self) -> None:
        """Stop the server and let go of every gateway's connections."""
        for gateway in self._gateways:
            await gateway.close()
        await self.server.close()


TYPES = {
    PaymentOutcome.SUCCEEDED: COMPLETED,
    PaymentOutcome.FAILED: ASYNC_FAILED,
    PaymentOutcome.EXPIRED: EXPIRED,
}
