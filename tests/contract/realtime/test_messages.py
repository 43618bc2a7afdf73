"""What users say and give, asked for here and over HTTP: one and the same."""

from __future__ import annotations

from typing import Any

import pytest

from contract.realtime.scene import Sockets, a_host, conversation, entered, on_air, told, with_realtime
from entrypoints.http.kit.limits import Limit
from support.sockets import Socket
from unit.http.served import GENEROUS, Served, served


async def test_what_is_said_in_a_conversation_reaches_both_on_every_connection(server: Served, socket: Sockets) -> None:
    ann, ben, cat = [await server.guest(name) for name in ("ann", "ben", "cat")]
    talk = await conversation(server, ann, ben)
    of_ann, of_ann_too, of_ben, of_cat = socket(), socket(), socket(), socket()
    for one, who in ((of_ann, ann), (of_ann_too, ann), (of_ben, ben), (of_cat, cat)):
        await one.open(who.token)

    said = await of_ann.done("send_message", room=f"conversation:{talk}", content="Hello!")
    over_http = await server.api("POST", f"/messages/{talk}", {"content": "Hi!"}, token=ben.token)
    await told(server)

    assert set(said) == set(over_http.json) == {"messageId", "conversationId", "content", "type", "sentAt"}
    for one, who in ((of_ann, ann), (of_ann_too, ann), (of_ben, ben)):
        await one.hear("send_message", 2)
        first, second = one.all("send_message")
        assert set(first) == {"room", "cursor", "id", "senderId", *said}
        assert first["room"] == f"user:{who.id}"
        assert {key: first[key] for key in said} == said
        assert {key: second[key] for key in said} == over_http.json
        assert (first["senderId"], second["senderId"]) == (ann.id, ben.id)
    assert of_cat.all("send_message") == []


async def test_a_conversation_of_others_is_not_there(server: Served, socket: Sockets) -> None:
    ann, ben, cat = [await server.guest(name) for name in ("ann", "ben", "cat")]
    talk = await conversation(server, ann, ben)
    one = socket()
    await one.open(cat.token)

    theirs = await one.ask("send_message", {"room": f"conversation:{talk}", "content": "hello"})
    none = await one.ask("send_message", {"room": "conversation:conv_none", "content": "hello"})

    assert theirs == none
    assert theirs["error"]["statusCode"] == 404


async def test_a_message_sent_twice_under_one_key_is_one(server: Served, socket: Sockets) -> None:
    ann, ben = await server.guest("ann"), await server.guest("ben")
    talk = await conversation(server, ann, ben)
    one, other = socket(), socket()
    await one.open(ann.token)
    await other.open(ben.token)
    wish = {"room": f"conversation:{talk}", "content": "once", "idempotencyKey": "k1"}

    first, again = await one.ask("send_message", wish), await one.ask("send_message", wish)
    over_http = await server.api(
        "POST", f"/messages/{talk}", {"content": "once"}, token=ann.token, headers={"Idempotency-Key": "k1"}
    )
    await told(server)

    assert first == {"ok": True, "data": over_http.json}
    assert again == {**first, "replayed": True}
    assert over_http.headers["Idempotent-Replayed"] == "true"
    await other.hear("send_message")
    assert len(other.all("send_message")) == 1
    assert await one.denied("send_message", **{**wish, "content": "twice"}) == (422, "IDEMPOTENCY_KEY_REUSED")


BROKEN: list[tuple[Any, int, list[str] | None]] = [
    ({"content": ""}, 422, ["content"]),
    ({"content": "x" * 501}, 422, ["content"]),
    ({"content": "\u200b"}, 422, ["content"]),
    ({"content": 7}, 422, ["content"]),
    ({}, 422, ["content"]),
    ({"content": "x", "type": "tip"}, 422, ["type"]),
    ({"content": "x", "type": "image"}, 422, ["type"]),
    ({"content": "x", "role": "admin", "amount": 5}, 422, ["amount", "role"]),
    ({"content": "x", "idempotencyKey": 7}, 422, ["idempotencyKey"]),
    ({"content": "x", "idempotencyKey": ""}, 400, None),
]


@pytest.mark.parametrize(("more", "status", "fields"), BROKEN)
async def test_a_broken_line_is_refused_by_the_name_of_its_fields(
    server: Served, socket: Sockets, more: dict[str, Any], status: int, fields: list[str] | None
) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one = socket()
    await entered(one, ann, stream)

    answer = await one.ask("send_message", {"room": f"stream:{stream}", **more})

    assert (answer["ok"], answer["error"]["statusCode"]) == (False, status)
    details = answer["error"].get("details")
    assert (details and sorted({detail["field"] for detail in details})) == fields
    await told(server)
    assert one.all("send_message") == []


async def test_what_is_not_a_request_is_refused(server: Served, socket: Sockets) -> None:
    one = socket()
    await one.open((await server.guest("ann")).token)

    assert (await one.ask("be_admin"))["error"]["code"] == "UNKNOWN_EVENT"
    for broken in ("text", 7, ["list"]):
        assert (await one.ask("send_message", broken))["error"]["statusCode"] == 400
    assert (await one.ask("send_message", {}, {}))["error"]["statusCode"] == 400
    assert (await one.ask("leave_room", {"room": "stream:x"}))["ok"], "and the connection goes on"


async def test_messages_here_and_over_http_share_one_limit() -> None:
    async with served(extend=with_realtime, limits={**GENEROUS, "messages": Limit(5, 10)}) as server:
        ann, ben = await server.guest("ann"), await server.guest("ben")
        talk = await conversation(server, ann, ben)
        host = await a_host(server)
        stream = await on_air(server, host)
        socket = Socket(server.url)
        await entered(socket, ann, stream)
        for _ in range(2):
            await server.api("POST", f"/messages/{talk}", {"content": "hi"}, token=ann.token)
            await socket.done("send_message", room=f"conversation:{talk}", content="hi")
        await socket.done("send_message", room=f"stream:{stream}", content="hi")

        refused = await socket.ask("send_message", {"room": f"stream:{stream}", "content": "hi"})

        assert (refused["error"]["statusCode"], refused["error"]["code"]) == (429, "RATE_LIMITED")
        assert 1 <= refused["retryAfter"] <= 10
        assert (await server.api("POST", f"/messages/{talk}", {"content": "hi"}, token=ann.token)).status == 429
        server.world.clock.advance(seconds=11)
        await socket.done("send_message", room=f"stream:{stream}", content="hi")
        await socket.close()


async def test_a_tip_given_in_a_stream_is_seen_by_all_in_the_room_once(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann", tokens=100), await server.guest("ben")
    stream = await on_air(server, host)
    sockets = [socket(), socket(), socket()]
    for one, who in zip(sockets, (host, ann, ben), strict=True):
        await entered(one, who, stream)
    wish = {"recipientId": host.id, "amount": 30, "context": "stream", "contextId": stream, "idempotencyKey": "t1"}

    first, again = await sockets[1].ask("tip", wish), await sockets[1].ask("tip", wish)
    await server.api(
        "POST",
        "/wallet/tip",
        {key: value for key, value in wish.items() if key != "idempotencyKey"},
        token=ann.token,
        headers={"Idempotency-Key": "t1"},
    )
    await told(server)

    assert first["data"] == {
        "transactionId": first["data"]["transactionId"],
        "newBalance": 70,
        "recipient": {"id": host.id, "username": "host"},
    }
    assert again == {**first, "replayed": True}
    for one in sockets:
        tip = await one.hear("tip")
        assert tip == {
            "room": f"stream:{stream}",
            "cursor": tip["cursor"],
            "id": tip["id"],
            "transactionId": first["data"]["transactionId"],
            "amount": 30,
            "sender": {"id": ann.id, "username": "ann"},
            "recipient": {"id": host.id, "username": "host"},
            "context": "stream",
            "contextId": stream,
            "sentAt": tip["sentAt"],
        }
        assert len(one.all("tip")) == 1
    for one, balance in ((sockets[0], 30), (sockets[1], 70)):
        assert (await one.hear("wallet"))["balance"] == balance
    assert sockets[2].all("wallet") == []


@pytest.mark.parametrize("case", ["no stream", "another host's", "not paid", "blocked", "in a chat"])
async def test_a_tip_that_was_not_given_in_the_room_is_told_to_the_two_only(
    server: Served, socket: Sockets, case: str
) -> None:
    host, other = await a_host(server), await a_host(server, "other")
    ann, ben = await server.guest("ann", tokens=100), await server.guest("ben", tokens=100)
    stream = await on_air(server, host, price=10 if case == "not paid" else 0)
    of_host, of_ann, of_ben = socket(), socket(), socket()
    await server.api("POST", f"/streams/{stream}/join", token=ben.token)
    await entered(of_ben, ben, stream)
    await of_host.open(host.token)
    await of_ann.open(ann.token)
    of_other = socket()
    await of_other.open(other.token)
    if case == "blocked":
        await server.api("POST", "/messages/blocks", {"userId": ann.id}, token=host.token)
    to = other if case == "another host's" else host
    tip = {
        "recipientId": to.id,
        "amount": 1,
        "context": "chat" if case == "in a chat" else "stream",
        "contextId": "str_none" if case == "no stream" else stream,
    }

    await of_ann.done("tip", **tip)
    await told(server)

    assert (await of_ann.hear("tip"))["room"] == f"user:{ann.id}"
    assert (await (of_other if to is other else of_host).hear("tip"))["room"] == f"user:{to.id}"
    assert of_ben.all("tip") == []


async def test_refusals_of_tips_are_those_of_http(server: Served, socket: Sockets) -> None:
    ann, ben = await server.guest("ann", tokens=5), await server.guest("ben")
    one = socket()
    await one.open(ann.token)

    for wish in (
        {"recipientId": ben.id, "amount": 6, "context": "chat"},
        {"recipientId": ben.id, "amount": 0, "context": "chat"},
        {"recipientId": ben.id, "amount": True, "context": "chat"},
        {"recipientId": "usr_none", "amount": 1, "context": "chat"},
        {"recipientId": ann.id, "amount": 1, "context": "chat"},
        {"amount": 1, "context": "bed", "admin": True},
    ):
        over_http = await server.api("POST", "/wallet/tip", wish, token=ann.token)
        assert await one.ask("tip", wish) == {"ok": False, "error": over_http.json}
        assert over_http.status >= 400


async def test_where_keys_are_required_they_are_required_here() -> None:
    async with served(extend=with_realtime, require_idempotency_key=True) as server:
        ann = await server.guest("ann")
        socket = Socket(server.url)
        await socket.open(ann.token)
        assert await socket.denied("tip", recipientId="usr_x", amount=1, context="chat") == (
            400,
            "IDEMPOTENCY_KEY_REQUIRED",
        )
        await socket.close()
