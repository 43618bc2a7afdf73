"""Coming in and going out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.passwords import QuickPasswords
from adapters.testing import START
from platform_core.identity.access import Login, Logout, RefreshSession, Register
from platform_core.identity.guesses import FREE, LONGEST, WINDOW, Guesses, guesses_id
from platform_core.identity.sessions import LIFETIME, PER_USER, OpenedSession, Session, session_id
from platform_core.identity.staff import BanUser, SetRole, UnbanUser
from platform_core.identity.users import User
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import Forbidden, Invalid, RateLimited, Taken, Unauthenticated
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from support.world import OPERATOR, PASSWORD, World, memory_world

EMAIL = "anna@example.org"
WRONG = Secret("not the password")


async def registered() -> tuple[World, OpenedSession]:
    """A world with Anna in it, signed in."""
    world = memory_world()
    return world, await world.execute(Register(EMAIL, "anna", PASSWORD), by=ANONYMOUS)


async def login(world: World, password: Secret = PASSWORD, *, email: str = EMAIL) -> OpenedSession:
    return await world.execute(Login(email, password), by=ANONYMOUS)


async def whose(world: World, session: OpenedSession) -> Actor:
    """Who the session's token belongs to."""
    return await world.doorkeeper.actor(session.token.reveal())


# ---- register


async def test_who_registers_is_signed_in() -> None:
    world, session = await registered()
    actor = await whose(world, session)

    assert (actor.id, actor.role, actor.via) == (session.user, Role.VIEWER, Via.SESSION)
    assert session.token.reveal().startswith("sess_")
    assert session.expires_at == START + LIFETIME


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CREATOR, Role.PROVIDER])
async def test_one_may_choose_among_the_open_roles(role: Role) -> None:
    world = memory_world()

    assert (await world.execute(Register(EMAIL, "anna", PASSWORD, role), by=ANONYMOUS)).role is role


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN, "admin", ["admin"], "ADMIN ", None])
async def test_no_one_registers_as_staff(role: Role) -> None:
    """AUTH-02."""
    world = memory_world()

    with pytest.raises(Invalid) as refused:
        await world.execute(Register(EMAIL, "anna", PASSWORD, role), by=ANONYMOUS)
    assert refused.value.details[0].field == "role"
    assert await world.store.find(Select(User)) == []


@pytest.mark.parametrize("password", ["short", "password", "123456789", "x" * 129])
async def test_a_short_long_or_common_password_is_refused(password: str) -> None:
    """AUTH-04."""
    with pytest.raises(Invalid):
        await memory_world().execute(Register(EMAIL, "anna", Secret(password)), by=ANONYMOUS)


@pytest.mark.parametrize(
    ("email", "username", "field"),
    [(EMAIL, "other", "email_key"), ("ANNA@Example.ORG", "other", "email_key"), ("b@example.org", "anna", "username")],
)
async def test_address_and_name_are_ones_own(email: str, username: str, field: str) -> None:
    world, _ = await registered()

    with pytest.raises(Taken) as refused:
        await world.execute(Register(email, username, PASSWORD), by=ANONYMOUS)
    assert [detail.field for detail in refused.value.details] == [field]


async def test_a_registration_sent_twice_under_a_key_is_answered_twice() -> None:
    world = memory_world()
    request = Register(EMAIL, "anna", PASSWORD)
    first = await world.perform(request, by=ANONYMOUS, key="k")
    again = await world.perform(request, by=ANONYMOUS, key="k")

    assert (again.value, again.replayed) == (first.value, True)
    assert again.value.token.reveal() == first.value.token.reveal()
    with pytest.raises(Taken):
        await world.execute(Register(EMAIL, "anna", Secret("another password")), by=ANONYMOUS, key="k")


async def test_neither_token_nor_password_is_kept() -> None:
    world, session = await registered()
    [stored] = await world.store.find(Select(Session))
    [user] = await world.store.find(Select(User))

    assert stored.id == session_id(session.token.reveal())
    assert session.token.reveal() not in repr(stored)
    assert PASSWORD.reveal() not in user.password_hash


# ---- log in


async def test_the_right_password_opens_a_session_of_its_own() -> None:
    world, first = await registered()
    second = await login(world, email="ANNA@example.org")

    assert second.token != first.token
    assert (await whose(world, first)).id == (await whose(world, second)).id == first.user


class Watched(QuickPasswords):
    """Passwords that count how often one is verified."""

    def __init__(self) -> None:
        super().__init__()
        self.verified: list[bool] = []

    async def verify(self, password: Secret, hash: str | None) -> bool:
        self.verified.append(hash is not None)
        return await super().verify(password, hash)


async def test_unknown_wrong_banned_and_impossible_are_told_the_same_after_the_same_work() -> None:
    """AUTH-03."""
    world, session = await registered()
    banned = await world.person("benn")
    await world.execute(BanUser(banned.id), by=OPERATOR)
    bound = world.application._bound[Login]
    watched = Watched()
    for name, service in bound.services.items():
        if isinstance(service, QuickPasswords):
            watched._made = service._made
            bound.services[name] = watched  # type: ignore[index]  # a plain dict inside
    said = []
    for email, password in (
        ("nobody@example.org", PASSWORD),
        (EMAIL, WRONG),
        ("benn@example.org", PASSWORD),
        ("\x00", PASSWORD),
        ("\ud800@example.org", PASSWORD),
        ("x" * 10_000, PASSWORD),
    ):
        with pytest.raises(Unauthenticated) as refused:
            await login(world, password, email=email)
        said.append((refused.value.message, refused.value.code, refused.value.details))

    assert len(set(said)) == 1
    assert len(watched.verified) == 6
    assert session.user


async def test_the_first_failures_are_free_and_then_each_costs_a_longer_wait() -> None:
    """AUTH-04."""
    world, _ = await registered()
    for _ in range(FREE):
        with pytest.raises(Unauthenticated):
            await login(world, WRONG)
    waits = []
    for _ in range(8):
        with pytest.raises(RateLimited) as limited:
            await login(world, PASSWORD)
        wait = limited.value.retry_after
        assert wait is not None
        waits.append(wait)
        world.clock.advance(seconds=wait)
        with pytest.raises(Unauthenticated):
            await login(world, WRONG)

    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert max(waits) <= LONGEST + 1
    assert waits[-1] >= LONGEST


async def test_unknown_addresses_are_slowed_down_alike() -> None:
    world, _ = await registered()
    for _ in range(FREE):
        with pytest.raises(Unauthenticated):
            await login(world, email="nobody@example.org")
    with pytest.raises(RateLimited):
        await login(world, email="nobody@example.org")

    assert await login(world)


async def test_one_is_delayed_but_never_locked_out() -> None:
    world, _ = await registered()
    for _ in range(30):
        world.clock.advance(seconds=LONGEST + 1)
        with pytest.raises(Unauthenticated):
            await login(world, WRONG)
    world.clock.advance(seconds=LONGEST)

    assert await login(world)


async def test_a_success_forgets_the_failures() -> None:
    world, _ = await registered()
    for _ in range(FREE - 1):
        with pytest.raises(Unauthenticated):
            await login(world, WRONG)
    await login(world)

    assert await world.store.get(Guesses, guesses_id(EMAIL)) is None


def test_a_window_that_has_passed_counts_from_the_beginning() -> None:
    guesses = Guesses(id="gss_1", since=START)
    for _ in range(FREE - 1):
        guesses.failed(START)
    guesses.failed(START + WINDOW + timedelta(seconds=1))

    assert (guesses.failures, guesses.blocked_until) == (1, None)
    guesses.admit(START)


async def test_a_session_presented_at_login_is_dead_afterwards() -> None:
    """AUTH-11."""
    world, planted = await registered()
    request = Login(EMAIL, PASSWORD, presented=session_id(planted.token.reveal()))
    fresh = await world.execute(request, by=ANONYMOUS)

    assert (await whose(world, fresh)).id == fresh.user
    with pytest.raises(Unauthenticated):
        await whose(world, planted)


async def test_a_session_presented_at_registration_is_dead_afterwards() -> None:
    """AUTH-11."""
    world, planted = await registered()
    request = Register("ben@example.com", "ben", PASSWORD, presented=session_id(planted.token.reveal()))
    fresh = await world.execute(request, by=ANONYMOUS)

    assert (await whose(world, fresh)).id == fresh.user
    with pytest.raises(Unauthenticated):
        await whose(world, planted)


async def test_a_failed_login_leaves_the_session_presented_alone() -> None:
    world, session = await registered()
    with pytest.raises(Unauthenticated):
        await world.execute(Login(EMAIL, WRONG, session_id(session.token.reveal())), by=ANONYMOUS)

    assert await whose(world, session)


async def test_the_oldest_session_ends_when_there_are_too_many() -> None:
    world, first = await registered()
    sessions = [first]
    for _ in range(PER_USER):
        world.clock.advance(seconds=1)
        sessions.append(await login(world))

    with pytest.raises(Unauthenticated):
        await whose(world, first)
    assert len(await world.store.find(Select(Session))) == PER_USER
    assert await whose(world, sessions[1])


# ---- sessions


async def test_a_session_lasts_its_time_and_no_longer() -> None:
    world, session = await registered()
    world.clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert await whose(world, session)

    world.clock.advance(seconds=1)
    with pytest.raises(Unauthenticated):
        await whose(world, session)


@pytest.mark.parametrize("token", ["", "sess_", "x" * 10_000, "\x00", "\ud800", "ünï"])
async def test_a_token_nobody_was_given_is_nobodys(token: str) -> None:
    world, _ = await registered()

    with pytest.raises(Unauthenticated):
        await world.doorkeeper.actor(token)


async def test_the_id_of_a_session_does_not_open_it() -> None:
    """AUTH-17."""
    world, session = await registered()

    with pytest.raises(Unauthenticated):
        await world.doorkeeper.actor(session_id(session.token.reveal()))


async def test_a_refresh_gives_a_new_token_and_time_and_the_old_one_is_dead() -> None:
    world, old = await registered()
    actor = await whose(world, old)
    world.clock.advance(days=1)
    new = await world.execute(RefreshSession(), by=actor)

    assert new.expires_at == old.expires_at + timedelta(days=1)
    assert (await whose(world, new)).id == old.user
    with pytest.raises(Unauthenticated):
        await whose(world, old)
    with pytest.raises(Unauthenticated):
        await world.execute(RefreshSession(), by=actor)


async def test_a_logout_ends_this_session_only_and_once() -> None:
    """AUTH-12."""
    world, one = await registered()
    other = await login(world)
    actor = await whose(world, one)
    await world.execute(Logout(), by=actor)

    with pytest.raises(Unauthenticated):
        await whose(world, one)
    with pytest.raises(Unauthenticated):
        await world.execute(Logout(), by=actor)
    assert await whose(world, other)


async def test_an_operator_has_no_session_to_end() -> None:
    world, _ = await registered()

    with pytest.raises(Forbidden):
        await world.execute(Logout(), by=OPERATOR)


async def test_a_banned_users_token_is_dead_at_once_and_login_is_refused_until_the_ban_ends() -> None:
    """AUTHZ-07."""
    world, session = await registered()
    actor = await whose(world, session)
    await world.execute(BanUser(session.user), by=OPERATOR)

    for attempt in (whose(world, session), login(world), world.execute(RefreshSession(), by=actor)):
        with pytest.raises(Unauthenticated):
            await attempt
    await world.execute(UnbanUser(session.user), by=OPERATOR)
    with pytest.raises(Unauthenticated):
        await whose(world, session)
    assert await whose(world, await login(world))


async def test_a_login_before_a_ban_is_not_replayed_after_it() -> None:
    world, session = await registered()
    await world.execute(Login(EMAIL, PASSWORD), by=ANONYMOUS, key="k")
    await world.execute(BanUser(session.user), by=OPERATOR)

    with pytest.raises(Unauthenticated):
        await world.execute(Login(EMAIL, PASSWORD), by=ANONYMOUS, key="k")


async def test_another_role_holds_in_sessions_already_open() -> None:
    world, session = await registered()
    await world.execute(SetRole(session.user, Role.MODERATOR), by=OPERATOR)
    assert (await whose(world, session)).role is Role.MODERATOR

    await world.execute(SetRole(session.user, Role.VIEWER), by=OPERATOR)
    actor = await whose(world, session)
    assert actor.role is Role.VIEWER
    with pytest.raises(Forbidden):
        await world.execute(BanUser("usr_none"), by=actor)
