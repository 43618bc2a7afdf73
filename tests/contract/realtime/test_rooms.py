"""A stream's room: who is in it, and what is told there."""

from __future__ import annotations

import pytest

from contract.realtime.scene import Sockets, a_host, entered, on_air, told
from platform_core.identity.staff import BanUser
from platform_core.streams.stream import StreamState
from platform_core.streams.upkeep import StopStream
from support.world import OPERATOR
from unit.http.served import Served

AT = "2026-01-01T00:00:00Z"


async def test_a_line_reaches_everybody_in_the_room_once_and_nobody_else(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream, other_stream = await on_air(server, host), await on_air(server, host)
    hosting, watching, again, elsewhere = socket(), socket(), socket(), socket()
    await entered(hosting, host, stream)
    await entered(watching, ann, stream)
    await entered(again, ann, stream)
    await entered(elsewhere, ben, other_stream)

    said = await watching.done("send_message", room=f"stream:{stream}", content="Hello! 👋 <b>")
    await told(server)

    assert set(said) == {"messageId", "streamId", "content", "type", "sentAt"}
    for one in (hosting, watching, again):
        line = await one.hear("send_message")
        assert set(line) == {"room", "cursor", "id", *said, "sender"}
        assert line["sender"] == {"id": ann.id, "username": "ann"}
        assert {key: line[key] for key in said} == said
        assert len(one.all("send_message")) == 1
    assert elsewhere.all("send_message") == []


async def test_joining_tells_where_the_stream_is(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)

    joined = await entered(socket(), ann, stream)

    assert set(joined) == {"room", "cursor", "gap", "replayed", "stream"}
    assert joined["stream"] == (await server.api("GET", f"/streams/{stream}")).json
    assert (joined["room"], joined["gap"], joined["replayed"]) == (f"stream:{stream}", False, 0)


async def test_what_becomes_of_the_stream_is_told_and_its_end_shuts_the_room(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one = socket()
    await entered(one, ann, stream)
    for state in ("frozen", "live"):
        await server.api("PATCH", f"/streams/{stream}/state", {"state": state}, token=host.token)
    await server.world.execute(StopStream(stream), by=OPERATOR)
    await told(server)

    await one.hear("put_out")

    heard = [(data["streamId"], data["state"], data["reason"]) for data in one.all("stream_state")]
    assert heard == [(stream, "live", None)] * ("live" in heard[0]) + [
        (stream, "frozen", "host"),
        (stream, "live", None),
        (stream, "ended", "operator"),
    ]
    assert one.all("put_out") == [{"room": f"stream:{stream}", "code": "STREAM_ENDED", "message": "the stream is over"}]
    assert await one.denied("send_message", room=f"stream:{stream}", content="hello?") == (409, "STREAM_NOT_LIVE")
    assert await one.denied("join_room", room=f"stream:{stream}") == (409, "STREAM_NOT_LIVE")


async def test_viewers_are_counted_as_http_counts_them(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream = await on_air(server, host)
    one = socket()
    await entered(one, host, stream)
    await server.api("POST", f"/streams/{stream}/join", token=ann.token)
    await server.api("POST", f"/streams/{stream}/join", token=ben.token)
    await told(server)

    assert await one.hear("viewer_count") == {"room": f"stream:{stream}", "streamId": stream, "viewerCount": 2}
    await server.api("POST", f"/streams/{stream}/leave", token=ben.token)
    await told(server)
    assert (await one.hear("viewer_count", 2))["viewerCount"] == 1


async def test_no_room_of_a_premium_stream_before_entry_is_paid(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann", tokens=50)
    stream = await on_air(server, host, price=10)
    one = socket()
    await one.open(ann.token)
    room = f"stream:{stream}"

    for name, more in (
        ("join_room", {}),
        ("send_message", {"content": "hello"}),
        ("webrtc_offer", {"description": {"type": "offer", "sdp": "v=0"}}),
        ("webrtc_ice", {"candidate": None}),
    ):
        assert await one.denied(name, room=room, **more) == (403, "ENTRY_REQUIRED"), name
    await server.api("POST", f"/streams/{stream}/join", token=ann.token)
    await one.done("join_room", room=room)
    await told(server)

    assert (await one.hear("wallet")) == {
        "room": f"user:{ann.id}",
        "balance": 40,
        "held": 0,
        "available": 40,
        "currency": "TZT",
    }


async def test_a_block_puts_out_of_the_room_and_keeps_out(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream = await on_air(server, host)
    blocked, stays = socket(), socket()
    await entered(blocked, ann, stream)
    await entered(stays, ben, stream)

    await server.api("POST", "/messages/blocks", {"userId": ann.id}, token=host.token)
    await told(server)

    assert (await blocked.hear("put_out"))["code"] == "BLOCKED"
    room = f"stream:{stream}"
    for name, more in (("join_room", {}), ("send_message", {"content": "hello"}), ("webrtc_ice", {"candidate": None})):
        assert await blocked.denied(name, room=room, **more) == (403, "BLOCKED"), name
    await stays.done("send_message", room=room, content="still here")
    await told(server)
    await stays.hear("send_message")
    assert blocked.all("send_message") == []
    assert not blocked.ended.is_set(), "their own room is theirs still"
    await server.api("DELETE", f"/messages/blocks/{ann.id}", token=host.token)
    await blocked.done("join_room", room=room)


async def test_a_host_who_is_banned_takes_the_room_along(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one = socket()
    await entered(one, ann, stream)

    await server.world.execute(BanUser(host.id), by=OPERATOR)
    await told(server)

    assert (await one.hear("put_out"))["code"] == "STREAM_ENDED"
    assert await one.denied("join_room", room=f"stream:{stream}") == (404, "NOT_FOUND")


async def test_who_has_left_hears_nothing_more(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one, stays = socket(), socket()
    await entered(one, ann, stream)
    await entered(stays, host, stream)

    assert await one.done("leave_room", room=f"stream:{stream}") == {"room": f"stream:{stream}"}
    await one.done("leave_room", room=f"stream:{stream}")
    await stays.done("send_message", room=f"stream:{stream}", content="anybody?")
    await told(server)

    await stays.hear("send_message")
    assert one.all("send_message") == []


async def test_the_host_may_wait_in_the_room_and_viewers_may_not(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host, state=StreamState.IDLE)
    one, two = socket(), socket()
    await entered(one, host, stream)
    await two.open(ann.token)

    assert await two.denied("join_room", room=f"stream:{stream}") == (409, "STREAM_NOT_LIVE")
    await server.api("PATCH", f"/streams/{stream}/state", {"state": "live"}, token=host.token)
    await told(server)
    assert (await one.hear("stream_state"))["state"] == "live"


async def test_a_connection_is_in_ten_rooms_at_most(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    streams = [await on_air(server, host) for _ in range(11)]
    one = socket()
    await one.open(ann.token)
    for stream in streams[:10]:
        await one.done("join_room", room=f"stream:{stream}")

    assert await one.denied("join_room", room=f"stream:{streams[10]}") == (409, "TOO_MANY_ROOMS")
    await one.done("join_room", room=f"stream:{streams[0]}")
    await one.done("leave_room", room=f"stream:{streams[0]}")
    await one.done("join_room", room=f"stream:{streams[10]}")


async def test_a_heartbeat_is_the_one_of_http(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one = socket()
    await one.open(ann.token)

    assert await one.denied("heartbeat", room=f"stream:{stream}") == (409, "NOT_JOINED")
    await server.api("POST", f"/streams/{stream}/join", token=ann.token)
    assert await one.done("heartbeat", room=f"stream:{stream}") == {
        "streamId": stream,
        "state": "live",
        "expiresAt": "2026-01-01T00:00:45Z",
    }


@pytest.mark.parametrize("room", ["stream:str_none", "stream:", "conversation:x", "user:x", "control", "", "x"])
async def test_there_are_no_other_rooms(server: Served, socket: Sockets, room: str) -> None:
    one = socket()
    await one.open((await server.guest("ann")).token)

    assert await one.denied("join_room", room=room) == (404, "NOT_FOUND")
