"""What is Stripe's own: its requests, its refusals, its outages, its amounts, and its two modes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from adapters.payments.stripe import StripeGateway
from adapters.payments.stripe_api import RETRIES, TIMEOUT, VERSION, StripeApi
from adapters.payments.stripe_events import WrongMode
from contract.payments.providers import SECRET, StripeProvider
from platform_core.kernel.errors import Invalid, Malformed, Unavailable
from platform_core.kernel.money import Money
from platform_core.payments.ports import Checkout, PaymentOutcome, PaymentRefused
from support.stripe_server import ASYNC_FAILED, ASYNC_SUCCEEDED, COMPLETED, EXPIRED, KEY

PRICE = Money(999, "EUR")


async def opened(
    gateway: StripeGateway, purchase: str = "pur_1", amount: Money = PRICE, method: str = "card"
) -> Checkout:
    return await gateway.open_checkout(subject=purchase, amount=amount, method=method, description="100 tokens")


async def test_the_request_names_the_purchase_the_amount_and_the_version(stripe: StripeProvider) -> None:
    await opened(stripe.gateway(), method="ideal")

    [asked] = stripe.server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    assert asked.headers["Idempotency-Key"] == "pur_1"
    assert asked.headers["Stripe-Version"] == VERSION
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.params == {
        "mode": "payment",
        "client_reference_id": "pur_1",
        "metadata[purchase]": "pur_1",
        "payment_intent_data[metadata][purchase]": "pur_1",
        "payment_method_types[0]": "ideal",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "999",
        "line_items[0][price_data][product_data][name]": "100 tokens",
        "success_url": "https://live.example/?purchase=pur_1&result=paid",
        "cancel_url": "https://live.example/?purchase=pur_1&result=cancelled",
    }


async def test_a_page_asked_for_again_is_one_session(stripe: StripeProvider) -> None:
    first = await opened(stripe.gateway())
    stripe.clock.advance(hours=1)

    assert await opened(stripe.gateway()) == first
    assert len(stripe.server.sessions) == 1


@pytest.mark.parametrize("fault", ["500", "409", "hang", "lost"])
async def test_what_passes_is_tried_again_with_the_same_key(stripe: StripeProvider, fault: str) -> None:
    stripe.server.faults.append(fault)

    # Shorter only for whom nobody answers: a machine that is busy must not look like such a one.
    await opened(stripe.gateway(timeout=1.0 if fault == "hang" else TIMEOUT))

    assert [asked.headers["Idempotency-Key"] for asked in stripe.server.asked] == ["pur_1"] * 2
    assert len(stripe.server.sessions) == 1, "what had succeeded unheard was not done twice"


@pytest.mark.parametrize("fault", ["429", "401", "garbage", "half", "stored 500"])
async def test_what_does_not_pass_is_unavailable_and_loses_nothing(stripe: StripeProvider, fault: str) -> None:
    gateway = stripe.gateway()
    stripe.server.faults += [fault]

    with pytest.raises(Unavailable):
        await opened(gateway)
    assert len(stripe.server.sessions) <= 1
    if fault == "stored 500":
        # Kept for its key, as Stripe keeps them: the outcome stays unknown, and nobody can pay twice.
        with pytest.raises(Unavailable):
            await opened(gateway)
        assert stripe.server.sessions == {}
    else:
        await opened(gateway)
        assert len(stripe.server.sessions) == 1


async def test_it_gives_up_after_its_retries(stripe: StripeProvider) -> None:
    stripe.server.faults += ["500"] * (RETRIES + 1)

    with pytest.raises(Unavailable) as refused:
        await opened(stripe.gateway())
    assert refused.value.retry_after
    assert len(stripe.server.asked) == RETRIES + 1


async def test_a_provider_that_is_not_there_is_unavailable(stripe: StripeProvider) -> None:
    gateway = stripe.gateway()
    await stripe.server.close()

    with pytest.raises(Unavailable):
        await opened(gateway)


async def test_a_refusal_is_typed_and_says_nothing_of_stripes_own(stripe: StripeProvider) -> None:
    stripe.server.faults.append("declined")
    with pytest.raises(PaymentRefused) as refused:
        await opened(stripe.gateway())
    with pytest.raises(PaymentRefused, match="declined"):
        await opened(stripe.gateway())

    assert refused.value.message == "the payment was declined"


async def test_the_same_purchase_with_other_parameters_is_refused(stripe: StripeProvider) -> None:
    await opened(stripe.gateway())

    with pytest.raises(PaymentRefused):
        await opened(stripe.gateway(), amount=Money(1000, "EUR"))


@pytest.mark.parametrize(
    ("method", "currency", "methods"),
    [
        ("crypto", "USD", ("card", "ideal")),  # Not turned on here.
        ("crypto", "USD", ("card", "crypto")),  # Turned on here, and not at Stripe.
        ("crypto", "EUR", ("card", "crypto")),  # Not for this currency.
        ("ideal", "USD", ("card", "ideal")),
        ("cash", "EUR", ("card",)),
    ],
)
async def test_a_method_the_account_does_not_take_is_refused_by_name(
    stripe: StripeProvider, method: str, currency: str, methods: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        await opened(stripe.gateway(methods=methods), amount=Money(999, currency), method=method)

    assert [detail.field for detail in refused.value.details] == ["method"]
    assert stripe.server.sessions == {}


@pytest.mark.parametrize(
    "amount", [Money(49, "EUR"), Money(10**12, "EUR"), Money(1, "MGA"), Money(1001, "KWD")], ids=str
)
async def test_an_amount_stripe_does_not_take_is_refused_by_name(stripe: StripeProvider, amount: Money) -> None:
    with pytest.raises(Invalid) as refused:
        await opened(stripe.gateway(), amount=amount)

    assert [detail.field for detail in refused.value.details] == ["amount"]


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money(500, "JPY"), "500"),
        (Money(999, "USD"), "999"),
        (Money(500, "ISK"), "50000"),
        (Money(1230, "KWD"), "1230"),
    ],
    ids=str,
)
async def test_amounts_go_out_in_stripes_units_and_come_back_in_ours(
    stripe: StripeProvider, amount: Money, units: str
) -> None:
    gateway = stripe.gateway()
    checkout = await opened(gateway, amount=amount)
    webhook = stripe.server.signed(stripe.server.pay(checkout.reference))
    event = gateway.read_event(webhook.body, webhook.headers)

    assert stripe.server.asked[0].params["line_items[0][price_data][unit_amount]"] == units
    assert event is not None
    assert event.amount == amount


# ---- messages


async def test_money_still_to_come_is_no_payment(stripe: StripeProvider) -> None:
    gateway = stripe.gateway()
    id = (await opened(gateway)).reference
    read = []
    for act in (stripe.server.begin, stripe.server.arrive):
        webhook = stripe.server.signed(act(id))
        event = gateway.read_event(webhook.body, webhook.headers)
        read.append((event and event.outcome, await gateway.status(subject="pur_1", reference=id) is not None))

    assert read == [(PaymentOutcome.PROCESSING, False), (PaymentOutcome.SUCCEEDED, True)]


@pytest.mark.parametrize("changes", [{"client_reference_id": None}, {"metadata": {}}, {"metadata": None}], ids=str)
async def test_a_session_of_something_else_on_the_account_is_of_no_interest(
    stripe: StripeProvider, changes: dict[str, object]
) -> None:
    gateway = stripe.gateway()
    id = (await opened(gateway)).reference
    webhook = stripe.server.signed(stripe.server.event(id, ASYNC_SUCCEEDED, **changes))

    assert gateway.read_event(webhook.body, webhook.headers) is None


@pytest.mark.parametrize("live", [True, None, "false", 0])
@pytest.mark.parametrize("kind", [COMPLETED, ASYNC_FAILED, EXPIRED, "charge.updated"])
def test_a_message_of_the_other_mode_is_refused(stripe: StripeProvider, live: object, kind: str) -> None:
    webhook = stripe.sign(json.dumps({**stripe.message(type=kind), "livemode": live}).encode())

    with pytest.raises(WrongMode):
        stripe.gateway().read_event(webhook.body, webhook.headers)


def test_a_live_platform_takes_live_messages_only(stripe: StripeProvider) -> None:
    live = StripeGateway(
        api=StripeApi("rk_live_1"), secrets=[SECRET], clock=stripe.clock, return_url="https://live.example/"
    )
    for told, good in ((True, True), (False, False)):
        webhook = stripe.sign(json.dumps({**stripe.message(), "livemode": told}).encode())
        try:
            assert (live.read_event(webhook.body, webhook.headers) is not None) is good
        except Malformed:
            assert not good


@pytest.mark.parametrize("session", [None, [], "cs_1", 7, {}, {"metadata": "x", "client_reference_id": 7}], ids=repr)
def test_a_message_about_no_session_is_refused_or_passed_over(stripe: StripeProvider, session: object) -> None:
    webhook = stripe.sign(json.dumps({**stripe.message(), "data": {"object": session}}).encode())

    with suppress(Malformed):
        assert stripe.gateway().read_event(webhook.body, webhook.headers) is None


@pytest.mark.parametrize("given", [{"secrets": []}, {"secrets": [""]}, {"methods": ()}, {"methods": ("x",)}])
def test_it_is_not_made_without_what_it_needs(stripe: StripeProvider, given: dict[str, object]) -> None:
    right = {"api": StripeApi(KEY), "secrets": [SECRET], "clock": stripe.clock, "return_url": "https://live.example/"}
    with pytest.raises(ValueError, match=r"secret|pay"):
        StripeGateway(**{**right, **given})  # type: ignore[arg-type]  # One of them is wrong on purpose.
    with pytest.raises(ValueError, match="secret"):
        StripeApi("")
