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
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.returning import give_back, take_back
from platform_core.payouts.scheduling import free_transfers, hold_transfers, schedule_transfer
from platform_core.payouts.transfer import transfer_id

__all__ = [
    "AccountState",
    "Answer",
    "Done",
    "Failed",
    "Failure",
    "Merchant",
    "OnboardingLink",
    "OutcomeUnknown",
    "PayoutPolicy",
    "Pending",
    "free_transfers",
    "give_back",
    "hold_transfers",
    "schedule_transfer",
    "take_back",
    "transfer_id",
]
