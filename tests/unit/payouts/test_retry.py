"""When a movement is tried again: the pauses, and what follows from each failure."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.payouts.provider import Failure
from platform_core.payouts.retry import FOLLOWS, REVERSAL_FOLLOWS, Follows, PayoutPolicy, pause, retry_delay
from support.steady import STEADY

KEYS = st.text(max_size=20)
ATTEMPTS = st.integers(1, 100)
POLICIES = st.builds(
    PayoutPolicy,
    base_seconds=st.integers(1, 86_400),
    factor=st.integers(2, 100),
    cap_seconds=st.integers(1, 604_800),
)


def as_written(attempt: int, key: str, base: int = 60, factor: int = 4, cap: int = 21_600) -> int:
    """The formula as it was first written down."""
    d = min(cap, base * int(factor ** (attempt - 1)))
    u = int.from_bytes(sha256(f"{key}:{attempt}".encode()).digest()[:8], "big") / 2**64
    return d // 2 + int((d - d // 2) * u)


@STEADY
@given(ATTEMPTS, KEYS)
def test_the_pause_is_the_formula(attempt: int, key: str) -> None:
    assert retry_delay(attempt, key, PayoutPolicy()) == as_written(attempt, key)


@STEADY
@given(ATTEMPTS, KEYS, POLICIES)
def test_a_pause_is_bounded_and_always_the_same(attempt: int, key: str, policy: PayoutPolicy) -> None:
    longest = min(policy.cap_seconds, policy.base_seconds * policy.factor ** (attempt - 1))
    delay = retry_delay(attempt, key, policy)
    assert longest // 2 <= delay <= longest
    assert delay == retry_delay(attempt, key, policy)


@STEADY
@given(st.integers(1, 20), KEYS, POLICIES)
def test_pauses_never_shrink_before_the_cap(attempt: int, key: str, policy: PayoutPolicy) -> None:
    if policy.base_seconds * policy.factor**attempt <= policy.cap_seconds:
        assert retry_delay(attempt, key, policy) <= retry_delay(attempt + 1, key, policy)


def test_pauses_of_different_keys_are_spread() -> None:
    delays = [retry_delay(6, f"trf_{n}", PayoutPolicy()) for n in range(1000)]
    assert len(set(delays)) > 900
    quarters = [sum(10_800 + 2_700 * q <= delay < 10_800 + 2_700 * (q + 1) for delay in delays) for q in range(4)]
    assert all(200 <= many <= 300 for many in quarters)


def test_all_tries_come_within_the_life_of_a_key() -> None:
    policy = PayoutPolicy()
    longest = sum(min(policy.cap_seconds, 60 * 4 ** (n - 1)) for n in range(1, policy.max_attempts))
    assert longest < policy.key_seconds


@pytest.mark.parametrize("follows", [FOLLOWS, REVERSAL_FOLLOWS])
def test_something_follows_from_every_failure(follows: dict[Failure, Follows]) -> None:
    assert set(follows) == set(Failure)


def test_no_money_there_is_a_longer_pause_than_any_other() -> None:
    policy = PayoutPolicy()
    assert pause(Follows.RETRY_LATE, 1, "k", policy).total_seconds() == policy.funds_seconds
    assert pause(Follows.RETRY, 1, "k", policy).total_seconds() <= policy.base_seconds


@pytest.mark.parametrize("wrong", [{"factor": 1}, {"base_seconds": 0}, {"cap_seconds": True}, {"max_attempts": -1}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PayoutPolicy(**wrong)  # type: ignore[arg-type]  # on purpose
