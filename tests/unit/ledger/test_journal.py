"""Entries balance, or are none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.kernel.errors import Invalid
from platform_core.kernel.journal import Account, Balances, Posting, account_id, check_balanced, currency_of
from platform_core.kernel.money import LIMIT
from support.steady import STEADY


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (("wallet:a:TZT", 0),),
        (("wallet:a:TZT", 5),),
        (("wallet:a:TZT", -5), ("wallet:b:TZT", 4)),
        (("wallet:a:TZT", -5), ("wallet:b:EUR", 5)),
        (("wallet:a:TZT", 0), ("wallet:b:TZT", 0)),
        (("wallet:a:TZT", -1.0), ("wallet:b:TZT", 1.0)),
        (("wallet:a:TZT", True), ("wallet:b:TZT", -1)),
        (("wallet:a:TZT", -LIMIT - 1), ("wallet:b:TZT", LIMIT + 1)),
    ],
)
def test_legs_that_do_not_balance_are_refused(legs: tuple[tuple[str, Any], ...]) -> None:
    """Invariants 1, 7 and 10."""
    with pytest.raises(Invalid):
        check_balanced([Posting(*leg) for leg in legs])


@STEADY
@given(st.lists(st.integers(1, LIMIT // 10), min_size=1, max_size=8))
def test_an_entry_may_have_many_legs(amounts: list[int]) -> None:
    legs = [(f"wallet:{i}:TZT", amount) for i, amount in enumerate(amounts)]

    check_balanced([Posting("issuance:sys:TZT", -sum(amounts)), *(Posting(*leg) for leg in legs)])


def test_an_account_is_named_by_purpose_owner_and_currency() -> None:
    account = Account.of("wallet", "usr_1", "TZT")

    assert account.id == account_id("wallet", "usr_1", "TZT") == "wallet:usr_1:TZT"
    assert (account.purpose, account.owner, account.currency) == ("wallet", "usr_1", "TZT")
    assert currency_of("psp:stripe:EUR") == "EUR"
    assert (account.floor, account.balance, account.frozen) == (0, 0, False)


def test_an_account_never_opened_has_nothing() -> None:
    assert Balances({"a": 1})["b"] == 0
