"""The words of Engine.IO 4 and Socket.IO 5, as far as they are spoken here: over WebSocket, in text, in one namespace.

<https://github.com/socketio/engine.io-protocol>, <https://github.com/socketio/socket.io-protocol>. Every message is a
text that begins with the sort of its Engine.IO packet; `4` carries a Socket.IO packet, whose own sort comes next.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from attrs import frozen

from entrypoints.http.kit.strict_json import read_json
from platform_core.kernel.errors import Malformed

PING = "2"
LEAVE = "41"
"""The server ends the Socket.IO connection: a client does not come back by itself."""

#: Sort, namespace if it is not the usual one, number if it is to be acknowledged, and the rest.
_PACKET = re.compile(r"4([0-6])(?:(/[^,]*),)?([0-9]{1,15})?(.*)", re.DOTALL)

_encode = msgspec.json.Encoder().encode


@frozen
class Open:
    """A client wants to come in.

    Args:
        auth: What it says of itself.
        namespace: Where to; None for the usual one.
    """

    auth: dict[str, Any]
    namespace: str | None


@frozen
class Ask:
    """A client asks for something.

    Args:
        name: The event's name.
        arguments: What comes with it.
        number: What its acknowledgement is called; None when none is wanted.
    """

    name: str
    arguments: list[Any]
    number: int | None


@frozen
class Pong:
    """The client is there."""


@frozen
class Bye:
    """The client leaves."""


def read(text: str) -> Open | Ask | Pong | Bye | None:
    """What a client says; None for what needs no answer.

    Raises:
        Malformed: It is not spoken here: binary packets, another sort, or no JSON.
    """
    if text == "3":
        return Pong()
    if text == "1":
        return Bye()
    packet = _PACKET.fullmatch(text)
    if packet is None:
        raise Malformed("this is no packet of Socket.IO")
    sort, namespace, number, rest = packet.groups()
    if sort == "0":
        auth = read_json(rest.encode()) if rest else {}
        if not isinstance(auth, dict):
            raise Malformed("auth must be an object")
        return Open(auth, namespace)
    if sort == "1":
        return Bye()
    if sort == "3":
        return None
    if sort != "2" or namespace is not None:
        raise Malformed("this packet is not taken here")
    event = read_json(rest.encode())
    if not isinstance(event, list) or not event or not isinstance(event[0], str):
        raise Malformed("an event is a list that begins with its name")
    return Ask(event[0], event[1:], None if number is None else int(number))


def opened(sid: str, *, interval: float, timeout: float, most: int) -> str:
    """The first thing that a client is told.

    Args:
        sid: What the connection is called.
        interval: Seconds between pings.
        timeout: Seconds a client may take to answer one.
        most: The longest message that is taken, in bytes.
    """
    told = {
        "sid": sid,
        "upgrades": [],
        "pingInterval": int(interval * 1000),
        "pingTimeout": int(timeout * 1000),
        "maxPayload": most,
    }
    return "0" + _encode(told).decode()


def welcome(sid: str) -> str:
    """The client is in."""
    return "40" + _encode({"sid": sid}).decode()


def refused(namespace: str | None, message: str, body: object) -> str:
    """The client is not let in."""
    where = "" if namespace is None else f"{namespace},"
    return f"44{where}" + _encode({"message": message, "data": body}).decode()


def event(name: str, data: object) -> str:
    """Something that is told."""
    return "42" + _encode([name, data]).decode()


def answer(number: int, data: object) -> str:
    """The acknowledgement of what was asked."""
    return f"43{number}" + _encode([data]).decode()
