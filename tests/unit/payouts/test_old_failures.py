"""Failures that are told late: known ones are old news, and what nobody knows of is asked about before it is sent."""

from __future__ import annotations

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED, Fault
from platform_core.kernel.changes import Changes, Committed
from platform_core.payouts.movement import AttemptState, TransferState
from platform_core.payouts.provider import Failed
from support.selling import Shop
from support.world import memory_world

S = TransferState


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def failed_there(shop: Shop, failed: Failed) -> str:
    """A transfer that the provider takes, and later says it has failed, and so it is known here; its id."""
    shop.world.merchant.script("transfer", Fault.PENDING)
    id = await shop.paid(await shop.seller())
    await shop.work_off()
    shop.world.merchant.settle("transfer", id, failed)
    await shop.until_due(id)
    return id


async def found_failed_there(shop: Shop, failed: Failed) -> str:
    """A transfer whose try arrives only after asking has found nothing, and fails there unheard; its id."""
    shop.world.merchant.script("transfer", Fault.LATE)
    id = await shop.paid(await shop.seller())
    await shop.work_off()
    await shop.until_due(id)
    shop.world.merchant.let_arrive()
    shop.world.merchant.settle("transfer", id, failed)
    assert (await shop.transfer(id)).uncertain
    return id


async def test_what_has_failed_for_good_is_sent_when_an_admin_tries_however_late(shop: Shop) -> None:
    """The provider still tells of the old failure: that is no answer to the new try."""
    id = await failed_there(shop, CLOSED)
    assert (await shop.transfer(id)).state is S.FAILED_PERMANENT
    shop.world.clock.advance(days=3)

    retried = await shop.retry(id)

    assert (retried.status, retried.retry_count) == ("completed", 2)
    assert [(one.key, one.state) for one in await shop.attempts(id)] == [
        (f"transfer:{id}:1", AttemptState.FAILED),
        (f"transfer:{id}:2", AttemptState.DONE),
    ]
    await shop.check(settled=True)


async def test_a_worker_that_was_away_for_days_sends_what_was_to_be_tried_again(shop: Shop) -> None:
    id = await failed_there(shop, BUSY)
    assert (await shop.transfer(id)).state is S.RETRY_WAIT
    shop.world.clock.advance(days=3)
    await shop.work_off()

    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count) == (S.COMPLETED, 1)
    assert [one.state for one in await shop.attempts(id)] == [AttemptState.FAILED, AttemptState.DONE]
    await shop.check(settled=True)


@pytest.mark.parametrize("failed", [CLOSED, BUSY], ids=lambda one: one.code)
async def test_an_admin_who_asks_and_hears_of_an_old_failure_sends(shop: Shop, failed: Failed) -> None:
    id = await found_failed_there(shop, failed)

    retried = await shop.retry(id)

    assert (retried.status, retried.retry_count) == ("completed", 2)
    assert [(one.key, one.state) for one in await shop.attempts(id)] == [
        (f"transfer:{id}:1", AttemptState.FAILED),
        (f"transfer:{id}:2", AttemptState.DONE),
    ]
    await shop.check(settled=True)


@pytest.mark.parametrize(
    ("failed", "state", "count"),
    [(BUSY, S.COMPLETED, 1), (CLOSED, S.FAILED_PERMANENT, 2)],
    ids=["may be tried again", "may not"],
)
async def test_a_worker_that_asks_and_hears_of_an_old_failure_does_what_follows_from_it(
    shop: Shop, failed: Failed, state: TransferState, count: int
) -> None:
    id = await found_failed_there(shop, failed)
    shop.world.clock.advance(days=3)
    await shop.work_off()

    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count) == (state, count)
    assert (await shop.attempts(id))[0].state is AttemptState.FAILED
    await shop.check(settled=True)


async def test_a_sender_killed_after_it_heard_of_an_old_failure_is_followed_by_one_who_sends(shop: Shop) -> None:
    id = await found_failed_there(shop, CLOSED)
    commits = 0
    whole = shop.world.store.commit

    async def dies(changes: Changes) -> Committed:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise KeyboardInterrupt
        return await whole(changes)

    shop.world.store.commit = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await shop.retry(id)
    shop.world.store.commit = whole  # type: ignore[method-assign]
    assert (await shop.transfer(id)).state is S.PROBING
    await shop.until_due(id)

    transfer = await shop.transfer(id)
    assert (transfer.state, transfer.retry_count) == (S.COMPLETED, 2)
    await shop.check(settled=True)
