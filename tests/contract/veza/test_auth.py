"""What Veza answers to those who come and go."""

from __future__ import annotations

from joserfc import jws
from joserfc.jwk import OctKey

from contract.veza.people import LOGIN, NEW, is_in, refreshed, session_of, signed_up
from platform_core.identity.families import RefreshFamily
from platform_core.identity.ports import Claims, TokenKind
from platform_core.identity.staff import BanUser, SetRole
from platform_core.kernel.actor import Role
from platform_core.kernel.select import Select
from support.world import OPERATOR, PASSWORD, TOKENS
from unit.http.served import Served


async def test_register_answers_the_documents_shape(server: Served) -> None:
    answer = await server.api("POST", "/auth/register", NEW)

    assert answer.status == 201
    assert list(answer.json) == ["success", "data"]
    assert answer.json["success"] is True
    data = answer.json["data"]
    assert list(data) == ["user", "access_token", "refresh_token", "expires_in"]
    assert data["user"] == {"id": data["user"]["id"], "username": "johndoe", "email": "john@example.com"}
    assert data["user"]["id"].startswith("usr_")
    assert data["access_token"].startswith("eyJ")
    assert data["refresh_token"].startswith("eyJ")
    assert data["expires_in"] == 3600


async def test_login_answers_the_documents_shape(server: Served) -> None:
    user = (await signed_up(server))["user"]

    answer = await server.api("POST", "/auth/login", LOGIN)

    assert answer.status == 200
    data = answer.json["data"]
    assert list(data) == ["access_token", "refresh_token", "expires_in", "user"]
    assert data["user"] == user
    assert data["expires_in"] == 3600
    assert await is_in(server, data["access_token"])


async def test_logout_ends_session_and_refresh_token(server: Served) -> None:
    pair = await signed_up(server)

    answer = await server.api("POST", "/auth/logout", token=pair["access_token"])

    assert (answer.status, answer.json) == (200, {"success": True, "data": {"message": "Logged out"}})
    assert not await is_in(server, pair["access_token"])
    assert (await refreshed(server, pair["refresh_token"])).status == 401
    assert await server.world.store.count(Select(RefreshFamily)) == 0


async def test_logout_by_the_refresh_token_alone(server: Served) -> None:
    pair = await signed_up(server)

    answer = await server.api("POST", "/auth/logout", {"refresh_token": pair["refresh_token"]})

    assert answer.status == 200
    assert not await is_in(server, pair["access_token"])


async def test_logout_of_nobody_is_no_mistake(server: Served) -> None:
    assert (await server.api("POST", "/auth/logout")).status == 200
    assert (await server.api("POST", "/auth/logout", {"refresh_token": "eyJ"}, token="gone")).status == 200


async def test_auth_02_register_takes_no_role(server: Served) -> None:
    answer = await server.api("POST", "/auth/register", {**NEW, "role": "admin"})

    assert (answer.status, answer.json) == (400, {"success": False, "error": "role: is not known here"})
    user = (await signed_up(server))["user"]
    assert (await server.world.execute(SetRole(user["id"], Role.VIEWER), by=OPERATOR)).role is Role.VIEWER


async def test_register_names_every_broken_field_at_once(server: Served) -> None:
    answer = await server.api("POST", "/auth/register", {"username": "J", "email": "nobody", "password": "short"})

    assert answer.status == 400
    assert list(answer.json) == ["success", "error"]
    for field in NEW:
        assert f"{field}: " in answer.json["error"]


async def test_auth_08_a_taken_address_and_a_taken_name_get_one_answer(server: Served) -> None:
    await signed_up(server)

    by_address = await server.api("POST", "/auth/register", {**NEW, "username": "somebody_else"})
    by_name = await server.api("POST", "/auth/register", {**NEW, "email": "other@example.com"})

    assert by_address.status == 409
    assert by_address.raw == by_name.raw


async def test_auth_03_login_never_says_what_was_wrong(server: Served) -> None:
    await server.world.person("jane")
    banned = await server.world.person("banned")
    await server.world.execute(BanUser(banned.id), by=OPERATOR)

    answers = [
        await server.api("POST", "/auth/login", {"email": email, "password": password})
        for email, password in (
            ("nobody@example.org", PASSWORD.reveal()),
            ("jane@example.org", "wrong password"),
            ("banned@example.org", PASSWORD.reveal()),
        )
    ]

    told = b'{"success":false,"error":"Invalid email or password"}'
    assert {(answer.status, answer.raw) for answer in answers} == {(401, told)}


async def test_auth_04_guesses_are_counted_together_with_those_of_other_dialects(server: Served) -> None:
    await server.world.person("jane")
    wrong = {"email": "jane@example.org", "password": "wrong password"}

    teezu = [(await server.ask("POST", "/teezu/api/v1/auth/login", wrong)).status for _ in range(3)]
    veza = [(await server.api("POST", "/auth/login", wrong)).status for _ in range(3)]

    assert (teezu, veza) == ([401] * 3, [401, 401, 429])


async def test_an_account_made_through_teezu_signs_in_here_and_the_other_way_round(server: Served) -> None:
    made = await server.ask("POST", "/teezu/api/v1/auth/register", NEW)
    here = await server.api("POST", "/auth/login", LOGIN)
    assert here.json["data"]["user"]["id"] == made.json["userId"]

    other = {"username": "jane", "email": "jane@example.com", "password": NEW["password"]}
    made = await server.api("POST", "/auth/register", other)
    login = {"email": other["email"], "password": other["password"]}
    there = await server.ask("POST", "/teezu/api/v1/auth/login", login)
    assert there.json["user"]["id"] == made.json["data"]["user"]["id"]
    assert there.json["user"]["role"] == "viewer"


async def test_auth_07_a_token_is_for_its_own_dialect(server: Served) -> None:
    access = (await signed_up(server))["access_token"]
    session = (await server.ask("POST", "/teezu/api/v1/auth/login", LOGIN)).json["sessionToken"]

    assert (await server.ask("GET", "/teezu/api/v1/wallet/balance", token=access)).status == 401
    assert not await is_in(server, session)
    cookie = {"Cookie": f"teezu_session={session}"}
    assert (await server.api("GET", "/sessions", headers=cookie)).status == 401


async def test_auth_12_ban_and_role_hold_from_the_next_request_on(server: Served) -> None:
    pair = await signed_up(server)
    access, user = pair["access_token"], pair["user"]["id"]

    await server.world.execute(SetRole(user, Role.CREATOR), by=OPERATOR)
    assert (await server.world.token_doorkeeper.actor(access)).role is Role.CREATOR
    await server.world.execute(BanUser(user), by=OPERATOR)

    assert not await is_in(server, access)
    assert (await refreshed(server, pair["refresh_token"])).status == 401


async def test_an_access_token_is_good_for_an_hour(server: Served) -> None:
    pair = await signed_up(server)

    server.world.clock.advance(seconds=3599)
    assert await is_in(server, pair["access_token"])
    server.world.clock.advance(seconds=1)
    assert not await is_in(server, pair["access_token"])
    assert (await refreshed(server, pair["refresh_token"])).status == 200


async def test_auth_11_a_login_ends_the_session_that_came_with_it(server: Served) -> None:
    old = await signed_up(server)

    answer = await server.api("POST", "/auth/login", LOGIN, token=old["access_token"])

    assert answer.status == 200
    assert not await is_in(server, old["access_token"])
    assert (await refreshed(server, old["refresh_token"])).status == 401
    assert await is_in(server, answer.json["data"]["access_token"])


async def test_auth_13_the_cookie_is_kept_for_auth_alone(server: Served) -> None:
    registered = await server.api("POST", "/auth/register", NEW)
    token = registered.json["data"]["refresh_token"]

    assert registered.headers["Set-Cookie"] == (
        f"veza_refresh={token}; Path=/veza/api/v1/auth; Max-Age=7776000; HttpOnly; SameSite=Strict"
    )
    logout = await server.api("POST", "/auth/logout", {"refresh_token": token})
    assert logout.headers["Set-Cookie"].startswith("veza_refresh=; Path=/veza/api/v1/auth; Max-Age=0;")


async def test_auth_14_a_token_in_the_url_is_refused(server: Served) -> None:
    access = (await signed_up(server))["access_token"]

    for name in ("token", "access_token", "refresh_token", "api_key", "X-API-Key"):
        answer = await server.api("GET", f"/sessions?{name}={access}")
        assert answer.status == 401
        assert access not in answer.raw.decode()


async def test_a_token_of_another_users_session_is_refused(server: Served) -> None:
    access = (await signed_up(server))["access_token"]
    other = await server.world.person("jane")
    now = server.world.clock.now()

    crossed = TOKENS.sign(Claims(TokenKind.ACCESS, other.id, session_of(access), now, now.replace(year=2999)))

    assert not await is_in(server, crossed.reveal())


async def test_a_token_of_another_installation_is_refused(server: Served) -> None:
    access = (await signed_up(server))["access_token"]
    found = jws.extract_compact(access.encode())

    forged = jws.serialize_compact(found.headers(), found.payload, OctKey.import_key(b"x" * 32), algorithms=["HS256"])

    assert not await is_in(server, forged)
