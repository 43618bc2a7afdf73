"""The rows of all dialects, and how a request for each is made ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from contract.teezu import scenes as teezu_scenes
from contract.veza import scenes as veza_scenes
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS
from platform_core.kernel.actor import Role
from unit.http.served import Guest, Served

#: By dialect: `prepare` makes the path and the body of a request about its owner in which everything is right, and
#: `DENIED` says what those who may not, although they are signed in, are told.
SCENES: Mapping[str, ModuleType] = {"teezu": teezu_scenes, "veza": veza_scenes}

#: Every row of every dialect, for `parametrize(("speaks", "row"), ROWS, ids=NAMES)`.
ROWS: Sequence[tuple[str, Row]] = [(name, row) for name, dialect in DIALECTS.items() for row in dialect.rows]
NAMES: Sequence[str] = [f"{name}-{row.id}" for name, row in ROWS]

ROLES = {
    "owner": Role.VIEWER,
    "other": Role.VIEWER,
    "creator": Role.CREATOR,
    "provider": Role.PROVIDER,
    "moderator": Role.MODERATOR,
    "admin": Role.ADMIN,
}


def denied(speaks: str, row: Row) -> Mapping[str, int]:
    """Who may not, although they are signed in, and what they are told."""
    found: Mapping[str, int] = SCENES[speaks].DENIED.get(row.id, {})
    return found


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about the owner in which everything is right."""
    path, body = await SCENES[server.speaks].prepare(server, row, owner)
    return path, body


async def allowed(server: Served, row: Row) -> tuple[str, dict[str, Any], Guest]:
    """The path, the body, and somebody who may: the owner where they may themself."""
    name = next(name for name in ROLES if name not in denied(server.speaks, row))
    owner = await server.guest("owner_1", tokens=1000)
    caller = owner if name == "owner" else await server.guest(f"{name}_1", tokens=1000, role=ROLES[name])
    if row.id == "login" and server.speaks == "teezu":
        await server.guest("other_1")
    path, body = await prepare(server, row, owner)
    return path, body or {}, caller
