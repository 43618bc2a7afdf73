"""Which payment provider stands behind the platform, and who else tells of payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from entrypoints.keeping import refuse_weak
from entrypoints.loading import variable
from entrypoints.settings import BadSettings, Settings
from platform_core.kernel.errors import Unauthenticated, Unavailable
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
from platform_core.payments.ports import Checkout, MessageReader, PaymentEvent, PaymentGateway, PaymentOutcome
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.ports import Merchant


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

    async def subject(self, reference: str) -> str:  # noqa: ARG002
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
    if provider == "stripe":
        _check_stripe(settings)
        from adapters.payments.stripe_api import StripeApi
        from adapters.payments.stripe_connect import StripeConnect

        chosen = settings.payments
        return StripeConnect(
            StripeApi(chosen.stripe_key, api_url=chosen.stripe_url), pays_sellers=chosen.stripe_connect
        )
    if provider != "fake":
        return NoMerchant()
    if settings.production:
        raise BadSettings("payments.provider: fake pays nobody; it is not for production")
    from adapters.payments.fake_merchant import FakeMerchant

    return FakeMerchant(clock)


def readers(settings: Settings, clock: Clock) -> Sequence[MessageReader]:
    """Who tells of payments besides the provider: Hyperswitch, if there is a secret for it.

    Raises:
        BadSettings: It cannot be used as the settings say.
    """
    from adapters.payments.hyperswitch import EVENTS, HyperswitchMessages, HyperswitchOptions, plain

    chosen = settings.payments
    secrets = _secrets(chosen.hyperswitch_secret)
    if not secrets and not settings.production and settings.webhook_secret:
        secrets = [settings.webhook_secret]
    if not secrets:
        return ()
    if settings.production:
        # Whoever guesses it makes payments.
        for secret in secrets:
            refuse_weak("payments.hyperswitch_secret", secret)
    headers = dict(_pair("hyperswitch_headers", text) for text in chosen.hyperswitch_headers)
    words = {outcome.value: outcome for outcome in PaymentOutcome}
    events: dict[str, PaymentOutcome | None] = dict(EVENTS)
    for name, word in (_pair("hyperswitch_events", text) for text in chosen.hyperswitch_events):
        if word != "ignored" and word not in words:
            raise BadSettings(f"payments.hyperswitch_events: {word!r} is not one of ignored, {', '.join(words)}")
        events[plain(name)] = words.get(word)
    try:
        return (HyperswitchMessages(HyperswitchOptions(secrets, headers, events), clock),)
    except ValueError as error:
        raise BadSettings(f"payments.hyperswitch_headers: {error}") from error


def _pair(setting: str, text: str) -> tuple[str, str]:
    name, _, word = (part.strip().lower() for part in text.partition(":"))
    if not name or not word:
        raise BadSettings(f"payments.{setting}: {text!r} is not two words with a colon between")
    return name, word


def _secrets(text: str) -> list[str]:
    return [secret.strip() for secret in text.split(",") if secret.strip()]


def _check_stripe(settings: Settings) -> None:
    chosen = settings.payments
    secrets = _secrets(chosen.stripe_webhook_secret)
    for name, given in (("stripe_key", chosen.stripe_key), ("stripe_webhook_secret", secrets)):
        if not given:
            raise BadSettings(f"payments.{name}: Stripe needs it (set {variable(f'payments.{name}')})")
    if settings.production and not chosen.stripe_key.startswith(("sk_live_", "rk_live_")):
        raise BadSettings("payments.stripe_key: a test key takes no money; it is not for production")
    if find_spec("stripe") is None:
        raise BadSettings("payments.provider: stripe is not installed; pip install 'platform-core[stripe]'")


def _stripe(settings: Settings, clock: Clock, base_url: str) -> PaymentGateway:
    _check_stripe(settings)
    chosen = settings.payments
    from adapters.payments.stripe import METHODS, StripeGateway
    from adapters.payments.stripe_api import StripeApi

    if not chosen.stripe_methods or not set(chosen.stripe_methods) <= METHODS.keys():
        raise BadSettings(f"payments.stripe_methods: must be some of {', '.join(METHODS)}")
    return StripeGateway(
        api=StripeApi(chosen.stripe_key, api_url=chosen.stripe_url),
        secrets=_secrets(chosen.stripe_webhook_secret),
        clock=clock,
        return_url=chosen.stripe_return_url or base_url,
        methods=chosen.stripe_methods,
    )
