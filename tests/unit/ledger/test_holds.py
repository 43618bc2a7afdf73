"""Holds: set aside once, ended once, and never a token lost on the way."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.testing import START
from platform_core.identity.staff import BanUser
from platform_core.kernel.errors import AccountFrozen, Conflict, InsufficientFunds, Invalid, NotFound, PlatformError
from platform_core.kernel.sync import run_sync
from platform_core.ledger.events import HoldCaptured, HoldExpired, HoldPlaced, HoldReleased
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.holds import Hold, HoldExpiredError, HoldResolved, HoldState
from platform_core.wallet.balance import (
    LONGEST_HOLD,
    CaptureHold,
    DueHolds,
    ExpireHold,
    ExtendHold,
    PlaceHold,
    ReleaseHold,
)
from support.steady import STEADY
from support.world import OPERATOR, Person, World, memory_world

Command = CaptureHold | ReleaseHold | ExpireHold | ExtendHold


async def two(tokens: int = 100, *, fees: FeePolicy | None = None) -> tuple[World, Person, Person]:
    """A world with a payer who has tokens, and a payee."""
    world = memory_world(fees=fees)
    return world, await world.person("anna", tokens), await world.person("benn")


async def read(world: World, id: str) -> Hold:
    hold = await world.store.get(Hold, id)
    assert hold is not None
    return hold


async def events(world: World) -> list[object]:
    """What happened to holds."""
    claimed = await world.store.outbox.claim("a", now=world.clock.now(), lease=60, limit=100)
    return [envelope.event for envelope in claimed if envelope.subject.startswith("hld_")]


async def test_a_hold_sets_tokens_aside_that_stay_the_payers() -> None:
    world, anna, _ = await two()
    id = await world.hold(anna, 30, seconds=60)

    wallet = await world.wallet(anna.id)
    assert (wallet.balance, wallet.held, wallet.available) == (100, 30, 70)
    hold = await read(world, id)
    assert (hold.state, hold.deadline) == (HoldState.ACTIVE, START + timedelta(seconds=60))
    assert await events(world) == [HoldPlaced(id, anna.id, 30, "bkg_1")]


async def test_no_more_can_be_held_than_is_available() -> None:
    world, anna, _ = await two()
    await world.hold(anna, 70)

    with pytest.raises(InsufficientFunds):
        await world.hold(anna, 31)
    assert await world.hold(anna, 30)


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "10", None, 10**15 + 1])
async def test_a_hold_is_of_an_amount(amount: int) -> None:
    world, anna, _ = await two()

    with pytest.raises(Invalid):
        await world.hold(anna, amount)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_HOLD + 1, 10**18, 1.5, True, None])
async def test_a_hold_lasts_a_while_but_not_for_ever(seconds: int) -> None:
    world, anna, _ = await two()

    with pytest.raises(Invalid) as refused:
        await world.hold(anna, 10, seconds)
    assert refused.value.details[0].field == "seconds"


async def test_a_hold_of_nobody_is_not_found() -> None:
    world, anna, ben = await two()
    for command in (PlaceHold("usr_none", 1, "x"), CaptureHold("hld_none", ben.id), ReleaseHold("hld_none")):
        with pytest.raises(NotFound):
            await world.execute(command, by=OPERATOR)
    id = await world.hold(anna, 10)
    with pytest.raises(NotFound):
        await world.execute(CaptureHold(id, "usr_none"), by=OPERATOR)


async def test_a_capture_pays_the_payee_less_the_fee_and_gives_the_rest_back_in_one_entry() -> None:
    world, anna, ben = await two(fees=FeePolicy({"capture": 1000}))
    id = await world.hold(anna, 50)
    entries = len([None async for _ in world.store.entries()])

    assert await world.execute(CaptureHold(id, ben.id, 33), by=OPERATOR) == 30
    assert ((await world.wallet(anna.id)).available, (await world.wallet(ben.id)).balance) == (67, 30)
    assert (await world.store.balances(["revenue:sys:TZT"]))["revenue:sys:TZT"] == 3
    assert len([None async for _ in world.store.entries()]) == entries + 1
    hold = await read(world, id)
    assert (hold.state, hold.captured, hold.resolved_at) == (HoldState.CAPTURED, 33, START)
    assert (await events(world))[-1] == HoldCaptured(id, anna.id, ben.id, 33, 3)
    await world.verified()


@STEADY
@given(st.integers(1, 10**15), st.data())
def test_captured_and_returned_are_the_whole(amount: int, data: st.DataObject) -> None:
    """Invariants 13 and 14: whatever is captured, at whatever fee."""
    captured = data.draw(st.integers(0, amount))
    rate = data.draw(st.integers(0, 10_000))

    async def story() -> None:
        world, anna, ben = await two(amount, fees=FeePolicy({"capture": rate}))
        id = await world.hold(anna, amount)
        paid = await world.execute(CaptureHold(id, ben.id, captured), by=OPERATOR)
        fee = (await world.store.balances(["revenue:sys:TZT"]))["revenue:sys:TZT"]
        assert paid + fee == captured
        assert (await world.wallet(anna.id)).available == amount - captured
        await world.verified()

    run_sync(story())


@pytest.mark.parametrize("amount", [-1, 31, 1.0, True, "30"])
async def test_a_capture_never_exceeds_the_hold(amount: int) -> None:
    world, anna, ben = await two()
    id = await world.hold(anna, 30)

    with pytest.raises(Invalid):
        await world.execute(CaptureHold(id, ben.id, amount), by=OPERATOR)
    assert (await world.wallet(anna.id)).held == 30


async def test_nobody_captures_their_own_hold() -> None:
    """Invariant 16."""
    world, anna, _ = await two()
    id = await world.hold(anna, 30)

    with pytest.raises(Invalid):
        await world.execute(CaptureHold(id, anna.id), by=OPERATOR)


async def test_a_release_gives_all_back_and_keeps_the_reason() -> None:
    world, anna, _ = await two()
    id = await world.hold(anna, 30)
    await world.execute(ReleaseHold(id, "cancelled"), by=OPERATOR)

    assert (await world.wallet(anna.id)).available == 100
    hold = await read(world, id)
    assert (hold.state, hold.reason) == (HoldState.RELEASED, "cancelled")
    assert (await events(world))[-1] == HoldReleased(id, anna.id, 30)


async def test_a_hold_expires_at_its_deadline_and_no_earlier() -> None:
    world, anna, _ = await two()
    id = await world.hold(anna, 30, seconds=60)
    world.clock.advance(seconds=59.999999)
    with pytest.raises(Conflict):
        await world.execute(ExpireHold(id), by=OPERATOR)
    assert await world.execute(DueHolds(), by=OPERATOR) == []

    world.clock.advance(seconds=0.000001)
    assert await world.execute(DueHolds(), by=OPERATOR) == [id]
    await world.execute(ExpireHold(id), by=OPERATOR)
    assert (await world.wallet(anna.id)).available == 100
    assert (await events(world))[-1] == HoldExpired(id, anna.id, 30)
    assert await world.execute(DueHolds(), by=OPERATOR) == []


async def test_from_its_deadline_on_a_hold_is_expired_whether_or_not_anybody_swept() -> None:
    """Invariant 15."""
    world, anna, ben = await two()
    id = await world.hold(anna, 30, seconds=60)
    world.clock.advance(seconds=60)

    for command in (CaptureHold(id, ben.id), ReleaseHold(id), ExtendHold(id, START + timedelta(days=1))):
        with pytest.raises(HoldExpiredError):
            await world.execute(command, by=OPERATOR)
    assert (await world.wallet(anna.id)).held == 30


async def test_an_extension_moves_the_deadline_later_only() -> None:
    world, anna, ben = await two()
    id = await world.hold(anna, 30, seconds=60)
    with pytest.raises(Invalid):
        await world.execute(ExtendHold(id, START + timedelta(seconds=60)), by=OPERATOR)
    await world.execute(ExtendHold(id, START + timedelta(seconds=61)), by=OPERATOR)
    world.clock.advance(seconds=60)

    assert await world.execute(CaptureHold(id, ben.id), by=OPERATOR) == 30


ENDS: dict[str, Command] = {
    "captured": CaptureHold("", "", None),
    "released": ReleaseHold(""),
    "expired": ExpireHold(""),
}


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", [*ENDS, "extended"])
async def test_a_hold_that_has_ended_is_refused_everything_and_nothing_moves(first: str, second: str) -> None:
    """Invariants 13 and 45, over every pair."""
    world, anna, ben = await two()
    id = await world.hold(anna, 30, seconds=60)
    commands: dict[str, Command] = {
        "captured": CaptureHold(id, ben.id),
        "released": ReleaseHold(id),
        "expired": ExpireHold(id),
        "extended": ExtendHold(id, START + timedelta(days=1)),
    }
    if first == "expired":
        world.clock.advance(seconds=60)
    await world.execute(commands[first], by=OPERATOR)
    before = [await world.wallet(anna.id), await world.wallet(ben.id), len(await events(world))]

    with pytest.raises(HoldResolved) as refused:
        await world.execute(commands[second], by=OPERATOR)
    assert refused.value.code == f"ALREADY_{first.upper()}"
    world.clock.advance(minutes=5)
    assert [await world.wallet(anna.id), await world.wallet(ben.id), len(await events(world))] == before


@pytest.mark.parametrize("command", ["captured", "released", "extended"])
async def test_the_same_command_under_its_key_is_answered_again_after_the_end(command: str) -> None:
    world, anna, ben = await two()
    id = await world.hold(anna, 30)
    commands: dict[str, Command] = {
        "captured": CaptureHold(id, ben.id),
        "released": ReleaseHold(id),
        "extended": ExtendHold(id, START + timedelta(days=1)),
    }
    first = await world.perform(commands[command], by=OPERATOR, key="k")
    again = await world.perform(commands[command], by=OPERATOR, key="k")

    assert (first.value, first.replayed, again.replayed) == (again.value, False, True)


async def test_a_banned_payer_holds_nothing_new_but_what_was_held_reaches_its_end() -> None:
    """Tokens promised before a ban still reach their end."""
    world, anna, ben = await two()
    ids = [await world.hold(anna, 10, seconds=60) for _ in range(3)]
    await world.execute(BanUser(anna.id), by=OPERATOR)
    with pytest.raises(AccountFrozen):
        await world.hold(anna, 10)

    await world.execute(CaptureHold(ids[0], ben.id), by=OPERATOR)
    await world.execute(ReleaseHold(ids[1]), by=OPERATOR)
    world.clock.advance(seconds=60)
    await world.execute(ExpireHold(ids[2]), by=OPERATOR)
    assert ((await world.wallet(anna.id)).available, (await world.wallet(ben.id)).balance) == (90, 10)
    await world.verified()


async def test_a_payee_banned_since_is_still_paid_what_was_promised() -> None:
    world, anna, ben = await two()
    id = await world.hold(anna, 10)
    await world.execute(BanUser(ben.id), by=OPERATOR)
    await world.execute(CaptureHold(id, ben.id), by=OPERATOR)

    assert (await world.wallet(ben.id)).balance == 10


async def test_a_capture_needs_no_funds_but_its_own() -> None:
    """Invariant 14."""
    world, anna, ben = await two()
    id = await world.hold(anna, 100)
    with pytest.raises(PlatformError):
        await world.tip(anna, ben, 1)

    assert await world.execute(CaptureHold(id, ben.id), by=OPERATOR) == 100
