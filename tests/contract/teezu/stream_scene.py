"""What must be there for the operations on streams to be asked about: a stream of the owner's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entrypoints.http.kit.rows import Row
from platform_core.identity.sessions import session_id
from platform_core.streams.stream import StreamState
from support.streams import a_stream
from unit.http.served import Guest, Served

TAGS = ("streams",)

DENIED: Mapping[str, Mapping[str, int]] = {
    "create_stream": dict.fromkeys(("owner", "other", "moderator", "admin"), 403),
    "set_stream_state": dict.fromkeys(("other", "creator", "provider", "moderator", "admin"), 403),
    # Entry has to be paid first; the host needs none.
    **dict.fromkeys(
        ("stream_chat", "say_in_stream"), dict.fromkeys(("other", "creator", "provider", "moderator", "admin"), 403)
    ),
    # A viewer has to join first; the host need not.
    "stream_heartbeat": dict.fromkeys(("other", "creator", "provider", "moderator", "admin"), 409),
}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about a premium stream of the owner's."""
    state = StreamState.IDLE if row.id == "set_stream_state" else StreamState.LIVE
    stream = await a_stream(server.world, owner.id, price=10, state=state, session=session_id(owner.token))
    return row.path.replace("{id}", stream), None if row.example is None else dict(row.example)
