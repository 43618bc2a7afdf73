"""What must be there for the operations on messages to be asked about: a conversation of the owner's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entrypoints.http.kit.rows import Row
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.messaging.inbox import OpenConversation
from platform_core.messaging.writing import SendMessage
from unit.http.served import Guest, Served

TAGS = ("messages",)

_STRANGERS = dict.fromkeys(("other", "creator", "provider", "moderator", "admin"), 404)

DENIED: Mapping[str, Mapping[str, int]] = {
    "get_conversation_messages": _STRANGERS,
    "send_message": _STRANGERS,
    "mark_read": _STRANGERS,
}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about a conversation of the owner's with somebody else."""
    actor, peer = Actor(owner.id, Role.VIEWER, Via.SESSION), await server.world.person("peer")
    conversation = await server.world.execute(OpenConversation(peer.id), by=actor)
    message = await server.world.execute(SendMessage(conversation.id, "Hi"), by=peer.actor)
    known = {"userId": peer.id, "messageId": message.id}
    path = row.path.replace("{conversationId}", conversation.id).replace("{userId}", peer.id)
    return path, None if row.example is None else {name: known.get(name, value) for name, value in row.example.items()}
