"""What Veza answers to those who keep API keys, and to the keys: AUTH-15 and AUTH-16."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from attrs import evolve

from entrypoints.http.kit.openapi import document
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.rows import Answer, get
from entrypoints.http.server import mount
from entrypoints.http.veza.dialect import VEZA
from platform_core.identity.api_keys import ApiKey, is_key
from platform_core.identity.keeping_keys import RevokeKeys
from platform_core.identity.staff import BanUser, UnbanUser
from platform_core.kernel.actor import USERS, KeyActor, Scope, Via
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select
from platform_core.wallet.balance import GetWallet
from platform_core.wallet.wallet import Wallet
from support.world import OPERATOR, World
from unit.http.served import Guest, Served, served


async def made(server: Served, guest: Guest, **wanted: Any) -> dict[str, Any]:
    """A new key, as it was answered."""
    answer = await server.api("POST", "/developer/api-keys", wanted, token=guest.token)
    assert answer.status == 201, answer.raw
    data: dict[str, Any] = answer.json["data"]
    return data


async def test_create_answers_its_shape_and_the_key_once(server: Served) -> None:
    jane = await server.guest("jane")

    data = await made(server, jane, name="Nightly export", scopes=["read", "sell"], expires_in_days=90)

    assert list(data) == ["id", "name", "key", "scopes", "created_at", "expires_at"]
    assert data["name"] == "Nightly export"
    assert data["scopes"] == ["read", "sell"]
    assert data["created_at"] == "2026-01-01T00:00:00Z"
    assert data["expires_at"] == "2026-04-01T00:00:00Z"
    assert data["id"].startswith("key_")
    assert is_key(data["key"])
    listed = await server.api("GET", "/developer/api-keys", token=jane.token)
    assert listed.json["data"] == {
        "api_keys": [{name: data[name] for name in ("id", "name", "scopes", "created_at", "expires_at")}],
        "total": 1,
    }
    assert data["key"] not in listed.raw.decode()


async def test_a_key_reads_only_and_for_ever_unless_told_otherwise(server: Served) -> None:
    data = await made(server, await server.guest("jane"))

    assert (data["name"], data["scopes"], data["expires_at"]) == ("API key", ["read"], None)


async def test_create_names_every_broken_field(server: Served) -> None:
    jane = await server.guest("jane")

    for body, fields in (
        ({"name": "", "scopes": [], "expires_in_days": 0}, ("name", "scopes", "expires_in_days")),
        ({"scopes": ["admin"]}, ("scopes",)),
        ({"scopes": ["read", "read"]}, ("scopes",)),
        ({"scopes": "read"}, ("scopes",)),
        ({"name": "   "}, ("name",)),
        ({"name": "x" * 101}, ("name",)),
        ({"expires_in_days": 3651}, ("expires_in_days",)),
        ({"key": "veza_sk_mine"}, ("key",)),
        ({"user_id": "usr_x"}, ("user_id",)),
    ):
        answer = await server.api("POST", "/developer/api-keys", body, token=jane.token)
        assert answer.status == 400, body
        for field in fields:
            assert f"{field}" in answer.json["error"], body
    assert (await server.api("GET", "/developer/api-keys", token=jane.token)).json["data"]["total"] == 0


async def test_auth_15_the_store_has_nothing_of_the_key(server: Served) -> None:
    data = await made(server, await server.guest("jane"))
    key = data["key"].removeprefix("veza_sk_")

    [kept] = await server.world.store.find(Select(ApiKey))
    assert all(part not in repr(kept) for part in (key, key[:12], key[-12:]))
    # Whoever has the database and not the installation's secret cannot even check a guess.
    assert kept.id != server.world.key_doorkeeper._digests.__class__(b"").id(Secret(data["key"]))


async def test_a_key_acts_for_its_user_as_far_as_it_goes(server: Served) -> None:
    jane = await server.guest("jane")
    data = await made(server, jane, scopes=["read", "write:orders"])

    actor = await server.world.key_doorkeeper.actor(data["key"])

    assert (actor.id, actor.via, actor.session) == (jane.id, Via.API_KEY, None)
    assert isinstance(actor, KeyActor)
    assert actor.scopes == {Scope.READ, Scope.WRITE_ORDERS}


async def test_auth_16_a_key_never_reaches_account_security(server: Served) -> None:
    jane = await server.guest("jane")
    data = await made(server, jane, scopes=["read", "write:orders", "sell"])
    key = {"X-API-Key": data["key"]}

    for method, path, body in (
        ("POST", "/developer/api-keys", {"scopes": ["read"]}),
        ("GET", "/developer/api-keys", None),
        ("DELETE", f"/developer/api-keys/{data['id']}", None),
        ("GET", "/sessions", None),
        ("POST", "/sessions/logout", None),
        ("POST", "/sessions/logout-all", None),
        ("POST", "/sessions/refresh", None),
    ):
        answer = await server.api(method, path, body, headers=key)
        assert (answer.status, answer.json["success"]) == (403, False), path
    # What nobody needs to be signed in for does not sign in as the key's user either.
    assert (await server.api("POST", "/auth/logout", headers=key)).status == 200
    assert (await server.api("GET", "/sessions", token=jane.token)).status == 200


async def test_a_key_is_dead_once_it_is_revoked(server: Served) -> None:
    jane = await server.guest("jane")
    data = await made(server, jane)
    key = {"X-API-Key": data["key"]}
    assert (await server.api("GET", "/sessions", headers=key)).status == 403

    answer = await server.api("DELETE", f"/developer/api-keys/{data['id']}", token=jane.token)

    assert (answer.status, answer.json) == (200, {"success": True, "data": {"message": "API key revoked"}})
    assert (await server.api("GET", "/sessions", headers=key)).status == 401
    assert (await server.api("DELETE", f"/developer/api-keys/{data['id']}", token=jane.token)).status == 404
    assert (await server.api("GET", "/developer/api-keys", token=jane.token)).json["data"]["total"] == 0


async def test_authz_01_a_key_of_somebody_else_is_none(server: Served) -> None:
    jane, john = await server.guest("jane"), await server.guest("john")
    data = await made(server, john)

    theirs = await server.api("DELETE", f"/developer/api-keys/{data['id']}", token=jane.token)
    nobodys = await server.api("DELETE", "/developer/api-keys/key_none", token=jane.token)

    assert theirs.status == nobodys.status == 404
    assert theirs.raw == nobodys.raw
    assert (await server.api("GET", "/sessions", headers={"X-API-Key": data["key"]})).status == 403


async def test_a_key_ends_when_it_is_over_and_rests_while_its_user_is_banned(server: Served) -> None:
    jane = await server.guest("jane")
    key = {"X-API-Key": (await made(server, jane, expires_in_days=1))["key"]}

    await server.world.execute(BanUser(jane.id), by=OPERATOR)
    assert (await server.api("GET", "/sessions", headers=key)).status == 401
    await server.world.execute(UnbanUser(jane.id), by=OPERATOR)
    assert (await server.api("GET", "/sessions", headers=key)).status == 403
    server.world.clock.advance(days=1)
    assert (await server.api("GET", "/sessions", headers=key)).status == 401


async def test_a_user_has_at_most_50_keys(server: Served) -> None:
    jane = await server.guest("jane")
    for _ in range(50):
        await made(server, jane)

    answer = await server.api("POST", "/developer/api-keys", {}, token=jane.token)

    assert answer.status == 409
    assert (await server.api("GET", "/developer/api-keys", token=jane.token)).json["data"]["total"] == 50


async def test_leaked_keys_are_revoked_wherever_they_are_found(server: Served) -> None:
    jane, john = await server.guest("jane"), await server.guest("john")
    leaked, kept = [(await made(server, guest))["key"] for guest in (jane, john)]

    revoked = await server.world.execute(RevokeKeys(leaked=(Secret(leaked), Secret("veza_sk_unknown"))), by=OPERATOR)

    assert [key.user for key in revoked] == [jane.id]
    assert (await server.api("GET", "/sessions", headers={"X-API-Key": leaked})).status == 401
    assert (await server.api("GET", "/sessions", headers={"X-API-Key": kept})).status == 403


async def test_an_idempotency_key_gives_the_same_api_key_again(server: Served) -> None:
    jane = await server.guest("jane")
    header = {"Idempotency-Key": "make-1"}

    first = await server.api("POST", "/developer/api-keys", {}, token=jane.token, headers=header)
    again = await server.api("POST", "/developer/api-keys", {}, token=jane.token, headers=header)

    assert first.raw == again.raw
    assert (await server.api("GET", "/developer/api-keys", token=jane.token)).json["data"]["total"] == 1


class Balance(Answer, frozen=True):
    """What somebody has."""

    available: int


def show_balance(wallet: Wallet) -> Balance:
    return Balance(wallet.available)


async def test_a_key_opens_what_its_scope_opens_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(app: web.Application, world: World, options: HttpOptions) -> None:
        mount(app, evolve(VEZA, name="shop", rows=(row,)), world, options)

    row = get("/balance", GetWallet, show_balance, id="balance", summary="What one has", tag="wallet")
    for scope, wanted in ((None, 403), (Scope.READ, 200), (Scope.SELL, 403)):
        policy = USERS if scope is None else USERS.for_keys(scope)
        monkeypatch.setattr(GetWallet, "policy", policy)
        async with served(world=world, speaks="veza", extend=opened) as server:
            name = f"user_{wanted}{'' if scope is None else scope.value}"
            jane = await server.guest(name, tokens=7)
            key = (await made(server, jane, scopes=["read", "write:orders"]))["key"]

            answer = await server.ask("GET", "/shop/api/v1/balance", headers={"X-API-Key": key})

            assert answer.status == wanted
            if wanted == 200:
                assert answer.json == {"success": True, "data": {"available": 7}}
            assert (await server.ask("GET", "/shop/api/v1/balance", token=jane.token)).status == 200
        told: Any = document(evolve(VEZA, rows=(row,)))
        takes_keys = {"key": []} in told["paths"]["/balance"]["get"]["security"]
        assert takes_keys == (scope is not None)
