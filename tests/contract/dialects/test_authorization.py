"""Who may do what through each dialect: every operation, asked by everybody. A new row comes in by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.dialects.rows import NAMES, ROWS, denied, prepare
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS
from platform_core.identity.sessions import LIFETIME, Session, session_id
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from platform_core.kernel.changes import Changes
from support.world import OPERATOR
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
)
DEAD = ("banned", "expired", "unknown token")


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
    session = await server.world.store.get(Session, session_id(expired.token))
    assert session is not None
    session.expires_at -= LIFETIME + timedelta(seconds=1)
    await server.world.store.commit(Changes(saved=(session,)))
    return found


def expected(speaks: str, row: Row, caller: str) -> int:
    """The status of a request in which everything but the caller is right."""
    if caller in DEAD:
        return row.status if row.forgives_token else 401
    if caller == "anonymous":
        return 401 if row.command.policy.signed_in else row.status
    return denied(speaks, row).get(caller, row.status)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("speaks", "row"), ROWS, ids=NAMES)
async def test_each_operation_is_for_whom_it_is_for(
    server: Served, people: dict[str, Guest | None], speaks: str, row: Row, caller: str
) -> None:
    owner, guest = people["owner"], people[caller]
    assert owner is not None
    path, body = await prepare(server, row, owner)

    answer = await server.api(row.method, path, body, token=None if guest is None else guest.token)

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
    assert operations == {row.id for name, row in ROWS if name == speaks}
