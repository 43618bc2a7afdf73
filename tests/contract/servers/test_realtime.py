"""Realtime of running servers, for Socket.IO's own client: one process, and two over Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from platform_core.identity.sessions import session_id
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.platform import Platform
from platform_core.streams.broadcasting import CreateStream, SetStreamState
from platform_core.streams.stream import StreamState
from support.clients import Fan, ask, beside, browser, people
from support.node import Clients, Page, clients
from support.servers import Serve, Server


async def on_air(platform: Platform, host: Fan) -> str:
    """A live stream, sent from the host's session."""
    actor = Actor(host.id, Role.CREATOR, Via.SESSION, session_id(host.token))
    made = await platform.execute(CreateStream("Evening show"), by=actor)
    await platform.execute(SetStreamState(made.stream, StreamState.LIVE), by=actor)
    return made.stream


async def _beats(server: Server, host: Fan, stream: str) -> None:
    async with browser() as http:
        while True:
            await ask(http, "POST", f"{server.url}/streams/{stream}/heartbeat", fan=host)
            await asyncio.sleep(3)


async def _enter(page: Page, stream: str) -> dict[str, Any]:
    await page.hear("ready")
    return await page.done("join_room", room=f"stream:{stream}")


async def _story(node: Clients, one: Server, two: Server) -> None:
    """A host at one server, viewers at the other: chat, tips, signals, a lost connection, a ban."""
    host, ann, ben = await people(one.database_url, "host", "ann", "ben", tokens=100)
    async with beside(one.database_url) as platform:
        stream = await on_air(platform, host)
    beating = asyncio.ensure_future(_beats(one, host, stream))
    room = f"stream:{stream}"
    hosting, watching, other = (
        node.open(server.root, fan.token) for server, fan in ((one, host), (two, ann), (two, ben))
    )
    for page in (hosting, watching, other):
        await _enter(page, stream)

    await watching.done("send_message", room=room, content="Hello! 👋")
    await hosting.done("send_message", room=room, content="Welcome!")
    tip = {"recipientId": host.id, "amount": 10, "context": "stream", "contextId": stream, "idempotencyKey": "t1"}
    first, again = await watching.ask("tip", **tip), await watching.ask("tip", **tip)
    assert (first["ok"], again) == (True, {**first, "replayed": True})
    for page in (hosting, watching, other):
        await page.hear("send_message", 2)
        assert (await page.hear("tip"))["amount"] == 10
    await hosting.hear_such("wallet", balance=110)
    await watching.hear_such("wallet", balance=90)

    offer = {"type": "offer", "sdp": "v=0\r\n"}
    await watching.done("webrtc_offer", room=room, description=offer)
    offered = await hosting.hear("webrtc_offer")
    await hosting.done("webrtc_answer", room=room, to=offered["from"], description={**offer, "type": "answer"})
    assert (await watching.hear("webrtc_answer"))["userId"] == host.id
    assert other.all("webrtc_answer") == []

    async with browser() as http:
        for fan in (ann, ben):
            await ask(http, "POST", f"{two.url}/streams/{stream}/join", fan=fan)
    await hosting.hear("viewer_count")

    watching.lose()
    await watching.hear("disconnect")
    for number in range(20):
        await hosting.done("send_message", room=room, content=f"line {number}")
    await watching.hear("send_message", 22)
    rejoined = await watching.hear("rejoined")
    assert rejoined["gap"] is False
    for page in (watching, other):
        await page.hear("send_message", 22)
        lines = [data["content"] for data in page.all("send_message")]
        assert sorted(lines[:2]) == ["Hello! 👋", "Welcome!"]
        assert lines[2:] == [f"line {number}" for number in range(20)]
        assert len(page.all("tip")) == 1

    banned = one.cli("users", "ban", ann.username, "--yes")
    assert banned["exit"] == 0, banned
    assert (await watching.hear("put_out"))["code"] == "SESSION_ENDED"
    assert (await watching.hear("disconnect", 2))["reason"] == "io server disconnect"
    await hosting.done("send_message", room=room, content="without ann")
    await other.hear("send_message", 23)
    assert len(watching.all("send_message")) == 22
    refused = node.open(two.root, ann.token)
    assert (await refused.hear("connect_error"))["code"] == "UNAUTHORIZED"
    beating.cancel()
    for server in {one, two}:
        assert "Traceback" not in server.log


async def test_one_server_and_its_clients(serve: Serve) -> None:
    server = serve()
    server.start()

    async with clients() as node:
        await _story(node, server, server)


async def test_two_servers_over_one_redis_are_as_one(serve: Serve, postgres_url: str, redis_url: str) -> None:
    one, two = (serve(postgres_url, settings={"redis_url": redis_url}) for _ in range(2))
    one.start()
    two.start()

    async with clients() as node:
        await _story(node, one, two)


async def test_processes_that_share_a_port_are_as_one(serve: Serve, postgres_url: str, redis_url: str) -> None:
    server = serve(postgres_url, workers=2, settings={"redis_url": redis_url})
    server.start()
    host, ann = await people(postgres_url, "host", "ann")
    async with beside(postgres_url) as platform:
        stream = await on_air(platform, host)

    async with clients() as node:
        pages = [node.open(server.root, ann.token) for _ in range(8)]
        for page in pages:
            await _enter(page, stream)
        await pages[0].done("send_message", room=f"stream:{stream}", content="to all")
        for page in pages:
            await page.hear("send_message")
            assert len(page.all("send_message")) == 1


async def test_without_redis_several_processes_let_nobody_in(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}

    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{server.root}/socket.io/?EIO=4&transport=websocket", headers=upgrade) as answer,
    ):
        assert (answer.status, (await answer.json())["message"]) == (
            503,
            "realtime with several processes needs redis_url",
        )


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_clients_come_back_by_themselves_after_the_server_did(serve: Serve, how: str) -> None:
    server = serve()
    server.start()
    host, ann = await people(server.database_url, "host", "ann")
    async with beside(server.database_url) as platform:
        stream = await on_air(platform, host)

    async with clients() as node:
        page = node.open(server.root, ann.token)
        await _enter(page, stream)
        if how == "stopped":
            server.signal()
            assert server.wait() == 0
            assert (await page.hear("put_out"))["code"] == "SHUTDOWN"
        else:
            server.kill()
        await page.hear("disconnect")
        server.start()

        assert (await page.hear("ready", 2))["gap"] is True
        assert (await page.hear("rejoined"))["gap"] is True
        await page.done("send_message", room=f"stream:{stream}", content="back again")
        await page.hear("send_message")
