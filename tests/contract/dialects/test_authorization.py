"""Who may do what through each dialect: every operation, asked by everybody. A new row comes in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from contract.dialects.rows import ROWS, denied, prepare
from contract.veza.scenes import a_key
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS
from platform_core.identity.access import Login
from platform_core.identity.keeping_keys import RevokeKeys
from platform_core.identity.sessions import LIFETIME, Session
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS, Role, Scope
from platform_core.kernel.changes import Changes
from platform_core.kernel.select import Select, Where
from support.world import OPERATOR, PASSWORD
from unit.http.served import Guest, Served

CALLERS = (
    "anonymous",
    "owner",
    "other",
    "creator",
    "provider",
    "moderator",
    "admin",
    "banned",
    "expired",
    "unknown token",
    "token of another dialect",
)
DEAD = ("banned", "expired", "unknown token", "token of another dialect")
#: Only where a dialect takes API keys. The owner's, unless another is named.
KEYS = ("key", "key for nothing else", "key of an admin", "banned key", "revoked key", "key as bearer")
DEAD_KEYS = ("banned key", "revoked key", "key as bearer")

CASES = [
    (speaks, row, caller)
    for speaks, row in ROWS
    for caller in (*CALLERS, *(KEYS if DIALECTS[speaks].key_header else ()))
]


@pytest.fixture
async def people(server: Served) -> dict[str, Guest | None]:
    """One of each; the owner is whom the paths are about."""
    tokens = 1000
    found: dict[str, Guest | None] = {
        "anonymous": None,
        "owner": await server.guest("owner_1", tokens=tokens),
        "other": await server.guest("other_1", tokens=tokens),
        "creator": await server.guest("creator_1", tokens=tokens, role=Role.CREATOR),
        "provider": await server.guest("provider_1", tokens=tokens, role=Role.PROVIDER),
        "moderator": await server.guest("moderator_1", tokens=tokens, role=Role.MODERATOR),
        "admin": await server.guest("admin_1", tokens=tokens, role=Role.ADMIN),
        "banned": await server.guest("banned_1", tokens=tokens),
        "expired": await server.guest("expired_1", tokens=tokens),
        "unknown token": Guest("usr_nobody", "sess_unknown"),
    }
    banned, expired = found["banned"], found["expired"]
    assert banned is not None
    assert expired is not None
    await server.world.execute(BanUser(banned.id), by=OPERATOR)
    for session in await server.world.store.find(Select(Session, (Where("user", "=", expired.id),))):
        session.expires_at -= LIFETIME + timedelta(seconds=1)
        await server.world.store.commit(Changes(saved=(session,)))
    found["token of another dialect"] = Guest("usr_other", await stranger(server))
    return found


async def stranger(server: Served) -> str:
    """A good token of somebody, from a dialect that is not spoken here."""
    await server.world.person("stranger_1")
    if server.speaks == "teezu":
        return (await server.granted("stranger_1")).access.reveal()
    opened = await server.world.execute(Login("stranger_1@example.org", PASSWORD), by=ANONYMOUS)
    return opened.token.reveal()


async def headers_of(server: Served, people: Mapping[str, Guest | None], caller: str) -> dict[str, str]:
    """What a caller's requests carry."""
    if caller not in KEYS:
        guest = people[caller]
        return {} if guest is None else {"Authorization": f"Bearer {guest.token}"}
    owner, admin = people["owner"], people["admin"]
    assert owner is not None
    assert admin is not None
    world = server.world
    if caller == "key of an admin":
        return {"X-API-Key": (await a_key(world, admin.id))[1]}
    if caller == "banned key":
        person = await world.person("keeper_1")
        _, key = await a_key(world, person.id)
        await world.execute(BanUser(person.id), by=OPERATOR)
        return {"X-API-Key": key}
    id, key = await a_key(world, owner.id, *([Scope.READ] if caller == "key for nothing else" else []))
    if caller == "revoked key":
        await world.execute(RevokeKeys((id,)), by=OPERATOR)
    return {"Authorization": f"Bearer {key}"} if caller == "key as bearer" else {"X-API-Key": key}


def expected(speaks: str, row: Row, caller: str) -> int:
    """The status of a request in which everything but the caller is right."""
    policy = row.command.policy
    if caller in DEAD or caller in DEAD_KEYS:
        return row.status if row.forgives_token else 401
    if caller == "anonymous":
        return 401 if policy.signed_in else row.status
    if caller in KEYS and policy.signed_in:
        if policy.scope is None or (caller == "key for nothing else" and policy.scope is not Scope.READ):
            return 403
        if policy.roles is not None and not {"key of an admin": {Role.ADMIN}}.get(caller, {Role.VIEWER}) & policy.roles:
            return 403
    # A key does what its user could do for themself: one of an admin gives no standing over others.
    name = {"key of an admin": "other"}.get(caller, "owner") if caller in KEYS else caller
    return denied(speaks, row).get(name, row.status)


@pytest.mark.parametrize(
    ("speaks", "row", "caller"), CASES, ids=[f"{speaks}-{row.id}-{caller}" for speaks, row, caller in CASES]
)
async def test_each_operation_is_for_whom_it_is_for(
    server: Served, people: dict[str, Guest | None], speaks: str, row: Row, caller: str
) -> None:
    owner = people["owner"]
    assert owner is not None
    path, body = await prepare(server, row, owner)

    answer = await server.api(row.method, path, body, headers=await headers_of(server, people, caller))

    assert answer.status == expected(speaks, row, caller), answer.raw


async def test_authz_07_a_ban_holds_from_the_next_request_on(server: Served) -> None:
    jane = await server.guest("jane")
    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 200

    await server.world.execute(BanUser(jane.id), by=OPERATOR)

    assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 401


@pytest.mark.parametrize("speaks", DIALECTS)
async def test_the_matrix_has_every_row(server: Served, speaks: str) -> None:
    document = (await server.ask("GET", f"/{speaks}/openapi.json")).json

    operations = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    hooks = {hook.id for hook in DIALECTS[speaks].hooks}
    assert operations == {row.id for name, row in ROWS if name == speaks} | hooks
