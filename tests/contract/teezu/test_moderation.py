"""What Teezu answers to moderators about content."""

from __future__ import annotations

import pytest

from contract.teezu.content_scene import shown, uploaded
from platform_core.kernel.actor import Role
from support.media import png
from unit.http.served import Answered, Guest, Served


@pytest.fixture
async def jane(server: Served) -> Guest:
    return await server.guest("jane", role=Role.CREATOR)


@pytest.fixture
async def moe(server: Served) -> Guest:
    return await server.guest("moe_1", role=Role.MODERATOR)


async def queue(server: Served, by: Guest, query: str = "") -> Answered:
    return await server.api("GET", f"/moderation/content{query}", token=by.token)


async def judge(server: Served, by: Guest, item: str, verb: str, body: object = None) -> Answered:
    return await server.api("POST", f"/moderation/content/{item}/{verb}", body, token=by.token)


async def test_what_waits_is_listed_the_oldest_first_a_page_at_a_time(server: Served, jane: Guest, moe: Guest) -> None:
    waiting = []
    for number in range(3):
        waiting.append(await uploaded(server, jane, png(number), caption="doubtful"))
        server.world.clock.advance(seconds=1)
    await uploaded(server, jane, png(9), caption="fine")

    first = (await queue(server, moe, "?limit=2")).json
    rest = (await queue(server, moe, f"?limit=2&cursor={first['nextCursor']}")).json

    assert [item["id"] for item in (*first["items"], *rest["items"])] == waiting
    assert (first["limit"], rest["nextCursor"]) == (2, None)
    assert first["items"][0] == await shown(server, waiting[0], moe)
    assert first["items"][0]["url"] is not None
    assert len((await queue(server, moe, "?status=approved")).json["items"]) == 1
    assert (await queue(server, moe, "?status=odd")).status == 422


async def test_an_item_is_seen_once_it_is_approved_and_no_more_once_rejected(
    server: Served, jane: Guest, moe: Guest
) -> None:
    bob = await server.guest("bob")
    item = await uploaded(server, jane, caption="doubtful")
    assert (await server.api("GET", f"/content/{item}", token=bob.token)).status == 404

    approved = await judge(server, moe, item, "approve")
    assert (approved.status, approved.json["moderationStatus"]) == (200, "approved")
    assert (await shown(server, item, bob))["moderationStatus"] == "approved"
    assert (await judge(server, moe, item, "approve")).status == 409

    rejected = await judge(server, moe, item, "reject", {"reason": "not yours"})
    assert (rejected.json["moderationStatus"], rejected.json["moderationReason"]) == ("rejected", "not yours")
    assert (await server.api("GET", f"/content/{item}", token=bob.token)).status == 404
    assert (await shown(server, item, jane))["moderationReason"] == "not yours"
    assert (await queue(server, moe)).json["items"] == []


@pytest.mark.parametrize(("body", "status"), [({"reason": "x" * 501}, 422), ({"reason": None}, 422), ({}, 200)])
async def test_a_reason_may_be_left_out_and_is_bounded(
    server: Served, jane: Guest, moe: Guest, body: object, status: int
) -> None:
    item = await uploaded(server, jane)

    assert (await judge(server, moe, item, "reject", body)).status == status
    assert (await judge(server, moe, "cnt_unknown", "reject", body)).status == 404


async def test_what_is_gone_waits_for_nobody(server: Served, jane: Guest, moe: Guest) -> None:
    item = await uploaded(server, jane, caption="doubtful")
    await server.api("DELETE", f"/content/{item}", token=jane.token)

    assert (await queue(server, moe)).json["items"] == []
    assert (await judge(server, moe, item, "approve")).status == 404
