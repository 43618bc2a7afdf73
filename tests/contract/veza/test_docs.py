"""The examples of the page about Veza are sent as they stand, in order, and answered as it shows."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest

from contract.veza.trade import Trade
from support.curl import Wish
from support.stores import Stores
from support.world import World
from unit.http.served import Answered, Served, served

PAGE = Path(__file__).parents[3] / "docs/veza.md"
#: Each command line, and the answer behind it; a file is not shown.
EXAMPLES = re.findall(r"```sh\n(curl [^`]*?)```\n\n(?:```json\n(.*?)```)?", PAGE.read_text(), re.DOTALL)
BASE = "http://localhost:8080"
#: What differs each time, and what stands for it.
_CHANGING = (
    (re.compile(r"^(eyJ|veza_sk_|[a-z]{3}_).*"), r"\1…"),
    (re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), "a moment"),
    (re.compile(r"^https?://.*/pay/.*"), "a payment page"),
    (re.compile(r"^https?://.*"), "a page"),
    (re.compile(r"^INV-[0-9A-Z]{8}-\d{4}-"), "INV-"),
)


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory: this is about the page, not about stores."""
    return memory_stores


async def curl(server: Served, command: str) -> Answered:
    """What `curl` would be answered."""
    wish = Wish.of(shlex.split(command.replace("\\\n", " "))[1:])
    body = None if wish.body is None else wish.body.encode()
    return await server.ask(wish.method, wish.url.removeprefix(BASE), raw=body, headers=wish.headers)


def shaped(value: Any) -> Any:
    """A value without what differs each time."""
    if isinstance(value, Mapping):
        return {name: shaped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shaped(inner) for inner in value[:1]]
    if isinstance(value, str):
        for pattern, instead in _CHANGING:
            value = pattern.sub(instead, value)
    return value


def test_the_page_has_an_example_of_each_kind() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("curl ") == 20


async def test_the_examples_of_the_page_are_answered_as_it_shows(world: World) -> None:
    known = {"SESSION": "", "ID": ""}
    async with served(world=world, root_api="veza", speaks="veza") as server:
        known["SELLER"] = (await server.guest("ada")).token
        for command, shown in EXAMPLES:
            # Each a little later: what comes first in a list is the newest.
            world.clock.advance(seconds=1)
            answer = await curl(server, Template(command).safe_substitute(known))
            if not shown:
                assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf"), command
                continue
            assert answer.json["success"], (command, answer.raw)
            wanted, given = shaped(json.loads(shown)), shaped(answer.json)
            if "sessions" in given["data"]:
                wanted["data"]["total"] = given["data"]["total"]
            assert given == wanted, command
            assert json.dumps(given) == json.dumps(wanted), "and in this order"
            data = answer.json["data"]
            known |= _learnt(data)
            if data.get("payment_url"):
                await Trade(server).decide(data)


def _learnt(data: Mapping[str, Any]) -> dict[str, str]:
    """What later examples name."""
    if "access_token" in data:
        return {"ACCESS": data["access_token"], "REFRESH": data["refresh_token"]}
    if "sessions" in data:
        return {"SESSION": next(session["id"] for session in data["sessions"] if not session["current"])}
    if "key" in data:
        return {"ID": data["id"]}
    kinds = {"prd": "PRODUCT", "ord": "ORDER"}
    return {kinds[kind]: data["id"] for kind in kinds if str(data.get("id")).startswith(kind)}


async def test_at_the_root_the_cookie_is_for_the_roots_auth(world: World) -> None:
    new = {"username": "johndoe", "email": "john@example.com", "password": "SecureP@ssw0rd"}
    async with served(world=world, root_api="veza", speaks="veza") as server:
        registered = await server.ask("POST", "/api/v1/auth/register", new)
        assert "; Path=/api/v1/auth; " in registered.headers["Set-Cookie"]
        assert (await server.ask("GET", "/veza/openapi.json")).json["servers"] == [{"url": "/api/v1"}]
        assert (await server.ask("GET", "/api/v1/nope")).json == {
            "success": False,
            "error": "there is no such resource",
        }
        assert (await server.ask("GET", "/teezu/api/v1/wallet/balance")).status == 404
