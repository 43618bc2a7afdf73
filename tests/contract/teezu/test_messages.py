"""What Teezu answers about conversations, messages and blocks."""

from __future__ import annotations

from typing import Any

import pytest

from entrypoints.http.kit.limits import Limit
from platform_core.identity.profiles import UpdateUser
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from platform_core.messaging.content import MOST_BYTES, MOST_CHARACTERS
from support.world import OPERATOR
from unit.http.served import GENEROUS, Answered, Guest, Served, served

PICTURE = "https://cdn.example/avatars/jane.webp"


async def opened(server: Served, who: Guest, other: Guest) -> str:
    """The conversation of two."""
    answer = await server.api("POST", "/messages/conversations", {"userId": other.id}, token=who.token)
    assert answer.status == 200, answer.raw
    return str(answer.json["id"])


async def sent(server: Served, who: Guest, conversation: str, content: str = "Hi", **more: Any) -> Answered:
    """A message, a second after the one before."""
    server.world.clock.advance(seconds=1)
    return await server.api("POST", f"/messages/{conversation}", {"content": content, **more}, token=who.token)


async def two(server: Served, tokens: int = 0) -> tuple[Guest, Guest, str]:
    """John, Jane and their conversation."""
    john, jane = await server.guest("john", tokens=tokens), await server.guest("jane")
    await server.world.execute(UpdateUser(jane.id, avatar_url=PICTURE), by=OPERATOR)
    return john, jane, await opened(server, john, jane)


async def listed(server: Served, who: Guest, query: str = "") -> Any:
    """Somebody's conversations."""
    answer = await server.api("GET", f"/messages/conversations{query}", token=who.token)
    assert answer.status == 200, answer.raw
    return answer.json


def fields(answer: Answered) -> list[str]:
    """The fields that were refused."""
    assert answer.status == 422, answer.raw
    return [detail["field"] for detail in answer.json["details"]]


async def test_open_answers_the_conversation_new_or_old(server: Served) -> None:
    john, jane, id = await two(server)

    again = await server.api("POST", "/messages/conversations", {"userId": jane.id}, token=john.token)

    assert (again.status, again.json) == (
        200,
        {
            "id": id,
            "participant": {"id": jane.id, "username": "jane", "avatarUrl": PICTURE},
            "lastMessage": None,
            "unreadCount": 0,
        },
    )
    assert id.startswith("conv_")
    assert await opened(server, jane, john) == id


async def test_list_conversations_answers_the_seeds_shape(server: Served) -> None:
    john, jane, id = await two(server)
    assert (await listed(server, jane)) == {"conversations": []}
    await sent(server, jane, id, "Hello")
    await sent(server, jane, id, "Hey!")
    at = server.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    assert (await listed(server, john)) == {
        "conversations": [
            {
                "id": id,
                "participant": {"id": jane.id, "username": "jane", "avatarUrl": PICTURE},
                "lastMessage": {"content": "Hey!", "sentAt": at},
                "unreadCount": 2,
            }
        ]
    }
    assert (await listed(server, jane))["conversations"][0]["unreadCount"] == 0
    assert (await listed(server, jane))["conversations"][0]["participant"]["avatarUrl"] is None


async def test_conversations_stand_in_the_order_of_their_last_message(server: Served) -> None:
    john, jane, first = await two(server)
    second = await opened(server, john, await server.guest("june"))
    await sent(server, john, first)
    await sent(server, john, second)
    assert [one["id"] for one in (await listed(server, john))["conversations"]] == [second, first]

    await sent(server, jane, first)

    assert [one["id"] for one in (await listed(server, john))["conversations"]] == [first, second]


async def test_send_answers_the_seeds_shape(server: Served) -> None:
    john, _, id = await two(server)

    answer = await sent(server, john, id, "Hello! 👋", type="text")

    assert answer.status == 201
    body = answer.json
    assert body.pop("messageId").startswith("msg_")
    at = server.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert body == {"conversationId": id, "content": "Hello! 👋", "type": "text", "sentAt": at}


async def test_a_message_is_a_text_unless_it_says_otherwise(server: Served) -> None:
    john, _, id = await two(server)

    assert (await sent(server, john, id)).json["type"] == "text"
    assert (await sent(server, john, id, PICTURE, type="image")).json["type"] == "image"
    assert fields(await sent(server, john, id, "no address", type="image")) == ["content"]


@pytest.mark.parametrize("form", ["tip", "unlock", "TEXT", "", None, 1, ["text"]])
async def test_chat_03_what_only_the_wallet_writes_is_refused(server: Served, form: object) -> None:
    john, _, id = await two(server)

    assert fields(await sent(server, john, id, type=form)) == ["type"]
    assert (await listed(server, john))["conversations"][0]["lastMessage"] is None


async def test_chat_06_content_is_data_of_bounded_length(server: Served) -> None:
    john, jane, id = await two(server)

    for content in (
        "",
        "x" * (MOST_CHARACTERS + 1),
        "🎉" * (MOST_BYTES // 4 + 1),
        "🎉" * 10_000,
        "\u202e",
        " ",
        "a\0b",
    ):
        assert fields(await sent(server, john, id, content)) == ["content"], content[:9]
    for wrong in (1, None, ["x"], {"x": 1}):
        answer = await server.api("POST", f"/messages/{id}", {"content": wrong}, token=john.token)
        assert fields(answer) == ["content"]
    await sent(server, john, id, "<b>pay</b> \u202egpj.exe")

    history = (await server.api("GET", f"/messages/{id}", token=jane.token)).json
    assert [message["content"] for message in history["messages"]] == ["<b>pay</b> gpj.exe"]


async def test_history_is_told_newest_first_a_page_at_a_time(server: Served) -> None:
    john, jane, id = await two(server)
    sent_ids = [(await sent(server, (john, jane)[i % 2], id, f"{i}")).json["messageId"] for i in range(5)]

    first = (await server.api("GET", f"/messages/{id}?limit=2", token=john.token)).json
    # What comes meanwhile moves no page.
    await sent(server, jane, id, "new")
    second = (await server.api("GET", f"/messages/{id}?limit=2&cursor={first['nextCursor']}", token=john.token)).json
    third = (await server.api("GET", f"/messages/{id}?limit=2&cursor={second['nextCursor']}", token=john.token)).json

    pages = [[message["messageId"] for message in page["messages"]] for page in (first, second, third)]
    assert pages == [sent_ids[:2:-1], sent_ids[2:0:-1], sent_ids[:1]]
    assert first["nextCursor"].startswith("crs_")
    assert third["nextCursor"] is None
    assert first["limit"] == 2
    at = server.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = (await server.api("GET", f"/messages/{id}", token=john.token)).json
    assert whole["messages"][0] == {
        "messageId": whole["messages"][0]["messageId"],
        "conversationId": id,
        "senderId": jane.id,
        "content": "new",
        "type": "text",
        "sentAt": at,
    }
    assert whole["limit"] == 50


@pytest.mark.parametrize("limit", ["-1", "0", "abc", "1e3", "\uff11\uff10", "1_0", "%2010", "", "1.0", "true"])
@pytest.mark.parametrize("path", ["conversations", "blocks", "{id}"])
async def test_in_05_a_limit_is_a_whole_number_from_1(server: Served, path: str, limit: str) -> None:
    john, _, id = await two(server)

    answer = await server.api("GET", f"/messages/{path.replace('{id}', id)}?limit={limit}", token=john.token)

    assert fields(answer) == ["limit"]


@pytest.mark.parametrize("path", ["conversations", "blocks", "{id}"])
async def test_in_05_a_limit_that_is_too_high_is_clamped_and_echoed(server: Served, path: str) -> None:
    john, _, id = await two(server)

    for limit in (101, 10**6, 10**18):
        answer = await server.api("GET", f"/messages/{path.replace('{id}', id)}?limit={limit}", token=john.token)
        assert (answer.status, answer.json["limit"]) == (200, 100)


async def test_in_06_a_cursor_is_good_for_its_list_user_and_filter_only(server: Served) -> None:
    john, jane, id = await two(server)
    other = await opened(server, john, await server.guest("june"))
    for conversation in (id, other):
        for _ in range(2):
            await sent(server, john, conversation)
    cursor = (await server.api("GET", f"/messages/{id}?limit=1", token=john.token)).json["nextCursor"]
    of_list = (await listed(server, john, "?limit=1"))["nextCursor"]

    async def asked(path: str, cursor: str, who: Guest) -> Answered:
        return await server.api("GET", f"/messages/{path}?limit=1&cursor={cursor}", token=who.token)

    assert (await asked(id, cursor, john)).status == 200
    assert [one["id"] for one in (await asked("conversations", of_list, john)).json["conversations"]] == [id]
    for path, wrong, who in (
        (id, cursor, jane),
        (other, cursor, john),
        ("conversations", cursor, john),
        ("blocks", of_list, john),
        (id, of_list, john),
        (id, cursor[:-1], john),
        (id, cursor + "A", john),
        (id, cursor[:8] + ("A" if cursor[8] != "A" else "B") + cursor[9:], john),
        (id, "", john),
        (id, "crs_", john),
        (id, "1", john),
        (id, "%F0%9F%91%8B", john),
        (id, "crs_" + "A" * 3000, john),
    ):
        answer = await asked(path, wrong, who)
        assert (answer.status, answer.code) == (400, "INVALID_CURSOR"), (path, wrong)
    # Who may not read it learns nothing of its cursors.
    eve = await server.guest("evee")
    assert (await asked(id, "crs_x", eve)).status == 404


async def test_mark_read_counts_what_is_left(server: Served) -> None:
    john, jane, id = await two(server)
    ids = [(await sent(server, jane, id)).json["messageId"] for _ in range(3)]

    async def mark(message: str, who: Guest = john) -> Answered:
        return await server.api("POST", f"/messages/{id}/read", {"messageId": message}, token=who.token)

    answer = await mark(ids[1])
    assert (answer.status, answer.json) == (200, {"conversationId": id, "messageId": ids[1], "unreadCount": 1})
    assert (await mark(ids[0])).json["unreadCount"] == 1
    assert (await listed(server, john))["conversations"][0]["unreadCount"] == 1
    assert (await mark(ids[2])).json["unreadCount"] == 0
    assert (await mark("msg_nobody")).status == 404
    june = await server.guest("june")
    elsewhere = (await sent(server, john, await opened(server, john, june))).json["messageId"]
    assert (await mark(elsewhere)).status == 404


async def test_chat_04_a_conversation_one_is_not_in_is_not_there(server: Served) -> None:
    john, _, id = await two(server)
    message = (await sent(server, john, id)).json["messageId"]
    for role in (Role.VIEWER, Role.MODERATOR, Role.ADMIN):
        eve = await server.guest(f"eve_{role.value}", role=role)
        for method, path, body in (
            ("GET", "/messages/{}", None),
            ("POST", "/messages/{}", {"content": "Hi"}),
            ("POST", "/messages/{}", {"content": 1, "type": "tip"}),
            ("POST", "/messages/{}/read", {"messageId": message}),
        ):
            told = []
            for one in (id, "conv_none"):
                answer = await server.api(method, path.format(one), body, token=eve.token)
                assert answer.status == 404
                told.append(answer.raw)
            assert told[0] == told[1]


async def test_a_block_stops_both_and_hides_nothing(server: Served) -> None:
    john, jane, id = await two(server)
    await sent(server, john, id, "before")

    answer = await server.api("POST", "/messages/blocks", {"userId": john.id}, token=jane.token)

    at = server.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    block = {"user": {"id": john.id, "username": "john", "avatarUrl": None}, "blockedAt": at}
    assert (answer.status, answer.json) == (200, block)
    for who, other in ((john, jane), (jane, john)):
        refused = await sent(server, who, id)
        assert (refused.status, refused.code) == (403, "FORBIDDEN")
        # 403 before 422.
        assert (await sent(server, who, id, "")).status == 403
        assert (
            await server.api("POST", "/messages/conversations", {"userId": other.id}, token=who.token)
        ).status == 403
        assert len((await server.api("GET", f"/messages/{id}", token=who.token)).json["messages"]) == 1
        assert [one["id"] for one in (await listed(server, who))["conversations"]] == [id]
    blocks = (await server.api("GET", "/messages/blocks", token=jane.token)).json
    assert blocks == {"blocks": [block], "nextCursor": None, "limit": 50}
    assert (await server.api("GET", "/messages/blocks", token=john.token)).json["blocks"] == []

    # Only whose block it is can take it back.
    assert (await server.api("DELETE", f"/messages/blocks/{jane.id}", token=john.token)).status == 204
    assert (await sent(server, john, id)).status == 403
    assert (await server.api("DELETE", f"/messages/blocks/{john.id}", token=jane.token)).status == 204
    assert (await sent(server, john, id)).status == 201


async def test_blocks_are_told_a_page_at_a_time_the_latest_first(server: Served) -> None:
    john = await server.guest("john")
    others = [await server.guest(f"other{number}") for number in range(5)]
    for other in others:
        server.world.clock.advance(seconds=1)
        await server.api("POST", "/messages/blocks", {"userId": other.id}, token=john.token)
    seen: list[str] = []
    query = "?limit=2"
    while True:
        page = (await server.api("GET", f"/messages/blocks{query}", token=john.token)).json
        seen += [block["user"]["id"] for block in page["blocks"]]
        if page["nextCursor"] is None:
            break
        query = f"?limit=2&cursor={page['nextCursor']}"
    assert seen == [other.id for other in reversed(others)]


async def test_whom_one_cannot_open_with(server: Served) -> None:
    john, jane = await server.guest("john"), await server.guest("jane")
    await server.world.execute(BanUser(jane.id), by=OPERATOR)
    for path in ("/messages/conversations", "/messages/blocks"):
        oneself = await server.api("POST", path, {"userId": john.id}, token=john.token)
        assert oneself.json["details"] == [{"field": "userId", "message": "must be somebody else"}]
        assert (await server.api("POST", path, {"userId": "usr_nobody"}, token=john.token)).status == 404
        assert fields(await server.api("POST", path, {"userId": ""}, token=john.token)) == ["userId"]
        assert fields(await server.api("POST", path, {}, token=john.token)) == ["userId"]
    assert (await server.api("POST", "/messages/conversations", {"userId": jane.id}, token=john.token)).status == 404


async def test_a_tip_in_chat_stands_in_the_conversation(server: Served) -> None:
    john, jane, id = await two(server, tokens=500)
    body = {"recipientId": jane.id, "amount": 100, "context": "chat", "contextId": id}
    tip = (await server.api("POST", "/wallet/tip", body, token=john.token)).json
    await server.world.relay.drain()

    [message] = (await server.api("GET", f"/messages/{id}", token=jane.token)).json["messages"]

    assert message.pop("messageId").startswith("msg_")
    assert message.pop("sentAt")
    assert message == {
        "conversationId": id,
        "senderId": john.id,
        "content": "100 TZT",
        "type": "tip",
        "amount": 100,
        "transactionId": tip["transactionId"],
    }
    assert (await listed(server, jane))["conversations"][0]["unreadCount"] == 1


async def test_chat_05_a_flood_ends_after_five_in_ten_seconds(server: Served) -> None:
    limits = {**GENEROUS, "messages": Limit(5, 10)}
    async with served(limits=limits) as strict:
        john, jane, id = await two(strict)
        other = await opened(strict, john, await strict.guest("june"))
        path = "/messages/{}"
        answers = [
            await strict.api("POST", path.format((id, other)[i % 2]), {"content": "Hi"}, token=john.token)
            for i in range(7)
        ]
        assert [answer.status for answer in answers] == [201] * 5 + [429] * 2
        assert (answers[5].code, answers[5].headers["Retry-After"]) == ("RATE_LIMITED", "10")
        assert answers[0].headers["X-RateLimit-Limit"] == "5"
        # Another session of the same user is the same user; others, and reading, have limits of their own.
        again = await strict.api("POST", path.format(id), {"content": "Hi"}, token=await strict.token("john"))
        assert again.status == 429
        assert (await strict.api("POST", path.format(id), {"content": "Hi"}, token=jane.token)).status == 201
        assert (await strict.api("GET", path.format(id), token=john.token)).status == 200

        strict.world.clock.advance(seconds=10)

        assert (await strict.api("POST", path.format(id), {"content": "Hi"}, token=john.token)).status == 201


async def test_the_same_key_sends_once(server: Served) -> None:
    john, _, id = await two(server)
    key = {"Idempotency-Key": "m1"}

    first = await server.api("POST", f"/messages/{id}", {"content": "Hi"}, token=john.token, headers=key)
    again = await server.api("POST", f"/messages/{id}", {"content": "Hi"}, token=john.token, headers=key)

    assert (first.status, again.raw) == (201, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await server.api("GET", f"/messages/{id}", token=john.token)).json["messages"]) == 1
