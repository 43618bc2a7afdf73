"""What every payment gateway does: its pages, its messages, and whom it believes (HOOK-01, HOOK-02)."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.payments.fake import SignedWebhook
from contract.payments.providers import OLD_SECRET, OTHER_SECRET, SECRET, Provider
from platform_core.kernel.errors import Malformed, NotFound, Unauthenticated
from platform_core.kernel.money import Money
from platform_core.payments.ports import Checkout, PaymentGateway, PaymentOutcome

PRICE = Money(999, "EUR")
TOLERANCE = 300


PAID = (PaymentOutcome.SUCCEEDED, PaymentOutcome.FAILED, PaymentOutcome.EXPIRED)
"""What a payment page ends in."""


async def opened(gateway: PaymentGateway, purchase: str = "pur_1") -> Checkout:
    return await gateway.open_checkout(subject=purchase, amount=PRICE, method="card", description="100 tokens")


async def told(provider: Provider) -> SignedWebhook:
    return provider.tell(await opened(provider.gateway()), PaymentOutcome.SUCCEEDED)


# ---- pages


async def test_a_page_has_an_address_and_an_end(provider: Provider) -> None:
    checkout = await opened(provider.gateway())

    assert checkout.url.startswith("https://")
    assert checkout.url.isascii()
    assert checkout.url.isprintable()
    assert timedelta(minutes=5) < checkout.expires_at - provider.clock.now() <= timedelta(days=1)


async def test_a_purchase_asked_for_again_has_the_same_payment(provider: Provider) -> None:
    first = await opened(provider.gateway())
    provider.clock.advance(minutes=1)

    assert (await opened(provider.gateway())).reference == first.reference


async def test_another_purchase_has_another_payment_and_page(provider: Provider) -> None:
    one, two = await opened(provider.gateway(), "pur_1"), await opened(provider.gateway(), "pur_2")

    assert one.reference != two.reference
    assert one.url != two.url


# ---- being asked


@pytest.mark.parametrize("outcome", PAID)
async def test_it_says_what_came_of_a_payment_when_it_is_asked(provider: Provider, outcome: PaymentOutcome) -> None:
    gateway = provider.gateway()
    checkout = await opened(gateway)
    assert await gateway.status(subject="pur_1", reference=checkout.reference) is None

    provider.happen(gateway, checkout, outcome)
    told = await gateway.status(subject="pur_1", reference=checkout.reference)

    assert told is not None
    assert (told.subject, told.reference, told.outcome) == ("pur_1", checkout.reference, outcome)
    assert told.amount == PRICE


async def test_what_was_paid_stays_paid_however_often_it_is_asked(provider: Provider) -> None:
    gateway = provider.gateway()
    checkout = await opened(gateway)
    provider.happen(gateway, checkout, PaymentOutcome.SUCCEEDED)
    told = [await gateway.status(subject="pur_1", reference=checkout.reference) for _ in range(3)]

    assert told[0] is not None
    assert told == [told[0]] * 3


async def test_a_page_is_told_of_for_its_own_purchase_only(provider: Provider) -> None:
    gateway = provider.gateway()
    checkout = await opened(gateway)

    for purchase, reference in (("pur_2", checkout.reference), ("pur_1", "cs_none")):
        with pytest.raises(NotFound):
            await gateway.status(subject=purchase, reference=reference)


# ---- messages


@pytest.mark.parametrize("outcome", PAID)
async def test_a_message_says_what_came_of_which_purchase(provider: Provider, outcome: PaymentOutcome) -> None:
    gateway = provider.gateway()
    checkout = await opened(gateway)
    webhook = provider.tell(checkout, outcome)
    event = gateway.read_event(webhook.body, webhook.headers)

    assert event is not None
    assert (event.subject, event.reference, event.outcome) == ("pur_1", checkout.reference, outcome)
    assert event.amount == PRICE
    assert event.id


async def test_a_message_says_what_was_really_paid(provider: Provider) -> None:
    webhook = provider.tell(await opened(provider.gateway()), PaymentOutcome.SUCCEEDED, paid=Money(1, "USD"))
    event = provider.gateway().read_event(webhook.body, webhook.headers)

    assert event is not None
    assert event.amount == Money(1, "USD")


async def test_a_message_sent_twice_has_one_id_and_another_message_another(provider: Provider) -> None:
    gateway = provider.gateway()
    one, two = await opened(gateway, "pur_1"), await opened(gateway, "pur_2")
    ids = []
    for checkout in (one, one, two):
        for outcome in PAID:
            webhook = provider.tell(checkout, outcome)
            event = gateway.read_event(webhook.body, webhook.headers)
            ids.append(event and event.id)
        provider.clock.advance(hours=1)

    assert ids[:3] == ids[3:6]
    assert len(set(ids)) == 6


@pytest.mark.parametrize("kind", ["payment.admired", "charge.updated", "x"])
def test_messages_of_no_interest_are_passed_over(provider: Provider, kind: str) -> None:
    webhook = provider.sign(json.dumps(provider.message(type=kind)).encode())

    assert provider.gateway().read_event(webhook.body, webhook.headers) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b'{"id": "evt_1"}', b"\xff\xfe\xfd", b"[" * 100_000],
    ids=["empty", "cut", "null", "list", "number", "text", "no keys", "no type", "not UTF-8", "deep"],
)
def test_what_is_rightly_signed_and_cannot_be_read_is_malformed(provider: Provider, body: bytes) -> None:
    webhook = provider.sign(body)

    with pytest.raises(Malformed):
        provider.gateway().read_event(webhook.body, webhook.headers)


@pytest.mark.parametrize("minor", [0, -999, True, 9.99, "999", None, 10**16])
def test_an_amount_that_is_none_is_malformed(provider: Provider, minor: object) -> None:
    webhook = provider.sign(json.dumps(provider.message(minor=minor)).encode())

    with pytest.raises(Malformed):
        provider.gateway().read_event(webhook.body, webhook.headers)


# ---- whom it believes


def test_what_the_contract_signs_itself_is_believed(provider: Provider) -> None:
    webhook = provider.sign(json.dumps(provider.message()).encode())

    assert provider.gateway().read_event(webhook.body, webhook.headers) is not None


def _value(change: Callable[[str], str]) -> Callable[[SignedWebhook], SignedWebhook]:
    """A forgery that changes the signature header only."""
    return lambda webhook: evolve(webhook, headers={name: change(value) for name, value in webhook.headers.items()})


def _body(change: Callable[[bytes], bytes]) -> Callable[[SignedWebhook], SignedWebhook]:
    return lambda webhook: evolve(webhook, body=change(webhook.body))


def _upper(header: str) -> str:
    name, _, digest = header.rpartition("=")
    return f"{name}={digest.upper()}"


FORGERIES = {
    "unsigned": lambda webhook: evolve(webhook, headers={}),
    "empty": _value(lambda _: ""),
    "rubbish": _value(lambda _: "rubbish"),
    "not ASCII": _value(lambda value: value + "é\udcff"),
    "digest only": _value(lambda value: value.rpartition("=")[2]),
    "cut": _value(lambda value: value[:-1]),
    "longer": _value(lambda value: value + "0"),
    "other digit": _value(lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")),
    "upper-case hex": _value(_upper),
    "byte changed": _body(lambda body: body.replace(b"999", b"998")),
    "byte added": _body(lambda body: body + b"\n"),
    "re-serialised": _body(lambda body: json.dumps(json.loads(body), indent=1).encode()),
    "keys sorted": _body(lambda body: json.dumps(json.loads(body), sort_keys=True).encode()),
    "emptied": _body(lambda body: b""),
    "unreadable": _body(lambda body: b"{"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forgery_is_refused_before_it_is_read(
    provider: Provider, forge: Callable[[SignedWebhook], SignedWebhook]
) -> None:
    forged = forge(await told(provider))

    with pytest.raises(Unauthenticated):
        provider.gateway().read_event(forged.body, forged.headers)


def test_the_secret_of_another_endpoint_is_not_believed(provider: Provider) -> None:
    webhook = provider.sign(json.dumps(provider.message()).encode(), secret=OTHER_SECRET)

    with pytest.raises(Unauthenticated):
        provider.gateway().read_event(webhook.body, webhook.headers)


@pytest.mark.parametrize(
    ("age", "good"), [(0, True), (TOLERANCE, True), (-TOLERANCE, True), (301, False), (-301, False)]
)
def test_a_signature_is_good_for_five_minutes(provider: Provider, age: int, good: bool) -> None:
    webhook = provider.sign(json.dumps(provider.message()).encode(), age=age)

    if good:
        assert provider.gateway().read_event(webhook.body, webhook.headers) is not None
    else:
        with pytest.raises(Unauthenticated):
            provider.gateway().read_event(webhook.body, webhook.headers)


async def test_an_overheard_message_is_worth_nothing_later(provider: Provider) -> None:
    webhook = await told(provider)
    provider.clock.advance(seconds=TOLERANCE + 1)

    with pytest.raises(Unauthenticated):
        provider.gateway().read_event(webhook.body, webhook.headers)


def test_two_secrets_are_good_while_one_is_rotated(provider: Provider) -> None:
    body = json.dumps(provider.message()).encode()
    rotating, rotated = provider.gateway(SECRET, OLD_SECRET), provider.gateway(SECRET)
    old, new, other = (provider.sign(body, secret=secret) for secret in (OLD_SECRET, SECRET, OTHER_SECRET))

    assert rotating.read_event(old.body, old.headers) is not None
    assert rotating.read_event(new.body, new.headers) is not None
    for gateway, webhook in ((rotating, other), (rotated, old)):
        with pytest.raises(Unauthenticated):
            gateway.read_event(webhook.body, webhook.headers)


async def test_other_headers_do_not_matter(provider: Provider) -> None:
    webhook = await told(provider)
    headers = {"host": "x", **webhook.headers, "content-type": "text/plain"}

    assert provider.gateway().read_event(webhook.body, headers) is not None
