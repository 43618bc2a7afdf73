"""The platform's share."""

import pytest

from platform_core.kernel.errors import Invalid
from platform_core.ledger.fees import FeePolicy


def test_what_has_no_rate_is_free() -> None:
    assert (FeePolicy().rate("tip"), FeePolicy().fee("tip", 10**15)) == (0, 0)


def test_a_rate_is_in_hundredths_of_a_per_cent() -> None:
    policy = FeePolicy({"tip": 1000, "capture": 10_000})

    assert (policy.fee("tip", 2999), policy.fee("tip", 4), policy.fee("tip", 5)) == (300, 0, 1)
    assert policy.fee("capture", 7) == 7


def test_a_rate_beyond_all_is_refused() -> None:
    with pytest.raises(Invalid):
        FeePolicy({"tip": 10_001}).fee("tip", 100)
