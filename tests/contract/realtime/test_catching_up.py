"""After a connection was lost: what was missed, in order, once."""

from __future__ import annotations

import pytest

from adapters.fanout.port import KEPT
from contract.realtime.scene import Sockets, a_host, conversation, entered, on_air, told
from support.sockets import Refused, Socket
from unit.http.served import Guest, Served


async def _say(server: Served, stream: str, who: Guest, *lines: str) -> None:
    speaker = Socket(server.url)
    await speaker.open(who.token)
    for line in lines:
        await speaker.done("send_message", room=f"stream:{stream}", content=line)
    await speaker.close()
    await told(server)


def _lines(socket: Socket) -> list[str]:
    return [data["content"] for data in socket.all("send_message")]


async def test_what_was_missed_comes_in_order_and_once(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    before = socket()
    await entered(before, ann, stream)
    await _say(server, stream, host, "1", "2")
    cursor = (await before.hear("send_message", 2))["cursor"]
    await before.close()
    await _say(server, stream, host, *[str(number) for number in range(3, 13)])

    after = socket()
    joined = await entered(after, ann, stream, cursor)
    assert _lines(after) == [str(number) for number in range(3, 13)], "before the acknowledgement"
    await _say(server, stream, host, "13")
    last = await after.hear("send_message", 11)

    assert (joined["gap"], joined["replayed"]) == (False, 10)
    assert _lines(after) == [str(number) for number in range(3, 14)]
    assert joined["cursor"] == after.all("send_message")[9]["cursor"]
    ids = [data["id"] for data in (*before.all("send_message"), *after.all("send_message"))]
    assert len(set(ids)) == len(ids)
    again = socket()
    assert (await entered(again, ann, stream, last["cursor"]))["replayed"] == 0


async def test_one_s_own_room_catches_up_as_one_connects(server: Served, socket: Sockets) -> None:
    ann, ben = await server.guest("ann"), await server.guest("ben")
    talk = await conversation(server, ann, ben)
    before = socket()
    cursor = (await before.open(ann.token))["cursor"]
    await before.close()
    await server.api("POST", f"/messages/{talk}", {"content": "are you there?"}, token=ben.token)
    await told(server)

    after = socket()
    ready = await after.open(ann.token, cursor=cursor)

    assert (await after.hear("send_message"))["content"] == "are you there?"
    assert (ready["gap"], ready["replayed"]) == (False, 1)
    assert [name for name, _ in after.told] == ["ready", "send_message"]


async def test_without_a_cursor_nothing_comes_again(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    await entered(socket(), host, stream)
    await _say(server, stream, host, "1")

    one = socket()
    joined = await entered(one, ann, stream)

    assert (joined["gap"], joined["replayed"], _lines(one)) == (False, 0, [])


async def test_too_much_missed_is_a_gap_and_the_last_of_it_comes(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    before = socket()
    joined = await entered(before, ann, stream)
    await before.close()
    count = KEPT + 30
    lines = [f"{number} " + "x" * 400 for number in range(count)]
    for start in range(0, count, 90):
        await _say(server, stream, host, *lines[start : start + 90])

    after = socket()
    missed = await entered(after, ann, stream, joined["cursor"])

    assert (missed["gap"], missed["replayed"]) == (True, KEPT)
    assert _lines(after) == lines[-KEPT:]


@pytest.mark.parametrize("kind", ["garbage", "another room's", "edited", "empty"])
async def test_a_cursor_of_something_else_is_refused(server: Served, socket: Sockets, kind: str) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream, other = await on_air(server, host), await on_air(server, host)
    one = socket()
    joined = await entered(one, ann, stream)
    theirs = await one.done("join_room", room=f"stream:{other}")
    cursor = {
        "garbage": "crs_garbage",
        "another room's": theirs["cursor"],
        "edited": joined["cursor"][:-2],
        "empty": "",
    }[kind]

    assert await one.denied("join_room", room=f"stream:{stream}", cursor=cursor) == (400, "INVALID_CURSOR")
    again = socket()
    with pytest.raises(Refused):
        await again.open(ann.token, cursor=cursor)
    assert again.refusal["data"]["code"] == "INVALID_CURSOR"


async def test_a_ban_in_between_keeps_out_of_what_was_missed(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    before = socket()
    joined = await entered(before, ann, stream)
    await before.close()
    await _say(server, stream, host, "not for ann")
    await server.api("POST", "/messages/blocks", {"userId": ann.id}, token=host.token)

    after = socket()
    await after.open(ann.token)

    denied = await after.denied("join_room", room=f"stream:{stream}", cursor=joined["cursor"])
    assert denied == (403, "BLOCKED")
    assert _lines(after) == []
