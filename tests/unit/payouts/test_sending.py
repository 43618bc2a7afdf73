"""Transfers on their way: sent, refused, lost sight of, and tried again."""

import asyncio
from datetime import timedelta

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, RESTRICTED, REUSED, TOO_LOW, Fault
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.errors import Conflict, Forbidden, NotFound
from platform_core.kernel.events import Event
from platform_core.ledger.ports import payable
from platform_core.payouts.events import TransferFailed
from platform_core.payouts.movement import AttemptState, TransferState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.provider import AccountState, Done
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


# ---- nobody knows


async def test_what_was_done_unheard_is_found_and_not_sent_again(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    id = await shop.paid(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).status == "unknown"
    assert await shop.balance(payable(seller.id, EUR)) == 2699

    await shop.until_due(id)
    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count) == (S.COMPLETED, 0)
    assert len(shop.world.merchant.calls) == 1
    await shop.check(settled=True)


async def test_what_never_arrived_is_sent_again_under_the_same_key(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    waiting = await shop.transfer(id)
    assert (waiting.state, waiting.reason, waiting.retry_count, waiting.generation) == (
        S.RETRY_WAIT,
        "not_received",
        1,
        1,
    )
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert [one.key for one in await shop.attempts(id)] == [f"transfer:{id}:1"] * 2
    await shop.check(settled=True)


@pytest.mark.parametrize(("fault", "calls"), [(Fault.BROKEN, 2), (Fault.BROKEN_AFTER, 1)])
async def test_an_answer_that_says_nothing_uses_up_its_key_once_asking_has_found_nothing(
    shop: Shop, fault: Fault, calls: int
) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", fault)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    if (await shop.transfer(id)).due_at is not None:
        await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert len({call.key for call in shop.world.merchant.calls}) == calls
    await shop.check(settled=True)


async def test_asking_goes_on_until_there_is_an_answer(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.UNHEARD)
    shop.world.merchant.script("find_transfer", *([Fault.LOST] * 5))
    id = await shop.paid(seller)
    await shop.work_off()
    for _ in range(5):
        await shop.until_due(id)
        assert (await shop.transfer(id)).state is S.PROBING
        with pytest.raises(NotRetryable):
            await shop.retry(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_a_forgotten_key_is_asked_about_before_anything_is_sent(shop: Shop) -> None:
    """The outcome is unknown, nothing runs for two days, and the provider has forgotten the key by then."""
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", Fault.LOST)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    shop.world.clock.advance(days=2)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert [one.key for one in await shop.attempts(id)] == [f"transfer:{id}:1", f"transfer:{id}:2"]
    await shop.check(settled=True)


async def test_an_admin_who_tries_long_after_asks_first(shop: Shop) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", CLOSED)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.clock.advance(days=3)
    merchant.script("find_transfer", Fault.LOST)
    unknown = await shop.retry(id)
    assert (unknown.status, unknown.retry_count, len(merchant.calls)) == ("unknown", 2, 1)
    await shop.until_due(id)
    # Asking brought nothing: that try has failed, and was counted when the admin began it.
    failed = await shop.transfer(id)
    assert (failed.retry_count, failed.state) == (2, S.RETRY_WAIT)
    assert (await shop.retry(id)).status == "completed"
    await shop.check(settled=True)


async def test_a_killed_sender_leaves_a_lease_and_the_next_one_asks(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    merchant = shop.world.merchant

    async def dies(**_: object) -> Done:
        raise KeyboardInterrupt

    original, merchant.transfer = merchant.transfer, dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    merchant.transfer = original  # type: ignore[method-assign]
    assert (await shop.transfer(id)).state is S.IN_FLIGHT
    await shop.work_off()
    assert not merchant.calls  # The lease is not over.
    await shop.until_due(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_what_is_pending_there_is_told_later(shop: Shop) -> None:
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", Fault.PENDING)
    id = await shop.paid(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).status == "processing"
    await shop.until_due(id)
    assert (await shop.transfer(id)).status == "processing"
    merchant.settle("transfer", id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    assert len(merchant.calls) == 1
    await shop.check(settled=True)


# ---- admins


async def test_only_admins_retry_and_only_what_has_failed(shop: Shop) -> None:
    seller = await shop.seller()
    id = await shop.paid(seller)
    with pytest.raises(NotFound):
        await shop.retry("trf_none")
    with pytest.raises(Forbidden):
        await shop.retry(id, by=seller.actor)
    with pytest.raises(Forbidden):
        await shop.retry(id, by=Actor("usr_m", Role.MODERATOR, Via.SESSION, "ses_1"))
    with pytest.raises(NotRetryable, match="scheduled"):
        await shop.retry(id)
    await shop.work_off()
    with pytest.raises(NotRetryable, match="completed"):
        await shop.retry(id)
    assert len(shop.world.merchant.calls) == 1


async def test_the_same_retry_twice_is_one(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    first = await shop.retry(id, key="again")
    assert await shop.retry(id, key="again") == first
    assert len(shop.world.merchant.calls) == 2


async def test_retries_while_it_is_being_sent_are_refused(shop: Shop) -> None:
    """MON-13: whoever comes second makes no call."""
    seller = await shop.seller()
    merchant = shop.world.merchant
    merchant.script("transfer", BUSY)
    id = await shop.paid(seller)
    await shop.work_off()
    reached, gate, original = asyncio.Event(), asyncio.Event(), merchant.transfer

    async def slow(**asked: object) -> object:
        reached.set()
        await gate.wait()
        return await original(**asked)  # type: ignore[arg-type]  # passed on

    merchant.transfer = slow  # type: ignore[assignment,method-assign]  # the same, later
    first = asyncio.create_task(shop.retry(id))
    await reached.wait()
    with pytest.raises(NotRetryable, match="in_flight"):
        await shop.retry(id)
    with pytest.raises(Conflict):
        await shop.world.execute(AdvanceTransfer(id), by=SYSTEM)
    gate.set()
    assert (await first).status == "completed"
    assert len(merchant.calls) == 2
    await shop.check(settled=True)


async def test_what_was_blocked_for_long_after_a_try_is_asked_about_first(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", RESTRICTED)
    id = await shop.paid(seller)
    await shop.work_off()
    shop.world.clock.advance(days=3)
    await shop.onboard(seller)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.COMPLETED
    await shop.check(settled=True)


async def test_what_arrives_late_is_not_done_twice(shop: Shop) -> None:
    """Asking finds nothing, it is sent again under the same key, and then the first request arrives after all."""
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LATE)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    await shop.until_due(id)
    assert (await shop.transfer(id)).state is S.COMPLETED
    shop.world.merchant.let_arrive()
    await shop.check(settled=True)


async def test_what_arrives_late_and_first_is_found_by_its_key(shop: Shop) -> None:
    seller = await shop.seller()
    shop.world.merchant.script("transfer", Fault.LATE)
    id = await shop.paid(seller)
    await shop.work_off()
    await shop.until_due(id)
    shop.world.merchant.let_arrive()
    await shop.refunded(seller, 900)
    await shop.until_due(id)
    await shop.work_off()
    assert (await shop.transfer(id)).state is S.PARTIALLY_REVERSED
    await shop.check(settled=True)
