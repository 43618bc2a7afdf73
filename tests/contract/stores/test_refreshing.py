"""Refresh tokens shown at once, on every store: AUTH-09 and AUTH-10 as races."""

from __future__ import annotations

import asyncio

import pytest

from platform_core.identity.families import RefreshFamily
from platform_core.identity.sessions import Session
from platform_core.identity.signing_in import Granted, Renew, SignIn, SignOut
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import PlatformError, Unauthenticated
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from support.world import OPERATOR, PASSWORD, World


async def signed_in(world: World) -> Granted:
    """Somebody's first pair."""
    await world.person("jane")
    return await world.execute(SignIn("jane@example.org", PASSWORD), by=ANONYMOUS)


async def renew(world: World, token: Secret) -> Granted | None:
    """The next pair, or None where it was refused."""
    try:
        return await world.execute(Renew(token), by=ANONYMOUS)
    except Unauthenticated:
        return None


async def is_alive(world: World, pair: Granted) -> bool:
    try:
        await world.token_doorkeeper.actor(pair.access.reveal())
    except Unauthenticated:
        return False
    return True


@pytest.mark.parametrize("many", [2, 8])
async def test_auth_10_refreshes_at_once_get_one_successor(world: World, many: int) -> None:
    first = await signed_in(world)

    pairs = await asyncio.gather(*(renew(world, first.refresh) for _ in range(many)))

    assert None not in pairs
    assert len({pair.refresh for pair in pairs if pair is not None}) == 1
    [family] = await world.store.find(Select(RefreshFamily))
    assert family.previous is not None
    successor = pairs[0]
    assert successor is not None
    assert await renew(world, successor.refresh) is not None


async def test_auth_09_a_refresh_that_races_a_reuse_outlives_it_nowhere(world: World) -> None:
    first = await signed_in(world)
    second = await renew(world, first.refresh)
    assert second is not None
    world.clock.advance(seconds=11)

    honest, thief = await asyncio.gather(renew(world, second.refresh), renew(world, first.refresh))

    assert thief is None
    for pair in (second, honest):
        if pair is not None:
            assert await renew(world, pair.refresh) is None
            assert not await is_alive(world, pair)
    assert await world.store.count(Select(RefreshFamily)) == 0
    assert await world.store.count(Select(Session)) == 0


async def test_auth_12_a_refresh_that_races_a_logout_or_a_ban_outlives_it_nowhere(world: World) -> None:
    first = await signed_in(world)
    jane = await world.token_doorkeeper.actor(first.access.reveal())

    async def refused(*tries: object) -> None:
        pairs = [pair for pair in tries if isinstance(pair, Granted)]
        for pair in (first, *pairs):
            assert not await is_alive(world, pair)
            assert await renew(world, pair.refresh) is None

    await refused(*await asyncio.gather(renew(world, first.refresh), world.execute(SignOut(first.refresh), by=jane)))

    again = await world.execute(SignIn("jane@example.org", PASSWORD), by=ANONYMOUS)
    ban = world.execute(BanUser(jane.id), by=OPERATOR)
    pair, _ = await asyncio.gather(renew(world, again.refresh), ban)
    for late in (again, pair):
        if late is not None:
            assert not await is_alive(world, late)
            assert await renew(world, late.refresh) is None


async def test_two_logouts_at_once_are_both_done(world: World) -> None:
    first = await signed_in(world)
    jane = await world.token_doorkeeper.actor(first.access.reveal())

    done = await asyncio.gather(
        *(world.execute(SignOut(first.refresh), by=jane) for _ in range(4)), return_exceptions=True
    )

    assert not [error for error in done if isinstance(error, PlatformError)]
    assert not await is_alive(world, first)
