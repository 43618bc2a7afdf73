"""Many at once on one platform: whoever wins, the sums are right and the others are told why."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from platform_core.identity.access import Login, Register
from platform_core.identity.sessions import Session
from platform_core.identity.staff import BanUser, SetRole, UnbanUser
from platform_core.identity.users import User
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.ledger.holds import Hold, HoldState
from platform_core.ledger.reversals import ReverseEntry
from platform_core.wallet.balance import CaptureHold, ExpireHold, ExtendHold, ReleaseHold
from platform_core.wallet.purchases import PurchaseTokens
from support.builders import codes, counted
from support.world import OPERATOR, PASSWORD, World


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """What comes of acts begun together."""
    results: list[Any] = await asyncio.gather(*acts, return_exceptions=True)
    return results


async def test_of_a_hundred_tips_with_funds_for_one_one_succeeds(world: World) -> None:
    """MON-02."""
    anna, ben = await world.person("anna", 10), await world.person("benn")
    results = await at_once(*(world.tip(anna, ben, 10) for _ in range(100)))

    assert counted(results) == {"INSUFFICIENT_FUNDS": 99, "ok": 1}
    assert ((await world.wallet(anna.id)).balance, (await world.wallet(ben.id)).balance) == (0, 10)
    await world.verified()


async def test_fifty_equal_tips_under_one_key_are_one_debit_and_fifty_equal_answers(world: World) -> None:
    anna, ben = await world.person("anna", 1000), await world.person("benn")
    results = await at_once(*(world.tip(anna, ben, 10, key="click") for _ in range(50)))

    assert counted(results) == {"ok": 50}
    assert all(result == results[0] for result in results)
    assert results[0].balance == 990
    assert (await world.wallet(ben.id)).balance == 10
    assert await world.tip(anna, ben, 10, key="click") == results[0]
    await world.verified()


async def test_different_tips_under_one_key_are_one_debit_and_typed_refusals(world: World) -> None:
    anna, ben = await world.person("anna", 1000), await world.person("benn")
    results = await at_once(*(world.tip(anna, ben, 10 + i % 2, key="click") for i in range(20)))

    assert counted(results) == {"IDEMPOTENCY_KEY_REUSED": 10, "ok": 10}
    assert (await world.wallet(ben.id)).balance in {10, 11}
    await world.verified()


async def test_equal_tips_without_funds_under_one_key_stay_refused_though_funds_come(world: World) -> None:
    anna, ben = await world.person("anna", 5), await world.person("benn")
    results = await at_once(*(world.tip(anna, ben, 10, key="click") for _ in range(20)))
    await world.credit(anna.id, 1000)
    results += await at_once(world.tip(anna, ben, 10, key="click"))

    assert counted(results) == {"INSUFFICIENT_FUNDS": 21}
    assert (await world.wallet(anna.id)).balance == 1005


async def test_of_two_hundred_tips_of_ten_from_a_thousand_exactly_a_hundred_succeed(world: World) -> None:
    anna, ben = await world.person("anna", 1000), await world.person("benn")
    results = await at_once(*(world.tip(anna, ben, 10) for _ in range(200)))

    assert counted(results) == {"INSUFFICIENT_FUNDS": 100, "ok": 100}
    balances = [result.balance for result in results if codes([result]) == ["ok"]]
    assert sorted(balances, reverse=True) == [*range(990, -1, -10)]
    assert (await world.wallet(anna.id)).balance == 0
    await world.verified()


async def test_tips_and_holds_never_spend_the_same_token(world: World) -> None:
    anna, ben = await world.person("anna", 100), await world.person("benn")
    acts: list[Awaitable[Any]] = []
    for _ in range(15):
        acts += [world.tip(anna, ben, 10), world.hold(anna, 10)]
    results = await at_once(*acts)

    assert counted(results) == {"INSUFFICIENT_FUNDS": 20, "ok": 10}
    wallet = await world.wallet(anna.id)
    assert (wallet.available, wallet.balance, wallet.held) == (0, wallet.held, wallet.held)
    await world.verified()


async def test_a_hold_captured_released_and_extended_at_once_ends_once(world: World) -> None:
    anna, ben = await world.person("anna", 100), await world.person("benn")
    for attempt in range(3):
        id = await world.hold(anna, 30)
        later = world.clock.now().replace(year=2027)
        results = await at_once(
            world.execute(CaptureHold(id, ben.id), by=OPERATOR),
            world.execute(ReleaseHold(id), by=OPERATOR),
            world.execute(CaptureHold(id, ben.id, 10), by=OPERATOR),
            world.execute(ReleaseHold(id), by=OPERATOR),
            world.execute(ExtendHold(id, later), by=OPERATOR),
            world.execute(ExpireHold(id), by=OPERATOR),
        )

        spelled = codes(results)
        assert spelled[:4].count("ok") == 1, attempt
        assert set(spelled[:4]) - {"ok"} <= {"ALREADY_CAPTURED", "ALREADY_RELEASED"}
        assert spelled[5] in {"CONFLICT", "ALREADY_CAPTURED", "ALREADY_RELEASED"}
        hold = await world.store.get(Hold, id)
        assert hold is not None
        assert hold.state in {HoldState.CAPTURED, HoldState.RELEASED}
        assert (await world.wallet(anna.id)).held == 0
        await world.verified()
    total = (await world.wallet(anna.id)).balance + (await world.wallet(ben.id)).balance
    assert total == 100


async def test_after_its_deadline_a_hold_can_only_expire_and_does_so_once(world: World) -> None:
    anna, ben = await world.person("anna", 100), await world.person("benn")
    id = await world.hold(anna, 30, seconds=60)
    world.clock.advance(seconds=60)
    results = await at_once(
        world.execute(CaptureHold(id, ben.id), by=OPERATOR),
        world.execute(ReleaseHold(id), by=OPERATOR),
        *(world.execute(ExpireHold(id), by=OPERATOR) for _ in range(5)),
    )

    assert set(codes(results[:2])) <= {"HOLD_EXPIRED", "ALREADY_EXPIRED"}
    assert sorted(codes(results[2:])) == ["ALREADY_EXPIRED"] * 4 + ["ok"]
    assert (await world.wallet(anna.id)).available == 100
    await world.verified()


async def test_tips_that_meet_a_ban_are_whole_or_refused(world: World) -> None:
    anna, ben = await world.person("anna", 1000), await world.person("benn", 1000)
    acts: list[Awaitable[Any]] = [world.tip(*pair, 10) for _ in range(20) for pair in ((anna, ben), (ben, anna))]
    acts.insert(20, world.execute(BanUser(ben.id), by=OPERATOR))
    results = await at_once(*acts)

    outcomes = counted(results)
    assert outcomes.keys() <= {"ok", "ACCOUNT_FROZEN", "NOT_FOUND"}
    assert codes([results[20]]) == ["ok"]
    assert sum([(await world.wallet(person.id)).balance for person in (anna, ben)]) == 2000
    after = await at_once(world.tip(anna, ben, 10), world.tip(ben, anna, 10))
    assert codes(after) == ["NOT_FOUND", "ACCOUNT_FROZEN"]
    await world.verified()


async def test_no_session_outlives_a_ban(world: World) -> None:
    """AUTHZ-07: whatever logins meet the ban."""
    ben = await world.person("benn")
    login = Login("benn@example.org", PASSWORD)
    acts: list[Awaitable[Any]] = [world.execute(login, by=ANONYMOUS) for _ in range(6)]
    acts.insert(3, world.execute(BanUser(ben.id), by=OPERATOR))
    results = await at_once(*acts)

    assert counted(results).keys() <= {"ok", "UNAUTHORIZED", "RATE_LIMITED"}
    assert codes([results[3]]) == ["ok"]
    assert await world.store.find(Select(Session, (Where("user", "=", ben.id),))) == []


async def test_a_session_never_keeps_a_role_that_was_taken_away(world: World) -> None:
    ben = await world.person("benn", role=Role.MODERATOR)
    login = Login("benn@example.org", PASSWORD)
    acts: list[Awaitable[Any]] = [world.execute(login, by=ANONYMOUS) for _ in range(6)]
    acts.insert(3, world.execute(SetRole(ben.id, Role.VIEWER), by=OPERATOR))
    results = await at_once(*acts)

    assert counted(results) == {"ok": 7}
    sessions = await world.store.find(Select(Session, (Where("user", "=", ben.id),)))
    assert {session.role for session in sessions} == {Role.VIEWER}
    assert len(sessions) == 6


async def test_of_two_who_register_one_name_one_gets_it(world: World) -> None:
    acts = [
        world.execute(Register(f"{mail}@example.org", "same", Secret("correct horse battery")), by=ANONYMOUS)
        for mail in ("one", "two", "three")
    ]
    results = await at_once(*acts)

    assert counted(results) == {"CONFLICT": 2, "ok": 1}
    refusals = [result for result in results if codes([result]) == ["CONFLICT"]]
    assert {detail.field for refusal in refusals for detail in refusal.details} == {"username"}
    [user] = await world.store.find(Select(User))
    [session] = await world.store.find(Select(Session))
    assert session.user == user.id


async def test_the_same_registration_twice_under_a_key_is_one_account(world: World) -> None:
    request = Register("anna@example.org", "anna", Secret("correct horse battery"))
    results = await at_once(*(world.execute(request, by=ANONYMOUS, key="k") for _ in range(10)))

    assert counted(results) == {"ok": 10}
    assert {result.token.reveal() for result in results} == {results[0].token.reveal()}
    assert len(await world.store.find(Select(User))) == 1


async def test_wallets_that_tip_each_other_neither_lock_nor_lose(world: World) -> None:
    people = [await world.person(f"user{i}", 100) for i in range(5)]
    acts = [world.tip(a, b, 7) for _ in range(5) for a in people for b in people if a is not b]
    results = await at_once(*acts)

    assert counted(results).keys() <= {"ok", "INSUFFICIENT_FUNDS"}
    assert sum([(await world.wallet(person.id)).balance for person in people]) == 500
    await world.verified()


async def test_partial_reversals_at_once_never_exceed_the_whole(world: World) -> None:
    anna, ben = await world.person("anna", 100), await world.person("benn")
    tip = await world.tip(anna, ben, 100)
    results = await at_once(*(world.execute(ReverseEntry(tip.transaction, 30), by=OPERATOR) for _ in range(6)))

    assert counted(results) == {"CONFLICT": 3, "ok": 3}
    assert ((await world.wallet(anna.id)).balance, (await world.wallet(ben.id)).balance) == (90, 10)
    await world.verified()


async def test_two_admins_who_ban_each_other_leave_one(world: World) -> None:
    one, two = await world.person("one", role=Role.ADMIN), await world.person("two", role=Role.ADMIN)
    results = await at_once(*(world.execute(BanUser(who.id), by=OPERATOR) for who in (one, two)))

    assert counted(results) == {"CONFLICT": 1, "ok": 1}


async def test_bans_and_unbans_at_once_leave_wallet_and_user_agreed(world: World) -> None:
    ben = await world.person("benn", 100)
    acts: list[Awaitable[Any]] = []
    for _ in range(4):
        acts += [world.execute(BanUser(ben.id), by=OPERATOR), world.execute(UnbanUser(ben.id), by=OPERATOR)]
    await at_once(*acts)

    user = await world.store.get(User, ben.id)
    assert user is not None
    frozen = {account.frozen async for account in world.store.accounts() if account.owner == ben.id}
    assert frozen == {user.is_banned}


async def test_a_purchase_asked_twice_under_a_key_is_one_purchase(world: World) -> None:
    anna = await world.person("anna")
    request = PurchaseTokens("pkg_100", "card")
    results = await at_once(*(world.execute(request, by=anna.actor, key="buy") for _ in range(5)))

    assert counted(results) == {"ok": 5}
    assert len({result.purchase for result in results}) == 1
