"""Offers, answers and candidates: between the host's page and its viewers, and nobody else."""

from __future__ import annotations

import pytest

from contract.realtime.scene import Sockets, a_host, entered, on_air
from entrypoints.realtime.requests import SIGNALS
from platform_core.kernel.actor import Role
from unit.http.served import Served

OFFER = {"type": "offer", "sdp": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"}
ANSWER = {"type": "answer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 2122 192.0.2.1 5 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


async def test_a_viewer_offers_and_the_host_answers(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream = await on_air(server, host)
    room = f"stream:{stream}"
    hosting, watching, other = socket(), socket(), socket()
    await entered(hosting, host, stream)
    await entered(watching, ann, stream)
    await entered(other, ben, stream)
    peers = {name: one.all("ready")[0]["peerId"] for name, one in (("host", hosting), ("ann", watching))}

    await watching.done("webrtc_offer", room=room, description=OFFER)
    await watching.done("webrtc_ice", room=room, candidate={**CANDIDATE, "foundation": "1", "port": 5})
    offer, candidate = await hosting.hear("webrtc_offer"), await hosting.hear("webrtc_ice")
    assert offer == {"room": room, "from": peers["ann"], "userId": ann.id, "description": OFFER}
    assert candidate["candidate"] == {**CANDIDATE, "usernameFragment": None}

    await hosting.done("webrtc_answer", room=room, to=offer["from"], description=ANSWER)
    await hosting.done("webrtc_ice", room=room, to=offer["from"], candidate=None)
    answer, end = await watching.hear("webrtc_answer"), await watching.hear("webrtc_ice")
    assert answer == {"room": room, "from": peers["host"], "userId": host.id, "description": ANSWER}
    assert end["candidate"] is None

    for name in ("webrtc_offer", "webrtc_answer", "webrtc_ice"):
        assert other.all(name) == []


async def test_the_host_hears_who_has_gone_and_viewers_hear_that_the_host_is_back(
    server: Served, socket: Sockets
) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    hosting, watching, back = socket(), socket(), socket()
    await entered(hosting, host, stream)
    await entered(watching, ann, stream)
    peer = watching.all("ready")[0]["peerId"]

    await entered(back, host, stream)
    assert await watching.hear("host_joined") == {"room": f"stream:{stream}"}
    await watching.close()

    for one in (hosting, back):
        assert await one.hear("peer_left") == {"room": f"stream:{stream}", "peerId": peer}


async def test_viewers_do_not_reach_each_other(server: Served, socket: Sockets) -> None:
    host, ann, ben = await a_host(server), await server.guest("ann"), await server.guest("ben")
    stream = await on_air(server, host)
    one, two = socket(), socket()
    await entered(one, ann, stream)
    await entered(two, ben, stream)
    peer = two.all("ready")[0]["peerId"]

    for to in (peer, "peer_none"):
        denied = await one.denied("webrtc_offer", room=f"stream:{stream}", to=to, description=OFFER)
        assert denied == (403, "FORBIDDEN")
    assert two.all("webrtc_offer") == []


async def test_a_signal_reaches_nobody_outside_of_its_room(server: Served, socket: Sockets) -> None:
    host, other, ann = await a_host(server), await a_host(server, "other"), await server.guest("ann")
    stream, elsewhere = await on_air(server, host), await on_air(server, other)
    hosting, hosting_elsewhere, watching = socket(), socket(), socket()
    await entered(hosting, host, stream)
    await entered(hosting_elsewhere, other, elsewhere)
    await entered(watching, ann, elsewhere)
    peer = watching.all("ready")[0]["peerId"]

    assert await watching.denied("webrtc_offer", room=f"stream:{stream}", description=OFFER) == (409, "NOT_JOINED")
    await hosting.done("webrtc_answer", room=f"stream:{stream}", to=peer, description=ANSWER)
    await hosting_elsewhere.done("webrtc_answer", room=f"stream:{elsewhere}", to=peer, description=ANSWER)

    await watching.hear("webrtc_answer")
    assert [data["room"] for data in watching.all("webrtc_answer")] == [f"stream:{elsewhere}"]
    assert hosting.all("webrtc_offer") == []


async def test_only_the_session_that_sends_the_stream_is_the_host_s_end(server: Served, socket: Sockets) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    room = f"stream:{stream}"
    sending, looking, watching, newest = socket(), socket(), socket(), socket()
    await entered(sending, host, stream)
    await looking.open(await server.token("host"))
    await looking.done("join_room", room=room)
    await entered(watching, ann, stream)
    peer = watching.all("ready")[0]["peerId"]

    await watching.done("webrtc_offer", room=room, description=OFFER)
    await sending.hear("webrtc_offer")
    assert looking.all("webrtc_offer") == []
    assert await looking.denied("webrtc_answer", room=room, to=peer, description=ANSWER) == (403, "FORBIDDEN")

    await entered(newest, host, stream)
    await watching.done("webrtc_offer", room=room, description=OFFER)
    await newest.hear("webrtc_offer")
    assert len(sending.all("webrtc_offer")) == 1, "of two pages of one session the newest is meant"


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("webrtc_offer", {"description": {"type": "offer", "sdp": "x" * (48 * 1024 + 1)}}, "description.sdp"),
        ("webrtc_offer", {"description": {"type": "bogus", "sdp": ""}}, "description.type"),
        ("webrtc_offer", {"description": {"type": "offer", "sdp": "", "more": 1}}, "description.more"),
        ("webrtc_offer", {"description": "v=0"}, "description"),
        ("webrtc_offer", {}, "description"),
        ("webrtc_ice", {}, "candidate"),
        ("webrtc_ice", {"candidate": {"candidate": "x" * 4097}}, "candidate.candidate"),
        ("webrtc_ice", {"candidate": {"sdpMLineIndex": -1}}, "candidate.sdpMLineIndex"),
        ("webrtc_ice", {"candidate": None, "to": 7}, "to"),
    ],
)
async def test_signals_are_bounded(
    server: Served, socket: Sockets, name: str, values: dict[str, object], field: str
) -> None:
    host, ann = await a_host(server), await server.guest("ann")
    stream = await on_air(server, host)
    one = socket()
    await entered(one, ann, stream)

    refused = await one.ask(name, {"room": f"stream:{stream}", **values})

    assert refused["error"]["statusCode"] == 422
    assert [detail["field"] for detail in refused["error"]["details"]] == [field]


async def test_a_host_names_whom_they_mean(server: Served, socket: Sockets) -> None:
    host = await a_host(server)
    stream = await on_air(server, host)
    one = socket()
    await entered(one, host, stream)

    refused = await one.ask("webrtc_answer", {"room": f"stream:{stream}", "description": ANSWER})

    assert refused["error"]["details"] == [{"field": "to", "message": "is required"}]


async def test_signals_are_limited_by_themselves(
    server: Served, socket: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.realtime.connection.MOST_A_SECOND", 10_000)
    host, ann = await a_host(server), await server.guest("ann", role=Role.VIEWER)
    stream = await on_air(server, host)
    one = socket()
    await entered(one, ann, stream)
    for _ in range(SIGNALS.requests):
        await one.done("webrtc_ice", room=f"stream:{stream}", candidate=None)

    assert await one.denied("webrtc_ice", room=f"stream:{stream}", candidate=None) == (429, "RATE_LIMITED")
    await one.done("send_message", room=f"stream:{stream}", content="but speaking is another thing")
