"""Refusals: their kinds, their codes, and which an idempotency key remembers."""

import pytest

from platform_core.kernel import errors
from platform_core.kernel.errors import (
    AccountFrozen,
    Conflict,
    FieldError,
    Forbidden,
    InsufficientFunds,
    Invalid,
    InvalidTransition,
    KeyExpired,
    KeyReused,
    Kind,
    Malformed,
    NotFound,
    PlatformError,
    RateLimited,
    Stale,
    StoredRefusal,
    Taken,
    Unauthenticated,
    Unavailable,
    Uncertain,
)

EXPECTED = {
    Malformed: (Kind.MALFORMED, "BAD_REQUEST", False),
    Invalid: (Kind.INVALID, "VALIDATION_ERROR", False),
    Unauthenticated: (Kind.UNAUTHENTICATED, "UNAUTHORIZED", False),
    Forbidden: (Kind.FORBIDDEN, "FORBIDDEN", True),
    NotFound: (Kind.NOT_FOUND, "NOT_FOUND", True),
    Conflict: (Kind.CONFLICT, "CONFLICT", True),
    Taken: (Kind.CONFLICT, "CONFLICT", True),
    InvalidTransition: (Kind.CONFLICT, "INVALID_TRANSITION", True),
    InsufficientFunds: (Kind.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS", True),
    AccountFrozen: (Kind.INVALID, "ACCOUNT_FROZEN", True),
    RateLimited: (Kind.RATE_LIMITED, "RATE_LIMITED", False),
    Unavailable: (Kind.UNAVAILABLE, "UNAVAILABLE", False),
    Uncertain: (Kind.UNAVAILABLE, "OUTCOME_UNKNOWN", False),
    Stale: (Kind.CONFLICT, "STALE", False),
}


@pytest.mark.parametrize("refusal", EXPECTED, ids=lambda refusal: refusal.__name__)
def test_a_refusal_has_a_kind_a_code_and_sticks_to_a_key_or_not(refusal: type[PlatformError]) -> None:
    one = refusal("why")

    assert (one.kind, one.code, one.sticks) == EXPECTED[refusal]
    assert (one.message, str(one), one.details, one.retry_after, one.replayed) == ("why", "why", (), None, False)


def test_no_refusal_is_left_out_here() -> None:
    known = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, PlatformError) and kind is not PlatformError
    }

    assert known == {*EXPECTED, KeyReused, KeyExpired, StoredRefusal}


@pytest.mark.parametrize("refusal", [Invalid, KeyReused, Taken])
def test_the_refusal_of_a_field_names_it(refusal: type[Invalid] | type[Taken]) -> None:
    one = refusal.field("amount", "must be more")

    assert isinstance(one, refusal)
    assert one.details == (FieldError("amount", "must be more"),)
    assert one.message == "amount: must be more"
