"""Live streams over Teezu, for tests."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import Any

from platform_core.kernel.actor import Role
from unit.http.served import Answered, Guest, Served

STUN = {"urls": "stun:stun.example:3478"}


async def creator(server: Served, name: str = "creator42") -> Guest:
    return await server.guest(name, role=Role.CREATOR)


async def set_state(server: Served, stream: str, state: object, who: Guest) -> Answered:
    return await server.api("PATCH", f"/streams/{stream}/state", {"state": state}, token=who.token)


async def read(server: Served, stream: str) -> Any:
    return (await server.api("GET", f"/streams/{stream}")).json


def turn(user: str, server: Served) -> dict[str, str]:
    """The TURN server a user is told of now, by coturn's scheme, as its page describes it."""
    name = f"{int(server.world.clock.now().timestamp()) + 3600}:{user}"
    proof = b64encode(hmac.digest(b"shared" * 6, name.encode(), "sha1")).decode()
    return {"urls": "turn:turn.example:3478", "username": name, "credential": proof}
