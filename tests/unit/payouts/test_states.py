"""Every state against everything that can be done: what is not in the table is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from adapters.testing import START
from platform_core.kernel.errors import Conflict, InvalidTransition
from platform_core.payouts.movement import Movement, TransferState
from platform_core.payouts.provider import AccountState, Failed, Failure
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.reversal import REVERSALS, TransferReversal
from platform_core.payouts.seller import ACCOUNTS, SellerAccount
from platform_core.payouts.sending import AdvanceTransfer, RetryTransfer
from platform_core.payouts.transfer import ENDED, OPEN, STATUSES, TRANSFERS, UNSENT, Transfer
from support.selling import SYSTEM, Shop
from support.world import OPERATOR, memory_world

S = TransferState
POLICY = PayoutPolicy()
NOW = START + timedelta(days=1)


def a_transfer(state: TransferState, **fields: Any) -> Transfer:
    is_sent = state in (S.COMPLETED, S.PARTIALLY_REVERSED, S.REVERSED)
    given: dict[str, Any] = {
        "id": "trf_1",
        "order": "ord_1",
        "seller": "usr_1",
        "currency": "EUR",
        "gross": 100,
        "fee": 10,
        "net": 90,
        "created_at": START,
        "available_at": START,
        "unsent": 0 if is_sent or state is S.CANCELLED else 90,
        "sent": 90 if is_sent else 0,
        "reversed": {S.PARTIALLY_REVERSED: 40, S.REVERSED: 90}.get(state, 0),
        "uncertain": state in (S.IN_FLIGHT, S.PROBING),
        "state": state,
    }
    return Transfer(**{**given, **fields})


def a_reversal(state: TransferState) -> TransferReversal:
    return TransferReversal(
        id="trr_1",
        transfer="trf_1",
        sending="tra_1.1",
        reference="tr_1",
        seller="usr_1",
        order="ord_1",
        currency="EUR",
        amount=40,
        created_at=START,
        state=state,
    )


def busy(failure: Failure) -> Failed:
    return Failed(failure, "code", "reason")


Verb = Callable[[Any], object]
VERBS: dict[str, tuple[Verb, set[TransferState]]] = {
    "begin": (
        lambda one: one.begin(NOW, amount=90, provider="fake", by="worker", policy=POLICY),
        {S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT, S.PROBING},
    ),
    "complete": (lambda one: one.complete(NOW), {S.IN_FLIGHT, S.PROBING, S.RETRY_WAIT, S.FAILED_PERMANENT}),
    "lose_sight": (
        lambda one: one.lose_sight(NOW, POLICY),
        {S.IN_FLIGHT, S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT},
    ),
    "ask_first": (
        lambda one: one.ask_first(NOW, POLICY),
        {S.IN_FLIGHT, S.PROBING, S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT},
    ),
    "fail, and try again": (lambda one: one.fail(busy(Failure.RETRYABLE), NOW, POLICY), {S.IN_FLIGHT, S.PROBING}),
    "fail for good": (
        lambda one: one.fail(busy(Failure.PERMANENT), NOW, POLICY),
        {S.IN_FLIGHT, S.PROBING},
    ),
    "give up": (lambda one: one.give_up(), {S.BLOCKED, S.SCHEDULED, S.IN_FLIGHT, S.PROBING, S.RETRY_WAIT}),
    "block": (
        lambda one: one.block("why", NOW, POLICY),
        {S.BLOCKED, S.SCHEDULED, S.IN_FLIGHT, S.PROBING, S.RETRY_WAIT},
    ),
    "unblock": (lambda one: one.unblock(), {S.BLOCKED}),
    "lower to nothing": (
        lambda one: one.lower(one.unsent, "refund"),
        {S.BLOCKED, S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT},
    ),
}
REVERSAL_VERBS: dict[str, tuple[Verb, set[TransferState]]] = {
    "begin": (
        lambda one: one.begin(NOW, amount=40, provider="fake", by="worker", policy=POLICY),
        {S.SCHEDULED, S.RETRY_WAIT, S.PROBING},
    ),
    "complete": (lambda one: one.complete(NOW), {S.IN_FLIGHT, S.PROBING, S.RETRY_WAIT}),
    "ask_first": (lambda one: one.ask_first(NOW, POLICY), {S.IN_FLIGHT, S.PROBING, S.RETRY_WAIT}),
    "fail": (lambda one: one.fail(busy(Failure.RETRYABLE), NOW, POLICY), {S.IN_FLIGHT, S.PROBING}),
    "lower to nothing": (lambda one: one.lower(40), {S.SCHEDULED, S.RETRY_WAIT}),
}


def fields_of(one: Movement) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in attrs.fields(type(one)) if field.init}


def refuses(one: Movement, act: Verb) -> bool:
    """Whether it refuses; then nothing may have changed."""
    before = fields_of(one)
    try:
        act(one)
    except InvalidTransition:
        assert fields_of(one) == before
        assert not one.take_events()
        return True
    return False


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("verb", VERBS)
def test_a_transfer_does_what_the_table_has_and_refuses_the_rest(verb: str, state: TransferState) -> None:
    act, legal = VERBS[verb]
    assert refuses(a_transfer(state), act) is (state not in legal)


@pytest.mark.parametrize("state", [S.BLOCKED, S.SCHEDULED, S.RETRY_WAIT, S.FAILED_PERMANENT])
@pytest.mark.parametrize(
    ("sent", "came_back", "end"),
    [(0, 0, S.CANCELLED), (90, 0, S.COMPLETED), (90, 40, S.PARTIALLY_REVERSED), (90, 90, S.REVERSED)],
)
def test_a_transfer_with_nothing_left_to_send_is_told_by_what_was_sent(
    state: TransferState, sent: int, came_back: int, end: TransferState
) -> None:
    transfer = a_transfer(state, unsent=40, sent=sent, reversed=came_back, reason="busy")
    transfer.lower(10, "refund")
    assert (transfer.state, transfer.reason) == (state, "busy")
    transfer.lower(30, "refund")
    assert (transfer.state, transfer.due_at) == (end, None)
    assert transfer.reason == ("refund" if end is S.CANCELLED else None)


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("verb", REVERSAL_VERBS)
def test_a_reversal_does_what_the_table_has_and_refuses_the_rest(verb: str, state: TransferState) -> None:
    act, legal = REVERSAL_VERBS[verb]
    assert refuses(a_reversal(state), act) is (state not in legal)


def test_the_tables_have_every_state() -> None:
    assert set(TRANSFERS.moves) == set(REVERSALS.moves) == set(STATUSES) == set(TransferState)
    assert set(TransferState) == ENDED | OPEN
    assert not ENDED & OPEN
    assert S.IN_FLIGHT not in UNSENT


def test_an_ended_transfer_begins_anew_only_when_money_is_given_back() -> None:
    for state in ENDED:
        assert TRANSFERS.moves[state] <= {S.SCHEDULED, S.PARTIALLY_REVERSED, S.REVERSED}
        transfer = a_transfer(state)
        transfer.restore(40, NOW)
        assert (transfer.state, transfer.unsent, transfer.restored) == (S.SCHEDULED, 40, 0)


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("command", [RetryTransfer, AdvanceTransfer])
async def test_a_command_in_the_wrong_state_changes_nothing_anywhere(state: TransferState, command: type[Any]) -> None:
    """Not the state, not the books, not the outbox (invariant 45)."""
    legal = {S.RETRY_WAIT, S.FAILED_PERMANENT} if command is RetryTransfer else set[TransferState]()
    if state in legal:
        return
    shop = Shop(memory_world())
    await shop.seller()
    await shop.unit(lambda work: _put(work, a_transfer(state)))
    await shop.world.relay.drain()
    before = fields_of(await shop.transfer("trf_1"))
    with pytest.raises(Conflict):
        await shop.world.execute(command("trf_1"), by=OPERATOR if command is RetryTransfer else SYSTEM)
    assert fields_of(await shop.transfer("trf_1")) == before
    assert await shop.world.store.outbox.pending() == 0
    assert [line async for line in shop.world.store.lines()] == []
    assert not shop.world.merchant.calls


async def _put(work: Any, transfer: Transfer) -> None:
    work.add(transfer)


@pytest.mark.parametrize("old", AccountState)
@pytest.mark.parametrize("new", AccountState)
def test_a_closed_account_stays_closed(old: AccountState, new: AccountState) -> None:
    account = SellerAccount(id="sel_1", seller="usr_1", provider="fake", created_at=START, changed_at=START, state=old)
    changes = old is not new and old is not AccountState.CLOSED
    assert account.heed(new, NOW) is changes
    assert account.state is (new if changes else old)
    assert len(account.take_events()) == changes
    assert set(ACCOUNTS.moves) == set(AccountState)
