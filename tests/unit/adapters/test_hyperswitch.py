"""Hyperswitch's messages: who signed them, what they are about, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.payments.hyperswitch import EVENTS, HEADERS, HyperswitchMessages, HyperswitchOptions
from adapters.testing import ManualClock
from platform_core.kernel.errors import Malformed, Unauthenticated
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from support.hyperswitch import H256, H512, SEED, message, payment, signed
from support.world import HYPERSWITCH_SECRETS

NINE = Money(999, "EUR")


def reader(**options: Any) -> HyperswitchMessages:
    given: dict[str, Any] = {"secrets": HYPERSWITCH_SECRETS, **options}
    return HyperswitchMessages(HyperswitchOptions(**given), ManualClock())


def read(told: Any, **how: Any) -> PaymentEvent | None:
    webhook = signed(told, **how)
    return reader().read_event(webhook.body, webhook.headers)


# ---- who signed it (HOOK-01)


@pytest.mark.parametrize("header", [H512, H256, SEED])
@pytest.mark.parametrize("secret", HYPERSWITCH_SECRETS)
def test_any_of_its_headers_and_of_our_secrets_will_do(header: str, secret: str) -> None:
    assert read(message(), header=header, secret=secret) is not None


@pytest.mark.parametrize("header", [H512, H256, SEED])
def test_hook_01_nothing_but_the_right_signature_of_these_very_bytes_passes(header: str) -> None:
    good = signed(message(), header=header)
    right = good.headers[header]
    again = json.dumps(json.loads(good.body)).encode()
    assert again != good.body
    other = signed(message(), header=header, secret="of another endpoint")
    wrong: list[tuple[bytes, Mapping[str, str]]] = [
        (good.body, {}),
        (good.body, {header: ""}),
        (good.body, {header: right[:-1]}),
        (good.body, {header: right.upper()}),
        (good.body, {header: f"sha512={right}"}),
        (good.body, {header: "ключ"}),
        (good.body, {f"x-{header}": right}),
        (good.body.replace(b"999", b"998"), good.headers),
        (again, good.headers),
        (b"", good.headers),
        (other.body, other.headers),
    ]
    for body, headers in wrong:
        with pytest.raises(Unauthenticated):
            reader().read_event(body, headers)


def test_the_best_header_that_is_there_decides() -> None:
    good = signed(message(), header=H256)

    with pytest.raises(Unauthenticated):
        reader().read_event(good.body, {**good.headers, H512: "0" * 128})


def test_a_signature_of_one_hash_is_none_of_the_other() -> None:
    long, short = signed(message()), signed(message(), header=H256)
    for header, value in ((H256, long.headers[H512]), (H512, short.headers[H256]), (SEED, short.headers[H256])):
        with pytest.raises(Unauthenticated):
            reader().read_event(long.body, {header: value})


@pytest.mark.parametrize("body", [b"\xff{", b"{", b"[]", b"null", b"1", b"[" * 100_000])
def test_nothing_is_read_before_the_signature_is_right(body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        reader().read_event(body, {H512: "0" * 128})
    webhook = signed(body)
    with pytest.raises(Malformed):
        reader().read_event(webhook.body, webhook.headers)


@pytest.mark.parametrize(
    ("made", "good"),
    [
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:04:59.9Z", True),
        ("2025-12-29T00:00:00", True),
        ("2025-12-28T23:59:59Z", False),
        ("2026-01-01T00:05:01+00:00", False),
        ("0001-01-01T00:00:00Z", False),
        (..., True),
    ],
)
def test_hook_01_a_message_older_than_all_tries_is_refused(made: Any, good: bool) -> None:
    if good:
        assert read(message(timestamp=made)) is not None
    else:
        with pytest.raises(Unauthenticated):
            read(message(timestamp=made))


def test_headers_hashes_and_secrets_are_chosen() -> None:
    chosen = reader(secrets=["other"], headers={"X-Mine": "sha256"})
    made = signed(message(), header=H256, secret="other")

    assert chosen.read_event(made.body, {"x-mine": made.headers[H256]}) is not None
    with pytest.raises(Unauthenticated):
        chosen.read_event(made.body, made.headers)
    wrongs: list[dict[str, Any]] = [{"secrets": []}, {"secrets": [""]}, {"headers": {}}, {"headers": {"x": "md5"}}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"secret|hashes"):
            reader(**wrong)
    assert set(HEADERS) == {H512, H256, SEED}


# ---- what it is about


@pytest.mark.parametrize(
    ("about", "subject", "reference"),
    [
        (payment("pur_1"), "pur_1", "pi_1"),
        (payment(None), "pay_hyperswitch_1", "pi_1"),
        (payment("pay_1", connector_transaction_id=...), "pay_1", "pay_hyperswitch_1"),
        (payment("pay_1", connector_transaction_id=None), "pay_1", "pay_hyperswitch_1"),
        (payment("pay_1", connector_transaction_id="x" * 300), "pay_1", "pay_hyperswitch_1"),
        (payment(None, metadata={"other": 1}), "pay_hyperswitch_1", "pi_1"),
    ],
)
def test_a_payment_is_ours_by_its_metadata_or_else_by_its_id(about: Any, subject: str, reference: str) -> None:
    assert read(message(about=about)) == PaymentEvent("evt_1", subject, reference, PaymentOutcome.SUCCEEDED, NINE)


@pytest.mark.parametrize(
    "told",
    [
        {"event": "payment.succeeded", "event_id": "evt_1", "data": payment()},
        {"event": "payment.succeeded", "id": "evt_1", "data": {"object": payment()}},
        {"event": "payment.succeeded", "id": "evt_1", "content": {"object": payment()}},
        {"event": "Payment.Succeeded", "id": "evt_1", **payment()},
    ],
)
def test_the_spelling_of_vezas_document_is_read_too(told: Any) -> None:
    event = PaymentEvent("evt_1", "pur_1", "pi_1", PaymentOutcome.SUCCEEDED, NINE)

    assert read(told, header=SEED) == event


def test_without_an_id_the_same_bytes_are_the_same_message() -> None:
    first, again, other = (
        read({"event": "payment.succeeded", "data": payment(amount_received=minor)}) for minor in (999, 999, 998)
    )

    assert first is not None
    assert other is not None
    assert first == again
    assert first.id != other.id


def test_a_refund_is_ours_by_its_metadata_or_else_by_its_id() -> None:
    about = {"refund_id": "rfd_2", "payment_id": "pay_1", "amount": 600, "currency": "EUR", "error_code": "declined"}
    six = Money(600, "EUR")

    by_id, by_name = (
        read(message("refund_failed", {**about, **more})) for more in ({}, {"metadata": {"subject": "rfd_1"}})
    )

    assert by_id == PaymentEvent("evt_1", "rfd_2", "rfd_2", PaymentOutcome.FAILED, six, "declined")
    assert by_name == PaymentEvent("evt_1", "rfd_1", "rfd_2", PaymentOutcome.FAILED, six, "declined")


def test_a_dispute_is_of_the_payment_that_has_our_id() -> None:
    about = {"dispute_id": "dp_1", "payment_id": "pay_1", "amount": "999", "currency": "eur"}

    assert read(message("dispute_opened", about)) == PaymentEvent(
        "evt_1", "pay_1", "pay_1", PaymentOutcome.DISPUTED, NINE, "dp_1"
    )


# ---- what it says


@pytest.mark.parametrize(("kind", "outcome"), EVENTS.items())
@pytest.mark.parametrize("spell", [str, lambda name: name.replace("_", ".", 1)])
def test_each_event_says_what_it_says(kind: str, outcome: PaymentOutcome, spell: Any) -> None:
    event = read(message(spell(kind), {**payment(), "refund_id": "ref_1", "dispute_id": "dp_1"}))

    assert event is not None
    assert event.outcome is outcome


@pytest.mark.parametrize("kind", ["payout_success", "mandate_active", "dispute_challenged", "x"])
def test_other_events_are_of_no_interest(kind: str) -> None:
    assert read(message(kind, {})) is None


def test_what_events_say_can_be_changed() -> None:
    chosen = reader(events={"payment.done": PaymentOutcome.SUCCEEDED, "payment_succeeded": None})
    read_by_name = {}
    for kind in ("payment_done", "payment_succeeded"):
        webhook = signed(message(kind))
        event = chosen.read_event(webhook.body, webhook.headers)
        read_by_name[kind] = event and event.outcome

    assert read_by_name == {"payment_done": PaymentOutcome.SUCCEEDED, "payment_succeeded": None}


def test_what_was_received_counts_before_what_was_asked() -> None:
    part, none = read(message(about=payment(amount_received=1))), read(message(about=payment(amount_received=0)))

    assert part is not None
    assert none is not None
    assert (part.amount, none.amount) == (Money(1, "EUR"), NINE)


@pytest.mark.parametrize(
    "about",
    [
        None,
        [],
        "pay_1",
        {},
        payment(payment_id=7),
        payment(payment_id=""),
        payment(payment_id="p" * 300),
        payment(payment_id="pay\x00"),
        payment("\ud800"),
        payment(7),  # type: ignore[arg-type]  # Wrong on purpose.
        payment(amount=..., amount_received=...),
        payment(amount=-1, amount_received=None),
        payment(amount=True, amount_received=None),
        payment(amount=1.5, amount_received=None),
        payment(amount="1e3", amount_received=None),
        payment(amount="9" * 5000, amount_received=None),
        payment(amount=10**30, amount_received=None),
        payment(currency="EURO"),
        payment(currency=...),
    ],
    ids=lambda about: repr(about)[:60],
)
def test_what_cannot_be_read_is_refused(about: Any) -> None:
    with pytest.raises(Malformed):
        read(message(content={"object": about}))


@pytest.mark.parametrize(
    "changes",
    [{"event_type": ...}, {"event_type": 1}, {"event_id": 1}, {"content": 1}, {"timestamp": 1}, {"timestamp": "now"}],
    ids=str,
)
def test_a_message_without_its_parts_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(message(**changes))
