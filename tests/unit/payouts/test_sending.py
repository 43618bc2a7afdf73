"""Transfers on their way: sent, refused, tried again, and kept from accounts that take nothing."""

from datetime import timedelta

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, RESTRICTED, REUSED, TOO_LOW
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Conflict
from platform_core.kernel.events import Event
from platform_core.ledger.ports import payable
from platform_core.payouts.events import TransferFailed
from platform_core.payouts.movement import AttemptState, TransferState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.provider import AccountState
from platform_core.payouts.sending import AdvanceTransfer, NotRetryable
from support.selling import EUR, SYSTEM, Shop
from support.world import memory_world

S = TransferState


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


def told(shop: Shop, kind: type[Event]) -> list[Event]:
    """Events of this kind, as they are delivered from now on."""
    heard: list[Event] = []

    async def hear(envelope: object) -> None:
        heard.append(envelope.event)  # type: ignore[attr-defined]

    shop.world.on(kind, hear)
    return heard


async def test_what_is_paid_is_sent(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.status, transfer.amount, transfer.fee) == (S.SCHEDULED, "pending", 2699, 300)

    await shop.work_off()

    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.sent, transfer.unsent, transfer.retry_count) == (S.COMPLETED, 2699, 0, 0)
    [call] = shop.world.merchant.calls
    assert (call.key, call.subject, call.amount.minor) == (f"transfer:{id}:1", id, 2699)
    assert await shop.balance(payable(seller.id, EUR)) == 0
    await shop.check(settled=True)


async def test_two_failures_then_success(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY, BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    first = await shop.transfer(id)
    assert (first.state, first.status, first.retry_count) == (S.RETRY_WAIT, "failed", 1)
    assert first.next_retry_at is not None
    assert timedelta(seconds=30) <= first.next_retry_at - shop.world.clock.now() <= timedelta(seconds=60)

    await shop.until_due(id)
    assert (await shop.transfer(id)).retry_count == 2
    await shop.until_due(id)

    third = await shop.transfer(id)
    assert (third.state, third.retry_count, third.next_retry_at) == (S.COMPLETED, 2, None)
    assert [call.key for call in shop.world.merchant.calls] == [f"transfer:{id}:{g}" for g in (1, 2, 3)]
    assert [one.state for one in await shop.attempts(id)] == [
        AttemptState.FAILED,
        AttemptState.FAILED,
        AttemptState.DONE,
    ]
    await shop.check(settled=True)


async def test_after_the_last_failure_an_admin_is_awaited_and_may_try_again(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", *([BUSY] * 9))
    id = await shop.paid(seller)
    await shop.work_off()
    waits = []
    while (transfer := await shop.transfer(id)).due_at is not None:
        waits.append((transfer.due_at - shop.world.clock.now()).total_seconds())
        await shop.until_due(id)
    assert (transfer.state, transfer.status, transfer.retry_count, transfer.next_retry_at) == (
        S.FAILED_PERMANENT,
        "failed",
        8,
        None,
    )
    assert waits[:5] == sorted(waits[:5])
    assert sum(waits) < 18 * 3600  # All within the life of a key.

    refused = await shop.retry(id)
    assert (refused.status, refused.retry_count) == ("failed", 9)
    done = await shop.retry(id)
    assert (done.status, done.retry_count, done.state) == ("completed", 10, S.COMPLETED)
    await shop.check(settled=True)


async def test_a_retry_by_an_admin_counts_once(shop: Shop) -> None:
    """As the seed tells it: failed once, then by hand, and completed with two."""
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    retried = await shop.retry(id)
    assert (retried.id, retried.status, retried.retry_count) == (id, "completed", 2)
    [first, second] = await shop.attempts(id)
    assert (first.by, second.by) == ("worker", "cli")


async def test_too_little_money_there_is_a_long_wait(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", TOO_LOW)
    id = await shop.paid(seller)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert transfer.next_retry_at is not None
    assert transfer.next_retry_at - shop.world.clock.now() >= timedelta(hours=6)


@pytest.mark.parametrize(("failed", "is_our_fault"), [(CLOSED, False), (REUSED, True)])
async def test_what_will_never_be_done_waits_for_an_admin_at_once(
    shop: Shop, failed: object, is_our_fault: bool
) -> None:
    seller = await shop.seller()
    heard = told(shop, TransferFailed)
    shop.world.merchant.script("transfer", failed)  # type: ignore[arg-type]  # one of the two
    id = await shop.paid(seller)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count, transfer.due_at) == (S.FAILED_PERMANENT, 1, None)
    await shop.world.relay.drain()
    [event] = heard
    assert isinstance(event, TransferFailed)
    assert event.is_our_fault is is_our_fault
    await shop.check(settled=True)


async def test_a_transfer_waits_for_its_time(shop: Shop) -> None:
    seller = await shop.seller()
    later = shop.world.clock.now() + timedelta(days=7)
    id = await shop.paid(seller, available_at=later)
    await shop.work_off()
    assert not shop.world.merchant.calls
    with pytest.raises(Conflict, match="nothing is due"):
        await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    await shop.until_due(id)
    assert (await shop.transfer(id)).completed_at == later


# ---- accounts that take nothing


async def test_a_seller_without_an_account_is_paid_once_they_have_one(shop: Shop) -> None:
    seller = await shop.seller(ready=False)
    id = await shop.paid(seller)
    await shop.work_off()
    blocked = await shop.transfer(id)
    assert (blocked.state, blocked.status, blocked.reason) == (S.BLOCKED, "blocked", "not_onboarded")
    with pytest.raises(NotRetryable):
        await shop.retry(id)

    await shop.onboard(seller)
    assert (await shop.transfer(id)).state is S.SCHEDULED
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_a_restricted_account_uses_up_no_tries_and_stops_the_others(shop: Shop) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.set_account(await shop.account(seller), AccountState.RESTRICTED)
    ids = [await shop.paid(seller, f"ord_{n}") for n in range(3)]
    await shop.work_off()
    assert len(merchant.calls) == 1
    for id in ids:
        transfer = await shop.transfer(id)
        assert (transfer.state, transfer.retry_count) == (S.BLOCKED, 0)

    merchant.set_account(await shop.account(seller), AccountState.READY)
    # No message comes: the look later finds it.
    await shop.until_due(ids[0])
    assert [(await shop.transfer(id)).state for id in ids] == [S.COMPLETED] * 3
    # The refusal used up its key.
    refused = merchant.calls[0].subject
    assert [one.key for one in await shop.attempts(refused)] == [f"transfer:{refused}:1", f"transfer:{refused}:2"]
    await shop.check(settled=True)


async def test_a_refusal_by_a_restricted_account_alone_blocks_it(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", RESTRICTED)
    id = await shop.paid(seller)
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.reason, transfer.generation) == (S.BLOCKED, "account_restricted", 2)
    # The provider says otherwise when the seller comes back from its pages.
    await shop.world.execute(StartOnboarding(), by=seller.actor)
    await shop.world.relay.drain()
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED


async def test_a_closed_account_leaves_it_to_an_admin(shop: Shop) -> None:
    seller = await shop.seller(ready=False)
    id = await shop.paid(seller)
    shop.world.merchant.set_account(await shop.account(seller), AccountState.CLOSED)
    await shop.onboard(seller)
    await shop.until_due(id)
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.reason) == (S.FAILED_PERMANENT, "account_closed")
    with pytest.raises(NotRetryable, match="account_closed"):
        await shop.retry(id)


async def test_a_banned_seller_is_sent_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    await shop.world.execute(BanUser(seller.id, "fraud"), by=Actor.operator())
    await shop.work_off()
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.reason) == (S.BLOCKED, "seller_banned")
    assert not shop.world.merchant.calls
