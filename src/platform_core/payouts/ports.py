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
from platform_core.payouts.retry import PayoutPolicy, retry_delay
from platform_core.payouts.returning import give_back, take_back
from platform_core.payouts.scheduling import free_transfers, hold_transfers, schedule_transfer
from platform_core.payouts.transfer import transfer_id
from platform_core.payouts.trying import asked, recorded

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
    "asked",
    "free_transfers",
    "give_back",
    "hold_transfers",
    "recorded",
    "retry_delay",
    "schedule_transfer",
    "take_back",
    "transfer_id",
]
