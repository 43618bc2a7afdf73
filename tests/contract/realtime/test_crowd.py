"""Clients that misbehave cost nobody but themselves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from contract.realtime.scene import Sockets, a_host, entered, on_air, told
from entrypoints.realtime import connection
from entrypoints.realtime.door import HUB
from support.sockets import PATIENCE, Socket
from unit.http.served import Guest, Served

WHERE = "/socket.io/?EIO=4&transport=websocket"


class Raw:
    """A client that sends and reads what the test wants.

    Args:
        socket: Its WebSocket.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def read(self) -> str:
        """The next text."""
        return await asyncio.wait_for(self.socket.receive_str(), PATIENCE)

    async def read_to_end(self) -> tuple[list[str], int | None]:
        """All that comes, and the code with which the server closes."""
        async with asyncio.timeout(PATIENCE):
            texts = [str(message.data) async for message in self.socket]
        return texts, self.socket.close_code

    async def enter(self, who: Guest) -> None:
        """Come in."""
        assert (await self.read()).startswith("0{")
        await self.socket.send_str("40" + json.dumps({"token": who.token}))
        assert (await self.read()).startswith("40")
        assert (await self.read()).startswith('42["ready"')


@pytest.fixture
async def http() -> Any:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_reader_that_stands_still_is_put_out_and_nobody_else_waits(
    server: Served, socket: Sockets, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LAST_WORDS", 0.2)
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream = await on_air(server, host)
    reading = socket()
    await entered(reading, ben, stream)
    # It reads nothing: little fits into the network, and the rest waits here.
    _, writer = await asyncio.open_connection(*server.url.removeprefix("http://").split(":"), limit=1024)
    writer.write(
        f"GET {WHERE} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n".encode()
    )
    for text in ("40" + json.dumps({"token": ann.token}), '42["join_room",{"room":"stream:' + stream + '"}]'):
        raw = text.encode()
        length = bytes([0x80 | len(raw)]) if len(raw) < 126 else bytes([0xFE]) + len(raw).to_bytes(2, "big")
        writer.write(b"\x81" + length + b"\0\0\0\0" + raw)
    await writer.drain()
    hub = server.app[HUB]
    async with asyncio.timeout(PATIENCE):
        while len(hub._rooms.get(f"stream:{stream}", ())) < 2:
            await reading.ask("leave_room", {"room": "stream:x"})

    line = "x" * 500
    fanout = hub._fanout
    body = json.dumps(["send_message", {"content": line * 16}]).encode()
    count = 0
    async with asyncio.timeout(PATIENCE):
        while hub.connections(ann.id):
            for _ in range(50):
                await fanout.tell(f"stream:{stream}", body, id=f"e{count}")
                count += 1
            await reading.hear("send_message", count)

    contents = reading.all("send_message")
    assert len(contents) == count
    assert [data["content"] for data in contents] == [line * 16] * count, "the other has missed nothing"
    assert not reading.ended.is_set()
    writer.close()


async def test_a_flood_ends_the_connection_of_who_sends_it(
    server: Served, socket: Sockets, http: aiohttp.ClientSession
) -> None:
    ann, ben = await server.guest("ann"), await server.guest("ben")
    other = socket()
    await other.open(ben.token)
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(ann)
        for number in range(400):
            await ws.send_str(f'42{number}["leave_room",{{"room":"stream:x"}}]')
        texts, code = await raw.read_to_end()

    answered = sum(text.startswith("43") for text in texts)
    assert 100 <= answered < 400
    assert texts[-2:] == ['42["put_out",{"room":null,"code":"FLOODED","message":"far too many requests"}]', "41"]
    assert code == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert (await other.ask("leave_room", {"room": "stream:x"}))["ok"]


async def test_a_message_that_is_too_long_ends_the_connection(server: Served, http: aiohttp.ClientSession) -> None:
    ann = await server.guest("ann")
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(ann)
        await ws.send_str('42["send_message",{"content":"' + "x" * connection.MOST_READ + '"}]')
        _, code = await raw.read_to_end()

    assert code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "42",
        "42{}",
        "42[]",
        "42[7]",
        '42["a",',
        '42["a",NaN]',
        '42["a",{"b":1,"b":2}]',
        '42["a",' + "[" * 40 + "]" * 40 + "]",
        '42["a","\\ud800"]',
        '42/admin,["a"]',
        '451-["a",{"_placeholder":true,"num":0}]',
        "4",
        "49",
        "6",
    ],
)
async def test_what_cannot_be_read_ends_the_connection(server: Served, http: aiohttp.ClientSession, text: str) -> None:
    ann = await server.guest("ann")
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(ann)
        await ws.send_str(text)
        texts, code = await raw.read_to_end()

    assert code == aiohttp.WSCloseCode.PROTOCOL_ERROR
    assert '"BAD_REQUEST"' in texts[0]


@pytest.mark.parametrize("text", ["41", "1"])
async def test_who_leaves_is_let_go(server: Served, http: aiohttp.ClientSession, text: str) -> None:
    ann = await server.guest("ann")
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(ann)
        await ws.send_str(text)
        assert await raw.read_to_end() == ([], aiohttp.WSCloseCode.OK)


@pytest.mark.parametrize("first", ["42[]", "40[]", "40{", "2", "", None])
async def test_who_does_not_say_who_they_are_is_not_let_in(
    server: Served, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    # Only who says nothing is given up in time; who says something else has it said in peace.
    monkeypatch.setattr("entrypoints.realtime.door.HELLO_WITHIN", 0.2 if first is None else 10 * PATIENCE)
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        assert (await raw.read()).startswith("0{")
        if first is not None:
            await ws.send_str(first)
        assert (await raw.read_to_end())[0] == []


async def test_another_namespace_is_not_there(server: Served, http: aiohttp.ClientSession) -> None:
    ann = await server.guest("ann")
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.read()
        await ws.send_str("40/admin," + json.dumps({"token": ann.token}))
        assert (await raw.read()).startswith('44/admin,{"message":"there is no such namespace"')


async def test_who_does_not_answer_pings_is_taken_for_gone(
    server: Served, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_EVERY", 0.05)
    ann = await server.guest("ann")
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(ann)
        for _ in range(5):
            assert await raw.read() == "2"
            await ws.send_str("3")
        # The server counts the seconds from its next ping on.
        monkeypatch.setattr(connection, "PONG_WITHIN", 0.1)
        texts, code = await raw.read_to_end()
    assert (texts, code) == (["2"], aiohttp.WSCloseCode.ABNORMAL_CLOSURE)


async def test_asking_without_wanting_an_answer_is_fine(server: Served, http: aiohttp.ClientSession) -> None:
    host = await a_host(server)
    stream = await on_air(server, host)
    async with http.ws_connect(server.url + WHERE) as ws:
        raw = Raw(ws)
        await raw.enter(host)
        await ws.send_str(f'42["join_room",{{"room":"stream:{stream}"}}]')
        await ws.send_str(f'42["send_message",{{"room":"stream:{stream}","content":"hi"}}]')
        await ws.send_str('427["leave_room",{"room":"stream:x"}]')
        while not (await raw.read()).startswith("437"):
            pass
        await told(server)
        while not (await raw.read()).startswith('42["send_message"'):
            pass


async def test_at_the_end_of_the_server_everybody_is_told_to_come_back(server: Served) -> None:
    ann = await server.guest("ann")
    socket = Socket(server.url)
    await socket.open(ann.token)

    await server.app.shutdown()

    assert (await socket.hear("put_out"))["code"] == "SHUTDOWN"
    await socket.ended.wait()
    await socket.close()
