"""What staff may do to users, and to whom."""

from itertools import product

import pytest

from platform_core.identity.access import Login
from platform_core.identity.events import RoleChanged, SessionsRevoked, UserBanned, UserUnbanned
from platform_core.identity.staff import (
    BanUser,
    CreateUser,
    FindUser,
    ListSessions,
    ListUsers,
    RevokeSessions,
    SetRole,
    UnbanUser,
)
from platform_core.identity.users import User
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from platform_core.kernel.secret import Secret
from support.world import OPERATOR, PASSWORD, Person, World, memory_world

STAFF = [Role.MODERATOR, Role.ADMIN]


async def sign_in(world: World, name: str) -> None:
    await world.execute(Login(f"{name}@example.org", PASSWORD), by=ANONYMOUS)


async def happened(world: World) -> list[object]:
    claimed = await world.store.outbox.claim("a", now=world.clock.now(), lease=60, limit=100)
    return [envelope.event for envelope in claimed if envelope.event.name != "identity.user_registered"]


@pytest.mark.parametrize(("actor", "target"), [*product(Role, Role)], ids=lambda role: str(role.value))
async def test_staff_ban_and_unban_those_below_them_in_rank_only(actor: Role, target: Role) -> None:
    """ADM-02, over all pairs."""
    world = memory_world()
    one, other = await world.person("one", role=actor), await world.person("other", role=target)
    await world.person("boss", role=Role.ADMIN)
    allowed = actor in STAFF and actor.rank > target.rank
    for command in (BanUser(other.id), UnbanUser(other.id)):
        if allowed:
            await world.execute(command, by=one.actor)
        else:
            with pytest.raises(Forbidden):
                await world.execute(command, by=one.actor)

    user = await world.store.get(User, other.id)
    assert user is not None
    assert not user.is_banned
    assert user.version == (3 if allowed else 1)


@pytest.mark.parametrize(("actor", "target"), [*product(Role, Role)], ids=lambda role: str(role.value))
async def test_admins_give_roles_to_those_below_them_only(actor: Role, target: Role) -> None:
    world = memory_world()
    one, other = await world.person("one", role=actor), await world.person("other", role=target)
    await world.person("boss", role=Role.ADMIN)
    if actor is Role.ADMIN and target is not Role.ADMIN:
        assert (await world.execute(SetRole(other.id, Role.CREATOR), by=one.actor)).role is Role.CREATOR
    else:
        with pytest.raises(Forbidden):
            await world.execute(SetRole(other.id, Role.CREATOR), by=one.actor)


@pytest.mark.parametrize("command", [BanUser, UnbanUser, lambda user: SetRole(user, Role.VIEWER)])
async def test_nobody_does_it_to_themselves_or_to_nobody(command: type[BanUser]) -> None:
    world = memory_world()
    admin, _ = await world.person("one", role=Role.ADMIN), await world.person("two", role=Role.ADMIN)

    with pytest.raises(Conflict):
        await world.execute(command(admin.id), by=admin.actor)
    with pytest.raises(NotFound):
        await world.execute(command("usr_none"), by=admin.actor)


async def test_the_last_admin_stays_one() -> None:
    world = memory_world()
    admins = [await world.person(f"admin{i}", role=Role.ADMIN) for i in range(2)]
    await world.execute(BanUser(admins[0].id), by=OPERATOR)

    for command in (BanUser(admins[1].id), SetRole(admins[1].id, Role.VIEWER)):
        with pytest.raises(Conflict, match="last admin"):
            await world.execute(command, by=OPERATOR)
    await world.execute(SetRole(admins[1].id, Role.ADMIN), by=OPERATOR)
    await world.execute(UnbanUser(admins[0].id), by=OPERATOR)
    await world.execute(SetRole(admins[1].id, Role.VIEWER), by=OPERATOR)


async def test_a_ban_ends_sessions_freezes_the_wallet_and_is_told_once() -> None:
    world = memory_world()
    ben = await world.person("benn", 100)
    await sign_in(world, "benn")
    view = await world.execute(BanUser(ben.id, "spam"), by=OPERATOR)

    assert view.private is not None
    assert (view.private.banned_at, view.private.ban_reason) == (world.clock.now(), "spam")
    assert await world.execute(ListSessions(ben.id), by=OPERATOR) == []
    frozen = {account.id: account.frozen async for account in world.store.accounts() if account.owner == ben.id}
    assert frozen == {f"wallet:{ben.id}:TZT": True, f"escrow:{ben.id}:TZT": True}
    with pytest.raises(Conflict):
        await world.execute(BanUser(ben.id), by=OPERATOR)
    assert UserBanned(ben.id, "spam") in await happened(world)


async def test_a_user_who_never_had_a_wallet_is_frozen_all_the_same() -> None:
    world = memory_world()
    ben = await world.person("benn")
    await world.execute(BanUser(ben.id), by=OPERATOR)

    assert [account.frozen async for account in world.store.accounts() if account.owner == ben.id] == [True, True]


async def test_an_unban_thaws_and_forgets_the_reason() -> None:
    world = memory_world()
    ben = await world.person("benn")
    with pytest.raises(Conflict):
        await world.execute(UnbanUser(ben.id), by=OPERATOR)
    await world.execute(BanUser(ben.id, "spam"), by=OPERATOR)
    view = await world.execute(UnbanUser(ben.id), by=OPERATOR)

    assert view.private is not None
    assert (view.private.banned_at, view.private.ban_reason) == (None, None)
    assert not any([account.frozen async for account in world.store.accounts()])
    assert (await happened(world))[-1] == UserUnbanned(ben.id)


@pytest.mark.parametrize("reason", ["x" * 501, "\x00"])
async def test_a_reason_is_a_bounded_text(reason: str) -> None:
    world = memory_world()
    ben = await world.person("benn")

    with pytest.raises(Invalid):
        await world.execute(BanUser(ben.id, reason), by=OPERATOR)


async def test_a_role_given_is_told_and_the_same_role_again_is_not() -> None:
    world = memory_world()
    ben = await world.person("benn")
    for _ in range(2):
        await world.execute(SetRole(ben.id, Role.CREATOR), by=OPERATOR)

    assert await happened(world) == [RoleChanged(ben.id, "viewer", "creator")]


async def test_only_operators_make_users_and_of_any_role() -> None:
    """ADM-01."""
    world = memory_world()
    admin = await world.person("boss", role=Role.ADMIN)
    request = CreateUser("mod@example.org", "modd", Secret("correct horse"), Role.MODERATOR)
    with pytest.raises(Forbidden):
        await world.execute(request, by=admin.actor)

    assert (await world.execute(request, by=OPERATOR)).role is Role.MODERATOR


# ---- looking people up


async def crowd(world: World) -> list[Person]:
    people = [await world.person(f"an_{i}" if i % 2 else f"anx{i}") for i in range(6)]
    await world.execute(BanUser(people[3].id), by=OPERATOR)
    await world.execute(SetRole(people[4].id, Role.CREATOR), by=OPERATOR)
    return people


async def test_users_are_listed_by_role_ban_and_the_start_of_their_name() -> None:
    world = memory_world()
    people = [person.id for person in await crowd(world)]

    async def listed(query: ListUsers) -> list[int]:
        return [people.index(user.id) for user in await world.execute(query, by=OPERATOR)]

    assert await listed(ListUsers()) == [0, 1, 2, 3, 4, 5]
    assert await listed(ListUsers(role=Role.CREATOR)) == [4]
    assert await listed(ListUsers(banned=True)) == [3]
    assert await listed(ListUsers(banned=False)) == [0, 1, 2, 4, 5]
    assert await listed(ListUsers(search="an_")) == [1, 3, 5]
    assert await listed(ListUsers(after=people[3], limit=1)) == [4]
    assert await listed(ListUsers(limit=0)) == [0]


async def test_moderators_see_no_private_fields_in_the_list() -> None:
    world = memory_world()
    await crowd(world)
    moderator = await world.person("modd", role=Role.MODERATOR)
    listed = await world.execute(ListUsers(), by=moderator.actor)

    assert [user.id for user in listed if user.private] == [moderator.id]


@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.org", "\uff21NNA@Example.org"])
async def test_a_user_is_found_by_id_name_or_any_spelling_of_the_address(name: str) -> None:
    world = memory_world()
    anna = await world.person("anna")

    assert (await world.execute(FindUser(name), by=OPERATOR)).id == anna.id
    assert (await world.execute(FindUser(anna.id), by=OPERATOR)).id == anna.id
    with pytest.raises(NotFound):
        await world.execute(FindUser("nobody"), by=OPERATOR)


# ---- sessions of others


async def test_sessions_are_listed_and_ended_by_their_owner_and_admins() -> None:
    """AUTH-17."""
    world = memory_world()
    anna, ben = await world.person("anna"), await world.person("benn", role=Role.MODERATOR)
    for _ in range(3):
        await sign_in(world, "anna")
    sessions = await world.execute(ListSessions(), by=anna.actor)
    assert len(sessions) == 3
    for request in (ListSessions(anna.id), RevokeSessions(anna.id)):
        with pytest.raises(Forbidden):
            await world.execute(request, by=ben.actor)

    assert await world.execute(RevokeSessions(anna.id, sessions[0].id), by=anna.actor) == 1
    with pytest.raises(NotFound):
        await world.execute(RevokeSessions(anna.id, sessions[0].id), by=anna.actor)
    assert await world.execute(RevokeSessions(anna.id), by=OPERATOR) == 2
    assert await world.execute(RevokeSessions(anna.id), by=OPERATOR) == 0
    assert [event for event in await happened(world) if isinstance(event, SessionsRevoked)] == [
        SessionsRevoked(anna.id, 1),
        SessionsRevoked(anna.id, 2),
    ]


async def test_a_session_of_another_user_cannot_be_ended_through_ones_own() -> None:
    """AUTHZ-09."""
    world = memory_world()
    anna, _ = await world.person("anna"), await world.person("benn")
    await sign_in(world, "benn")
    [session] = await world.execute(ListSessions((await world.execute(FindUser("benn"), by=OPERATOR)).id), by=OPERATOR)

    with pytest.raises(NotFound):
        await world.execute(RevokeSessions(anna.id, session.id), by=anna.actor)
