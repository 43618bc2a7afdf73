"""Who is let in, and who is put out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from contract.realtime.scene import Sockets, told, with_realtime
from entrypoints.http.kit.limits import Limit
from platform_core.identity.access import Login
from platform_core.identity.sessions import session_id
from platform_core.identity.staff import BanUser, RevokeSessions
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from support.sockets import Refused, Socket
from support.world import OPERATOR, PASSWORD
from unit.http.served import GENEROUS, Guest, Served, served

HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}


async def test_who_shows_a_session_is_told_who_they_are(server: Served, socket: Sockets) -> None:
    ann = await server.guest("ann")

    one, two = await socket().open(ann.token), await socket().open(ann.token)

    assert set(one) == {"userId", "peerId", "room", "cursor", "gap", "replayed"}
    assert (one["userId"], one["room"], one["gap"], one["replayed"]) == (ann.id, f"user:{ann.id}", False, 0)
    assert one["peerId"] != two["peerId"]
    assert session_id(ann.token) not in str(one), "ids of sessions are nobody's business"


@pytest.mark.parametrize("token", [None, "", "sess_unknown", 7, "ünknown"])
async def test_who_shows_none_is_refused_as_http_would(server: Served, socket: Sockets, token: object) -> None:
    one = socket()

    with pytest.raises(Refused):
        await one.open(token)

    assert one.refusal["message"] == one.refusal["data"]["message"]
    assert {key: one.refusal["data"][key] for key in ("statusCode", "error", "code")} == {
        "statusCode": 401,
        "error": "Unauthorized",
        "code": "UNAUTHORIZED",
    }


async def test_a_cookie_counts_for_pages_of_this_site_only(server: Served, socket: Sockets) -> None:
    ann = await server.guest("ann")
    cookie = {"Cookie": f"teezu_session={ann.token}"}

    assert (await socket().open(auth={}, headers={**cookie, "Origin": server.url}))["userId"] == ann.id
    foreign = await server.ask("GET", HANDSHAKE, headers={**UPGRADE, **cookie, "Origin": "https://evil.example"})
    assert (foreign.status, foreign.code) == (403, "FORBIDDEN")
    program = socket()
    with pytest.raises(Refused):
        await program.open(auth={}, headers=cookie)
    assert program.refusal["data"]["statusCode"] == 403


async def test_pages_of_other_origins_are_refused_whatever_token_they_have(server: Served) -> None:
    for origin in ("https://evil.example", "null", f"{server.url}.evil.example"):
        answer = await server.ask("GET", HANDSHAKE, headers={**UPGRADE, "Origin": origin})
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), origin


async def test_pages_of_listed_origins_may_connect() -> None:
    async with served(extend=with_realtime, cors_origins=["https://app.example"]) as server:
        ann, socket = await server.guest("ann"), Socket(server.url)
        assert (await socket.open(ann.token, headers={"Origin": "https://app.example"}))["userId"] == ann.id
        await socket.close()


async def test_a_token_in_the_query_is_refused(server: Served) -> None:
    ann = await server.guest("ann")

    answer = await server.ask("GET", f"{HANDSHAKE}&token={ann.token}", headers=UPGRADE)

    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?EIO=4&transport=polling", "TRANSPORT_UNKNOWN"),
        ("", "TRANSPORT_UNKNOWN"),
        ("?EIO=3&transport=websocket", "UNSUPPORTED_PROTOCOL"),
    ],
)
async def test_only_the_newest_protocol_over_websocket_is_spoken(server: Served, query: str, code: str) -> None:
    answer = await server.ask("GET", f"/socket.io/{query}", headers=UPGRADE if "websocket" in query else None)

    assert (answer.status, answer.code) == (400, code)


async def test_only_our_own_names_are_answered_to() -> None:
    async with served(extend=with_realtime, allowed_hosts=["api.example"]) as server:
        assert (await server.ask("GET", HANDSHAKE, headers=UPGRADE)).status == 421


async def test_attempts_with_wrong_tokens_are_counted_by_address() -> None:
    async with served(extend=with_realtime, limits={**GENEROUS, "default": Limit(2)}) as server:
        codes = []
        for _ in range(3):
            socket = Socket(server.url)
            with pytest.raises(Refused):
                await socket.open("sess_guess")
            codes.append(socket.refusal["data"]["code"])
        assert codes == ["UNAUTHORIZED", "UNAUTHORIZED", "RATE_LIMITED"]


async def test_a_user_has_ten_connections_at_most(server: Served, socket: Sockets) -> None:
    ann = await server.guest("ann")
    first = socket()
    await first.open(ann.token)
    for _ in range(9):
        await socket().open(ann.token)

    one_more = socket()
    with pytest.raises(Refused):
        await one_more.open(ann.token)
    assert one_more.refusal["data"]["code"] == "TOO_MANY_CONNECTIONS"

    await first.close()
    await socket().open((await server.guest("ben")).token)


async def _signs_out(server: Served, who: Guest) -> None:
    assert (await server.api("POST", "/auth/logout", token=who.token)).status == 204


async def _refreshes(server: Served, who: Guest) -> None:
    assert (await server.api("POST", "/auth/refresh", token=who.token)).status == 200


async def _is_banned(server: Served, who: Guest) -> None:
    await server.world.execute(BanUser(who.id, "spam"), by=OPERATOR)


async def _is_revoked(server: Served, who: Guest) -> None:
    await server.world.execute(RevokeSessions(who.id, session_id(who.token)), by=OPERATOR)


async def _signs_in_anew(server: Served, who: Guest) -> None:
    wish = Login("ann@example.org", PASSWORD, presented=session_id(who.token))
    await server.world.execute(wish, by=ANONYMOUS)


@pytest.mark.parametrize("ends", [_signs_out, _refreshes, _is_banned, _is_revoked, _signs_in_anew])
async def test_whose_session_ends_is_put_out_at_once(
    server: Served, socket: Sockets, ends: Callable[[Served, Guest], Awaitable[None]]
) -> None:
    ann, ben = await server.guest("ann"), await server.guest("ben")
    one, two, other = socket(), socket(), socket()
    await one.open(ann.token)
    await two.open(await server.token("ann"))
    await other.open(ben.token)

    await ends(server, ann)
    await told(server)

    assert await one.hear("put_out") == {
        "room": None,
        "code": "SESSION_ENDED",
        "message": "your session is unknown or has ended",
    }
    await one.ended.wait()
    assert (await other.ask("heartbeat", {"room": "stream:none"}))["error"]["statusCode"] == 404, "others stay"
    if ends is _is_banned:
        await two.ended.wait()
    else:
        assert (await two.ask("leave_room", {"room": "stream:none"}))["ok"], "as do other sessions"


async def test_a_session_that_has_run_out_asks_for_nothing_more(server: Served, socket: Sockets) -> None:
    one = socket()
    await one.open((await server.guest("ann")).token)

    server.world.clock.advance(days=15)

    assert (await one.denied("leave_room", room="stream:x")) == (401, "UNAUTHORIZED")
    await one.ended.wait()


async def test_what_a_role_allows_is_asked_each_time(server: Served, socket: Sockets) -> None:
    ann = await server.guest("ann", role=Role.CREATOR)
    one = socket()
    await one.open(ann.token)
    await server.world.execute(BanUser(ann.id), by=Actor("usr_root", Role.ADMIN, Via.OPERATOR))

    # Nothing has been told yet: the request itself finds out.
    assert (await one.denied("heartbeat", room="stream:x")) == (401, "UNAUTHORIZED")
