"""Which payment provider stands behind the platform."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from entrypoints.loading import variable
from entrypoints.settings import BadSettings, Settings
from platform_core.kernel.errors import Unauthenticated, Unavailable
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.ports import Merchant
from platform_core.wallet.ports import Checkout, PaymentEvent, PaymentGateway


class NoPayments:
    """No payment provider: nothing can be bought, and nobody's word on a payment is taken."""

    name = "none"

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:  # noqa: ARG002
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable("payments are not set up here")

    async def status(self, *, subject: str, reference: str) -> PaymentEvent | None:  # noqa: ARG002
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable("payments are not set up here")

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:  # noqa: ARG002
        """Refuse.

        Raises:
            Unauthenticated: Always.
        """
        raise Unauthenticated("payments are not set up here")


def gateway(settings: Settings, clock: Clock, base_url: str) -> PaymentGateway:
    """The payment provider that the settings name.

    Raises:
        BadSettings: It cannot be used as they say.
    """
    provider = settings.payments.provider or ("none" if settings.production else "fake")
    if provider == "none":
        return NoPayments()
    if provider == "stripe":
        return _stripe(settings, clock, base_url)
    if settings.production:
        raise BadSettings("payments.provider: fake gives tokens away for nothing; it is not for production")
    from adapters.payments.fake import FakeGateway

    return FakeGateway(secret=settings.webhook_secret, clock=clock, base_url=base_url)


def merchant(settings: Settings, clock: Clock) -> Merchant:
    """The selling side of the payment provider that the settings name.

    Raises:
        BadSettings: It cannot be used as they say.
    """
    provider = settings.payments.provider or ("none" if settings.production else "fake")
    if provider != "fake":
        return NoMerchant()
    if settings.production:
        raise BadSettings("payments.provider: fake pays nobody; it is not for production")
    from adapters.payments.fake_merchant import FakeMerchant

    return FakeMerchant(clock)


def _stripe(settings: Settings, clock: Clock, base_url: str) -> PaymentGateway:
    chosen = settings.payments
    secrets = [secret.strip() for secret in chosen.stripe_webhook_secret.split(",") if secret.strip()]
    for name, given in (("stripe_key", chosen.stripe_key), ("stripe_webhook_secret", secrets)):
        if not given:
            raise BadSettings(f"payments.{name}: Stripe needs it (set {variable(f'payments.{name}')})")
    if settings.production and not chosen.stripe_key.startswith(("sk_live_", "rk_live_")):
        raise BadSettings("payments.stripe_key: a test key takes no money; it is not for production")
    if find_spec("stripe") is None:
        raise BadSettings("payments.provider: stripe is not installed; pip install 'platform-core[stripe]'")
    from adapters.payments.stripe import METHODS, StripeGateway

    if not chosen.stripe_methods or not set(chosen.stripe_methods) <= METHODS.keys():
        raise BadSettings(f"payments.stripe_methods: must be some of {', '.join(METHODS)}")
    return StripeGateway(
        key=chosen.stripe_key,
        secrets=secrets,
        clock=clock,
        return_url=chosen.stripe_return_url or base_url,
        methods=chosen.stripe_methods,
        api_url=chosen.stripe_url,
    )
