"""What must be there for each operation to be asked for, and who may ask: for tests that go through all rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from contract.teezu import booking_scene, content_scene, message_scene, stream_scene
from entrypoints.http.kit.rows import Row
from support.world import PASSWORD
from unit.http.served import Guest, Served

#: What those who may not, although they are signed in, are told; who is not listed may. The owner, a viewer, is whom
#: the path is about.
DENIED: Mapping[str, Mapping[str, int]] = {
    "update_user": dict.fromkeys(("other", "creator", "provider", "moderator"), 403),
    **booking_scene.DENIED,
    **content_scene.DENIED,
    **message_scene.DENIED,
    **stream_scene.DENIED,
}
#: By the tag of a row: how its requests are made ready, where it takes more than the owner.
SCENES: Mapping[str, Callable[[Served, Row, Guest], Awaitable[tuple[str, dict[str, Any] | None]]]] = {
    **dict.fromkeys(booking_scene.TAGS, booking_scene.prepare),
    **dict.fromkeys(content_scene.TAGS, content_scene.prepare),
    **dict.fromkeys(message_scene.TAGS, message_scene.prepare),
    **dict.fromkeys(stream_scene.TAGS, stream_scene.prepare),
}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about the owner in which everything is right."""
    path = row.path.replace("{id}", owner.id)
    body = None if row.example is None else dict(row.example)
    if (of_its_own := SCENES.get(row.tag)) is not None:
        return await of_its_own(server, row, owner)
    if row.id == "send_tip" and body is not None:
        body["recipientId"] = (await server.world.person("payee")).id
    if row.id == "login":
        body = {"email": "other_1@example.org", "password": PASSWORD.reveal()}
    return path, body
