"""What Teezu answers about a stream's chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.teezu.streaming import creator
from entrypoints.http.kit.rows import moment
from entrypoints.worker.purge import purge
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.page import DEFAULT_LIMIT
from platform_core.kernel.select import Select
from platform_core.messaging.blocks import BlockUser
from platform_core.streams.chat import KEPT, StreamLine
from platform_core.streams.stream import StreamState
from support.streams import a_stream
from support.world import OPERATOR
from unit.http.served import Answered, Guest, Served


async def say(server: Served, stream: str, who: Guest, content: object, **more: str) -> Answered:
    return await server.api("POST", f"/streams/{stream}/chat", {"content": content}, token=who.token, headers=more)


async def chat(server: Served, stream: str, who: Guest, query: str = "") -> Answered:
    return await server.api("GET", f"/streams/{stream}/chat{query}", token=who.token)


async def test_what_is_said_can_be_read_by_who_comes_later(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    stream = await a_stream(server.world, jane.id)

    said = await say(server, stream, john, "Hello\u202e <b>there</b>")
    read = await chat(server, stream, jane)

    at = moment(server.world.clock.now())
    line = {
        "messageId": said.json["messageId"],
        "streamId": stream,
        "content": "Hello <b>there</b>",
        "type": "text",
        "sentAt": at,
    }
    assert (said.status, said.json) == (201, line)
    assert line["messageId"].startswith("msg_")
    assert read.json == {
        "lines": [{**line, "sender": {"id": john.id, "username": "john"}}],
        "nextCursor": None,
        "limit": DEFAULT_LIMIT,
    }


async def test_a_chat_is_read_a_page_at_a_time_the_latest_first(server: Served) -> None:
    jane = await creator(server)
    stream, other = await a_stream(server.world, jane.id), await a_stream(server.world, jane.id)
    for number in range(5):
        await say(server, stream, jane, f"line {number}")
        server.world.clock.advance(seconds=number % 2)
    await say(server, other, jane, "elsewhere")

    found, query = [], "?limit=2"
    while query:
        page = (await chat(server, stream, jane, query)).json
        found.append([line["content"] for line in page["lines"]])
        query = page["nextCursor"] and f"?limit=2&cursor={page['nextCursor']}"

    assert found == [["line 4", "line 3"], ["line 2", "line 1"], ["line 0"]]
    cursor = (await chat(server, stream, jane, "?limit=2")).json["nextCursor"]
    assert (await chat(server, other, jane, f"?limit=2&cursor={cursor}")).code == "INVALID_CURSOR"


async def test_the_same_key_says_it_once(server: Served) -> None:
    jane = await creator(server)
    stream = await a_stream(server.world, jane.id)

    answers = [await say(server, stream, jane, "once", **{"Idempotency-Key": "line-1"}) for _ in range(2)]

    assert answers[0].raw == answers[1].raw
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len((await chat(server, stream, jane)).json["lines"]) == 1


async def test_str_04_no_chat_without_entry(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john", tokens=10)
    stream = await a_stream(server.world, jane.id, price=10)

    for answer in (
        await chat(server, stream, john),
        await say(server, stream, john, ""),
        await say(server, stream, john, "hi"),
    ):
        assert (answer.status, answer.code) == (403, "ENTRY_REQUIRED")
    await server.api("POST", f"/streams/{stream}/join", token=john.token)
    assert (await say(server, stream, john, "hi")).status == 201
    assert len((await chat(server, stream, john)).json["lines"]) == 1


async def test_chat_02_a_block_shuts_the_chat(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    stream = await a_stream(server.world, jane.id)
    await server.world.execute(BlockUser(john.id), by=Actor(jane.id, Role.CREATOR, Via.SESSION))

    for answer in (await chat(server, stream, john), await say(server, stream, john, "hi")):
        assert (answer.status, answer.code) == (403, "BLOCKED")


async def test_lines_of_who_is_banned_are_gone(server: Served) -> None:
    jane, john = await creator(server), await server.guest("john")
    stream = await a_stream(server.world, jane.id)
    for who in (jane, john):
        await say(server, stream, who, f"by {who.id}")
    await server.world.execute(BanUser(john.id), by=OPERATOR)

    assert [line["sender"]["id"] for line in (await chat(server, stream, jane)).json["lines"]] == [jane.id]


@pytest.mark.parametrize(("state", "status"), [(StreamState.FROZEN, 200), (StreamState.ENDED, 409)])
async def test_a_chat_lasts_as_long_as_its_stream(server: Served, state: StreamState, status: int) -> None:
    jane, john = await creator(server), await server.guest("john")
    stream = await a_stream(server.world, jane.id, state=state)

    assert (await chat(server, stream, john)).status == status
    assert (await chat(server, "str_unknown", john)).status == 404


@pytest.mark.parametrize("content", ["", " ", "x" * 501, "\u202e", 7, None])
async def test_a_line_that_breaks_a_rule_is_refused_by_its_field(server: Served, content: object) -> None:
    jane = await creator(server)
    stream = await a_stream(server.world, jane.id)

    answer = await say(server, stream, jane, content)

    assert (answer.status, {detail["field"] for detail in answer.json["details"]}) == (422, {"content"})


async def test_old_lines_are_forgotten(server: Served) -> None:
    world, jane = server.world, await creator(server)
    stream = await a_stream(world, jane.id)
    await say(server, stream, jane, "old")
    old = world.clock.now()
    server.world.clock.advance(seconds=1)
    await say(server, stream, jane, "new")

    for passed, left in ((timedelta(), ["new"]), (timedelta(seconds=1), [])):
        await purge(world.store, old + KEPT + passed)
        assert [line.content for line in await world.store.find(Select(StreamLine))] == left
