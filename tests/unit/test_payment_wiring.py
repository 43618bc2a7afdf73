"""Which payment parts the settings make, and which they refuse."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from adapters.payments.fake_merchant import FakeMerchant
from adapters.payments.hyperswitch import HEADERS, HyperswitchMessages
from adapters.payments.stripe_connect import StripeConnect
from entrypoints import container
from entrypoints.settings import BadSettings, Payments, Settings
from platform_core.kernel.errors import Unauthenticated, Unavailable
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.provider import Failed, Failure
from platform_core.platform import Platform
from support.hyperswitch import H256, message, signed

STRONG = "c0mpletely-random-and-long-enough-Zx81q"
STRIPE = Payments(provider="stripe", stripe_key="sk_test_1", stripe_webhook_secret="whsec_1, whsec_2")
SETTINGS = Settings(database_url="memory:", secret_key=STRONG, webhook_secret="of development")
PRODUCTION = evolve(SETTINGS, environment="production", webhook_secret="")


def platform(payments: Payments, settings: Settings = SETTINGS) -> Platform:
    made: Platform = container.build(evolve(settings, payments=payments)).platform()
    return made


def taken(
    payments: Payments, *, kind: str = "payment_succeeded", settings: Settings = SETTINGS, **how: str
) -> PaymentEvent | None:
    """What is made of a message without a moment in it."""
    webhook = signed(message(kind, timestamp=...), **how)
    return platform(payments, settings).readers.readers["hyperswitch"].read_event(webhook.body, webhook.headers)


@pytest.mark.parametrize(
    ("payments", "settings", "merchant"),
    [
        (Payments(), SETTINGS, FakeMerchant),
        (Payments(provider="none"), SETTINGS, NoMerchant),
        (Payments(), PRODUCTION, NoMerchant),
        (STRIPE, SETTINGS, StripeConnect),
        (evolve(STRIPE, stripe_key="rk_live_1"), PRODUCTION, StripeConnect),
    ],
)
def test_the_provider_brings_its_selling_side(payments: Payments, settings: Settings, merchant: type) -> None:
    assert isinstance(platform(payments, settings).merchant, merchant)


def test_without_connect_nobody_is_sent_money_and_no_request_is_made() -> None:
    async def tried() -> None:
        merchant = platform(evolve(STRIPE, stripe_url="http://127.0.0.1:1")).merchant
        answer = await merchant.transfer(
            subject="trf_1", key="k", account="acct_1", amount=Money(1, "EUR"), group="ord_1"
        )
        assert isinstance(answer, Failed)
        assert (answer.failure, answer.code) == (Failure.BLOCKED, "connect_off")
        with pytest.raises(Unavailable, match="sellers"):
            await merchant.open_account(seller="sel_1", email="jane@example.org")

    asyncio.run(tried())


def test_both_sides_of_stripe_let_go_of_their_connections() -> None:
    async def used() -> None:
        async with container.running(evolve(SETTINGS, payments=evolve(STRIPE, stripe_connect=True))) as running:
            assert isinstance(running.merchant, StripeConnect)
            await running.merchant._api.v1()
        assert running.merchant._api._http is None

    asyncio.run(used())


def test_in_development_hyperswitch_signs_with_the_webhook_secret() -> None:
    assert taken(Payments(), secret="of development") is not None
    with pytest.raises(Unauthenticated):
        taken(Payments(hyperswitch_secret="its own"), secret="of development")


def test_while_its_secret_is_rotated_both_are_good() -> None:
    for secret in ("first", "second"):
        assert taken(Payments(hyperswitch_secret="first, second"), secret=secret) is not None


def test_in_production_nobody_is_listened_to_without_a_secret() -> None:
    assert platform(Payments(), PRODUCTION).readers.readers == {}
    listening = platform(Payments(hyperswitch_secret=f"{STRONG},{STRONG[::-1]}"), PRODUCTION)
    assert isinstance(listening.readers.readers["hyperswitch"], HyperswitchMessages)


def test_headers_and_events_are_the_settings_own() -> None:
    with pytest.raises(Unauthenticated):
        taken(Payments(hyperswitch_secret="s", hyperswitch_headers=("X-Mine: SHA256",)), secret="s", header=H256)
    chosen = Payments(hyperswitch_secret="s", hyperswitch_events=("payment.done:succeeded", "payment_failed: ignored"))
    done, failed, usual = (
        taken(chosen, kind=f"payment_{kind}", secret="s") for kind in ("done", "failed", "succeeded")
    )

    assert done is not None
    assert usual is not None
    assert (done.outcome, failed, usual.outcome) == (PaymentOutcome.SUCCEEDED, None, PaymentOutcome.SUCCEEDED)


def test_the_settings_default_headers_are_those_that_are_known() -> None:
    assert dict(text.split(":") for text in Payments().hyperswitch_headers) == HEADERS


@pytest.mark.parametrize(
    ("payments", "settings", "setting"),
    [
        (Payments(provider="stripe"), SETTINGS, "stripe_key"),
        (evolve(STRIPE, stripe_webhook_secret=" , "), SETTINGS, "stripe_webhook_secret"),
        (STRIPE, PRODUCTION, "stripe_key"),
        (Payments(provider="fake"), PRODUCTION, "provider"),
        (Payments(hyperswitch_secret="short"), PRODUCTION, "hyperswitch_secret"),
        (Payments(hyperswitch_secret=f"{STRONG},x"), PRODUCTION, "hyperswitch_secret"),
        (Payments(hyperswitch_headers=("x-mine",)), SETTINGS, "hyperswitch_headers"),
        (Payments(hyperswitch_headers=("x-mine:md5",)), SETTINGS, "hyperswitch_headers"),
        (Payments(hyperswitch_headers=()), SETTINGS, "hyperswitch_headers"),
        (Payments(hyperswitch_events=("payment_done",)), SETTINGS, "hyperswitch_events"),
        (Payments(hyperswitch_events=("payment_done:great",)), SETTINGS, "hyperswitch_events"),
    ],
)
def test_what_cannot_work_is_refused_by_name_and_tells_no_secret(
    payments: Payments, settings: Settings, setting: str
) -> None:
    with pytest.raises(BadSettings, match=rf"^payments\.{setting}: ") as refused:
        platform(payments, settings)
    for secret in (STRONG, "sk_test_1", "whsec_1"):
        assert secret not in str(refused.value)
