"""The commands that look after bookings, on a database where some have been made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.settings import Settings
from platform_core.booking.booking import Booking
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.requests import BookProvider
from platform_core.booking.slots import OfferSlot
from platform_core.booking.verbs import ConfirmBooking, DisputeBooking
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.changes import Changes

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def booked(ask: Ask, user: Make) -> str:
    """A confirmed booking of half an hour at 50 tokens a minute, two days ahead; its id."""
    jane, anna = user("jane", "provider"), user("anna")
    ask("wallets", "credit", "anna", "5000")

    async def make() -> str:
        by_jane, by_anna = (Actor(id, role, Via.SESSION) for id, role in ((jane, Role.PROVIDER), (anna, Role.VIEWER)))
        start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)
        async with container.running(Settings()) as platform:
            await platform.execute(SetUpProvider("fitness", 50), by=by_jane)
            slot = await platform.execute(OfferSlot(jane, start, start + timedelta(hours=1)), by=by_jane)
            made = await platform.execute(BookProvider(jane, slot.id, 30), by=by_anna)
            await platform.execute(ConfirmBooking(made.id), by=by_jane)
        return made.id

    return asyncio.run(make())


def test_bookings_are_listed_and_shown(ask: Ask, run: Run, booked: str) -> None:
    for filters in ((), ("--provider", "jane"), ("--customer", "anna@example.com", "--state", "confirmed")):
        [listed] = ask("bookings", "list", *filters)["bookings"]
        assert (listed["id"], listed["provider"], listed["held"]) == (booked, "jane", 1500)
    assert ask("bookings", "list", "--state", "disputed") == {"bookings": []}
    assert ask("bookings", "list", "--after", booked) == {"bookings": []}
    shown = ask("bookings", "show", booked)
    assert (shown["state"], shown["customer"], shown["minutes"], shown["price"]) == ("confirmed", "anna", 30, 1500)
    assert run("bookings", "show", "bkg_none").exit_code == 3
    assert run("bookings", "list", "--provider", "nobody").exit_code == 3


def test_a_booking_is_called_off_and_all_tokens_are_back(ask: Ask, run: Run, booked: str) -> None:
    assert run("bookings", "cancel", booked).exit_code == 2, "nobody is there to confirm it"
    assert ask("bookings", "cancel", booked, "--dry-run")["changes"]
    assert ask("wallets", "show", "anna")["held"] == 1500

    cancelled = ask("bookings", "cancel", booked, "--reason", "ill", "--yes")

    assert (cancelled["state"], cancelled["reason"], cancelled["ended_by"]) == ("cancelled", "ill", "platform")
    assert ask("wallets", "show", "anna")["available"] == 5000
    assert run("bookings", "cancel", booked, "--yes").exit_code == 5


def test_only_a_dispute_is_resolved_and_by_a_percentage(run: Run, booked: str) -> None:
    assert run("bookings", "resolve", booked, "50", "--yes").exit_code == 5
    assert run("bookings", "resolve", booked, "101", "--yes").exit_code == 2
    assert run("bookings", "resolve", "bkg_none", "50", "--yes").exit_code == 3


def test_a_dispute_is_resolved_by_a_share(ask: Ask, run: Run, booked: str) -> None:
    async def dispute() -> None:
        async with container.running(Settings()) as platform:
            booking = await platform.store.get(Booking, booked)
            assert booking is not None
            # These commands go by the time of the machine, so the session is moved to now instead.
            booking.starts_at = datetime.now(UTC) - timedelta(minutes=1)
            await platform.store.commit(Changes(saved=(booking,)))
            customer = Actor(booking.customer, Role.VIEWER, Via.SESSION)
            await platform.execute(DisputeBooking(booked, "nobody came"), by=customer)

    asyncio.run(dispute())
    [listed] = ask("bookings", "list", "--state", "disputed")["bookings"]
    assert (listed["disputed_by"], listed["reason"]) == ("customer", "nobody came")

    decided = ask("bookings", "resolve", booked, "40", "--yes")

    assert (decided["state"], decided["paid"], decided["held"]) == ("completed", 600, 0)
    assert ask("wallets", "show", "jane")["balance"] == 600
    assert ask("wallets", "show", "anna")["available"] == 4400
    assert run("bookings", "resolve", booked, "40", "--yes").exit_code == 5
