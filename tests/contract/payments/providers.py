"""The other side of each payment gateway, for the contract to play: how its provider speaks and signs."""

from datetime import datetime, timedelta
from typing import Protocol

from adapters.payments.fake import HEADER, FakeGateway, SignedWebhook
from adapters.payments.signatures import signature
from adapters.testing import ManualClock
from platform_core.kernel.money import Money
from platform_core.wallet.ports import Checkout, PaymentGateway, PaymentOutcome

SECRET = "whsec_present"
OLD_SECRET = "whsec_previous"
OTHER_SECRET = "whsec_of_another_endpoint"


class Provider(Protocol):
    """What a gateway's own test support must offer for the contract to run over it."""

    clock: ManualClock
    header: str
    """The signature header's name."""

    def gateway(self, *secrets: str) -> PaymentGateway:
        """The gateway that takes these secrets, the present one first."""

    def tell(self, checkout: Checkout, outcome: PaymentOutcome, *, paid: Money | None = None) -> SignedWebhook:
        """The webhook that tells what came of a payment, signed with SECRET now."""

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

    def sign(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> SignedWebhook:
        at: datetime = self.clock.now() - timedelta(seconds=age)
        return SignedWebhook(body, {HEADER: signature(secret.encode(), body, at)})

    def message(self, **changes: object) -> dict[str, object]:
        data = {"purchase": "pur_1", "payment": "pay_1", "minor": changes.get("minor", 999), "currency": "EUR"}
        return {"id": "evt_1", "type": changes.get("type", "payment.succeeded"), "data": data}
