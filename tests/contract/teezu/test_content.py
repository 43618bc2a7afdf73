"""Teezu's content: what each operation but the upload answers, field by field."""

from __future__ import annotations

import pytest

from contract.teezu.content_scene import LINK, MOMENT, post, shown, uploaded
from platform_core.content.ports import Moderation
from platform_core.kernel.actor import Role
from support.media import png
from unit.http.served import Guest, Served


@pytest.fixture
async def jane(server: Served) -> Guest:
    """A creator."""
    return await server.guest("jane", role=Role.CREATOR)


@pytest.fixture
async def bob(server: Served) -> Guest:
    """A viewer with tokens."""
    return await server.guest("bob", tokens=1000)


# ---- reading


async def test_an_item_field_by_field(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane, caption="Hello")
    for caller in (None, bob, jane):
        view = await shown(server, item, caller)
        url, thumbnail = view.pop("url"), view.pop("thumbnailUrl")
        assert LINK.fullmatch(url)
        assert LINK.fullmatch(thumbnail)
        assert ("for=own" in url) == (caller is jane)
        assert view == {
            "id": item,
            "type": "image",
            "caption": "Hello",
            "creator": {"id": jane.id, "username": "jane", "avatarUrl": None},
            "preview": "data:image/webp;base64,",
            "isPremium": False,
            "tierRequired": "free",
            "tokenPrice": 0,
            "locked": False,
            "mimeType": "image/png",
            "width": 1,
            "height": 1,
            "durationMs": None,
            "status": "ready",
            "moderationStatus": "approved",
            "stats": {"unlocks": 0},
            "createdAt": MOMENT,
        }


async def test_cont_01_a_premium_item_is_a_teaser_until_it_is_paid_for(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane, isPremium="true", tierRequired="fan", tokenPrice="25")
    moe = await server.guest("moe", role=Role.MODERATOR)
    for caller in (None, bob):
        view = await shown(server, item, caller)
        assert (view["locked"], view["url"], view["thumbnailUrl"]) == (True, None, None)
        assert (view["isPremium"], view["tierRequired"], view["tokenPrice"]) == (True, "fan", 25)
        assert "/media/" not in str(view)
    for caller in (jane, moe):
        assert (await shown(server, item, caller))["url"]

    paid = await server.api("POST", f"/content/{item}/unlock", token=bob.token)

    assert paid.status == 200
    assert paid.json == {
        "contentId": item,
        "transactionId": paid.json["transactionId"],
        "amount": 25,
        "newBalance": 975,
        "unlockedAt": MOMENT,
    }
    assert paid.json["transactionId"].startswith("txn_unlock_")
    again = await server.api("POST", f"/content/{item}/unlock", token=bob.token)
    assert (again.status, again.json) == (200, paid.json)
    view = await shown(server, item, bob)
    assert (view["locked"], view["stats"]) == (False, {"unlocks": 1})
    assert LINK.fullmatch(view["url"])
    assert (await server.world.wallet(jane.id)).balance == 25


async def test_what_cannot_be_unlocked_is_refused(server: Served, jane: Guest, bob: Guest) -> None:
    free, tier = await uploaded(server, jane), await uploaded(server, jane, png(2), tierRequired="superfan")
    dear = await uploaded(server, jane, png(3), tokenPrice="1001")
    for item, by, status, code in (
        (free, bob, 409, "CONFLICT"),
        (tier, bob, 409, "CONFLICT"),
        (dear, jane, 409, "CONFLICT"),
        (dear, bob, 402, "INSUFFICIENT_FUNDS"),
        ("cnt_none", bob, 404, "NOT_FOUND"),
    ):
        answer = await server.api("POST", f"/content/{item}/unlock", token=by.token)
        assert (answer.status, answer.code) == (status, code)


async def test_cont_02_what_is_not_approved_is_nowhere(server: Served, jane: Guest, bob: Guest) -> None:
    answer = await post(server, jane, caption="doubtful")
    assert answer.json["moderationStatus"] == "pending"
    item = answer.json["contentId"]
    assert (await shown(server, item, jane))["moderationReason"]
    for path in (f"/content/{item}", "/content/cnt_none"):
        for caller in (None, bob.token):
            assert (await server.api("GET", path, token=caller)).status == 404
    for method, path in (("DELETE", f"/content/{item}"), ("POST", f"/content/{item}/unlock")):
        assert (await server.api(method, path, token=bob.token)).status == 404
    feed = (await server.api("GET", "/content/feed", token=bob.token)).json
    profile = (await server.api("GET", f"/users/{jane.id}/profile")).json
    assert (feed["items"], profile["recentContent"], profile["stats"]["content"]) == ([], [], 0)


async def test_cont_03_a_deleted_item_is_gone_at_once(server: Served, jane: Guest, bob: Guest) -> None:
    item = await uploaded(server, jane)
    links = [(await shown(server, item, by))["url"].removeprefix("http://media.example") for by in (jane, bob)]
    assert (await server.api("DELETE", f"/content/{item}", token=bob.token)).status == 403

    gone = await server.api("DELETE", f"/content/{item}", token=jane.token)

    assert (gone.status, gone.raw) == (204, b"")
    assert [(await server.ask("GET", link)).status for link in links] == [404, 404]
    assert (await server.api("GET", f"/content/{item}", token=jane.token)).status == 404
    assert (await server.api("DELETE", f"/content/{item}", token=jane.token)).status == 404
    assert (await server.api("GET", "/content/feed", token=bob.token)).json["items"] == []


async def test_staff_take_items_away(server: Served, jane: Guest) -> None:
    item = await uploaded(server, jane)
    moe = await server.guest("moe", role=Role.MODERATOR)
    assert (await server.api("DELETE", f"/content/{item}", token=moe.token)).status == 204


async def test_a_profile_shows_content_and_tiers(server: Served, jane: Guest) -> None:
    free = await uploaded(server, jane, caption="free")
    premium = await uploaded(server, jane, png(2), caption="premium", tierRequired="fan")
    await server.api("PUT", "/tiers", {"fan": 100, "superfan": 0}, token=jane.token)

    profile = (await server.api("GET", f"/users/{jane.id}/profile")).json

    assert profile["stats"]["content"] == 2
    assert profile["subscriptionTiers"] == [{"id": "fan", "name": "Fan", "tokenPrice": 100}]
    cards = {card["id"]: card for card in profile["recentContent"]}
    assert LINK.fullmatch(cards[free].pop("thumbnailUrl"))
    assert cards[free] == {
        "id": free,
        "type": "image",
        "caption": "free",
        "isPremium": False,
        "preview": "data:image/webp;base64,",
        "createdAt": MOMENT,
    }
    assert (cards[premium]["thumbnailUrl"], cards[premium]["isPremium"]) == (None, True)


# ---- the feed


async def test_the_feed_field_by_field(server: Served, jane: Guest, bob: Guest) -> None:
    free = await uploaded(server, jane, caption="free")
    server.world.clock.advance(minutes=1)
    premium = await uploaded(server, jane, png(2), caption="premium", tokenPrice="5")

    answer = await server.api("GET", "/content/feed", token=bob.token)

    assert answer.status == 200
    assert set(answer.json) == {"items", "nextCursor", "hasMore"}
    assert (answer.json["nextCursor"], answer.json["hasMore"]) == (None, False)
    teaser, open_ = answer.json["items"]
    url, thumbnail = open_.pop("url"), open_.pop("thumbnailUrl")
    assert LINK.fullmatch(url)
    assert LINK.fullmatch(thumbnail)
    common = {
        "type": "image",
        "creator": {"id": jane.id, "username": "jane", "avatarUrl": None},
        "preview": "data:image/webp;base64,",
        "tierRequired": "free",
        "width": 1,
        "height": 1,
        "durationMs": None,
    }
    assert open_ == {
        **common,
        "id": free,
        "caption": "free",
        "isPremium": False,
        "tokenPrice": 0,
        "locked": False,
        "createdAt": MOMENT,
    }
    assert teaser == {
        **common,
        "id": premium,
        "caption": "premium",
        "isPremium": True,
        "tokenPrice": 5,
        "locked": True,
        "url": None,
        "thumbnailUrl": None,
        "createdAt": "2026-01-01T00:01:00Z",
    }


async def test_the_feed_is_walked_by_cursors_and_filtered(server: Served, jane: Guest, bob: Guest) -> None:
    made = []
    for number in range(5):
        server.world.clock.advance(minutes=1)
        made.append(await uploaded(server, jane, png(number), tokenPrice="5" if number % 2 else "0"))

    async def walked(query: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = (await server.api("GET", f"/content/feed?limit=2{query}{cursor}", token=bob.token)).json
            assert len(page["items"]) <= 2
            found += [item["id"] for item in page["items"]]
            assert page["hasMore"] == (page["nextCursor"] is not None)
            if not page["hasMore"]:
                return found
            assert page["nextCursor"].startswith("crs_")
            cursor = f"&cursor={page['nextCursor']}"

    assert await walked("") == made[::-1]
    assert await walked("&filter=all") == made[::-1]
    assert await walked("&filter=premium") == [made[3], made[1]]
    assert await walked("&filter=free") == [made[4], made[2], made[0]]


async def test_in_06_a_cursor_is_one_of_this_list_this_user_and_this_filter(
    server: Served, jane: Guest, bob: Guest
) -> None:
    for number in range(3):
        await uploaded(server, jane, png(number))
    cursor = (await server.api("GET", "/content/feed?limit=1", token=bob.token)).json["nextCursor"]
    wrong = [
        ("/content/feed", jane, cursor),
        ("/content/feed?filter=free", bob, cursor),
        ("/messages/conversations", bob, cursor),
        ("/content/feed", bob, cursor[:-1]),
        ("/content/feed", bob, cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")),
        ("/content/feed", bob, "crs_abc"),
        ("/content/feed", bob, ""),
        ("/content/feed", bob, "crs_" + "A" * 500),
        ("/content/feed", bob, "1' OR 1=1 --"),
    ]
    for path, by, given in wrong:
        answer = await server.api("GET", f"{path}{'&' if '?' in path else '?'}cursor={given}", token=by.token)
        assert (answer.status, answer.code) == (400, "INVALID_CURSOR"), (path, given)


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("filter=new", "filter"), ("sort=x", "sort")],
)
async def test_what_the_feed_is_not_asked_for_is_refused(server: Served, bob: Guest, query: str, field: str) -> None:
    answer = await server.api("GET", f"/content/feed?{query}", token=bob.token)
    assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field])


async def test_a_page_of_the_feed_has_twenty_items_when_nobody_says(server: Served, jane: Guest) -> None:
    for number in range(21):
        await uploaded(server, jane, png(number))
    page = (await server.api("GET", "/content/feed", token=jane.token)).json
    assert (len(page["items"]), page["hasMore"]) == (20, True)
    page = (await server.api("GET", "/content/feed?limit=100000", token=jane.token)).json
    assert (len(page["items"]), page["hasMore"]) == (21, False)


def test_the_statuses_on_the_wire_are_those_of_the_core() -> None:
    assert {one.value for one in Moderation} == {"approved", "pending", "rejected"}
