"""Acts that meet, in many orders: whichever comes first, no rule between them is broken."""

import pytest

from platform_core.identity.access import Login, RefreshSession, Register
from platform_core.identity.guesses import FREE, Guesses, guesses_id
from platform_core.identity.sessions import Session
from platform_core.identity.staff import BanUser, RevokeSessions, SetRole, UnbanUser
from platform_core.identity.users import User
from platform_core.kernel.actor import ANONYMOUS, Role, Via
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from support.builders import codes, counted
from support.interleaving import InterleavedStore, at_once
from support.world import OPERATOR, PASSWORD, Person, World

pytestmark = pytest.mark.parametrize("seed", range(25))
BEN = Login("benn@example.org", PASSWORD)


async def begun(seed: int, role: Role = Role.VIEWER) -> tuple[World, Person]:
    """A world with Ben in it, where every step lets others go first."""
    world = World(InterleavedStore(seed))
    return world, await world.person("benn", 100, role)


async def sessions(world: World, user: str) -> list[Session]:
    return await world.store.find(Select(Session, (Where("user", "=", user),)))


async def test_no_session_outlives_a_ban(seed: int) -> None:
    world, ben = await begun(seed)
    old = await world.execute(BEN, by=ANONYMOUS)
    actor = await world.doorkeeper.actor(old.token.reveal())
    results = await at_once(
        world.execute(BEN, by=ANONYMOUS),
        world.execute(BanUser(ben.id), by=OPERATOR),
        world.execute(RefreshSession(), by=actor),
        world.execute(BEN, by=ANONYMOUS),
    )

    assert counted(results).keys() <= {"ok", "UNAUTHORIZED"}
    assert codes([results[1]]) == ["ok"]
    assert await sessions(world, ben.id) == []


async def test_no_session_keeps_a_role_taken_away(seed: int) -> None:
    world, ben = await begun(seed, Role.MODERATOR)
    old = await world.execute(BEN, by=ANONYMOUS)
    actor = await world.doorkeeper.actor(old.token.reveal())
    await at_once(
        world.execute(BEN, by=ANONYMOUS),
        world.execute(SetRole(ben.id, Role.VIEWER), by=OPERATOR),
        world.execute(RefreshSession(), by=actor),
        world.execute(BEN, by=ANONYMOUS),
    )

    assert {session.role for session in await sessions(world, ben.id)} == {Role.VIEWER}


async def test_one_admin_is_always_left(seed: int) -> None:
    world = World(InterleavedStore(seed))
    admins = [await world.person(f"admin{i}", role=Role.ADMIN) for i in range(3)]
    acts = [
        world.execute(BanUser(admins[0].id), by=OPERATOR),
        world.execute(SetRole(admins[1].id, Role.VIEWER), by=OPERATOR),
        world.execute(BanUser(admins[2].id), by=OPERATOR),
    ]
    results = await at_once(*acts)

    assert counted(results) == {"CONFLICT": 1, "ok": 2}
    left = await world.store.find(Select(User, (Where("role", "=", Role.ADMIN), Where("banned_at", "=", None))))
    assert len(left) == 1


async def test_user_and_wallet_agree_on_bans(seed: int) -> None:
    world, ben = await begun(seed)
    await at_once(
        *(world.execute(command(ben.id), by=OPERATOR) for command in (BanUser, UnbanUser, BanUser, UnbanUser))
    )

    user = await world.store.get(User, ben.id)
    assert user is not None
    assert {account.frozen async for account in world.store.accounts() if account.owner == ben.id} == {user.is_banned}


async def test_a_refresh_happens_once(seed: int) -> None:
    world, ben = await begun(seed)
    old = await world.execute(BEN, by=ANONYMOUS)
    actor = await world.doorkeeper.actor(old.token.reveal())
    results = await at_once(*(world.execute(RefreshSession(), by=actor) for _ in range(4)))

    assert counted(results) == {"UNAUTHORIZED": 3, "ok": 1}
    assert len(await sessions(world, ben.id)) == 1


async def test_all_sessions_ended_are_all_there_were(seed: int) -> None:
    world, ben = await begun(seed)
    old = await world.execute(BEN, by=ANONYMOUS)
    actor = await world.doorkeeper.actor(old.token.reveal())
    refreshed, revoked = await at_once(
        world.execute(RefreshSession(), by=actor), world.execute(RevokeSessions(ben.id), by=actor)
    )

    assert revoked == 1
    # Either order: the old one was ended before it could be refreshed, or the fresh one was ended too.
    assert isinstance(refreshed, PlatformError) or refreshed.user == ben.id
    assert await sessions(world, ben.id) == []


async def test_of_equal_names_one_is_registered(seed: int) -> None:
    world = World(InterleavedStore(seed))
    results = await at_once(
        *(
            world.execute(Register(f"{mail}@example.org", "same", Secret("correct horse")), by=ANONYMOUS)
            for mail in ("one", "two", "three")
        )
    )

    assert counted(results) == {"CONFLICT": 2, "ok": 1}


async def test_every_failure_is_counted(seed: int) -> None:
    """AUTH-04, for guesses made at the same time."""
    world, _ = await begun(seed)
    wrong = Login("benn@example.org", Secret("not the password"))
    results = await at_once(*(world.execute(wrong, by=ANONYMOUS) for _ in range(10)))

    outcomes = counted(results)
    assert outcomes == {"RATE_LIMITED": 10 - FREE, "UNAUTHORIZED": FREE}
    guesses = await world.store.get(Guesses, guesses_id("benn@example.org"))
    assert guesses is not None
    assert guesses.failures == FREE


async def test_tips_that_meet_a_ban_are_whole_or_refused(seed: int) -> None:
    world, ben = await begun(seed)
    anna = await world.person("anna", 100)
    results = await at_once(
        world.tip(anna, ben, 10),
        world.tip(ben, anna, 10),
        world.execute(BanUser(ben.id), by=OPERATOR),
        world.tip(anna, ben, 10),
        world.tip(ben, anna, 10),
    )

    assert counted(results).keys() <= {"ok", "NOT_FOUND", "ACCOUNT_FROZEN"}
    assert sum([(await world.wallet(person.id)).balance for person in (anna, ben)]) == 200
    assert ben.actor.via is Via.SESSION
    await world.verified()
