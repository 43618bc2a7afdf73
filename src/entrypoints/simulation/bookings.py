"""Providers and their customers: slots offered, sessions booked, called off, held and disputed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from adapters.simulation.steps import Step
from entrypoints.simulation.verbs import Doing, Skip, Verb, anybody, arguments, number, person, some, thing
from entrypoints.simulation.world import OPERATOR, Person, World
from platform_core.booking.booking import Booking, BookingState
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.provider import Provider
from platform_core.booking.requests import BookProvider
from platform_core.booking.slots import OfferSlot, Slot, WithdrawSlot
from platform_core.booking.verbs import (
    CancelBooking,
    CompleteBooking,
    ConfirmBooking,
    DeclineBooking,
    DisputeBooking,
    ResolveDispute,
    WithdrawDispute,
)
from platform_core.kernel.actor import Role
from platform_core.kernel.command import Command

S = BookingState
HOSTS = Role.PROVIDER


def _draw_host(rng: Random, world: World) -> tuple[str, ...] | None:
    known = {provider.id for provider in world.all(Provider)}
    free = [name for name, one in world.people.items() if one.actor.role is HOSTS and one.id not in known]
    host = some(rng, free)
    return None if host is None else (host, str(rng.choice((1, 2))))


def _host(world: World, step: Step) -> Doing:
    who, rate = arguments(step, 2)
    return world.do(SetUpProvider("coaching", number(rate)), person(world, who))


def _draw_slot(rng: Random, world: World) -> tuple[str, ...] | None:
    provider = some(rng, world.all(Provider))
    if provider is None:
        return None
    return world.by_id[provider.id], str(rng.choice((3, 4, 5, 26, 50))), str(rng.choice((30, 60, 90)))


def _slot(world: World, step: Step) -> Doing:
    who, hours, minutes = arguments(step, 3)
    one = person(world, who)
    start = world.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=number(hours))
    return world.do(OfferSlot(one.id, start, start + timedelta(minutes=number(minutes))), one)


def _draw_unslot(rng: Random, world: World) -> tuple[str, ...] | None:
    slot = some(rng, [name for name, one in world.named(Slot).items() if one.withdrawn_at is None])
    return None if slot is None else (slot,)


def _unslot(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    slot = thing(world, Slot, name)
    return world.do(WithdrawSlot(slot.provider, slot.id), person(world, world.by_id[slot.provider]))


def _draw_book(rng: Random, world: World) -> tuple[str, ...] | None:
    slots = world.named(Slot)
    ahead = [name for name, slot in slots.items() if slot.starts_at > world.clock.now()]
    slot = some(rng, ahead if rng.random() < 0.95 else slots)
    return None if slot is None else (anybody(rng, world), slot, str(rng.choice((10, 20, 30))))


def _book(world: World, step: Step) -> Doing:
    who, name, minutes = arguments(step, 3)
    slot = thing(world, Slot, name)
    return world.ask(step, person(world, who), BookProvider(slot.provider, slot.id, number(minutes)))


def _drawing(*states: BookingState) -> Callable[[Random, World], tuple[str, ...] | None]:
    def draw(rng: Random, world: World) -> tuple[str, ...] | None:
        bookings = world.named(Booking)
        fitting = [name for name, booking in bookings.items() if booking.state in states]
        booking = some(rng, fitting if rng.random() < 0.95 else bookings)
        return None if booking is None else (booking,)

    return draw


def _by_provider(make: Callable[[str], Command[Any]]) -> Callable[[World, Step], Doing]:
    def act(world: World, step: Step) -> Doing:
        [name] = arguments(step, 1)
        booking = thing(world, Booking, name)
        return world.ask(step, person(world, world.by_id[booking.provider]), make(booking.id))

    return act


def _by_customer(make: Callable[[str], Command[Any]]) -> Callable[[World, Step], Doing]:
    def act(world: World, step: Step) -> Doing:
        [name] = arguments(step, 1)
        booking = thing(world, Booking, name)
        return world.ask(step, person(world, world.by_id[booking.customer]), make(booking.id))

    return act


def _draw_either(rng: Random, world: World) -> tuple[str, ...] | None:
    drawn = _drawing(S.CONFIRMED, S.PENDING)(rng, world)
    return None if drawn is None else (*drawn, rng.choice(("customer", "provider")))


def _draw_dispute(rng: Random, world: World) -> tuple[str, ...] | None:
    now = world.clock.now()
    confirmed = {name: one for name, one in world.named(Booking).items() if one.state is S.CONFIRMED}
    begun = [name for name, one in confirmed.items() if one.starts_at <= now]
    booking = some(rng, begun if rng.random() < 0.9 else confirmed)
    return None if booking is None else (booking, rng.choice(("customer", "provider")))


def _side(world: World, booking: Booking, side: str) -> Person:
    if side not in ("customer", "provider"):
        raise Skip
    return person(world, world.by_id[booking.customer if side == "customer" else booking.provider])


def _cancel(world: World, step: Step) -> Doing:
    name, side = arguments(step, 2)
    booking = thing(world, Booking, name)
    return world.ask(step, _side(world, booking, side), CancelBooking(booking.id))


def _dispute(world: World, step: Step) -> Doing:
    name, side = arguments(step, 2)
    booking = thing(world, Booking, name)
    return world.ask(step, _side(world, booking, side), DisputeBooking(booking.id, "it was too short"))


def _draw_withdraw(rng: Random, world: World) -> tuple[str, ...] | None:
    drawn = _drawing(S.DISPUTED)(rng, world)
    return None if drawn is None else (*drawn, rng.choice(("customer", "provider")))


def _withdraw(world: World, step: Step) -> Doing:
    name, side = arguments(step, 2)
    booking = thing(world, Booking, name)
    return world.ask(step, _side(world, booking, side), WithdrawDispute(booking.id))


def _draw_resolve(rng: Random, world: World) -> tuple[str, ...] | None:
    drawn = _drawing(S.DISPUTED)(rng, world)
    return None if drawn is None else (*drawn, str(rng.choice((0, 33, 50, 100))))


def _resolve(world: World, step: Step) -> Doing:
    name, percent = arguments(step, 2)
    return world.ask(step, OPERATOR, ResolveDispute(thing(world, Booking, name).id, number(percent)))


VERBS = (
    Verb("host", 3, _draw_host, _host),
    Verb("slot", 3, _draw_slot, _slot),
    Verb("unslot", 1, _draw_unslot, _unslot),
    Verb("book", 5, _draw_book, _book),
    Verb("confirm", 7, _drawing(S.PENDING), _by_provider(ConfirmBooking)),
    Verb("decline", 1, _drawing(S.PENDING), _by_provider(DeclineBooking)),
    Verb("cancel", 2, _draw_either, _cancel),
    Verb("complete", 3, _drawing(S.CONFIRMED), _by_customer(CompleteBooking)),
    Verb("dispute", 5, _draw_dispute, _dispute),
    Verb("withdraw", 3, _draw_withdraw, _withdraw),
    Verb("resolve", 3, _draw_resolve, _resolve),
)
