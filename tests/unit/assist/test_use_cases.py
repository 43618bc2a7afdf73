"""The rules of assistance, whoever the models are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapters.assist import local_assistant
from adapters.memory.store import MemoryStore
from platform_core.assist.absent import no_assistant
from platform_core.assist.matching import FindMatches
from platform_core.assist.moods import DetectMood, MoodSource
from platform_core.assist.ports import Candidate, Genre, Unusable
from platform_core.assist.writing import Generate
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.requests import BookProvider
from platform_core.booking.reviews import ReviewBooking
from platform_core.booking.slots import OfferSlot
from platform_core.booking.verbs import CompleteBooking, ConfirmBooking
from platform_core.content.access import Tier
from platform_core.content.paying import SetTiers, Subscribe
from platform_core.identity.profiles import UpdateUser
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.command import Request
from platform_core.kernel.errors import Forbidden, Invalid, Unauthenticated, Unavailable
from platform_core.messaging.blocks import BlockUser
from support.world import OPERATOR, Person, World, memory_world

ASKED: tuple[Request[Any], ...] = (DetectMood("hi"), FindMatches(), Generate(Genre.BIO))


class Gallery:
    """Pictures that are said not to be usable."""

    async def fetch(self, url: str) -> bytes:
        raise Unusable(f"{url} is elsewhere")


async def someone(world: World, name: str, bio: str = "", role: Role = Role.CREATOR) -> Person:
    person = await world.person(name, role=role)
    await world.execute(UpdateUser(person.id, bio=bio), by=person.actor)
    return person


@pytest.mark.parametrize("asked", ASKED)
async def test_only_users_are_assisted(asked: Request[Any]) -> None:
    world = memory_world()

    with pytest.raises(Unauthenticated):
        await world.execute(asked, by=ANONYMOUS)
    with pytest.raises(Forbidden):
        await world.execute(asked, by=OPERATOR)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_platform_without_an_assistant_says_so(asked: Request[Any]) -> None:
    world = World(MemoryStore(), assist=no_assistant())
    anna = await world.person("anna")

    with pytest.raises(Unavailable):
        await world.execute(asked, by=anna.actor)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (DetectMood(""), "input"),
        (DetectMood("x" * 2001), "input"),
        (DetectMood("a\0b"), "input"),
        (DetectMood("", MoodSource.IMAGE_URL), "input"),
        (DetectMood("https://e.example/" + "x" * 2048, MoodSource.IMAGE_URL), "input"),
        (DetectMood("https://e.example/a.png", MoodSource.IMAGE_URL), "input"),
        (FindMatches(0), "limit"),
        (FindMatches(-1), "limit"),
        (FindMatches(51), "limit"),
        (FindMatches(role=Role.ADMIN), "role"),
        (FindMatches(role=Role.MODERATOR), "role"),
        (FindMatches(tags=("a",) * 11), "tags"),
        (FindMatches(tags=("",)), "tags"),
        (FindMatches(tags=("x" * 41,)), "tags"),
        (Generate(Genre.BIO, "x" * 1001), "context"),
        (Generate(Genre.BIO, "", "x" * 41), "tone"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_by_its_name(asked: Request[Any], field: str) -> None:
    world = memory_world()
    anna = await world.person("anna")

    with pytest.raises(Invalid) as refused:
        await world.execute(asked, by=anna.actor)

    assert [detail.field for detail in refused.value.details] == [field]


async def test_a_picture_that_cannot_be_had_is_a_fault_of_the_input() -> None:
    world = World(MemoryStore(), assist=local_assistant(pictures=Gallery()))
    anna = await world.person("anna")

    with pytest.raises(Invalid, match=r"input: .* is elsewhere"):
        await world.execute(DetectMood("https://e.example", MoodSource.IMAGE_URL), by=anna.actor)


async def test_suggestions_are_of_others_who_are_creators_or_providers_and_not_banned() -> None:
    world = memory_world()
    anna = await someone(world, "anna", "fitness and music")
    trainer = await someone(world, "trainer", "fitness coach", Role.PROVIDER)
    singer = await someone(world, "singer", "music", Role.CREATOR)
    viewer = await someone(world, "viewer", "fitness", Role.VIEWER)
    banned = await someone(world, "banned", "fitness and music")
    await someone(world, "steward", "fitness and music", Role.MODERATOR)
    await world.execute(BanUser(banned.id), by=OPERATOR)

    matches = await world.execute(FindMatches(), by=anna.actor)
    viewers = await world.execute(FindMatches(role=Role.VIEWER), by=anna.actor)
    fit = await world.execute(FindMatches(tags=("fitness",)), by=anna.actor)

    assert {match.user for match in matches} == {trainer.id, singer.id}
    assert [match.user for match in viewers] == [viewer.id]
    assert [match.user for match in fit] == [trainer.id]


async def test_as_many_are_suggested_as_were_asked_for() -> None:
    world = memory_world()
    anna = await world.person("anna")
    for number in range(12):
        await world.person(f"creator{number}", role=Role.CREATOR)

    assert len(await world.execute(FindMatches(), by=anna.actor)) == 10
    assert len(await world.execute(FindMatches(1), by=anna.actor)) == 1
    assert len(await world.execute(FindMatches(50), by=anna.actor)) == 12


async def test_nobody_else_there_is_no_suggestion() -> None:
    world = memory_world()
    anna = await world.person("anna", role=Role.CREATOR)

    assert await world.execute(FindMatches(), by=anna.actor) == []


async def test_what_providers_offer_and_how_it_was_rated_counts() -> None:
    world = memory_world()
    anna = await world.person("anna", tokens=1000)
    good, new = [await someone(world, name, role=Role.PROVIDER) for name in ("gina", "nora")]
    for provider in (good, new):
        await world.execute(SetUpProvider("fitness", 1, "Trainer", ("Yoga",)), by=provider.actor)
    await someone(world, "mute", "music", Role.CREATOR)
    await reviewed(world, good, anna, 5)

    matches = await world.execute(FindMatches(role=Role.PROVIDER, tags=("yoga",)), by=anna.actor)

    assert [match.user for match in matches] == [good.id, new.id]
    assert matches[0].reasons[:2] == ("matches your tags", "high rating")
    assert "high rating" not in matches[1].reasons


async def test_who_is_subscribed_to_comes_first_and_who_is_blocked_not_at_all() -> None:
    world = memory_world()
    anna = await world.person("anna", tokens=100)
    people = [await someone(world, name) for name in ("one", "two", "three", "four")]
    await world.execute(SetTiers(10, 20), by=people[1].actor)
    await world.execute(Subscribe(people[1].id, Tier.FAN), by=anna.actor)
    await world.execute(BlockUser(people[2].id), by=anna.actor)
    await world.execute(BlockUser(anna.id), by=people[3].actor)

    matches = await world.execute(FindMatches(), by=anna.actor)

    assert [match.user for match in matches] == [people[1].id, people[0].id]
    assert matches[0].reasons == ("you follow them",)
    world.clock.advance(days=31)
    assert "you follow them" not in (await world.execute(FindMatches(), by=anna.actor))[0].reasons


async def reviewed(world: World, provider: Person, customer: Person, rating: int) -> None:
    """A session of the two that the customer has rated."""
    start = world.clock.now() + timedelta(days=1)
    slot = await world.execute(OfferSlot(provider.id, start, start + timedelta(hours=1)), by=provider.actor)
    booking = (await world.execute(BookProvider(provider.id, slot.id, 30), by=customer.actor)).id
    await world.execute(ConfirmBooking(booking), by=provider.actor)
    world.clock.advance(days=1)
    await world.execute(CompleteBooking(booking), by=customer.actor)
    await world.execute(ReviewBooking(booking, rating), by=customer.actor)


class Circle:
    """Candidates of another source, which forgets to leave the seeker out."""

    def __init__(self, *people: Candidate) -> None:
        self._people = people

    async def seeker(self, user: str) -> Candidate | None:
        return next((one for one in self._people if one.id == user), None)

    async def around(self, user: str, *, roles: Sequence[Role], limit: int) -> list[Candidate]:
        return list(self._people)


async def test_follows_and_ratings_come_from_whoever_knows_them_and_never_the_caller_themself() -> None:
    circle = Circle(
        Candidate(id="usr_other", name="other", role=Role.CREATOR, rating=5.0, followed=True),
        Candidate(id="usr_me", name="me", role=Role.CREATOR),
    )
    world = World(MemoryStore(), assist=local_assistant(candidates=circle))
    anna = await world.person("anna")
    me = type(anna.actor)("usr_me", anna.actor.role, anna.actor.via)

    [match] = await world.execute(FindMatches(), by=me)
    assert (match.user, match.reasons) == ("usr_other", ("high rating", "you follow them"))
    assert await world.execute(FindMatches(), by=anna.actor) == []


async def test_a_draft_is_the_same_each_time() -> None:
    world = memory_world()
    anna = await world.person("anna")
    asked = Generate(Genre.CAPTION, "sunset photo on the beach", "playful")

    assert await world.execute(asked, by=anna.actor) == await world.execute(asked, by=anna.actor)
