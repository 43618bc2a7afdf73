"""Stripe's messages in our words: what each type says, and of what.

Two types may tell the same fact; then one is read, so that money is never heard of under two ids: a payment is known by
its Checkout Session, and `payment_intent.succeeded` is passed over. So is `charge.refunded`, for `refund.updated` tells
of each refund by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.payments.stripe_amounts import from_stripe
from adapters.payments.stripe_connect import account_state
from adapters.payments.texts import text
from platform_core.kernel.errors import Malformed
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.provider import AccountState

Told = Mapping[str, Any]
Said = PaymentOutcome


class WrongMode(Malformed):
    """A message of Stripe's test mode came to a live platform, or the other way round."""

    code = "WRONG_MODE"


def read_message(message: Told, *, live: bool) -> PaymentEvent | None:
    """The event in a message; None for one of no interest.

    Raises:
        ValueError, TypeError, KeyError, Invalid: There is none in it.
        WrongMode: It is of the other mode.
    """
    id, kind = text(message["id"]), text(message["type"])
    if message["livemode"] is not live:
        raise WrongMode("the webhook is of the other mode, live or test")
    read = _READERS.get(kind)
    if read is None:
        return None
    about = message["data"]["object"]
    if not isinstance(about, Mapping):
        raise TypeError("an object is expected")
    return read(id, kind, about)


def subject_of(told: Told) -> str | None:
    """Our name for it; None if it is none of ours."""
    metadata = told.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    named = metadata.get("subject") or metadata.get("purchase")
    return text(named) if isinstance(named, str) and named else None


def session_subject(session: Told) -> str | None:
    """What a session pays, as we named it; None if it is none of ours."""
    named = subject_of(session)
    return named if named == session.get("client_reference_id") else None


# ---- payments

_SESSIONS = {
    "checkout.session.completed": Said.SUCCEEDED,
    "checkout.session.async_payment_succeeded": Said.SUCCEEDED,
    "checkout.session.async_payment_failed": Said.FAILED,
    "checkout.session.expired": Said.EXPIRED,
}


def _session(id: str, kind: str, session: Told) -> PaymentEvent | None:
    subject = session_subject(session)
    if subject is None:
        # Of something else on the same account.
        return None
    outcome = _SESSIONS[kind]
    if kind == "checkout.session.completed" and session["payment_status"] != "paid":
        outcome = Said.PROCESSING  # The buyer has done their part; the money is still to come.
    amount = from_stripe(session["amount_total"], session["currency"])
    return PaymentEvent(id, subject, text(session["id"]), outcome, amount)


#: A declined card is no end: the buyer may try another on the same page.
_INTENTS = {
    "payment_intent.processing": Said.PROCESSING,
    "payment_intent.requires_action": Said.REQUIRES_ACTION,
    "payment_intent.canceled": Said.CANCELLED,
}


def _intent(id: str, kind: str, intent: Told) -> PaymentEvent | None:
    subject = subject_of(intent)
    return None if subject is None else PaymentEvent(id, subject, text(intent["id"]), _INTENTS[kind])


_CLOSED = {"won": Said.DISPUTE_WON, "lost": Said.DISPUTE_LOST}


def _dispute(id: str, kind: str, dispute: Told) -> PaymentEvent | None:
    """A dispute names the payment as Stripe does; what that is for is asked when the message is applied."""
    status = text(dispute["status"])
    outcome = _CLOSED.get(status) if kind == "charge.dispute.closed" else Said.DISPUTED
    if outcome is None or status.startswith("warning_"):
        # A bank has asked, and taken nothing.
        return None
    payment = text(dispute.get("payment_intent") or dispute.get("charge"))
    amount = from_stripe(dispute["amount"], dispute["currency"])
    return PaymentEvent(id, "", payment, outcome, amount, text(dispute["id"]))


# ---- refunds, transfers, accounts

_REFUNDS = {
    "succeeded": Said.SUCCEEDED,
    "failed": Said.FAILED,
    "canceled": Said.FAILED,
    "pending": Said.PROCESSING,
    "requires_action": Said.PROCESSING,
}


def _refund(id: str, _: str, refund: Told) -> PaymentEvent | None:
    subject, outcome = subject_of(refund), _REFUNDS.get(refund["status"])
    if subject is None or outcome is None:
        return None
    amount = from_stripe(refund["amount"], refund["currency"])
    reason = refund.get("failure_reason")
    return PaymentEvent(id, subject, text(refund["id"]), outcome, amount, reason if isinstance(reason, str) else "")


def _transfer(id: str, kind: str, transfer: Told) -> PaymentEvent | None:
    subject = subject_of(transfer)
    if subject is None:
        return None
    is_back = kind == "transfer.reversed"
    amount = from_stripe(transfer["amount_reversed" if is_back else "amount"], transfer["currency"])
    return PaymentEvent(id, subject, text(transfer["id"]), Said.REVERSED if is_back else Said.SUCCEEDED, amount)


_ACCOUNTS = {
    AccountState.ONBOARDING: Said.CREATED,
    AccountState.READY: Said.READY,
    AccountState.RESTRICTED: Said.RESTRICTED,
    AccountState.CLOSED: Said.CLOSED,
}


def _account(id: str, _: str, account: Told) -> PaymentEvent | None:
    subject = subject_of(account)
    return (
        None if subject is None else PaymentEvent(id, subject, text(account["id"]), _ACCOUNTS[account_state(account)])
    )


_READERS: Mapping[str, Callable[[str, str, Told], PaymentEvent | None]] = {
    **dict.fromkeys(_SESSIONS, _session),
    **dict.fromkeys(_INTENTS, _intent),
    **dict.fromkeys(("charge.dispute.created", "charge.dispute.closed"), _dispute),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"), _refund),
    **dict.fromkeys(("transfer.created", "transfer.reversed"), _transfer),
    "account.updated": _account,
}

TYPES = tuple(_READERS)
"""The types of messages that are read: those to choose for the webhook endpoint."""
