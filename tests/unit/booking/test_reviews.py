"""Reviews: of what took place, once, in time; and every command under a key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.testing import START
from platform_core.booking.listing import ChangeProvider, GetProvider, SetUpProvider
from platform_core.booking.reviews import ReviewBooking
from platform_core.booking.slots import OfferSlot
from platform_core.booking.verbs import CancelBooking, CompleteBooking
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.errors import Forbidden, Invalid, PlatformError
from support.sessions import HOUR, Scene, scene
from support.world import memory_world


async def played(tokens: int = 5000) -> Scene:
    return await scene(memory_world(), tokens)


def field_of(refused: pytest.ExceptionInfo[PlatformError]) -> str:
    return refused.value.details[0].field


async def test_a_review_is_of_a_completed_booking_once_by_its_customer() -> None:
    """MON-15."""
    play = await played()
    made = await play.confirmed()
    with pytest.raises(PlatformError) as refused:
        await play.world.execute(ReviewBooking(made.id, 5), by=play.anna.actor)
    assert refused.value.code == "BOOKING_NOT_COMPLETED"
    play.world.clock.advance(hours=48)
    await play.world.execute(CompleteBooking(made.id), by=play.anna.actor)
    with pytest.raises(Forbidden):
        await play.world.execute(ReviewBooking(made.id, 5), by=play.jane.actor)
    for rating in (0, 6, True, 4.5, "5"):
        with pytest.raises(Invalid) as wrong:
            await play.world.execute(ReviewBooking(made.id, rating), by=play.anna.actor)  # type: ignore[arg-type]  # what a caller may send
        assert field_of(wrong) == "rating"
    with pytest.raises(Invalid):
        await play.world.execute(ReviewBooking(made.id, 5, "x" * 1001), by=play.anna.actor)
    await play.world.execute(ReviewBooking(made.id, 4, "fine"), by=play.anna.actor)
    with pytest.raises(PlatformError) as refused:
        await play.world.execute(ReviewBooking(made.id, 1), by=play.anna.actor)
    assert refused.value.code == "ALREADY_REVIEWED"

    page = await play.world.execute(GetProvider(play.jane.id), by=ANONYMOUS)
    assert (page.rating, page.reviews, page.sessions) == (400, 1, 1)
    assert [(review.author.username, review.rating, review.words) for review in page.latest] == [("anna", 4, "fine")]


async def test_a_review_comes_within_a_week() -> None:
    play = await played()
    id = await play.completed()
    play.world.clock.advance(days=6, hours=23, minutes=59, seconds=59.999999)
    kept = play.world.clock.now() + timedelta(microseconds=1)
    assert kept == (await play.read(id)).ended_at + timedelta(days=7)  # type: ignore[operator]  # it has ended
    play.world.clock.advance(seconds=0.000001)
    with pytest.raises(PlatformError) as refused:
        await play.world.execute(ReviewBooking(id, 5), by=play.anna.actor)
    assert refused.value.code == "TOO_LATE"


async def test_every_command_is_answered_again_under_its_key() -> None:
    play = await played()
    mary = await play.world.person("mary", role=Role.PROVIDER)
    slot = OfferSlot(play.jane.id, START + 48 * HOUR, START + 49 * HOUR)
    done = await play.completed()
    made = await play.booked(hours=100)
    for number, (command, person) in enumerate(
        (
            (SetUpProvider("music", 5, "hi", ("Piano",)), mary),
            (ChangeProvider(play.jane.id, bio="new"), play.jane),
            (OfferSlot(play.jane.id, slot.starts_at + 99 * HOUR, slot.ends_at + 99 * HOUR), play.jane),
            (ReviewBooking(done, 5, "good"), play.anna),
            (CancelBooking(made.id), play.anna),
        )
    ):
        first = await play.world.perform(command, by=person.actor, key=f"key {number}")
        again = await play.world.perform(command, by=person.actor, key=f"key {number}")
        assert (again.value, first.replayed, again.replayed) == (first.value, False, True)
