"""When a movement of money is tried again: pure data and functions, with no chance and no clock in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from hashlib import sha256

from attrs import Attribute, field, frozen

from platform_core.payouts.provider import Failure


def _positive(_: object, attribute: Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{attribute.name} must be a whole number of at least 1")


def _growing(_: object, attribute: Attribute[int], value: int) -> None:
    # From 2 on, the longest delay of one attempt is no longer than the shortest of the next.
    if type(value) is not int or value < 2:
        raise ValueError(f"{attribute.name} must be a whole number of at least 2")


@frozen
class PayoutPolicy:
    """How money gets to sellers.

    Args:
        delay_days: Days between a payment and the earliest transfer of it.
        base_seconds: The longest pause after the first failure.
        factor: How much longer each pause is than the one before, at least 2.
        cap_seconds: No pause is longer.
        max_attempts: How many failures the platform takes before it leaves a movement to an admin.
        funds_seconds: The pause after the provider said that the platform's balance there is too low.
        lease_seconds: How long one process may take for one call, before another asks what became of it.
        key_seconds: How long the provider surely remembers an idempotency key.
        word_seconds: How long the provider's word on a movement it has taken is awaited before it is asked.
        recheck_seconds: How often a blocked transfer is looked at, should word of its seller's account have got lost.
        return_url: Where sellers come back to from the provider's pages.
    """

    delay_days: int = 0
    base_seconds: int = field(default=60, validator=_positive)
    factor: int = field(default=4, validator=_growing)
    cap_seconds: int = field(default=21_600, validator=_positive)
    max_attempts: int = field(default=8, validator=_positive)
    funds_seconds: int = field(default=21_600, validator=_positive)
    lease_seconds: int = field(default=120, validator=_positive)
    key_seconds: int = field(default=86_400, validator=_positive)
    word_seconds: int = field(default=600, validator=_positive)
    recheck_seconds: int = field(default=21_600, validator=_positive)
    return_url: str = ""

    @property
    def delay(self) -> timedelta:
        """The time between a payment and the earliest transfer of it."""
        return timedelta(days=self.delay_days)


class Follows(Enum):
    """What follows from a definite failure."""

    RETRY = "retry"
    """Try again after a pause, under the next key."""
    RETRY_LATE = "retry_late"
    """The same, after a long pause, and an operator is told."""
    WAIT = "wait"
    """Try again when there is word of the seller's account; no try is used up."""
    GIVE_UP = "give_up"
    """Leave it to an admin."""
    GIVE_UP_LOUD = "give_up_loud"
    """The same, and an operator is told that the fault is ours."""


FOLLOWS: Mapping[Failure, Follows] = {
    Failure.RETRYABLE: Follows.RETRY,
    Failure.FUNDS: Follows.RETRY_LATE,
    Failure.BLOCKED: Follows.WAIT,
    Failure.PERMANENT: Follows.GIVE_UP,
    Failure.FAULT: Follows.GIVE_UP_LOUD,
}
"""What follows from each failure of a transfer."""

REVERSAL_FOLLOWS: Mapping[Failure, Follows] = {
    Failure.RETRYABLE: Follows.RETRY,
    # Here the balance that is too low is the seller's: what they owe is netted from later earnings instead.
    Failure.FUNDS: Follows.GIVE_UP,
    Failure.BLOCKED: Follows.GIVE_UP,
    Failure.PERMANENT: Follows.GIVE_UP,
    Failure.FAULT: Follows.GIVE_UP_LOUD,
}
"""What follows from each failure of taking money back."""


def retry_delay(attempt: int, key: str, policy: PayoutPolicy) -> int:
    """The pause before the next try, in seconds: grown by the policy, jittered into its upper half by the key.

    The same arguments give the same pause. It lies between half of d and d, where d grows by `factor` up to the cap.

    Args:
        attempt: How many have failed, 1 or more.
        key: What spreads tries of different things.
        policy: Base, factor and cap.
    """
    # The cap is reached long before the power grows large; no more than so many steps need be computed.
    longest = min(policy.cap_seconds, policy.base_seconds * int(policy.factor ** min(attempt - 1, 64)))
    digest = sha256(f"{key}:{attempt}".encode()).digest()
    spread = int.from_bytes(digest[:8], "big")
    half = longest // 2
    return half + (longest - half) * spread // 2**64


def pause(follows: Follows, attempt: int, key: str, policy: PayoutPolicy) -> timedelta:
    """The pause after a failure that is followed by another try."""
    seconds = retry_delay(attempt, key, policy)
    return timedelta(seconds=max(seconds, policy.funds_seconds) if follows is Follows.RETRY_LATE else seconds)
