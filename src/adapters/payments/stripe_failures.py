"""What Stripe's refusals of a movement of money mean to us: which kind of failure each is, in words without secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from adapters.payments.stripe_api import errors
from platform_core.payouts.provider import Failed, Failure, OutcomeUnknown

logger = logging.getLogger("platform_core.payments.stripe")

REASONS: Mapping[Failure, str] = {
    Failure.RETRYABLE: "the payment provider is busy",
    Failure.FUNDS: "the balance at the payment provider is too low",
    Failure.BLOCKED: "the account at the payment provider takes nothing now",
    Failure.PERMANENT: "the payment provider will not do this",
    Failure.FAULT: "the payment provider was asked wrongly",
}

#: Stripe's code to what follows from it. What is not here is told by the status.
CODES: Mapping[str, Failure] = {
    "lock_timeout": Failure.RETRYABLE,
    "rate_limit": Failure.RETRYABLE,
    "processing_error": Failure.RETRYABLE,
    **dict.fromkeys(("balance_insufficient", "insufficient_funds"), Failure.FUNDS),
    **dict.fromkeys(
        (
            "account_information_mismatch",
            "approval_required",
            "capability_not_active",
            "insufficient_capabilities_for_transfer",
            "payouts_not_allowed",
            "storer_capability_missing",
            "storer_capability_not_active",
            "transfers_not_allowed",
        ),
        Failure.BLOCKED,
    ),
    **dict.fromkeys(
        (
            "account_closed",
            "account_invalid",
            "amount_too_large",
            "amount_too_small",
            "charge_already_refunded",
            "charge_disputed",
            "charge_not_refundable",
            "country_unsupported",
            "currency_not_supported",
            "invalid_charge_amount",
            "no_account",
            "not_allowed_on_standard_account",
            "refund_disputed_payment",
            "resource_missing",
        ),
        Failure.PERMANENT,
    ),
}

#: Why a refund that Stripe took came to nothing after all, where another try may end better.
REFUND_REASONS: Mapping[str, Failure] = {"insufficient_funds": Failure.FUNDS}

UNHEARD = "the payment provider did not say what became of it"
_UNDER_WAY = "idempotency_key_in_use"


def failed(failure: Failure, code: object) -> Failed:
    """The failure, with Stripe's word for it as far as it is one."""
    word = code if isinstance(code, str) and re.fullmatch(r"[a-z0-9_.]{1,64}", code) else "unknown"
    return Failed(failure, word, REASONS[failure])


def meaning(error: Any) -> Failed:
    """What a refusal means.

    Args:
        error: What Stripe's client raised.

    Raises:
        OutcomeUnknown: No answer came, none that can be read, or one that says nothing: the same request is still
            under way, or Stripe itself failed. Then it keeps that answer for the key, which `answered` tells; without
            an error of its own in it somebody on the way spoke, and Stripe may still be at it.
    """
    status, code = error.http_status or 0, _code(error)
    # The words of people at Stripe may quote what we sent; its code, status and request number do not.
    logger.warning(
        "stripe refused: %s, status %s, code %s, request %s",
        *(type(error).__name__, status, code, error.request_id),
    )
    if isinstance(error, errors().APIConnectionError) or status < 400 or code == _UNDER_WAY:
        raise OutcomeUnknown(UNHEARD) from error
    if status >= 500:
        raise OutcomeUnknown(UNHEARD, answered=_told(error) is not None) from error
    kind = _kind(error, status, code)
    if kind is Failure.FAULT:
        logger.error("stripe says we asked wrongly: status %s, code %s, request %s", status, code, error.request_id)
    return failed(kind, code or _word(error, status))


def _code(error: Any) -> str:
    # Stripe's client keeps it for some kinds of errors only.
    code = (_told(error) or {}).get("code")
    return code if isinstance(code, str) else ""


def _told(error: Any) -> Mapping[str, Any] | None:
    body = error.json_body
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else None


def _kind(error: Any, status: int, code: str) -> Failure:
    if isinstance(error, errors().IdempotencyError) and status == 400:
        return Failure.FAULT
    told = CODES.get(code)
    if told is not None:
        return told
    if (error.headers or {}).get("stripe-should-retry") == "true" or status in (409, 429):
        return Failure.RETRYABLE
    return Failure.PERMANENT if status == 402 else Failure.FAULT


def _word(error: Any, status: int) -> str:
    return "idempotency_error" if isinstance(error, errors().IdempotencyError) else f"http_{status}"
