"""What Teezu answers to those who come and go."""

from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from support.world import OPERATOR, PASSWORD
from unit.http.served import Served

NEW = {"email": "user@example.com", "username": "john_doe", "password": "secureT33zu!123", "role": "creator"}


async def test_register_answers_the_documents_shape(server: Served) -> None:
    answer = await server.api("POST", "/auth/register", NEW)

    assert answer.status == 201
    body = answer.json
    assert list(body) == ["userId", "sessionToken", "user"]
    assert body["userId"].startswith("usr_")
    assert body["sessionToken"].startswith("sess_")
    assert body["user"] == {
        "id": body["userId"],
        "email": "user@example.com",
        "username": "john_doe",
        "role": "creator",
    }


async def test_register_makes_a_viewer_unless_told_otherwise(server: Served) -> None:
    body = {key: value for key, value in NEW.items() if key != "role"}

    assert (await server.api("POST", "/auth/register", body)).json["user"]["role"] == "viewer"


async def test_auth_02_nobody_registers_as_staff(server: Served) -> None:
    for role in ("admin", "moderator", ["admin"], "ADMIN ", "Viewer", None, 1):
        answer = await server.api("POST", "/auth/register", {**NEW, "role": role})

        assert (answer.status, answer.code) == (422, "VALIDATION_ERROR"), role
        assert answer.json["details"][0]["field"] == "role"


async def test_register_names_every_broken_field_at_once(server: Served) -> None:
    body = {"email": "nobody", "username": "J", "password": "short", "role": "king", "isAdmin": True}

    answer = await server.api("POST", "/auth/register", body)

    assert answer.status == 422
    assert {detail["field"] for detail in answer.json["details"]} == {*NEW, "isAdmin"}


async def test_register_refuses_an_address_as_the_document_does(server: Served) -> None:
    answer = await server.api("POST", "/auth/register", {**NEW, "email": "nobody"})

    assert answer.json == {
        "statusCode": 422,
        "error": "Unprocessable Entity",
        "code": "VALIDATION_ERROR",
        "message": "email: Invalid email address",
        "details": [{"field": "email", "message": "Invalid email address"}],
    }


async def test_auth_08_a_taken_address_and_a_taken_name_get_one_answer(server: Served) -> None:
    await server.api("POST", "/auth/register", NEW)

    by_address = await server.api("POST", "/auth/register", {**NEW, "username": "somebody_else"})
    by_name = await server.api("POST", "/auth/register", {**NEW, "email": "other@example.com"})

    assert (by_address.status, by_address.code) == (409, "CONFLICT")
    assert by_address.raw == by_name.raw
    assert "details" not in by_name.json


async def test_login_answers_the_documents_shape(server: Served) -> None:
    await server.api("POST", "/auth/register", NEW)

    answer = await server.api("POST", "/auth/login", {"email": NEW["email"], "password": NEW["password"]})

    assert answer.status == 200
    assert list(answer.json) == ["sessionToken", "expiresAt", "user"]
    assert answer.json["expiresAt"] == "2026-01-15T00:00:00Z"
    assert set(answer.json["user"]) == {"id", "username", "role"}


async def test_auth_03_login_never_says_what_was_wrong(server: Served) -> None:
    await server.guest("jane")
    banned = await server.guest("banned")
    await server.world.execute(BanUser(banned.id), by=OPERATOR)

    answers = [
        await server.api("POST", "/auth/login", {"email": email, "password": password})
        for email, password in (
            ("nobody@example.org", PASSWORD.reveal()),
            ("jane@example.org", "wrong password"),
            ("banned@example.org", PASSWORD.reveal()),
        )
    ]

    assert {(answer.status, answer.raw) for answer in answers} == {(401, answers[0].raw)}


async def test_auth_11_a_login_ends_the_session_that_came_with_it(server: Served) -> None:
    jane = await server.guest("jane")

    login = {"email": "jane@example.org", "password": PASSWORD.reveal()}
    answer = await server.api("POST", "/auth/login", login, token=jane.token)

    assert answer.status == 200
    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 401
    assert (await server.api("GET", "/wallet/balance", token=answer.json["sessionToken"])).status == 200


async def test_login_and_register_pass_over_a_dead_token(server: Served) -> None:
    assert (await server.api("POST", "/auth/register", NEW, token="sess_dead")).status == 201
    login = {"email": NEW["email"], "password": NEW["password"]}
    assert (await server.api("POST", "/auth/login", login, token="sess_dead")).status == 200


async def test_auth_12_logout_answers_nothing_and_kills_the_token(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api("POST", "/auth/logout", token=jane.token)

    assert (answer.status, answer.raw) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert (await server.api("GET", "/wallet/balance", token=jane.token)).code == "UNAUTHORIZED"


async def test_refresh_gives_14_days_under_a_new_token(server: Served) -> None:
    jane = await server.guest("jane")
    server.world.clock.advance(days=3)

    answer = await server.api("POST", "/auth/refresh", token=jane.token)

    assert answer.status == 200
    assert list(answer.json) == ["sessionToken", "expiresAt"]
    assert answer.json["expiresAt"] == "2026-01-18T00:00:00Z"
    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 401
    assert (await server.api("GET", "/wallet/balance", token=answer.json["sessionToken"])).status == 200


async def test_a_session_ends_after_14_days(server: Served) -> None:
    jane = await server.guest("jane")
    server.world.clock.advance(days=14)

    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 401


async def test_auth_13_the_cookie_is_kept_from_scripts_and_other_sites(server: Served) -> None:
    registered = await server.api("POST", "/auth/register", NEW)
    token = registered.json["sessionToken"]

    assert registered.headers["Set-Cookie"] == (
        f"teezu_session={token}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"
    )
    logout = await server.api("POST", "/auth/logout", token=token)
    assert logout.headers["Set-Cookie"].startswith("teezu_session=; Path=/; Max-Age=0;")


async def test_auth_13_a_cookie_changes_nothing_for_pages_of_others(server: Served) -> None:
    jane = await server.guest("jane")
    cookie = {"Cookie": f"teezu_session={jane.token}"}
    path = f"/users/{jane.id}"

    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = await server.api("PATCH", path, {"bio": "pwned"}, headers={**cookie, **headers})
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), headers

    for headers in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}):
        answer = await server.api("PATCH", path, {"bio": "mine"}, headers={**cookie, **headers})
        assert answer.status == 200, headers

    assert (await server.api("GET", "/wallet/balance", headers=cookie)).status == 200


async def test_auth_13_signing_in_passes_over_a_cookie_that_a_page_of_others_may_have_sent(server: Served) -> None:
    jane = await server.guest("jane")
    login = {"email": "jane@example.org", "password": PASSWORD.reveal()}
    headers = {"Cookie": f"teezu_session={jane.token}", "Origin": "https://evil.example"}

    assert (await server.api("POST", "/auth/login", login, headers=headers)).status == 200
    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 200


async def test_a_bearer_token_wins_over_the_cookie(server: Served) -> None:
    jane, john = await server.guest("jane", tokens=5), await server.guest("john", tokens=7)

    answer = await server.api(
        "GET", "/wallet/balance", token=john.token, headers={"Cookie": f"teezu_session={jane.token}"}
    )

    assert answer.json["balance"] == 7


async def test_auth_14_a_token_in_the_url_is_refused(server: Served) -> None:
    jane = await server.guest("jane", role=Role.ADMIN)

    for name in ("token", "access_token", "sessionToken", "teezu_session"):
        answer = await server.api("GET", f"/users/{jane.id}?{name}={jane.token}")
        assert answer.status == 401
        assert jane.token not in answer.raw.decode()


async def test_auth_07_other_schemes_are_refused(server: Served) -> None:
    jane = await server.guest("jane")

    for header in ("Basic amFuZTpwdw==", f"Token {jane.token}", "Bearer", "Bearer ", f"{jane.token}"):
        answer = await server.api("GET", f"/users/{jane.id}", headers={"Authorization": header})
        assert answer.status == 401, header
        assert answer.headers["WWW-Authenticate"] == "Bearer"
