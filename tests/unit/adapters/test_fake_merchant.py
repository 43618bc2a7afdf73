"""The fake provider's selling side: keys, faults, accounts, and the words that make it difficult by hand."""

from datetime import timedelta

import pytest

from adapters.payments.fake_merchant import (
    BUSY,
    CLOSED,
    RESTRICTED,
    REUSED,
    SPENT,
    TOO_LOW,
    TOO_MUCH,
    UNKNOWN,
    WORDS,
    FakeMerchant,
    Fault,
)
from adapters.testing import ManualClock
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.money import Money
from platform_core.payouts.provider import AccountState, Answer, Done, OutcomeUnknown, Pending

TEN = Money(1000, "EUR")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def merchant(clock: ManualClock) -> FakeMerchant:
    return FakeMerchant(clock)


async def sent(
    merchant: FakeMerchant, subject: str = "trf_1", key: str = "k:1", amount: Money = TEN, account: str = "acct_1"
) -> Answer:
    return await merchant.transfer(subject=subject, key=key, account=account, amount=amount, group="ord_1")


async def reversed_(merchant: FakeMerchant, transfer: str, minor: int, subject: str = "trr_1") -> Answer:
    return await merchant.reverse(subject=subject, key=f"r:{subject}", transfer=transfer, amount=Money(minor, "EUR"))


async def test_a_key_gets_its_first_answer_again(merchant: FakeMerchant) -> None:
    first = await sent(merchant)
    assert isinstance(first, Done)
    assert await sent(merchant) == first
    assert await sent(merchant, amount=Money(999, "EUR")) == REUSED
    assert await sent(merchant, subject="trf_2") == REUSED
    assert merchant.paid_out("acct_1", "EUR") == 1000
    assert merchant.paid_out("acct_1", "USD") == 0


async def test_a_refusal_is_kept_for_its_key_until_keys_are_forgotten(
    merchant: FakeMerchant, clock: ManualClock
) -> None:
    merchant.script("transfer", BUSY)
    assert await sent(merchant) == BUSY
    assert await sent(merchant) == BUSY
    clock.advance(hours=24)
    assert isinstance(await sent(merchant), Done)


async def test_sending_twice_under_two_keys_is_noticed(merchant: FakeMerchant) -> None:
    await sent(merchant)
    with pytest.raises(Conflict, match="done already"):
        await sent(merchant, key="k:2")


@pytest.mark.parametrize(
    ("fault", "answered", "is_done", "again"),
    [
        (Fault.LOST, False, False, Done),
        (Fault.UNHEARD, False, True, Done),
        (Fault.BROKEN, True, False, OutcomeUnknown),
        (Fault.BROKEN_AFTER, True, True, OutcomeUnknown),
    ],
)
async def test_faults(merchant: FakeMerchant, fault: Fault, answered: bool, is_done: bool, again: type[object]) -> None:
    merchant.script("transfer", fault)
    with pytest.raises(OutcomeUnknown) as unknown:
        await sent(merchant)
    assert unknown.value.answered is answered
    found = await merchant.find_transfer(subject="trf_1", group="ord_1")
    assert isinstance(found, Done) is is_done
    if again is OutcomeUnknown:
        with pytest.raises(OutcomeUnknown):
            await sent(merchant)
    else:
        assert isinstance(await sent(merchant), again)


async def test_what_is_pending_is_settled_later(merchant: FakeMerchant) -> None:
    merchant.script("transfer", Fault.PENDING, Fault.PENDING)
    assert isinstance(await sent(merchant), Pending)
    await sent(merchant, "trf_2", "k:2")
    assert merchant.paid_out("acct_1", "EUR") == 0
    reference = merchant.settle("transfer", "trf_1")
    assert await merchant.find_transfer(subject="trf_1", group="") == Done(reference)
    merchant.settle("transfer", "trf_2", CLOSED)
    assert await merchant.find_transfer(subject="trf_2", group="") == CLOSED
    assert merchant.paid_out("acct_1", "EUR") == 1000
    with pytest.raises(NotFound):
        merchant.settle("transfer", "trf_3")


async def test_what_is_late_arrives_once(merchant: FakeMerchant, clock: ManualClock) -> None:
    merchant.script("transfer", Fault.LATE)
    with pytest.raises(OutcomeUnknown):
        await sent(merchant)
    assert await merchant.find_transfer(subject="trf_1", group="") is None
    clock.advance(hours=1)
    merchant.let_arrive()
    merchant.let_arrive()
    assert isinstance(await sent(merchant), Done)
    assert merchant.paid_out("acct_1", "EUR") == 1000


async def test_no_more_is_taken_back_than_was_sent(merchant: FakeMerchant) -> None:
    done = await sent(merchant)
    assert isinstance(done, Done)
    assert isinstance(await reversed_(merchant, done.reference, 600), Done)
    assert await reversed_(merchant, done.reference, 401, "trr_2") == TOO_MUCH
    assert await reversed_(merchant, "po_1", 1, "trr_3") == UNKNOWN
    # It may be one of an earlier process.
    assert isinstance(await reversed_(merchant, "tr_0", 1, "trr_4"), Done)
    merchant.spend("acct_1")
    assert await reversed_(merchant, done.reference, 100, "trr_5") == SPENT
    assert isinstance(await merchant.find_reversal(subject="trr_1", transfer=""), Done)
    assert merchant.paid_out("acct_1", "EUR") == 400


async def test_refunds_are_kept_too(merchant: FakeMerchant) -> None:
    merchant.script("find_refund", Fault.LOST)
    done = await merchant.refund(subject="rfd_1", key="k", payment="pay_1", amount=TEN)
    assert isinstance(done, Done)
    with pytest.raises(OutcomeUnknown):
        await merchant.find_refund(subject="rfd_1", payment="pay_1")
    assert await merchant.find_refund(subject="rfd_1", payment="pay_1") == done
    assert await merchant.find_refund(subject="rfd_2", payment="pay_1") is None


async def test_accounts(merchant: FakeMerchant, clock: ManualClock) -> None:
    account = await merchant.open_account(seller="sel_1", email="a@example.org")
    assert account == await merchant.open_account(seller="sel_1", email="b@example.org")
    link = await merchant.onboarding(account=account, return_url="https://shop.example/?a=1")
    assert link.url == f"https://shop.example/?a=1&onboarding=done&account={account}"
    assert link.expires_at - clock.now() == timedelta(minutes=5)
    assert await merchant.account(account=account) is AccountState.READY
    for state, answer in ((AccountState.CLOSED, CLOSED), (AccountState.RESTRICTED, RESTRICTED)):
        merchant.set_account(account, state)
        assert await merchant.account(account=account) is state
        assert await sent(merchant, state.value, state.value, account=account) == answer


@pytest.mark.parametrize(
    ("word", "answers"),
    [
        ("fail2", [BUSY, BUSY, Done]),
        ("low", [TOO_LOW, TOO_LOW]),
        ("closed", [CLOSED]),
        ("restricted", [RESTRICTED]),
        ("unheard", [None]),
        ("lost", [None, Done]),
        ("spent", [Done]),
        ("unready", [Done]),
    ],
)
async def test_words_in_an_address(merchant: FakeMerchant, word: str, answers: list[object]) -> None:
    assert word in WORDS or "fail<n>" in WORDS
    account = await merchant.open_account(seller="sel_1", email=f"sella+{word}@example.org")
    assert account.endswith(f"_{word}")
    for number, expected in enumerate(answers, 1):
        # The word is in the account's id, so a later process knows it as well.
        key = f"transfer:trf_1:{number}"
        if expected is None:
            with pytest.raises(OutcomeUnknown):
                await sent(merchant, key=key, account=account)
        elif expected is Done:
            assert isinstance(await sent(merchant, key=key, account=account), Done)
        else:
            assert await sent(merchant, key=key, account=account) == expected
    states = {
        "closed": AccountState.CLOSED,
        "restricted": AccountState.RESTRICTED,
        "unready": AccountState.ONBOARDING,
    }
    assert await merchant.account(account=account) is states.get(word, AccountState.READY)
    if word == "spent":
        found = await merchant.find_transfer(subject="trf_1", group="")
        assert isinstance(found, Done)
        assert await reversed_(merchant, found.reference, 1) == SPENT
