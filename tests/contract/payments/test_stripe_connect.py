"""What is Stripe's own in selling: its requests, what its refusals mean, and looking for what it does not tell."""

from __future__ import annotations

import logging

import pytest

from adapters.payments.stripe_api import VERSION
from adapters.payments.stripe_connect import PAGES, PER_PAGE, StripeConnect, account_state
from adapters.payments.stripe_failures import CODES
from contract.payments.merchants import StripeMerchantSide
from platform_core.kernel.errors import NotFound, Unavailable
from platform_core.kernel.money import Money
from platform_core.payouts.provider import AccountState, Answer, Done, Failed, Failure, OutcomeUnknown, Pending
from support.stripe_connect import Account
from support.stripe_server import KEY

TEN = Money(1000, "EUR")


async def ready(connect: StripeMerchantSide, *, patience: float = 60.0) -> tuple[StripeConnect, str]:
    """A merchant, an account that takes money, and money to send."""
    merchant = connect.merchant(timeout=patience)
    account = await connect.seller(merchant)
    connect.fund(Money(1_000_000, "EUR"))
    connect.server.asked.clear()
    return merchant, account


async def sent(merchant: StripeConnect, account: str, *, key: str = "transfer:trf_1:0", amount: Money = TEN) -> Answer:
    return await merchant.transfer(subject="trf_1", key=key, account=account, amount=amount, group="ord_1")


# ---- requests


async def test_a_transfer_names_itself_its_order_its_amount_and_the_version(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    await sent(merchant, account)

    [asked] = connect.server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/transfers")
    assert asked.headers["Idempotency-Key"] == "transfer:trf_1:0"
    assert asked.headers["Stripe-Version"] == VERSION
    assert asked.params == {
        "amount": "1000",
        "currency": "eur",
        "destination": account,
        "transfer_group": "ord_1",
        "metadata[subject]": "trf_1",
    }


async def test_a_reversal_names_itself(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    done = await sent(merchant, account)
    assert isinstance(done, Done)
    await merchant.reverse(subject="rev_1", key="reversal:rev_1:0", transfer=done.reference, amount=Money(1, "EUR"))

    asked = connect.server.asked[-1]
    assert (asked.method, asked.path) == ("POST", f"/v1/transfers/{done.reference}/reversals")
    assert asked.headers["Idempotency-Key"] == "reversal:rev_1:0"
    assert asked.params == {"amount": "1", "metadata[subject]": "rev_1"}


async def test_a_refund_is_of_the_payment_behind_the_page(connect: StripeMerchantSide) -> None:
    merchant, session = connect.merchant(), connect.paid(TEN)
    intent = connect.server.sessions[session].intent_id
    for number, payment in enumerate((session, intent)):
        await merchant.refund(subject=f"rfd_{number}", key=f"refund:rfd_{number}:0", payment=payment, amount=TEN)

    asked = [one for one in connect.server.asked if one.method == "POST"]
    assert [one.headers["Idempotency-Key"] for one in asked] == ["refund:rfd_0:0", "refund:rfd_1:0"]
    assert asked[0].params == {"amount": "1000", "payment_intent": intent, "metadata[subject]": "rfd_0"}
    assert asked[1].params["payment_intent"] == intent


async def test_a_charge_can_be_named_too(connect: StripeMerchantSide) -> None:
    merchant = connect.merchant()
    await merchant.refund(subject="rfd_1", key="k", payment="ch_1", amount=TEN)

    assert connect.server.asked[-1].params["charge"] == "ch_1"


async def test_a_payment_page_that_nobody_paid_has_nothing_to_give_back(connect: StripeMerchantSide) -> None:
    merchant, session = connect.merchant(), connect.paid(TEN)
    connect.server.sessions[session].status = "open"
    for payment in (session, "cs_test_other"):
        answer = await merchant.refund(subject="rfd_1", key="k", payment=payment, amount=TEN)
        assert answer == Failed(Failure.PERMANENT, "resource_missing", "the payment provider will not do this")
        assert await merchant.find_refund(subject="rfd_1", payment=payment) is None


async def test_an_account_is_asked_for_with_its_name_and_what_it_is_for(connect: StripeMerchantSide) -> None:
    await connect.merchant().open_account(seller="sel_jane", email="jane@example.org")

    asked = connect.server.asked[-1]
    assert asked.headers["Idempotency-Key"] == "account:sel_jane"
    assert asked.params == {
        "controller[fees][payer]": "application",
        "controller[losses][payments]": "application",
        "controller[stripe_dashboard][type]": "express",
        "capabilities[transfers][requested]": "true",
        "email": "jane@example.org",
        "metadata[subject]": "sel_jane",
    }


async def test_an_account_is_the_same_long_after_stripe_forgot_the_key(connect: StripeMerchantSide) -> None:
    merchant = connect.merchant()
    first = await merchant.open_account(seller="sel_jane", email="jane@example.org")
    connect.server.forget_keys()
    for number in range(PER_PAGE + 1):
        connect.server.connect.accounts[f"acct_x{number}"] = Account(f"acct_x{number}", {})

    assert await merchant.open_account(seller="sel_jane", email="jane@other.example") == first


async def test_a_link_leads_back_and_says_how_it_ended(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    link = await merchant.onboarding(account=account, return_url="https://shop.example/sell?tab=1")

    assert connect.server.connect.links == [
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": "https://shop.example/sell?tab=1&onboarding=done",
            "refresh_url": "https://shop.example/sell?tab=1&onboarding=expired",
        }
    ]
    assert (link.expires_at - connect.clock.now()).total_seconds() == 300
    assert (await merchant.onboarding(account=account, return_url="https://shop.example/")).url != link.url
    with pytest.raises(NotFound):
        await merchant.onboarding(account="acct_other", return_url="https://shop.example/")


# ---- refusals


@pytest.mark.parametrize(("code", "kind"), sorted(CODES.items(), key=str))
async def test_what_stripe_calls_a_refusal_says_what_follows(
    connect: StripeMerchantSide, code: str, kind: Failure
) -> None:
    merchant, account = await ready(connect)
    connect.server.faults.append(code)

    answer = await sent(merchant, account)

    assert isinstance(answer, Failed)
    assert (answer.failure, answer.code) == (kind, code)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429", Failure.RETRYABLE, "rate_limit"),
        ("should retry", Failure.RETRYABLE, "http_400"),
        ("declined", Failure.PERMANENT, "card_declined"),
        ("401", Failure.FAULT, "http_401"),
        ("parameter_unknown", Failure.FAULT, "parameter_unknown"),
    ],
)
async def test_a_refusal_without_a_known_word_is_told_by_its_status(
    connect: StripeMerchantSide, fault: str, kind: Failure, code: str
) -> None:
    merchant, account = await ready(connect)
    connect.server.faults.append(fault)

    answer = await sent(merchant, account)

    assert isinstance(answer, Failed)
    assert (answer.failure, answer.code) == (kind, code)
    assert connect.moved() == (0, 0, 0)
    assert len([one for one in connect.server.asked if one.method == "POST"]) == 1, "one attempt is one request"


@pytest.mark.parametrize("fault", ["hang", "lost", "half", "garbage", "away"])
async def test_what_was_done_unheard_is_open_and_then_found(connect: StripeMerchantSide, fault: str) -> None:
    merchant, account = await ready(connect, patience=1.0 if fault == "hang" else 60.0)
    connect.server.faults.append(fault)

    with pytest.raises(OutcomeUnknown):
        await sent(merchant, account)

    assert await merchant.find_transfer(subject="trf_1", group="ord_1") == Done("tr_1")
    assert await sent(merchant, account) == Done("tr_1")
    assert connect.moved() == (0, 1, 0)


@pytest.mark.parametrize(
    ("fault", "answered"),
    [("409", False), ("away", False), ("lost", False), ("500", True), ("stored 500", True), ("done 500", True)],
)
async def test_what_says_nothing_is_open_and_tells_whether_the_key_is_used_up(
    connect: StripeMerchantSide, fault: str, answered: bool
) -> None:
    merchant, account = await ready(connect)
    connect.server.faults.append(fault)

    with pytest.raises(OutcomeUnknown) as unknown:
        await sent(merchant, account)

    assert unknown.value.answered is answered


async def test_a_failure_of_stripes_own_stays_for_its_key_and_the_next_one_succeeds(
    connect: StripeMerchantSide,
) -> None:
    merchant, account = await ready(connect)
    connect.server.faults.append("stored 500")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await sent(merchant, account)
        assert await merchant.find_transfer(subject="trf_1", group="ord_1") is None

    assert isinstance(await sent(merchant, account, key="transfer:trf_1:1"), Done)
    assert connect.moved() == (0, 1, 0)


async def test_a_provider_that_is_not_there_leaves_it_open(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    await connect.server.close()

    with pytest.raises(OutcomeUnknown):
        await sent(merchant, account)
    with pytest.raises(OutcomeUnknown):
        await merchant.find_transfer(subject="trf_1", group="ord_1")
    with pytest.raises(Unavailable):
        await merchant.account(account=account)


async def test_reasons_and_records_keep_secrets(connect: StripeMerchantSide, caplog: pytest.LogCaptureFixture) -> None:
    merchant, account = await ready(connect)
    with caplog.at_level(logging.DEBUG):
        for fault in ("parameter_unknown", "401", "account_closed"):
            connect.server.faults.append(fault)
            answer = await sent(merchant, account, key=fault)
            assert isinstance(answer, Failed)
            assert KEY not in f"{answer.code} {answer.reason}"

    assert KEY not in caplog.text
    assert account not in caplog.text


@pytest.mark.parametrize("amount", [Money(10**12, "EUR"), Money(1, "MGA"), Money(1001, "KWD")], ids=str)
async def test_an_amount_stripe_cannot_send_is_never_sent(connect: StripeMerchantSide, amount: Money) -> None:
    merchant, account = await ready(connect)

    answer = await sent(merchant, account, amount=amount)

    assert isinstance(answer, Failed)
    assert (answer.failure, answer.code) == (Failure.PERMANENT, "amount_not_payable")
    assert connect.server.asked == []


async def test_amounts_go_out_in_stripes_units(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    connect.account(account).currencies = frozenset({"isk"})
    connect.server.connect.balance["isk"] = 50_000

    assert isinstance(await sent(merchant, account, amount=Money(500, "ISK")), Done)
    assert connect.server.asked[0].params["amount"] == "50000"


# ---- looking for what was done


def many(connect: StripeMerchantSide, number: int) -> None:
    """Other transfers of the same order, newer than those there are."""
    for _ in range(number):
        id = f"tr_{len(connect.server.connect.transfers) + 1}"
        told = {"id": id, "object": "transfer", "transfer_group": "ord_1", "metadata": {"subject": f"other {id}"}}
        connect.server.connect.transfers[id] = told


async def test_all_pages_are_looked_through(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    await sent(merchant, account)
    many(connect, 2 * PER_PAGE)

    assert await merchant.find_transfer(subject="trf_1", group="ord_1") == Done("tr_1")
    assert len(connect.server.asked) == 1 + 3


async def test_more_than_can_be_looked_through_is_not_taken_for_nothing(connect: StripeMerchantSide) -> None:
    merchant, _ = await ready(connect)
    many(connect, PAGES * PER_PAGE)
    assert await merchant.find_transfer(subject="trf_1", group="ord_1") is None
    many(connect, 1)

    with pytest.raises(OutcomeUnknown):
        await merchant.find_transfer(subject="trf_1", group="ord_1")


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        ("failed", "expired_or_canceled_card", Failure.PERMANENT),
        ("failed", "insufficient_funds", Failure.FUNDS),
        ("canceled", None, Failure.PERMANENT),
    ],
)
async def test_a_refund_that_came_to_nothing_counts_less_than_one_that_did_not(
    connect: StripeMerchantSide, status: str, reason: str | None, kind: Failure
) -> None:
    merchant, session, books = connect.merchant(), connect.paid(TEN), connect.server.connect
    books.refund_status, books.refund_reason = status, reason
    part = Money(100, "EUR")
    first = await merchant.refund(subject="rfd_1", key="refund:rfd_1:0", payment=session, amount=part)
    assert isinstance(first, Failed)
    assert (first.failure, first.code) == (kind, reason or "canceled")
    assert await merchant.find_refund(subject="rfd_1", payment=session) == first

    books.refund_status, books.refund_reason = "requires_action", None
    second = await merchant.refund(subject="rfd_1", key="refund:rfd_1:1", payment=session, amount=part)
    assert isinstance(second, Pending)
    assert await merchant.find_refund(subject="rfd_1", payment=session) == second


async def test_no_more_is_given_back_than_was_paid(connect: StripeMerchantSide) -> None:
    merchant, session = connect.merchant(), connect.paid(TEN)
    kinds = []
    for number, minor in enumerate((600, 401, 400, 1)):
        subject = f"rfd_{number}"
        answer = await merchant.refund(subject=subject, key=subject, payment=session, amount=Money(minor, "EUR"))
        kinds.append(answer.failure if isinstance(answer, Failed) else type(answer))

    assert kinds == [Done, Failure.FAULT, Done, Failure.PERMANENT]
    assert connect.moved() == (2, 0, 0)


async def test_no_more_is_sent_than_there_is(connect: StripeMerchantSide) -> None:
    merchant, account = await ready(connect)
    connect.fund(Money(999, "EUR"))

    answer = await sent(merchant, account)

    assert isinstance(answer, Failed)
    assert (answer.failure, answer.code) == (Failure.FUNDS, "balance_insufficient")


# ---- accounts


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, AccountState.ONBOARDING),
        ({"details_submitted": True}, AccountState.RESTRICTED),
        ({"details_submitted": True, "capabilities": {"transfers": "active"}}, AccountState.RESTRICTED),
        ({"capabilities": {"transfers": "active"}, "payouts_enabled": True}, AccountState.READY),
        ({"capabilities": {"transfers": "pending"}, "payouts_enabled": True}, AccountState.ONBOARDING),
        ({"capabilities": None, "requirements": None, "details_submitted": "yes"}, AccountState.ONBOARDING),
        (
            {"capabilities": {"transfers": "active"}, "requirements": {"disabled_reason": "rejected.fraud"}},
            AccountState.CLOSED,
        ),
        ({"deleted": True}, AccountState.CLOSED),
    ],
)
def test_what_an_account_can_do_is_told_by_what_it_may(told: dict[str, object], state: AccountState) -> None:
    assert account_state(told) is state


@pytest.mark.parametrize("fault", ["429", "401", "garbage", "half"])
async def test_an_account_nobody_tells_of_is_not_closed(connect: StripeMerchantSide, fault: str) -> None:
    merchant, account = await ready(connect)
    connect.server.only_posts = False
    connect.server.faults.append(fault)

    with pytest.raises(Unavailable):
        await merchant.account(account=account)
