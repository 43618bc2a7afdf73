"""What Teezu answers about providers and bookings, field by field."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import frozen

from contract.teezu.booking_scene import become_provider, offer
from platform_core.booking.verbs import ResolveDispute
from platform_core.kernel.actor import Actor, Role
from support.world import OPERATOR
from unit.http.served import Answered, Guest, Served


@frozen
class Play:
    """A provider at 50 tokens a minute, a customer, and a slot of an hour at 20:00 on the first day."""

    server: Served
    jane: Guest
    john: Guest
    by_jane: Actor
    slot: str

    async def book(self, minutes: Any = 30, *, by: Guest | None = None, **more: Any) -> Answered:
        """Book it."""
        body = {"slotId": self.slot, "durationMinutes": minutes, **more}
        return await self.server.api("POST", f"/providers/{self.jane.id}/book", body, token=(by or self.john).token)

    async def ask(self, who: Guest, method: str, path: str, body: Any = None) -> Answered:
        """Ask something."""
        return await self.server.api(method, path, body, token=who.token)

    async def booked(self) -> str:
        """A booking's id."""
        return str((await self.book()).json["bookingId"])

    async def confirmed(self) -> str:
        """A confirmed booking's id, its session begun."""
        id = await self.booked()
        assert (await self.ask(self.jane, "POST", f"/bookings/{id}/confirm")).status == 200
        self.server.world.clock.advance(hours=20)
        return id


@pytest.fixture
async def play(server: Served) -> Play:
    """The play, about to begin."""
    jane = await server.guest("pro_jane", role=Role.PROVIDER)
    by_jane = await become_provider(server, jane, rate=50)
    john = await server.guest("john_doe", tokens=5000)
    return Play(server, jane, john, by_jane, await offer(server, by_jane, hours=20))


async def test_book_answers_the_seeds_shape(play: Play) -> None:
    answer = await play.book(note="Looking forward to it!")

    assert answer.status == 201
    body = answer.json
    assert body.pop("bookingId").startswith("bkg_")
    assert body == {
        "status": "pending",
        "provider": {"id": play.jane.id, "username": "pro_jane"},
        "slot": {"start": "2026-01-01T20:00:00Z", "end": "2026-01-01T20:30:00Z"},
        "tokensHeld": 1500,
        "confirmBy": "2026-01-01T18:00:00Z",
    }
    balance = (await play.ask(play.john, "GET", "/wallet/balance")).json
    assert balance == {"balance": 5000, "held": 1500, "available": 3500, "currency": "TZT"}


async def test_mon_06_two_bookings_of_one_slot_at_once_are_one(play: Play) -> None:
    other = await play.server.guest("other", tokens=5000)
    answers = await asyncio.gather(*(play.book(by=guest) for guest in (play.john, other)))

    assert sorted(answer.status for answer in answers) == [201, 409]
    [refused] = [answer for answer in answers if answer.status == 409]
    assert refused.code == "SLOT_UNAVAILABLE"
    assert len([hold async for hold in play.server.world.active_holds()]) == 1


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"price": 1}, 422, "price"),
        ({"tokensHeld": 1}, 422, "tokensHeld"),
        ({"tokenRate": 1}, 422, "tokenRate"),
        ({"minutes": 0}, 422, "durationMinutes"),
        ({"minutes": 61}, 422, "durationMinutes"),
        ({"minutes": 1441}, 422, "durationMinutes"),
        ({"minutes": 1.5}, 422, "durationMinutes"),
        ({"minutes": "30"}, 422, "durationMinutes"),
        ({"minutes": True}, 422, "durationMinutes"),
        ({"note": "x" * 501}, 422, "note"),
        ({"note": None}, 422, "note"),
        ({"slotId": ""}, 422, "slotId"),
        ({"slotId": "slot_none"}, 404, None),
    ],
)
async def test_mon_07_a_request_says_which_time_and_nothing_of_its_price(
    play: Play, more: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await play.book(**more)

    assert answer.status == status
    assert [detail["field"] for detail in answer.json.get("details", [])] == ([field] if field else [])
    assert (await play.ask(play.john, "GET", "/wallet/balance")).json["held"] == 0


async def test_a_booking_needs_tokens_and_a_provider_and_time(play: Play) -> None:
    poor = await play.server.guest("poor", tokens=1499)
    nobody = await play.server.api(
        "POST", "/providers/usr_none/book", {"slotId": play.slot, "durationMinutes": 5}, token=poor.token
    )
    no_tokens, oneself = await play.book(by=poor), await play.book(by=play.jane)

    assert (no_tokens.status, no_tokens.code) == (402, "INSUFFICIENT_FUNDS")
    assert (nobody.status, nobody.code) == (404, "NOT_FOUND")
    assert oneself.status == 422
    play.server.world.clock.advance(hours=18)
    assert (await play.book()).code == "SLOT_UNAVAILABLE"


async def test_a_booking_is_read_by_its_two_sides_in_full(play: Play) -> None:
    id = (await play.book(note="hi")).json["bookingId"]
    seen = [(await play.ask(who, "GET", f"/bookings/{id}")).json for who in (play.john, play.jane)]

    assert seen[0] == seen[1]
    assert seen[0] == {
        "bookingId": id,
        "status": "pending",
        "provider": {"id": play.jane.id, "username": "pro_jane"},
        "customer": {"id": play.john.id, "username": "john_doe"},
        "slotId": play.slot,
        "slot": {"start": "2026-01-01T20:00:00Z", "end": "2026-01-01T20:30:00Z"},
        "durationMinutes": 30,
        "tokenRate": 50,
        "price": 1500,
        "tokensHeld": 1500,
        "tokensPaid": 0,
        "note": "hi",
        "createdAt": "2026-01-01T00:00:00Z",
        "confirmBy": "2026-01-01T18:00:00Z",
        "completeAt": None,
        "dispute": None,
        "ended": None,
    }


async def test_authz_01_somebody_elses_booking_is_as_good_as_none(play: Play) -> None:
    other, id = await play.server.guest("other"), await play.booked()
    theirs, none = [await play.ask(other, "GET", f"/bookings/{one}") for one in (id, "bkg_none")]

    assert (theirs.status, theirs.raw) == (404, none.raw)


async def test_from_request_to_payment(play: Play) -> None:
    id = await play.booked()
    confirmed = await play.ask(play.jane, "POST", f"/bookings/{id}/confirm")
    assert (confirmed.status, confirmed.json["status"]) == (200, "confirmed")
    assert confirmed.json["completeAt"] == "2026-01-03T20:30:00Z"
    early = await play.ask(play.john, "POST", f"/bookings/{id}/complete")
    assert (early.status, early.code) == (409, "TOO_EARLY")
    assert (await play.ask(play.jane, "POST", f"/bookings/{id}/complete")).status == 403
    play.server.world.clock.advance(hours=20)
    done = await play.ask(play.john, "POST", f"/bookings/{id}/complete")

    assert (done.status, done.json["status"], done.json["tokensPaid"]) == (200, "completed", 1500)
    assert done.json["tokensHeld"] == 0
    assert done.json["ended"] == {"by": "customer", "at": "2026-01-01T20:00:00Z", "reason": None}
    assert (await play.ask(play.jane, "GET", "/wallet/balance")).json["balance"] == 1500
    again = await play.ask(play.john, "POST", f"/bookings/{id}/complete")
    assert (again.status, again.code) == (409, "INVALID_TRANSITION")


async def test_declined_and_late_cancelled(play: Play) -> None:
    declined = await play.ask(play.jane, "POST", f"/bookings/{await play.booked()}/decline")
    assert (declined.json["status"], declined.json["ended"]["by"]) == ("declined", "provider")
    id = await play.booked()
    await play.ask(play.jane, "POST", f"/bookings/{id}/confirm")
    cancelled = await play.ask(play.john, "POST", f"/bookings/{id}/cancel")

    assert (cancelled.status, cancelled.json["status"], cancelled.json["tokensPaid"]) == (200, "cancelled", 750)
    assert (await play.ask(play.john, "GET", "/wallet/balance")).json["balance"] == 4250


async def test_disputed_withdrawn_and_resolved(play: Play) -> None:
    id = await play.confirmed()
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}):
        refused = await play.ask(play.john, "POST", f"/bookings/{id}/dispute", body)
        assert (refused.status, refused.json["details"][0]["field"]) == (422, "reason")
    opened = await play.ask(play.john, "POST", f"/bookings/{id}/dispute", {"reason": "Nobody came."})
    assert opened.json["dispute"] == {
        "openedBy": "customer",
        "reason": "Nobody came.",
        "resolveBy": "2026-03-02T20:00:00Z",
    }
    assert (await play.ask(play.jane, "POST", f"/bookings/{id}/withdraw")).status == 403
    withdrawn = await play.ask(play.john, "POST", f"/bookings/{id}/withdraw")
    assert (withdrawn.json["status"], withdrawn.json["dispute"]) == ("confirmed", None)
    await play.ask(play.jane, "POST", f"/bookings/{id}/dispute", {"reason": "They were rude."})
    await play.server.world.execute(ResolveDispute(id, 20), by=OPERATOR)
    seen = (await play.ask(play.jane, "GET", f"/bookings/{id}")).json

    assert (seen["status"], seen["tokensPaid"], seen["ended"]["by"]) == ("completed", 300, "platform")


async def test_own_bookings_come_page_by_page(play: Play) -> None:
    id = await play.booked()
    mine = (await play.ask(play.john, "GET", "/bookings?limit=1")).json
    assert ([one["bookingId"] for one in mine["bookings"]], mine["nextCursor"], mine["limit"]) == ([id], None, 1)
    assert (await play.ask(play.jane, "GET", "/bookings")).json["bookings"] == []
    theirs = (await play.ask(play.jane, "GET", "/bookings?role=provider&status=pending")).json
    assert len(theirs["bookings"]) == 1
    assert (await play.ask(play.jane, "GET", "/bookings?role=provider&status=expired")).json["bookings"] == []
    play.server.world.clock.advance(minutes=1)
    slot = await offer(play.server, play.by_jane, hours=30)
    await play.server.api(
        "POST", f"/providers/{play.jane.id}/book", {"slotId": slot, "durationMinutes": 5}, token=play.john.token
    )
    first = (await play.ask(play.john, "GET", "/bookings?limit=1")).json
    assert first["limit"] == 1
    rest = (await play.ask(play.john, "GET", f"/bookings?limit=1&cursor={first['nextCursor']}")).json
    assert [one["bookingId"] for one in rest["bookings"]] == [id]
    for wrong, field in (("limit=0", "limit"), ("role=admin", "role"), ("status=x", "status")):
        answer = await play.ask(play.john, "GET", f"/bookings?{wrong}")
        assert (answer.status, answer.json["details"][0]["field"]) == (422, field)
    assert (await play.ask(play.john, "GET", "/bookings?cursor=x")).code == "INVALID_CURSOR"


async def test_a_review_shows_on_the_providers_page(play: Play) -> None:
    id = await play.confirmed()
    early = await play.ask(play.john, "POST", f"/bookings/{id}/review", {"rating": 5})
    assert (early.status, early.code) == (409, "BOOKING_NOT_COMPLETED")
    await play.ask(play.john, "POST", f"/bookings/{id}/complete")
    for rating in (0, 6, "5", 4.5):
        wrong = await play.ask(play.john, "POST", f"/bookings/{id}/review", {"rating": rating})
        assert (wrong.status, wrong.json["details"][0]["field"]) == (422, "rating")
    review = await play.ask(play.john, "POST", f"/bookings/{id}/review", {"rating": 4, "text": "Wonderful!"})
    shown = {
        "reviewId": f"rev_{id}",
        "author": {"id": play.john.id, "username": "john_doe"},
        "rating": 4,
        "text": "Wonderful!",
        "createdAt": "2026-01-01T20:00:00Z",
    }
    assert (review.status, review.json) == (201, shown)
    again = await play.ask(play.john, "POST", f"/bookings/{id}/review", {"rating": 1})
    assert (again.status, again.code) == (409, "ALREADY_REVIEWED")

    page = (await play.server.api("GET", f"/providers/{play.jane.id}")).json
    assert page == {
        "id": play.jane.id,
        "username": "pro_jane",
        "category": "fitness",
        "bio": "",
        "services": [],
        "availability": [],
        "reviews": [shown],
        "tokenRate": 50,
        "rating": 4.0,
        "reviewCount": 1,
        "sessionCount": 1,
    }


async def test_list_answers_the_seeds_shape(play: Play) -> None:
    other = await play.server.guest("other_pro", role=Role.PROVIDER)
    await become_provider(play.server, other, rate=10)
    listed = await play.server.api("GET", "/providers?category=fitness&sort=rate&limit=1")

    assert listed.status == 200
    cursor = listed.json["nextCursor"]
    assert listed.json == {
        "providers": [
            {"id": other.id, "username": "other_pro", "category": "fitness", "rating": None, "tokenRate": 10}
        ],
        "total": 2,
        "nextCursor": cursor,
        "limit": 1,
    }
    rest = await play.server.api("GET", f"/providers?category=fitness&sort=rate&limit=1&cursor={cursor}")
    assert ([one["id"] for one in rest.json["providers"]], rest.json["total"]) == ([play.jane.id], 2)
    assert "nextCursor" not in rest.json
    elsewhere = await play.server.api("GET", f"/providers?category=fitness&sort=rating&limit=1&cursor={cursor}")
    assert (elsewhere.status, elsewhere.code) == (400, "INVALID_CURSOR")
    clamped = await play.server.api("GET", "/providers?limit=101")
    assert (clamped.json["total"], clamped.json["limit"]) == (2, 100)
    for rating in ("4", "4.5", "5", "1e0"):
        found = await play.server.api("GET", f"/providers?category=fitness&minRating={rating}&sort=popularity&limit=20")
        assert (found.status, found.json) == (200, {"providers": [], "total": 0})
    for wrong, field in (
        ("minRating=6", "minRating"),
        ("minRating=-1", "minRating"),
        ("minRating=x", "minRating"),
        ("minRating=nan", "minRating"),
        ("sort=magic", "sort"),
        ("limit=0", "limit"),
        ("page=2", "page"),
    ):
        answer = await play.server.api("GET", f"/providers?{wrong}")
        assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field]), wrong


async def test_a_provider_sets_up_changes_offers_and_withdraws(server: Served) -> None:
    jane = await server.guest("jane", role=Role.PROVIDER)
    new = {"category": "music", "tokenRate": 5, "bio": "Hello", "services": ["Piano"]}
    made = await server.api("POST", "/providers", new, token=jane.token)
    assert made.status == 201
    assert made.json == {
        "id": jane.id,
        "username": "jane",
        **new,
        "availability": [],
        "reviews": [],
        "rating": None,
        "reviewCount": 0,
        "sessionCount": 0,
    }
    assert (await server.api("POST", "/providers", new, token=jane.token)).status == 409
    changed = await server.api("PATCH", f"/providers/{jane.id}", {"tokenRate": 6}, token=jane.token)
    assert changed.json == {**made.json, "tokenRate": 6}

    times = {"start": "2026-01-02T10:00:00+02:00", "end": "2026-01-02T09:00:00Z"}
    offered = await server.api("POST", f"/providers/{jane.id}/slots", times, token=jane.token)
    assert offered.status == 201
    slot = offered.json["slotId"]
    assert offered.json == {"slotId": slot, "start": "2026-01-02T08:00:00Z", "end": "2026-01-02T09:00:00Z"}
    assert (await server.api("GET", f"/providers/{jane.id}")).json["availability"] == [offered.json]
    assert (await server.api("DELETE", f"/providers/{jane.id}/slots/{slot}", token=jane.token)).status == 204
    assert (await server.api("GET", f"/providers/{jane.id}")).json["availability"] == []
    assert (await server.api("DELETE", f"/providers/{jane.id}/slots/{slot}", token=jane.token)).status == 409
    assert (await server.api("DELETE", f"/providers/{jane.id}/slots/slot_none", token=jane.token)).status == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start": "2026-01-02T10:00:00"}, "start"),
        ({"start": "tomorrow"}, "start"),
        ({"start": 1767348000}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end"),
        ({"end": "2026-01-02T10:00:00Z"}, "end"),
        ({"end": "2026-01-02T10:00:30Z"}, "end"),
        ({"provider": "usr_x"}, "provider"),
    ],
)
async def test_a_slots_times_are_moments_ahead(play: Play, wrong: dict[str, Any], field: str) -> None:
    times = {"start": "2026-01-02T10:00:00Z", "end": "2026-01-02T11:00:00Z", **wrong}
    answer = await play.ask(play.jane, "POST", f"/providers/{play.jane.id}/slots", times)

    assert (answer.status, [detail["field"] for detail in answer.json["details"]]) == (422, [field])
