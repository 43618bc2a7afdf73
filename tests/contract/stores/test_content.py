"""Content on every store: nobody pays twice, nothing gone is paid for, and a shelf has what is on it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from platform_core.content.access import PERIOD, Subscription, Tier, Unlock
from platform_core.content.items import ContentItem
from platform_core.content.moderating import DeleteContent, RejectContent
from platform_core.content.paying import GetTiers, ListSubscriptions, SetTiers, Subscribe, UnlockContent
from platform_core.content.shelves import Shelf
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import Conflict, InsufficientFunds, Invalid, NotFound, PlatformError
from platform_core.kernel.select import Select, Where
from platform_core.ledger.fees import FeePolicy
from platform_core.messaging.content import MessageForm
from platform_core.messaging.inbox import OpenConversation
from platform_core.messaging.writing import ReadHistory
from platform_core.platform import Storage
from support.media import creator, png, seen, upload
from support.world import OPERATOR, World


async def outcomes(*asked: Any) -> list[object]:
    """What came of each, asked at once: an answer, or the type of the refusal."""
    done = await asyncio.gather(*asked, return_exceptions=True)
    unexpected = [one for one in done if isinstance(one, BaseException) and not isinstance(one, PlatformError)]
    assert not unexpected
    return [type(one) if isinstance(one, PlatformError) else one for one in done]


async def test_an_item_is_unlocked_once_however_often_it_is_asked_for_at_once(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 100)
    made = await upload(world, jane, token_price=30)
    assert (await seen(world, made.item, bob)).is_locked

    receipts = await asyncio.gather(
        *(world.execute(UnlockContent(made.item), by=bob.actor, key=f"k{n % 3}" if n % 2 else None) for n in range(12))
    )

    assert {receipt.transaction for receipt in receipts} == {receipts[0].transaction}
    assert {(receipt.paid, receipt.balance) for receipt in receipts} == {(30, 70)}
    assert ((await world.wallet(bob.id)).balance, (await world.wallet(jane.id)).balance) == (70, 30)
    view = await seen(world, made.item, bob)
    assert (view.is_locked, view.unlocks) == (False, 1)
    assert view.url is not None
    await world.verified()


async def test_an_item_unlocked_is_told_once_where_the_two_talk_and_nowhere_else(world: World) -> None:
    """CHAT-03."""
    jane, bob = await creator(world), await world.person("bob", 100)
    made = [await upload(world, jane, png(number), token_price=30) for number in range(2)]
    await world.execute(UnlockContent(made[0].item), by=bob.actor)
    await world.relay.drain()
    talk = await world.execute(OpenConversation(jane.id), by=bob.actor)

    receipt = await world.execute(UnlockContent(made[1].item), by=bob.actor)
    await world.execute(UnlockContent(made[1].item), by=bob.actor)
    await world.relay.drain()

    [message] = (await world.execute(ReadHistory(talk.id), by=jane.actor)).items
    assert (message.form, message.author, message.amount, message.transaction, message.content) == (
        MessageForm.UNLOCK,
        bob.id,
        30,
        receipt.transaction,
        "30 TZT",
    )


async def test_an_item_unlocked_between_two_reads_is_not_refused(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 100)
    made = [await upload(world, jane, png(number), token_price=1) for number in range(10)]

    receipts = await asyncio.gather(
        *(world.execute(UnlockContent(one.item), by=bob.actor) for one in made for _ in range(5))
    )

    assert len({receipt.transaction for receipt in receipts}) == 10
    assert (await world.wallet(bob.id)).balance == 90
    await world.verified()


async def test_many_unlock_one_item_at_once(world: World) -> None:
    jane = await creator(world)
    made = await upload(world, jane, token_price=30)
    people = [await world.person(f"bob_{n}", 29 + n % 2) for n in range(10)]

    done = await outcomes(*(world.execute(UnlockContent(made.item), by=one.actor) for one in people))

    assert done.count(InsufficientFunds) == 5
    assert (await world.wallet(jane.id)).balance == 150
    assert len(await world.store.find(Select(Unlock, limit=100))) == 5
    await world.verified()


@pytest.mark.parametrize("how", ["deleted", "rejected"])
async def test_nobody_pays_for_an_item_that_goes_at_the_same_moment(world: World, how: str) -> None:
    jane = await creator(world)
    people = [await world.person(f"bob_{n}", 30) for n in range(6)]
    for round_ in range(4):
        made = await upload(world, jane, png(round_), token_price=5)
        go = DeleteContent(made.item) if how == "deleted" else RejectContent(made.item)

        done = await outcomes(
            *(world.execute(UnlockContent(made.item), by=one.actor) for one in people[:3]),
            world.execute(go, by=OPERATOR),
            *(world.execute(UnlockContent(made.item), by=one.actor) for one in people[3:]),
        )

        paid = [one for one in done if hasattr(one, "paid")]
        unlocks = await world.store.find(Select(Unlock, (Where("item", "=", made.item),), limit=100))
        assert len(paid) == len(unlocks)
        assert set(done) <= {NotFound, *paid, done[3]}
        with pytest.raises(NotFound):
            await world.execute(UnlockContent(made.item), by=(await world.person(f"late_{round_}", 30)).actor)
    earned = (await world.wallet(jane.id)).balance
    assert earned == 5 * len(await world.store.find(Select(Unlock, limit=100)))
    await world.verified()


async def test_what_cannot_be_unlocked_costs_nothing(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 100)
    free = await upload(world, jane, png(1))
    by_tier = await upload(world, jane, png(2), tier=Tier.FAN)
    sold = await upload(world, jane, png(3), token_price=10, tier=Tier.FAN)
    pending = await upload(world, jane, png(4), token_price=10, caption="doubtful")
    await world.execute(SetTiers(20, 0), by=jane.actor)

    for item, by, refusal in (
        (free.item, bob, Conflict),
        (by_tier.item, bob, Conflict),
        (sold.item, jane, Conflict),
        (pending.item, bob, NotFound),
        ("cnt_none", bob, NotFound),
    ):
        with pytest.raises(refusal):
            await world.execute(UnlockContent(item), by=by.actor)
    await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)
    with pytest.raises(Conflict):
        await world.execute(UnlockContent(sold.item), by=bob.actor)
    assert (await world.wallet(bob.id)).balance == 80
    await world.execute(BanUser(jane.id), by=OPERATOR)
    ann = await world.person("ann", 100)
    with pytest.raises(NotFound):
        await world.execute(UnlockContent(sold.item), by=ann.actor)
    await world.verified()


async def test_the_platform_takes_its_share(store: Storage) -> None:
    world = World(store, fees=FeePolicy({"unlock": 1000, "subscription": 2000}))
    jane, bob = await creator(world), await world.person("bob", 1000)
    made = await upload(world, jane, token_price=25)
    await world.execute(SetTiers(100, 0), by=jane.actor)

    await world.execute(UnlockContent(made.item), by=bob.actor)
    await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)

    assert (await world.wallet(jane.id)).balance == 22 + 80
    assert (await world.wallet(bob.id)).balance == 875
    await world.verified()


async def test_a_tier_is_paid_once_and_opens_what_is_for_it(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 1000)
    for_fans = await upload(world, jane, png(1), tier=Tier.FAN)
    for_superfans = await upload(world, jane, png(2), tier=Tier.SUPERFAN)
    await world.execute(SetTiers(100, 300), by=jane.actor)

    receipts = await asyncio.gather(
        *(world.execute(Subscribe(jane.id, Tier.FAN, price=100), by=bob.actor) for _ in range(8))
    )

    assert sorted(receipt.paid for receipt in receipts) == [0] * 7 + [100]
    assert {receipt.balance for receipt in receipts} == {900}
    assert not (await seen(world, for_fans.item, bob)).is_locked
    assert (await seen(world, for_superfans.item, bob)).is_locked
    offers = await world.execute(GetTiers(jane.id), by=bob.actor)
    assert (offers.prices, offers.mine) == ({"fan": 100, "superfan": 300}, "fan")
    assert (await world.execute(GetTiers(jane.id), by=ANONYMOUS)).mine is None
    world.clock.advance(days=30)
    assert (await seen(world, for_fans.item, bob)).is_locked
    assert await world.execute(ListSubscriptions(), by=bob.actor) == []
    await world.verified()


async def test_an_upgrade_costs_what_is_unused_less(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 1000)
    await world.execute(SetTiers(100, 300), by=jane.actor)
    await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)
    world.clock.advance(days=15)

    upgraded = await world.execute(Subscribe(jane.id, Tier.SUPERFAN), by=bob.actor)

    assert (upgraded.paid, upgraded.balance, upgraded.until) == (250, 650, world.clock.now() + PERIOD)
    below = await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)
    assert (below.paid, below.tier) == (0, "superfan")
    [listed] = await world.execute(ListSubscriptions(), by=bob.actor)
    assert (listed.username, listed.tier) == ("jane", "superfan")
    assert len(await world.store.find(Select(Subscription, limit=10))) == 1
    world.clock.advance(days=31)
    assert (await world.execute(Subscribe(jane.id, Tier.FAN), by=bob.actor)).paid == 100
    await world.verified()


async def test_what_cannot_be_subscribed_to_costs_nothing(world: World) -> None:
    jane, bob = await creator(world), await world.person("bob", 1000)
    await world.execute(SetTiers(100, 0), by=jane.actor)
    for command, by, refusal in (
        (Subscribe(jane.id, Tier.SUPERFAN), bob, Conflict),
        (Subscribe(jane.id, Tier.FAN, price=99), bob, Conflict),
        (Subscribe(jane.id, Tier.FREE), bob, Invalid),
        (Subscribe(jane.id, Tier.FAN), jane, Invalid),
        (Subscribe(bob.id, Tier.FAN), jane, Conflict),
        (Subscribe("usr_none", Tier.FAN), bob, NotFound),
    ):
        with pytest.raises(refusal):
            await world.execute(command, by=by.actor)
    poor = await world.person("poor", 99)
    with pytest.raises(InsufficientFunds):
        await world.execute(Subscribe(jane.id, Tier.FAN), by=poor.actor)
    assert await world.store.find(Select(Subscription, limit=10)) == []
    await world.verified()


async def test_uploads_and_deletions_at_once_leave_the_shelf_right(world: World) -> None:
    jane = await creator(world)
    made = await asyncio.gather(*(upload(world, jane, png(n)) for n in range(8)))

    await asyncio.gather(
        *(world.execute(DeleteContent(one.item), by=jane.actor) for one in made[:5]),
        *(upload(world, jane, png(100 + n)) for n in range(3)),
    )

    shelf = await world.store.get(Shelf, jane.id)
    kept = await world.store.find(Select(ContentItem, (Where("deleted_at", "=", None),), limit=100))
    assert shelf is not None
    assert (shelf.items, shelf.bytes) == (6, sum(item.size for item in kept))
