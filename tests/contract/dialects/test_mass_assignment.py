"""Fields that nobody was asked for, a role or a balance among them, added to every request: AUTHZ-03."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contract.dialects.rows import NAMES, ROWS, allowed
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS
from platform_core.kernel.errors import Kind
from platform_core.kernel.select import Select
from platform_core.use_cases import AGGREGATES
from support.world import World
from unit.http.served import Served

#: What somebody would like to be taken, by the names of the core, of the wire, and of other platforms.
WISHES: Mapping[str, Any] = {
    "role": "admin",
    "roles": ["admin"],
    "is_admin": True,
    "isAdmin": True,
    "admin": True,
    "is_staff": True,
    "is_superuser": True,
    "permissions": ["*"],
    "scope": "admin",
    "id": "usr_chosen",
    "_id": "usr_chosen",
    "user": "usr_other",
    "user_id": "usr_other",
    "userId": "usr_other",
    "owner": "usr_other",
    "payer": "usr_other",
    "senderId": "usr_other",
    "actor": "system",
    "by": "operator",
    "via": "cli",
    "balance": 10**9,
    "available": 10**9,
    "held": 0,
    "tokens": 10**9,
    "price": 1,
    "price_minor": 1,
    "currency": "XXX",
    "fee": 0,
    "basis_points": 0,
    "state": "paid",
    "status": "completed",
    "payment": "pay_forged",
    "verified": True,
    "email_verified": True,
    "banned_at": None,
    "ban_reason": None,
    "password_hash": "none",
    "passwordHash": "none",
    "sessionToken": "sess_chosen",
    "expires_at": "2999-01-01T00:00:00Z",
    "created_at": "2000-01-01T00:00:00Z",
    "version": 99,
    "key": "chosen",
    "despite_freeze": True,
    "__class__": "Admin",
    "constructor": {"prototype": {"isAdmin": True}},
    "__proto__": {"isAdmin": True},
}
WRITES = [one for one in ROWS if one[1].method in ("POST", "PATCH", "PUT")]
WRITES_NAMES = [name for name, one in zip(NAMES, ROWS, strict=True) if one in WRITES]
writes = pytest.mark.parametrize(("speaks", "row"), WRITES, ids=WRITES_NAMES)


async def standing(world: World) -> list[str]:
    """Everything that is kept, as text."""
    kept: list[Any] = [thing for kind in AGGREGATES for thing in await world.store.find(Select(kind, limit=1000))]
    kept += [account async for account in world.store.accounts()]
    kept += [entry async for entry in world.store.entries()]
    return [repr(thing) for thing in kept]


def invalid(server: Served) -> int:
    """What the dialect says of fields it does not know."""
    return DIALECTS[server.speaks].statuses[Kind.INVALID]


@writes
async def test_a_field_that_is_not_asked_for_is_refused_and_changes_nothing(server: Served, row: Row) -> None:
    path, body, caller = await allowed(server, row)
    before = await standing(server.world)

    asked = set(row.shape.__struct_encode_fields__) - set(row.path_fields)
    for name, wish in WISHES.items():
        if name in asked:
            continue
        answer = await server.api(row.method, path, {**body, name: wish}, token=caller.token)
        assert (name, answer.status) == (name, invalid(server))
        assert name in answer.raw.decode()
    assert await standing(server.world) == before

    answer = await server.api(row.method, path, body or None, token=caller.token)
    assert answer.status == row.status, "without a wish it is done"


@writes
async def test_fields_in_the_query_are_refused_where_the_body_counts(server: Served, row: Row) -> None:
    path, body, caller = await allowed(server, row)
    before = await standing(server.world)

    answer = await server.api(row.method, f"{path}?role=admin&balance=1000000", body or None, token=caller.token)

    assert answer.status == invalid(server)
    assert await standing(server.world) == before
