"""What must be there for each operation to be asked for, and who may ask: for tests that go through all rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from contract.veza import sale_scene
from entrypoints.http.kit.rows import Row
from platform_core.identity.keeping_keys import MakeApiKey
from platform_core.identity.users import User
from platform_core.kernel.actor import Actor, Role, Scope, Via
from platform_core.kernel.select import Select, Where
from support.world import PASSWORD, World
from unit.http.served import Guest, Served

#: What those who may not, although they are signed in, are told; who is not listed may. The owner, a viewer, is whom
#: the path is about.
DENIED: Mapping[str, Mapping[str, int]] = {
    "revoke_api_key": dict.fromkeys(("other", "creator", "provider", "moderator", "admin"), 404),
    **sale_scene.DENIED,
}


async def a_key(world: World, user: str, *scopes: Scope) -> tuple[str, str]:
    """A new API key of a user: its id and the key."""
    by = Actor(user, Role.VIEWER, Via.SESSION, "ses_test")
    made = await world.execute(MakeApiKey("a key", scopes or tuple(Scope)), by=by)
    return made.view.id, made.key.reveal()


async def prepare_auth(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """Somebody else signs in and out, whoever asks for it."""
    body = dict(row.example or {})
    if row.id != "register" and not await _is_known(server):
        await server.world.person("somebody")
    if row.id == "login":
        body = {"email": "somebody@example.org", "password": PASSWORD.reveal()}
    elif "refresh_token" in body:
        body["refresh_token"] = (await server.granted("somebody")).refresh.reveal()
    return row.path, body


async def _is_known(server: Served) -> bool:
    return bool(await server.world.store.count(Select(User, (Where("username", "=", "somebody"),))))


async def prepare_developer(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """A key of the owner's."""
    key, _ = await a_key(server.world, owner.id)
    return row.path.replace("{id}", key), None if row.example is None else dict(row.example)


#: By the tag of a row: how its requests are made ready, where it takes more than the owner.
SCENES: Mapping[str, Callable[[Served, Row, Guest], Awaitable[tuple[str, dict[str, Any] | None]]]] = {
    "auth": prepare_auth,
    "developer": prepare_developer,
    **dict.fromkeys(sale_scene.TAGS, sale_scene.prepare),
}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about the owner in which everything is right."""
    if (of_its_own := SCENES.get(row.tag)) is not None:
        return await of_its_own(server, row, owner)
    return row.path.replace("{id}", owner.id), None if row.example is None else dict(row.example)
