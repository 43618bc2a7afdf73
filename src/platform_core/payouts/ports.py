"""What payouts ask of the outside, and what other contexts may use of them."""

from platform_core.payouts.provider import (
    AccountState,
    Answer,
    Done,
    Failed,
    Failure,
    Merchant,
    OnboardingLink,
    OutcomeUnknown,
    Pending,
)

__all__ = [
    "AccountState",
    "Answer",
    "Done",
    "Failed",
    "Failure",
    "Merchant",
    "OnboardingLink",
    "OutcomeUnknown",
    "Pending",
]
