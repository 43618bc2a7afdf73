"""Health through Veza: shapes, statuses, the operators' token, and the old addresses at the root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from adapters.memory.store import MemoryStore
from entrypoints.http.veza.health import LEGACY
from platform_core.kernel.errors import Unavailable
from platform_core.operations.ports import Condition, Finding
from support.stores import Stores
from support.world import World
from unit.http.served import Served, served

TOKEN = "operators only, and long enough for it"


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory: this is about rows, not about stores."""
    return memory_stores


class Told:
    """Parts that are as a test says."""

    def __init__(self, **parts: Finding) -> None:
        self.found = {"database": Finding(Condition.OK), **parts}
        self.config = {"jwt_secret_set": True, "platform_fee_rate": 0.1}

    async def parts(self) -> dict[str, Finding]:
        return self.found

    soon = parts


async def test_a_server_that_answers_says_so_with_its_store_away(server: Served) -> None:
    async def away() -> None:
        raise Unavailable("away")

    server.world.store.ping = away  # type: ignore[method-assign]  # a store that is away
    for path in ("/health", "/healthz"):
        answer = await server.api("GET", path, token="whatever")
        assert (answer.status, answer.json) == (200, {"success": True, "data": {"status": "ok"}})
        assert "X-RateLimit-Limit" not in answer.headers
    ready = await server.api("GET", "/readyz")
    assert (ready.status, ready.json) == (503, {"success": True, "data": {"status": "not_ready"}})
    deep = await server.api("GET", "/health/deep")
    assert (deep.status, deep.json["data"]["status"]) == (503, "unhealthy")


@pytest.mark.parametrize(
    ("parts", "status", "health", "readiness"),
    [
        ({}, 200, "healthy", "ready"),
        ({"redis": Finding(Condition.UNUSED)}, 200, "healthy", "ready"),
        ({"redis": Finding(Condition.DOWN)}, 200, "degraded", "degraded"),
        ({"disk": Finding(Condition.LOW, {"free_gb": 0.4})}, 200, "degraded", "degraded"),
        ({"database": Finding(Condition.DOWN)}, 503, "unhealthy", "not_ready"),
    ],
)
async def test_the_report_names_every_part(parts: dict[str, Finding], status: int, health: str, readiness: str) -> None:
    vitals = Told(**parts)
    async with served(world=World(MemoryStore(), vitals=vitals), speaks="veza") as server:
        deep = await server.api("GET", "/health/deep")
        ready = await server.api("GET", "/readyz")

    checks: dict[str, Any] = {name: {"status": found.condition.value} for name, found in vitals.found.items()}
    if "disk" in parts:
        checks["disk"]["details"] = {"free_gb": 0.4}
    told = {"status": health, "timestamp": "2026-01-01T00:00:00Z", "checks": checks, "config": vitals.config}
    assert (deep.status, deep.json) == (status, {"success": True, "data": told})
    assert (ready.status, ready.json) == (status, {"success": True, "data": {"status": readiness}})


async def test_ops_01_in_production_only_operators_look_deep() -> None:
    async with served(speaks="veza", production=True) as closed:
        answer = await closed.api("GET", "/health/deep", headers={"Authorization": "Bearer "})
        assert (answer.status, answer.json) == (404, {"success": False, "error": "there is no such resource"})
        assert (await closed.api("GET", "/readyz")).status == 200

    async with served(speaks="veza", production=True, operators_token=TOKEN) as guarded:
        for given in (
            None,
            "Bearer",
            f"Bearer {TOKEN[:-1]}",
            f"Bearer {TOKEN}x",
            TOKEN,
            f"bearer  {TOKEN}",
            "Bearer é",
        ):
            headers = {} if given is None else {"Authorization": given}
            refused = await guarded.api("GET", "/health/deep", headers=headers)
            assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert refused.json["success"] is False
        assert (await guarded.api("GET", "/health/deep", token=TOKEN)).status == 200


@pytest.fixture
async def at_root() -> AsyncIterator[Served]:
    """A server that has Veza at its root."""

    async def figures() -> bytes:
        return b"figures 1\n"

    async with served(speaks="veza", root_api="veza", metrics=figures, operators_token=TOKEN) as running:
        yield running


@pytest.mark.parametrize("path", [*LEGACY.paths, "/metrics"])
async def test_http_09_an_old_address_decides_as_the_new_one_and_says_where_that_is(at_root: Served, path: str) -> None:
    for token in (TOKEN, None):
        old = await at_root.ask("GET", path, token=token)
        new = await at_root.ask("GET", f"/api/v1{path}", token=token)

        assert (old.status, old.raw) == (new.status, new.raw)
        assert old.headers["Deprecation"] == f"@{int(LEGACY.since.timestamp())}"
        assert parsedate_to_datetime(old.headers["Sunset"]) == LEGACY.until
        assert old.headers["Link"] == f'</api/v1{path}>; rel="successor-version"'
        assert not {"Deprecation", "Sunset", "Link"} & new.headers.keys()
    assert (await at_root.ask("HEAD", path, token=TOKEN)).headers["Deprecation"]
    for method in ("POST", "DELETE", "TRACE"):
        assert (await at_root.ask(method, path, token=TOKEN)).status == 405
        assert (await at_root.ask(method, f"/api/v1{path}", token=TOKEN)).status == 405


async def test_the_servers_own_probes_stay_as_they_are_elsewhere(server: Served) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await server.ask("GET", path)
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert "Deprecation" not in answer.headers
    assert (await server.ask("GET", "/health")).status == 404
