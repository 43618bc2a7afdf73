"""Providers, their slots, and who may book whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.testing import START
from platform_core.booking.booking import BookingState, Side
from platform_core.booking.listing import ChangeProvider, GetProvider, ListProviders, ProviderOrder, SetUpProvider
from platform_core.booking.requests import MOST_OPEN, BookProvider
from platform_core.booking.reviews import ReviewBooking
from platform_core.booking.slots import OfferSlot, WithdrawSlot
from platform_core.booking.verbs import CancelBooking, CompleteBooking, ConfirmBooking
from platform_core.booking.views import AllBookings, GetBooking, ListBookings
from platform_core.identity.staff import BanUser, SetRole, UnbanUser
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.errors import Conflict, Forbidden, InsufficientFunds, Invalid, NotFound, PlatformError
from support.sessions import HOUR, Scene, scene
from support.world import OPERATOR, memory_world


async def played(tokens: int = 5000) -> Scene:
    return await scene(memory_world(), tokens)


def field_of(refused: pytest.ExceptionInfo[PlatformError]) -> str:
    return refused.value.details[0].field


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"category": "Fitness"}, "category"),
        ({"category": "x"}, "category"),
        ({"rate": 0}, "rate"),
        ({"rate": 1_000_001}, "rate"),
        ({"rate": True}, "rate"),
        ({"bio": "x" * 1001}, "bio"),
        ({"bio": "\0"}, "bio"),
        ({"services": ("",)}, "services"),
        ({"services": ("x" * 81,)}, "services"),
        ({"services": ("x",) * 21}, "services"),
    ],
)
async def test_a_profile_keeps_its_bounds_when_made_and_when_changed(wrong: dict[str, Any], field: str) -> None:
    play = await played()
    other = await play.world.person("other", role=Role.PROVIDER)
    with pytest.raises(Invalid) as refused:
        await play.world.execute(SetUpProvider(**{"category": "music", "rate": 5, **wrong}), by=other.actor)
    assert field_of(refused) == field
    with pytest.raises(Invalid) as refused:
        await play.world.execute(ChangeProvider(play.jane.id, **wrong), by=play.jane.actor)
    assert field_of(refused) == field


async def test_a_profile_is_made_once_by_a_provider_and_changed_by_nobody_else() -> None:
    play = await played()
    with pytest.raises(Conflict):
        await play.world.execute(SetUpProvider("music", 5), by=play.jane.actor)
    with pytest.raises(Forbidden):
        await play.world.execute(SetUpProvider("music", 5), by=play.anna.actor)
    with pytest.raises(Forbidden):
        await play.world.execute(ChangeProvider(play.jane.id, rate=1), by=play.anna.actor)
    with pytest.raises(NotFound):
        await play.world.execute(ChangeProvider(play.anna.id, rate=1), by=play.anna.actor)

    changed = await play.world.execute(ChangeProvider(play.jane.id, rate=60, services=("Yoga",)), by=play.jane.actor)
    assert (changed.category, changed.rate, changed.services) == ("fitness", 60, ("Yoga",))


async def test_a_changed_rate_is_for_new_bookings() -> None:
    play = await played()
    made = await play.booked()
    await play.world.execute(ChangeProvider(play.jane.id, rate=60), by=play.jane.actor)

    assert (await play.read(made.id)).price == 1500
    assert (await play.booked(hours=50)).price == 1800


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (timedelta(0), HOUR, "starts_at"),
        (HOUR, HOUR, "ends_at"),
        (2 * HOUR, HOUR, "ends_at"),
        (HOUR, HOUR + timedelta(minutes=4), "ends_at"),
        (HOUR, 25 * HOUR + timedelta(minutes=1), "ends_at"),
        (timedelta(days=366), timedelta(days=366, hours=1), "starts_at"),
        (HOUR + timedelta(seconds=1), 2 * HOUR, "starts_at"),
        (HOUR, 2 * HOUR + timedelta(microseconds=1), "ends_at"),
    ],
)
async def test_a_slot_is_ahead_of_whole_minutes_and_of_a_sensible_length(
    starts: timedelta, ends: timedelta, field: str
) -> None:
    play = await played()
    with pytest.raises(Invalid) as refused:
        await play.world.execute(OfferSlot(play.jane.id, START + starts, START + ends), by=play.jane.actor)
    assert field_of(refused) == field


async def test_slots_are_offered_and_withdrawn_by_their_provider_only() -> None:
    play = await played()
    mary = await play.world.person("mary", role=Role.PROVIDER)
    await play.world.execute(SetUpProvider("music", 5), by=mary.actor)
    slot = await play.slot()
    with pytest.raises(Conflict):
        await play.slot()
    with pytest.raises(Forbidden):
        await play.world.execute(OfferSlot(play.jane.id, START + HOUR, START + 2 * HOUR), by=mary.actor)
    with pytest.raises(Forbidden):
        await play.world.execute(WithdrawSlot(play.jane.id, slot), by=mary.actor)
    with pytest.raises(NotFound):
        await play.world.execute(WithdrawSlot(mary.id, slot), by=mary.actor)

    await play.world.execute(WithdrawSlot(play.jane.id, slot), by=play.jane.actor)
    with pytest.raises(Conflict):
        await play.world.execute(WithdrawSlot(play.jane.id, slot), by=play.jane.actor)
    with pytest.raises(PlatformError) as refused:
        await play.book(slot)
    assert refused.value.code == "SLOT_UNAVAILABLE"


async def test_the_page_shows_what_can_be_booked_as_far_as_it_is_free() -> None:
    play = await played()
    whole, soon = await play.slot(hours=48, minutes=60), await play.slot(hours=2, minutes=60)
    early = await play.slot(hours=47.5, minutes=60)
    rest = await play.slot(hours=48.5, minutes=30)
    await play.book(whole, 30)
    page = await play.world.execute(GetProvider(play.jane.id), by=ANONYMOUS)

    shown = {slot.id: (slot.ends_at - slot.starts_at) // timedelta(minutes=1) for slot in page.slots}
    assert shown == {early: 30, rest: 30}
    assert soon not in shown


@pytest.mark.parametrize("minutes", [0, -1, 61, True, 30.0, "30"])
async def test_the_minutes_fit_the_slot(minutes: Any) -> None:
    """MON-07."""
    play = await played()
    slot = await play.slot()
    with pytest.raises(Invalid) as refused:
        await play.book(slot, minutes)
    assert field_of(refused) == "minutes"
    assert await play.tokens() == (5000, 0, 0)


async def test_what_could_no_longer_be_confirmed_is_not_booked() -> None:
    """S3: to the microsecond."""
    play = await played()
    slot = await play.slot(hours=10)
    play.world.clock.advance(hours=8)
    with pytest.raises(PlatformError) as refused:
        await play.book(slot)
    assert refused.value.code == "SLOT_UNAVAILABLE"

    play = await played()
    slot = await play.slot(hours=10)
    play.world.clock.advance(hours=7, minutes=59, seconds=59.999999)
    assert (await play.book(slot)).state is BookingState.PENDING


async def test_nobody_books_themself_without_tokens_or_what_is_not_there() -> None:
    play = await played(1499)
    slot = await play.slot()
    with pytest.raises(Invalid) as refused:
        await play.book(slot, by=play.jane)
    assert field_of(refused) == "provider"
    with pytest.raises(InsufficientFunds):
        await play.book(slot)
    for request in (BookProvider("usr_none", slot, 5), BookProvider(play.jane.id, "slot_none", 5)):
        with pytest.raises(NotFound):
            await play.world.execute(request, by=play.anna.actor)
    with pytest.raises(Invalid) as refused:
        await play.world.execute(BookProvider(play.jane.id, slot, 5, "x" * 501), by=play.anna.actor)
    assert field_of(refused) == "note"
    assert await play.tokens() == (1499, 0, 0)
    assert (await play.book(slot, 29)).held == 1450


async def test_taken_is_taken_whichever_slot_it_is_asked_through() -> None:
    """Scenario 6."""
    play = await played(50_000)
    first, over = await play.slot(hours=48, minutes=60), await play.slot(hours=48.5, minutes=60)
    await play.book(first, 60)
    for slot, minutes in ((first, 1), (over, 60)):
        with pytest.raises(PlatformError) as refused:
            await play.book(slot, minutes)
        assert refused.value.code == "SLOT_UNAVAILABLE"
    after = await play.slot(hours=49, minutes=60)

    assert (await play.book(after, 60)).state is BookingState.PENDING
    assert (await play.tokens())[1] == 6000


async def test_a_request_nobody_confirmed_in_time_is_in_nobodys_way() -> None:
    """Invariant 15, without a sweep."""
    play = await played()
    old = await play.book(await play.slot(hours=10, minutes=60), 60)
    later = await play.slot(hours=10.5, minutes=60)
    play.world.clock.advance(hours=8, minutes=10)
    new = await play.book(later, 30)

    assert (await play.read(old.id)).state is BookingState.EXPIRED
    assert (await play.read(new.id)).state is BookingState.PENDING
    assert await play.tokens() == (3500, 1500, 0)


async def test_nobody_hoards_bookings() -> None:
    """MON-17."""
    play = await played(10**6)
    for number in range(MOST_OPEN):
        await play.book(await play.slot(hours=48 + number, minutes=30), 1)
    with pytest.raises(Conflict):
        await play.book(await play.slot(hours=200), 1)


async def test_bookings_are_their_two_sides_business() -> None:
    play = await played()
    ben, rosa = await play.world.person("benn"), await play.world.person("rosa", role=Role.ADMIN)
    made = await play.booked()
    for command in (GetBooking(made.id), CancelBooking(made.id), ConfirmBooking(made.id), ReviewBooking(made.id, 5)):
        with pytest.raises(NotFound):
            await play.world.execute(command, by=ben.actor)
    for person in (play.anna, rosa):
        with pytest.raises(Forbidden):
            await play.world.execute(ConfirmBooking(made.id), by=person.actor)
    with pytest.raises(Forbidden):
        await play.world.execute(CompleteBooking(made.id), by=play.jane.actor)
    for actor in (play.anna.actor, play.jane.actor, rosa.actor, OPERATOR):
        assert (await play.world.execute(GetBooking(made.id), by=actor)).id == made.id


async def test_own_bookings_are_listed_newest_first_page_by_page() -> None:
    play = await played(100_000)
    made = []
    for number in range(5):
        play.world.clock.advance(minutes=1)
        made.append((await play.book(await play.slot(hours=48 + number))).id)
    first = await play.world.execute(ListBookings(limit=3), by=play.anna.actor)
    rest = await play.world.execute(ListBookings(limit=3, after=first.next), by=play.anna.actor)

    assert [booking.id for booking in (*first.items, *rest.items)] == made[::-1]
    assert rest.next is None
    assert (await play.world.execute(ListBookings(), by=play.jane.actor)).items == []
    as_provider = await play.world.execute(ListBookings(Side.PROVIDER, BookingState.PENDING), by=play.jane.actor)
    assert len(as_provider.items) == 5
    everybody = await play.world.execute(AllBookings(provider=play.jane.id, limit=2), by=OPERATOR)
    behind = await play.world.execute(AllBookings(customer=play.anna.id, after=everybody[-1].id), by=OPERATOR)
    assert [booking.id for booking in (*everybody, *behind)] == made[::-1]
    with pytest.raises(Invalid) as refused:
        await play.world.execute(ListBookings(Side.PLATFORM), by=play.anna.actor)
    assert field_of(refused) == "side"


async def test_providers_are_found_by_category_rating_and_order_and_all_are_counted() -> None:
    play = await played(50_000)
    world = play.world
    rates = {"mary": 10, "nora": 90, "olga": 20}
    people = {name: await world.person(name, role=Role.PROVIDER) for name in rates}
    for name, person in people.items():
        await world.execute(SetUpProvider("music" if name == "olga" else "fitness", rates[name]), by=person.actor)
    id = await play.completed()
    await world.execute(ReviewBooking(id, 4), by=play.anna.actor)

    async def names(query: ListProviders) -> tuple[list[str], int]:
        found = await world.execute(query, by=ANONYMOUS)
        return [card.username for card in found.providers], found.total

    assert (await names(ListProviders()))[0][0] == "pro_jane"
    assert (await names(ListProviders()))[1] == 4
    assert await names(ListProviders(order=ProviderOrder.RATE)) == (["mary", "olga", "pro_jane", "nora"], 4)
    assert await names(ListProviders(order=ProviderOrder.RATE, limit=1)) == (["mary"], 4)
    assert await names(ListProviders("music")) == (["olga"], 1)
    assert await names(ListProviders(min_rating=400)) == (["pro_jane"], 1)
    assert await names(ListProviders(min_rating=401)) == ([], 0)
    assert await names(ListProviders("nothing")) == ([], 0)
    for order in ProviderOrder:
        whole, after = (await names(ListProviders(order=order)))[0], None
        paged: list[str] = []
        while len(paged) < len(whole):
            page = await world.execute(ListProviders(order=order, limit=1, after=after), by=ANONYMOUS)
            paged, after = [*paged, page.providers[0].username], page.next
        assert (paged, after) == (whole, None)
    for wrong in (ListProviders(limit=0), ListProviders(limit=-1), ListProviders(min_rating=501)):
        with pytest.raises(Invalid):
            await names(wrong)


async def test_a_banned_provider_is_gone_and_what_lay_ahead_is_given_back() -> None:
    """Scenario 20."""
    play = await played()
    slot = await play.slot(hours=60)
    await play.confirmed(hours=48)
    await play.booked(hours=50)
    await play.world.execute(BanUser(play.jane.id), by=OPERATOR)
    for wish in (GetProvider(play.jane.id), BookProvider(play.jane.id, slot, 5)):
        with pytest.raises(NotFound):
            await play.world.execute(wish, by=play.anna.actor)
    assert (await play.world.execute(ListProviders(), by=ANONYMOUS)).providers == []
    await play.world.relay.drain()

    assert (await play.world.execute(ListProviders(), by=ANONYMOUS)).total == 0
    assert await play.tokens() == (5000, 0, 0)
    states = {booking.state for booking in await play.world.execute(AllBookings(), by=OPERATOR)}
    assert states == {BookingState.CANCELLED}
    await play.world.execute(UnbanUser(play.jane.id), by=OPERATOR)
    await play.world.relay.drain()
    assert (await play.world.execute(ListProviders(), by=ANONYMOUS)).total == 1


async def test_who_is_no_provider_any_more_is_not_booked_but_keeps_what_was_agreed() -> None:
    play = await played()
    made = await play.confirmed()
    slot = await play.slot(hours=60)
    await play.world.execute(SetRole(play.jane.id, Role.VIEWER), by=OPERATOR)
    await play.world.relay.drain()
    with pytest.raises(NotFound):
        await play.book(slot)
    with pytest.raises(Forbidden):
        await play.slot(hours=70)

    assert (await play.read(made.id)).state is BookingState.CONFIRMED
    await play.world.relay.drain()
