"""Teezu's tiers: what each operation answers, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from platform_core.kernel.money import LIMIT
from support.media import png
from support.world import OPERATOR
from unit.http.served import Guest, Served

UNTIL = "2026-01-31T00:00:00Z"


@pytest.fixture
async def jane(server: Served) -> Guest:
    """A creator with tiers."""
    made = await server.guest("jane", role=Role.CREATOR)
    answer = await server.api("PUT", "/tiers", {"fan": 100, "superfan": 300}, token=made.token)
    assert answer.status == 200
    assert answer.json == {
        "creatorId": made.id,
        "tiers": [{"tier": "fan", "tokenPrice": 100}, {"tier": "superfan", "tokenPrice": 300}],
        "subscription": None,
    }
    return made


@pytest.fixture
async def bob(server: Served) -> Guest:
    """A viewer with tokens."""
    return await server.guest("bob", tokens=1000)


async def subscribe(server: Served, by: Guest, creator: str, **body: Any) -> Any:
    """Subscribe."""
    return await server.api("POST", f"/users/{creator}/subscription", body, token=by.token)


async def test_a_tier_is_paid_once_and_told_to_its_subscriber(server: Served, jane: Guest, bob: Guest) -> None:
    paid = await subscribe(server, bob, jane.id, tier="fan", tokenPrice=100)

    assert paid.status == 200
    wanted = {"creatorId": jane.id, "tier": "fan", "amount": 100, "newBalance": 900, "until": UNTIL}
    assert paid.json == wanted
    assert (await subscribe(server, bob, jane.id, tier="fan")).json == {**wanted, "amount": 0}
    mine = (await server.api("GET", f"/users/{jane.id}/tiers", token=bob.token)).json
    assert mine["subscription"] == {"tier": "fan", "until": UNTIL}
    assert (await server.api("GET", f"/users/{jane.id}/tiers")).json["subscription"] is None
    listed = await server.api("GET", "/subscriptions", token=bob.token)
    assert listed.json == {
        "subscriptions": [
            {
                "creatorId": jane.id,
                "username": "jane",
                "avatarUrl": None,
                "tier": "fan",
                "since": "2026-01-01T00:00:00Z",
                "until": UNTIL,
            }
        ]
    }
    assert (await server.api("GET", "/subscriptions", token=jane.token)).json == {"subscriptions": []}


async def test_a_tier_opens_what_is_for_it(server: Served, jane: Guest, bob: Guest) -> None:
    ids = {}
    for shade, tier in enumerate(("fan", "superfan")):
        body = {"type": "image", "tierRequired": tier, "file": png(shade)}
        ids[tier] = (await server.api("POST", "/content", body, token=jane.token)).json["contentId"]

    async def locked() -> dict[str, bool]:
        return {
            tier: (await server.api("GET", f"/content/{item}", token=bob.token)).json["locked"]
            for tier, item in ids.items()
        }

    assert await locked() == {"fan": True, "superfan": True}
    await subscribe(server, bob, jane.id, tier="fan")
    assert await locked() == {"fan": False, "superfan": True}
    await subscribe(server, bob, jane.id, tier="superfan")
    assert await locked() == {"fan": False, "superfan": False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tier": "free"}, "tier"),
        ({"tier": "gold"}, "tier"),
        ({}, "tier"),
        ({"tier": "fan", "tokenPrice": 0}, "tokenPrice"),
        ({"tier": "fan", "tokenPrice": "100"}, "tokenPrice"),
        ({"tier": "fan", "tokenPrice": True}, "tokenPrice"),
        ({"tier": "fan", "amount": 1}, "amount"),
    ],
)
async def test_a_wish_that_breaks_a_rule_is_named(
    server: Served, jane: Guest, bob: Guest, body: dict[str, Any], field: str
) -> None:
    answer = await subscribe(server, bob, jane.id, **body)
    assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field])


async def test_what_is_not_offered_cannot_be_had(server: Served, jane: Guest, bob: Guest) -> None:
    poor = await server.guest("poor", tokens=99)
    for by, creator, body, status in (
        (bob, "usr_none", {"tier": "fan"}, 404),
        (jane, jane.id, {"tier": "fan"}, 422),
        (jane, bob.id, {"tier": "fan"}, 409),
        (bob, jane.id, {"tier": "fan", "tokenPrice": 99}, 409),
        (poor, jane.id, {"tier": "fan"}, 402),
    ):
        assert (await subscribe(server, by, creator, **body)).status == status
    await server.world.execute(BanUser(jane.id), by=OPERATOR)
    assert (await subscribe(server, bob, jane.id, tier="fan")).status == 404
    assert (await server.api("GET", f"/users/{jane.id}/tiers")).status == 404
    assert (await server.api("GET", "/users/usr_none/tiers")).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fan": -1, "superfan": 0}, "fan"),
        ({"fan": 1.5, "superfan": 0}, "fan"),
        ({"fan": 0, "superfan": LIMIT + 1}, "superfan"),
        ({"fan": 200, "superfan": 100}, "superfan"),
        ({"fan": 100}, "superfan"),
        ({"fan": 100, "superfan": 300, "free": 0}, "free"),
    ],
)
async def test_prices_that_are_none_are_refused(server: Served, jane: Guest, body: dict[str, Any], field: str) -> None:
    answer = await server.api("PUT", "/tiers", body, token=jane.token)
    assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field])


async def test_a_tier_is_taken_back(server: Served, jane: Guest, bob: Guest) -> None:
    await subscribe(server, bob, jane.id, tier="fan")
    answer = await server.api("PUT", "/tiers", {"fan": 0, "superfan": 0}, token=jane.token)
    assert answer.json["tiers"] == []
    assert (await subscribe(server, bob, jane.id, tier="superfan")).status == 409
    mine = (await server.api("GET", f"/users/{jane.id}/tiers", token=bob.token)).json
    assert mine["subscription"] == {"tier": "fan", "until": UNTIL}, "what was paid for is kept"
