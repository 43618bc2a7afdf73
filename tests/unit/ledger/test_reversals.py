"""Undoing entries: never more than they moved, in whatever steps, and never past a floor."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_core.identity.staff import BanUser
from platform_core.kernel.errors import Conflict, Forbidden, InsufficientFunds, Invalid, NotFound
from platform_core.kernel.sync import run_sync
from platform_core.ledger.events import EntryReversed
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.reversals import Reversal, ReverseEntry
from platform_core.payments.ports import PaymentOutcome
from platform_core.wallet.balance import CaptureHold, ReleaseHold, Statement
from platform_core.wallet.purchases import PurchaseTokens, SettlePurchase
from support.steady import STEADY
from support.world import OPERATOR, Person, World, memory_world


async def tipped(amount: int, rate: int = 0) -> tuple[World, Person, Person, str]:
    """A world in which Anna has tipped Ben."""
    world = memory_world(fees=FeePolicy({"tip": rate, "capture": rate}))
    anna, ben = await world.person("anna", amount), await world.person("benn")
    return world, anna, ben, (await world.tip(anna, ben, amount)).transaction


async def undo(world: World, entry: str, amount: int | None = None) -> str:
    return await world.execute(ReverseEntry(entry, amount, "mistake"), by=OPERATOR)


async def standing(world: World, *people: Person) -> list[int]:
    """The wallets, then revenue."""
    accounts = [f"wallet:{person.id}:TZT" for person in people] + ["revenue:sys:TZT"]
    balances = await world.store.balances(accounts)
    return [balances[account] for account in accounts]


async def test_a_reversal_is_the_mirror_image_fee_included() -> None:
    world, anna, ben, tip = await tipped(2999, 1000)
    assert await standing(world, anna, ben) == [0, 2699, 300]
    id = await undo(world, tip)

    assert await standing(world, anna, ben) == [2999, 0, 0]
    entry = await world.store.entry(id)
    assert entry is not None
    assert (entry.kind, entry.reverses, dict(entry.details)) == ("reversal", tip, {"reason": "mistake"})
    claimed = await world.store.outbox.claim("a", now=world.clock.now(), lease=60, limit=100)
    assert EntryReversed(tip, id) in [envelope.event for envelope in claimed]
    await world.verified()


async def test_an_entry_is_reversed_wholly_once() -> None:
    """Invariant 8."""
    world, anna, ben, tip = await tipped(100)
    await undo(world, tip)

    for amount in (None, 1, 100):
        with pytest.raises(Conflict):
            await undo(world, tip, amount)
    assert await standing(world, anna, ben) == [100, 0, 0]


async def test_parts_never_exceed_the_whole() -> None:
    world, anna, ben, tip = await tipped(100, 1000)
    await undo(world, tip, 60)
    with pytest.raises(Conflict):
        await undo(world, tip, 41)
    await undo(world, tip)

    assert await standing(world, anna, ben) == [100, 0, 0]
    reversal = await world.store.get(Reversal, tip)
    assert reversal is not None
    assert sorted(reversal.undone.values()) == [10, 90, 100]


@settings(STEADY, max_examples=60)
@given(st.integers(1, 400), st.integers(0, 10_000), st.data())
def test_the_fee_given_back_depends_on_the_sum_only(gross: int, rate: int, data: st.DataObject) -> None:
    """Invariant 20: partial reversals in any order and grouping end as one of the sum."""
    total = data.draw(st.integers(1, gross))
    cuts = data.draw(st.sets(st.integers(1, total - 1), max_size=12)) if total > 1 else set()
    points = [0, *sorted(cuts), total]
    steps = data.draw(st.permutations([b - a for a, b in pairwise(points)]))

    async def after(parts: list[int]) -> list[int]:
        world, anna, ben, tip = await tipped(gross, rate)
        for part in parts:
            await undo(world, tip, part)
        await world.verified()
        return await standing(world, anna, ben)

    assert run_sync(after(steps)) == run_sync(after([total]))


async def test_one_token_at_a_time_gives_back_the_fee_in_step() -> None:
    world, anna, ben, tip = await tipped(100, 1000)
    seen = []
    for _ in range(100):
        await undo(world, tip, 1)
        seen.append((await standing(world))[0])

    assert (seen[4], seen[14], seen[49], seen[99]) == (10, 9, 5, 0)
    assert await standing(world, anna, ben) == [100, 0, 0]


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "1", 10**15 + 1])
async def test_a_part_is_an_amount(amount: int) -> None:
    world, *_, tip = await tipped(100)

    with pytest.raises(Invalid):
        await undo(world, tip, amount)


async def test_what_was_spent_since_cannot_be_taken_back_and_may_be_tried_again() -> None:
    world, anna, ben, tip = await tipped(100)
    await world.tip(ben, anna, 60)

    with pytest.raises(InsufficientFunds):
        await undo(world, tip)
    assert await standing(world, anna, ben) == [60, 40, 0]
    await undo(world, tip, 40)
    with pytest.raises(InsufficientFunds):
        await undo(world, tip)
    await world.credit(ben.id, 60)
    await undo(world, tip)
    assert await standing(world, anna, ben) == [160, 0, 0]
    await world.verified()


async def test_what_a_banned_user_got_can_be_taken_back() -> None:
    world, anna, ben, tip = await tipped(100)
    for person in (anna, ben):
        await world.execute(BanUser(person.id), by=OPERATOR)
    await undo(world, tip)

    assert await standing(world, anna, ben) == [100, 0, 0]


async def test_an_issue_of_tokens_can_be_undone() -> None:
    world = memory_world()
    anna = await world.person("anna", 100)
    [line] = await world.execute(Statement(anna.id), by=OPERATOR)
    await undo(world, line.entry, 30)

    assert (await world.wallet(anna.id)).balance == 70
    assert (await world.store.balances(["issuance:sys:TZT"]))["issuance:sys:TZT"] == -70


async def test_a_purchase_is_undone_whole_in_both_currencies() -> None:
    world = memory_world()
    anna = await world.person("anna")
    offer = await world.execute(PurchaseTokens("pkg_100", "card"), by=anna.actor)
    paid = SettlePurchase(offer.purchase, "pay_1", PaymentOutcome.SUCCEEDED, 999, "EUR")
    await world.execute(paid, by=OPERATOR)
    [line] = await world.execute(Statement(anna.id), by=OPERATOR)
    with pytest.raises(Invalid):
        await undo(world, line.entry, 50)
    await undo(world, line.entry)

    assert {account.balance async for account in world.store.accounts()} == {0}
    await world.verified()


async def test_a_reversal_is_not_reversed() -> None:
    world, *_, tip = await tipped(100)
    reversal = await undo(world, tip)

    with pytest.raises(Conflict):
        await undo(world, reversal)


async def test_tokens_set_aside_come_back_through_their_hold_only() -> None:
    """Escrow stays the sum of the active holds (invariant 12), whichever entry of a hold one tries to undo."""
    world = memory_world()
    anna, ben = await world.person("anna", 100), await world.person("benn")
    captured, released = await world.hold(anna, 30), await world.hold(anna, 30)
    await world.hold(anna, 30)
    await world.execute(CaptureHold(captured, ben.id, 10), by=OPERATOR)
    await world.execute(ReleaseHold(released), by=OPERATOR)
    entries = [entry async for entry in world.store.entries() if entry.kind in {"hold", "capture", "release"}]
    assert len(entries) == 5

    for entry in entries:
        for amount in (None, 5):
            with pytest.raises(Conflict, match="through their hold"):
                await undo(world, entry.id, amount)
    await world.verified()


async def test_what_is_not_there_is_not_found_and_only_operators_may() -> None:
    world, anna, _, tip = await tipped(100)
    with pytest.raises(NotFound):
        await undo(world, "txn_none")
    with pytest.raises(Forbidden):
        await world.execute(ReverseEntry(tip), by=anna.actor)


async def test_a_reversal_under_a_key_is_done_once() -> None:
    world, anna, ben, tip = await tipped(100)
    ids = {await world.execute(ReverseEntry(tip, 30), by=OPERATOR, key="k") for _ in range(3)}

    assert len(ids) == 1
    assert await standing(world, anna, ben) == [30, 70, 0]
