"""What must be there for the operations on content and tiers to be asked about: a creator with an item and tiers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from entrypoints.http.kit.rows import Row
from platform_core.content.paying import SetTiers
from support.media import creator, png, upload
from unit.http.served import Answered, Guest, Served

TAGS = ("content", "tiers", "moderation")

_NO_CREATORS = dict.fromkeys(("owner", "other", "provider", "moderator", "admin"), 403)

#: Who may not, although they are signed in. The item is another creator's; only staff may take it away.
DENIED: Mapping[str, Mapping[str, int]] = {
    "create_content": _NO_CREATORS,
    "set_tiers": _NO_CREATORS,
    "delete_content": dict.fromkeys(("owner", "other", "creator", "provider"), 403),
    **dict.fromkeys(
        ("content_queue", "approve_content", "reject_content"),
        dict.fromkeys(("owner", "other", "creator", "provider"), 403),
    ),
    # Staff see what they look after without paying.
    "unlock_content": dict.fromkeys(("moderator", "admin"), 409),
}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request in which everything is right."""
    if row.file is not None:
        return row.path, {**(row.example or {}), row.file: png()}
    if row.id == "set_tiers":
        return row.path, dict(row.example or {})
    maker = await creator(server.world, "maker")
    if row.tag == "tiers":
        await server.world.execute(SetTiers(100, 300), by=maker.actor)
        return row.path.replace("{id}", maker.id), None if row.example is None else dict(row.example)
    waits: dict[str, Any] = {"caption": "doubtful"} if row.tag == "moderation" else {}
    item = (await upload(server.world, maker, token_price=5, **waits)).item
    return row.path.replace("{id}", item), None if row.example is None else dict(row.example)


LINK = re.compile(
    r"http://media\.example/media/content/cnt_\w+/[a-z]+\.\w+\?until=\d+&for=(all|own)&signature=[\w-]{43}"
)
MOMENT = "2026-01-01T00:00:00Z"


async def post(server: Served, by: Guest, content: bytes | None = None, **fields: Any) -> Answered:
    """Upload something."""
    body = {"type": "image", **fields, "file": png() if content is None else content}
    return await server.api("POST", "/content", body, token=by.token)


async def uploaded(server: Served, by: Guest, content: bytes | None = None, **fields: Any) -> str:
    """The id of something uploaded."""
    answer = await post(server, by, content, **fields)
    assert answer.status == 201, answer.raw
    return str(answer.json["contentId"])


async def shown(server: Served, item: str, by: Guest | None) -> dict[str, Any]:
    """An item as somebody sees it."""
    answer = await server.api("GET", f"/content/{item}", token=None if by is None else by.token)
    assert answer.status == 200, answer.raw
    found: dict[str, Any] = answer.json
    return found
