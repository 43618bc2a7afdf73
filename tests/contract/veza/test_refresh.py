"""What Veza answers to a refresh: the next pair, once (AUTH-09, AUTH-10)."""

from __future__ import annotations

from typing import Any

import pytest

from contract.veza.people import LOGIN, is_in, refreshed, session_of, signed_up
from platform_core.identity.events import RefreshTokenReused
from platform_core.identity.families import RefreshFamily, family_id
from platform_core.identity.ports import TokenKind
from platform_core.identity.sessions import Session
from platform_core.kernel.select import Select
from support.world import TOKENS
from unit.http.served import Served


async def test_refresh_answers_the_next_pair(server: Served) -> None:
    first = await signed_up(server)

    answer = await refreshed(server, first["refresh_token"])

    assert answer.status == 200
    data = answer.json["data"]
    assert list(data) == ["access_token", "refresh_token", "expires_in"]
    assert data["refresh_token"] != first["refresh_token"]
    assert await is_in(server, data["access_token"])
    assert (await refreshed(server, data["refresh_token"])).status == 200


async def test_a_session_ends_after_14_days_without_a_refresh(server: Served) -> None:
    pair = await signed_up(server)
    server.world.clock.advance(days=13)
    second = (await refreshed(server, pair["refresh_token"])).json["data"]
    server.world.clock.advance(days=13)
    third = (await refreshed(server, second["refresh_token"])).json["data"]
    server.world.clock.advance(days=14)

    assert (await refreshed(server, third["refresh_token"])).status == 401


async def test_a_session_ends_after_90_days_in_any_case(server: Served) -> None:
    token = (await signed_up(server))["refresh_token"]
    for _ in range(8):
        server.world.clock.advance(days=11)
        token = (await refreshed(server, token)).json["data"]["refresh_token"]
    [session] = await server.world.store.find(Select(Session))
    assert (session.expires_at - session.created_at).days == 90
    server.world.clock.advance(days=2)

    assert (await refreshed(server, token)).status == 401


async def test_auth_09_a_refresh_token_used_again_ends_the_whole_family(server: Served) -> None:
    heard: list[RefreshTokenReused] = []

    async def hear(envelope: Any) -> None:
        heard.append(envelope.event)

    server.world.on(RefreshTokenReused, hear)
    first = await signed_up(server)
    second = (await refreshed(server, first["refresh_token"])).json["data"]
    server.world.clock.advance(seconds=11)

    again = await refreshed(server, first["refresh_token"])

    assert (again.status, again.json["success"]) == (401, False)
    assert (await refreshed(server, second["refresh_token"])).status == 401
    assert not await is_in(server, second["access_token"])
    await server.world.relay.drain()
    family = family_id(session_of(second["access_token"]))
    assert [(event.user, event.family) for event in heard] == [(first["user"]["id"], family)]


async def test_auth_09_the_other_sessions_of_the_user_stay(server: Served) -> None:
    first = await signed_up(server)
    other = (await server.api("POST", "/auth/login", LOGIN)).json["data"]
    await refreshed(server, first["refresh_token"])
    server.world.clock.advance(seconds=11)

    assert (await refreshed(server, first["refresh_token"])).status == 401
    assert await is_in(server, other["access_token"])


async def test_auth_10_two_tabs_that_refresh_at_once_get_the_same_successor(server: Served) -> None:
    first = await signed_up(server)
    one = (await refreshed(server, first["refresh_token"])).json["data"]
    server.world.clock.advance(seconds=10)

    two = await refreshed(server, first["refresh_token"])

    assert two.status == 200
    assert two.json["data"]["refresh_token"] == one["refresh_token"]
    assert await is_in(server, two.json["data"]["access_token"])


async def test_auth_10_once_the_successor_is_used_there_is_no_grace(server: Served) -> None:
    first = await signed_up(server)
    second = (await refreshed(server, first["refresh_token"])).json["data"]
    third = (await refreshed(server, second["refresh_token"])).json["data"]

    assert (await refreshed(server, first["refresh_token"])).status == 401
    assert (await refreshed(server, third["refresh_token"])).status == 401


async def test_only_hashes_are_kept(server: Served) -> None:
    pair = await signed_up(server)
    await refreshed(server, pair["refresh_token"])

    claims = TOKENS.read(pair["refresh_token"], TokenKind.REFRESH, now=server.world.clock.now())
    [family] = await server.world.store.find(Select(RefreshFamily))
    assert claims.secret
    assert claims.secret not in repr(family)


@pytest.mark.parametrize("missing", [None, {}])
async def test_a_refresh_without_a_token_is_refused(server: Served, missing: object) -> None:
    answer = await server.api("POST", "/auth/refresh", missing)

    assert answer.status == 401
    assert "veza_refresh" in answer.json["error"]


async def test_an_idempotency_key_gives_the_same_pair_again(server: Served) -> None:
    pair = await signed_up(server)
    key = {"Idempotency-Key": "refresh-1"}

    first = await refreshed(server, pair["refresh_token"], headers=key)
    again = await refreshed(server, pair["refresh_token"], headers=key)

    assert first.raw == again.raw
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_refresh_by_cookie(server: Served) -> None:
    token = (await signed_up(server))["refresh_token"]
    headers = {"Cookie": f"veza_refresh={token}", "Origin": server.url}

    answer = await server.api("POST", "/auth/refresh", headers=headers)

    assert answer.status == 200
    assert answer.json["data"]["refresh_token"] in answer.headers["Set-Cookie"]


async def test_auth_13_no_other_page_refreshes_or_logs_out_by_cookie(server: Served) -> None:
    pair = await signed_up(server)
    cookie = {"Cookie": f"veza_refresh={pair['refresh_token']}"}

    for path in ("/auth/refresh", "/auth/logout"):
        for more in (
            {},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            answer = await server.api("POST", path, headers={**cookie, **more})
            assert (answer.status, answer.json["success"]) == (403, False), (path, more)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.url}
    assert (await server.api("POST", "/auth/refresh", raw=b"a=b", headers={**cookie, **form})).status == 415

    # What stands in the body was put there by whoever has the token: then the cookie is of no matter.
    answer = await refreshed(server, pair["refresh_token"], headers=cookie)
    assert answer.status == 200


async def test_the_cookie_opens_nothing_else(server: Served) -> None:
    pair = await signed_up(server)

    for name in ("veza_refresh", "teezu_session"):
        for token in (pair["refresh_token"], pair["access_token"]):
            cookie = {"Cookie": f"{name}={token}", "Origin": server.url}
            assert (await server.api("GET", "/sessions", headers=cookie)).status == 401
