"""What Stripe's messages say of payments, refunds, transfers, accounts and disputes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from adapters.payments.stripe_events import TYPES
from contract.payments.merchants import StripeMerchantSide
from contract.payments.providers import StripeProvider
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Malformed, NotFound, Unavailable
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import TakeWebhook
from platform_core.payouts.provider import Done
from platform_core.platform import Storage
from platform_core.wallet.purchases import PurchaseTokens
from support.world import World

Said = PaymentOutcome
TEN = Money(1000, "EUR")

OBJECTS: dict[str, dict[str, Any]] = {
    "session": {
        "id": "cs_1",
        "client_reference_id": "pay_1",
        "metadata": {"purchase": "pay_1"},
        "amount_total": 1000,
        "currency": "eur",
        "payment_status": "paid",
    },
    "intent": {"id": "pi_1", "metadata": {"purchase": "pay_1"}, "amount": 1000, "currency": "eur"},
    "refund": {"id": "re_1", "metadata": {"subject": "rfd_1"}, "amount": 1000, "currency": "eur", "status": "pending"},
    "transfer": {
        "id": "tr_1",
        "metadata": {"subject": "trf_1"},
        "amount": 1000,
        "amount_reversed": 600,
        "currency": "eur",
    },
    "account": {"id": "acct_1", "metadata": {"subject": "sel_1"}, "details_submitted": True},
    "dispute": {
        "id": "dp_1",
        "payment_intent": "pi_1",
        "charge": "ch_1",
        "amount": 1000,
        "currency": "eur",
        "status": "lost",
    },
}
UNPAID = {"payment_status": "unpaid"}
ASKED = {"status": "needs_response"}


def read(stripe: StripeProvider, kind: str, about: Any) -> PaymentEvent | None:
    told = {"id": "evt_1", "type": kind, "livemode": False, "data": {"object": about}}
    webhook = stripe.sign(json.dumps(told).encode())
    return stripe.gateway().read_event(webhook.body, webhook.headers)


def event(
    subject: str, reference: str, outcome: PaymentOutcome, amount: Money | None = TEN, detail: str = ""
) -> PaymentEvent:
    return PaymentEvent("evt_1", subject, reference, outcome, amount, detail)


@pytest.mark.parametrize(
    ("kind", "of", "changes", "told"),
    [
        ("checkout.session.completed", "session", {}, event("pay_1", "cs_1", Said.SUCCEEDED)),
        (
            "checkout.session.completed",
            "session",
            {"payment_status": "unpaid"},
            event("pay_1", "cs_1", Said.PROCESSING),
        ),
        ("checkout.session.async_payment_succeeded", "session", {}, event("pay_1", "cs_1", Said.SUCCEEDED)),
        ("checkout.session.async_payment_failed", "session", {}, event("pay_1", "cs_1", Said.FAILED)),
        ("checkout.session.expired", "session", {}, event("pay_1", "cs_1", Said.EXPIRED)),
        ("payment_intent.processing", "intent", {}, event("pay_1", "pi_1", Said.PROCESSING, None)),
        ("payment_intent.requires_action", "intent", {}, event("pay_1", "pi_1", Said.REQUIRES_ACTION, None)),
        ("payment_intent.canceled", "intent", {}, event("pay_1", "pi_1", Said.CANCELLED, None)),
        ("refund.created", "refund", {}, event("rfd_1", "re_1", Said.PROCESSING)),
        ("refund.updated", "refund", {"status": "succeeded"}, event("rfd_1", "re_1", Said.SUCCEEDED)),
        ("charge.refund.updated", "refund", {"status": "succeeded"}, event("rfd_1", "re_1", Said.SUCCEEDED)),
        (
            "refund.failed",
            "refund",
            {"status": "failed", "failure_reason": "lost_or_stolen_card"},
            event("rfd_1", "re_1", Said.FAILED, detail="lost_or_stolen_card"),
        ),
        ("refund.updated", "refund", {"status": "canceled"}, event("rfd_1", "re_1", Said.FAILED)),
        ("transfer.created", "transfer", {}, event("trf_1", "tr_1", Said.SUCCEEDED)),
        ("transfer.reversed", "transfer", {}, event("trf_1", "tr_1", Said.REVERSED, Money(600, "EUR"))),
        ("account.updated", "account", {}, event("sel_1", "acct_1", Said.RESTRICTED, None)),
        ("account.updated", "account", {"details_submitted": False}, event("sel_1", "acct_1", Said.CREATED, None)),
        (
            "account.updated",
            "account",
            {"capabilities": {"transfers": "active"}, "payouts_enabled": True},
            event("sel_1", "acct_1", Said.READY, None),
        ),
        (
            "account.updated",
            "account",
            {"requirements": {"disabled_reason": "rejected.fraud"}},
            event("sel_1", "acct_1", Said.CLOSED, None),
        ),
        (
            "charge.dispute.created",
            "dispute",
            {"status": "needs_response"},
            event("", "pi_1", Said.DISPUTED, detail="dp_1"),
        ),
        (
            "charge.dispute.created",
            "dispute",
            {**ASKED, "payment_intent": None},
            event("", "ch_1", Said.DISPUTED, detail="dp_1"),
        ),
        ("charge.dispute.closed", "dispute", {"status": "won"}, event("", "pi_1", Said.DISPUTE_WON, detail="dp_1")),
        ("charge.dispute.closed", "dispute", {}, event("", "pi_1", Said.DISPUTE_LOST, detail="dp_1")),
        # A bank that only asks, a declined card that may be followed by a good one, and what is told twice.
        ("charge.dispute.created", "dispute", {"status": "warning_needs_response"}, None),
        ("charge.dispute.closed", "dispute", {"status": "warning_closed"}, None),
        ("payment_intent.payment_failed", "intent", {}, None),
        ("payment_intent.succeeded", "intent", {}, None),
        ("charge.refunded", "intent", {}, None),
        # What somebody did by hand, or for something else, on the same account.
        ("refund.updated", "refund", {"metadata": {}}, None),
        ("transfer.created", "transfer", {"metadata": None}, None),
        ("account.updated", "account", {"metadata": {"subject": ""}}, None),
        ("payment_intent.canceled", "intent", {"metadata": {"subject": 7}}, None),
    ],
)
def test_each_type_of_message(
    stripe: StripeProvider, kind: str, of: str, changes: dict[str, Any], told: PaymentEvent | None
) -> None:
    assert read(stripe, kind, {**OBJECTS[of], **changes}) == told


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("about", [None, [], "re_1", {}, {"metadata": {"subject": "pay_1"}}, {"id": 7}], ids=repr)
def test_what_has_no_parts_is_refused_or_passed_over(stripe: StripeProvider, kind: str, about: Any) -> None:
    with suppress(Malformed):
        assert read(stripe, kind, about) is None


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("checkout.session.completed", "session"),
        ("payment_intent.canceled", "intent"),
        ("charge.dispute.closed", "dispute"),
        ("refund.updated", "refund"),
        ("transfer.created", "transfer"),
        ("account.updated", "account"),
    ],
)
def test_an_id_that_no_store_keeps_is_refused(stripe: StripeProvider, kind: str, of: str) -> None:
    with pytest.raises(Malformed):
        read(stripe, kind, {**OBJECTS[of], "id": "x\x00"})


async def test_what_really_happened_reads_as_what_was_answered(connect: StripeMerchantSide) -> None:
    """The objects of the API and those of the messages are the same ones."""
    merchant, stripe = connect.merchant(), StripeProvider()
    account = await connect.seller(merchant)
    done = await merchant.transfer(subject="trf_1", key="k", account=account, amount=TEN, group="ord_1")
    refund = await merchant.refund(subject="rfd_1", key="r", payment=connect.paid(TEN), amount=TEN)
    assert isinstance(done, Done)
    assert isinstance(refund, Done)
    books = connect.server.connect

    read_events = [
        read(stripe, "transfer.created", books.transfers[done.reference]),
        read(stripe, "refund.created", books.refunds[refund.reference]),
        read(stripe, "account.updated", books.accounts[account].shown()),
    ]

    assert read_events == [
        event("trf_1", done.reference, Said.SUCCEEDED),
        event("rfd_1", refund.reference, Said.SUCCEEDED),
        event("sel_1", account, Said.READY, None),
    ]


async def test_what_a_payment_is_for_is_asked_at_stripe(stripe: StripeProvider) -> None:
    gateway = stripe.gateway()
    checkout = await gateway.open_checkout(subject="pay_1", amount=TEN, method="card", description="a song")
    session = stripe.server.sessions[checkout.reference]

    assert await gateway.subject(session.intent_id) == "pay_1"
    assert await gateway.subject("ch_" + session.intent_id.removeprefix("pi_")) == "pay_1"
    with pytest.raises(NotFound):
        await gateway.subject("pi_other")
    stripe.server.faults.append("429")
    with pytest.raises(Unavailable):
        await gateway.subject(session.intent_id)


async def test_a_dispute_finds_its_payment_when_it_is_applied(stripe: StripeProvider, store: Storage) -> None:
    world = World(store, clock=stripe.clock, gateway=stripe.gateway())
    jane = await world.person("jane")
    offer = await world.execute(PurchaseTokens("pkg_100", "card"), by=jane.actor)
    [session] = stripe.server.sessions.values()
    about = {**OBJECTS["dispute"], "payment_intent": session.intent_id, "amount": 999}
    told = {"id": "evt_1", "type": "charge.dispute.closed", "livemode": False, "data": {"object": about}}
    webhook = stripe.sign(json.dumps(told).encode())
    by = Actor.system("stripe")

    states = []
    stripe.server.faults += ["429", "", "", ""]
    for _ in range(3):
        taken = await world.execute(TakeWebhook(webhook.body, webhook.headers), by=by)
        states.append(await world.apply_webhook(taken.id, by=by))
    other = {**told, "id": "evt_2", "data": {"object": {**about, "payment_intent": "pi_other"}}}
    unknown = stripe.sign(json.dumps(other).encode())
    taken = await world.execute(TakeWebhook(unknown.body, unknown.headers), by=by)

    assert offer.purchase
    assert states == [WebhookState.PENDING, WebhookState.DONE, WebhookState.DONE], "away, then found, then known"
    assert await world.apply_webhook(taken.id, by=by) is WebhookState.PENDING
