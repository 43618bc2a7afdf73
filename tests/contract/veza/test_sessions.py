"""What Veza tells of sessions, and AUTH-17: one's own only."""

from __future__ import annotations

from unit.http.served import Served


async def test_list_sessions_answers_its_shape(server: Served) -> None:
    jane = await server.guest("jane")
    server.world.clock.advance(minutes=5)
    later = await server.token("jane")

    answer = await server.api("GET", "/sessions", token=jane.token)

    assert answer.status == 200
    data = answer.json["data"]
    assert list(data) == ["sessions", "total"]
    assert data["total"] == 2
    assert [list(session) for session in data["sessions"]] == [["id", "current", "created_at", "expires_at"]] * 2
    newest, oldest = data["sessions"]
    assert (newest["current"], oldest["current"]) == (False, True)
    assert oldest["created_at"] == "2026-01-01T00:00:00Z"
    assert oldest["expires_at"] == "2026-01-15T00:00:00Z"
    assert newest["created_at"] == "2026-01-01T00:05:00Z"
    for session in data["sessions"]:
        assert session["id"].startswith("ses_")
        for token in (session["id"], session["id"].removeprefix("ses_")):
            assert (await server.api("GET", "/sessions", token=token)).status == 401
    assert (await server.api("GET", "/sessions", token=later)).json["data"]["sessions"][0]["current"] is True


async def test_sessions_come_in_parts(server: Served) -> None:
    jane = await server.guest("jane")
    for _ in range(4):
        server.world.clock.advance(seconds=1)
        await server.token("jane")
    whole = (await server.api("GET", "/sessions", token=jane.token)).json["data"]["sessions"]
    assert len(whole) == 5

    for query, wanted in (
        ("?limit=2", whole[:2]),
        ("?limit=2&offset=2", whole[2:4]),
        ("?offset=4", whole[4:]),
        ("?offset=5", []),
        ("?limit=1000", whole),
    ):
        data = (await server.api("GET", f"/sessions{query}", token=jane.token)).json["data"]
        assert (data["sessions"], data["total"]) == (wanted, 5), query

    for query in (
        "?limit=0",
        "?limit=-1",
        "?offset=-1",
        "?limit=two",
        "?offset=100001",
        "?cursor=x",
        "?limit=1&limit=2",
    ):
        answer = await server.api("GET", f"/sessions{query}", token=jane.token)
        assert (answer.status, answer.json["success"]) == (400, False), query


async def test_a_session_of_another_dialect_is_listed_and_can_be_ended(server: Served) -> None:
    jane = await server.guest("jane")
    login = {"email": "jane@example.org", "password": "correct horse battery"}
    token = (await server.ask("POST", "/teezu/api/v1/auth/login", login)).json["sessionToken"]
    sessions = (await server.api("GET", "/sessions", token=jane.token)).json["data"]["sessions"]
    [other] = [session["id"] for session in sessions if not session["current"]]

    answer = await server.api("POST", "/sessions/logout", {"session_id": other}, token=jane.token)

    assert (answer.status, answer.json) == (200, {"success": True, "data": {"message": "Logged out"}})
    assert (await server.ask("GET", "/teezu/api/v1/wallet/balance", token=token)).status == 401
    assert (await server.api("GET", "/sessions", token=jane.token)).status == 200


async def test_logout_without_a_name_ends_the_session_that_asks(server: Served) -> None:
    jane = await server.guest("jane")
    other = await server.token("jane")

    assert (await server.api("POST", "/sessions/logout", token=jane.token)).status == 200

    assert (await server.api("GET", "/sessions", token=jane.token)).status == 401
    assert (await server.api("GET", "/sessions", token=other)).json["data"]["total"] == 1


async def test_auth_17_a_session_of_somebody_else_is_none(server: Served) -> None:
    jane, john = await server.guest("jane"), await server.guest("john")
    [session] = (await server.api("GET", "/sessions", token=john.token)).json["data"]["sessions"]

    theirs = await server.api("POST", "/sessions/logout", {"session_id": session["id"]}, token=jane.token)
    nobodys = await server.api("POST", "/sessions/logout", {"session_id": "ses_none"}, token=jane.token)

    assert theirs.status == nobodys.status == 404
    assert theirs.raw == nobodys.raw
    assert (await server.api("GET", "/sessions", token=john.token)).status == 200
    assert session["id"] not in (await server.api("GET", "/sessions", token=jane.token)).raw.decode()


async def test_logout_all_ends_every_session_of_ones_own(server: Served) -> None:
    jane, john = await server.guest("jane"), await server.guest("john")
    pair = await server.granted("jane")

    answer = await server.api("POST", "/sessions/logout-all", token=jane.token)

    assert answer.json == {"success": True, "data": {"message": "Logged out of 2 sessions"}}
    assert (await server.api("GET", "/sessions", token=jane.token)).status == 401
    assert (await server.api("GET", "/sessions", token=pair.access.reveal())).status == 401
    refresh = {"refresh_token": pair.refresh.reveal()}
    assert (await server.api("POST", "/auth/refresh", refresh)).status == 401
    assert (await server.api("GET", "/sessions", token=john.token)).status == 200


async def test_refresh_keeps_a_session_for_longer_and_gives_no_token(server: Served) -> None:
    pair = await server.guest("jane"), await server.granted("jane")
    token = pair[1].access.reveal()
    server.world.clock.advance(minutes=30)

    answer = await server.api("POST", "/sessions/refresh", token=token)

    assert (answer.status, answer.json) == (200, {"success": True, "data": {"expires_at": "2026-01-15T00:30:00Z"}})
    server.world.clock.advance(minutes=30)
    assert (await server.api("GET", "/sessions", token=token)).status == 401, "the access token lasts as long as it did"
