"""What happens around people: the provider and its messages, workers, time, processes that stand still, bans."""

from __future__ import annotations

from random import Random

from adapters.simulation.dealings import Charge, Page
from adapters.simulation.steps import Step
from entrypoints.simulation.due import busy_rounds, coming
from entrypoints.simulation.verbs import Doing, Skip, Verb, anybody, arguments, number, person, some
from entrypoints.simulation.world import LONGEST_STAND, OPERATOR, PROCESSES, World
from platform_core.identity.staff import BanUser, UnbanUser
from platform_core.identity.users import User
from platform_core.kernel.aggregate import Aggregate
from platform_core.marketplace.payment import Payment
from platform_core.messaging.blocks import BlockUser, UnblockUser
from platform_core.payments.ports import PaymentOutcome
from platform_core.wallet.purchases import Purchase

SHORT = (1, 5, 30, 70, 150, 700)
LONG = (2000, 4000, 7300, 6 * 3600, 86_400, 3 * 86_400)
STEPS_BACK = (-1, -3)
PAID = {
    "paid": PaymentOutcome.SUCCEEDED,
    "declined": PaymentOutcome.FAILED,
    "expired": PaymentOutcome.EXPIRED,
    "processing": PaymentOutcome.PROCESSING,
}


# ---- buyers on the provider's pages


def _pages(world: World) -> dict[str, Page]:
    things: dict[str, Aggregate] = {**world.named(Purchase), **world.named(Payment)}
    return {name: page for name, one in things.items() if (page := world.provider.pages.get(one.id)) is not None}


def _draw_pay(rng: Random, world: World) -> tuple[str, ...] | None:
    pages = {name: page for name, page in _pages(world).items() if world.provider.can_be_paid(page)}
    paid = {charge.subject for charge in world.provider.charges.values()}
    fresh = [name for name, page in pages.items() if page.subject not in paid]
    page = some(rng, fresh if rng.random() < 0.9 else pages)
    if page is None:
        return None
    how = rng.choice(("paid",) * 7 + ("declined", "expired", "wrong", *(("processing",) if page[0] == "y" else ())))
    return page, how


def _pay(world: World, step: Step) -> Doing:
    name, how = arguments(step, 2)
    page = _pages(world).get(name)
    if page is None or how not in (*PAID, "wrong"):
        raise Skip
    if not world.provider.can_be_paid(page):
        raise Skip
    minor = page.money.minor - 1 if how == "wrong" else None
    return "tells " + world.provider.pay(page, PAID.get(how, PaymentOutcome.SUCCEEDED), minor=minor)


def charges(world: World) -> dict[str, Charge]:
    """The money that came, by the name of the page it was paid on: `y4`, and `y4:2` for what was paid there again."""
    names = {id: name for name, id in world.names.items()}
    found: dict[str, Charge] = {}
    for charge in world.provider.charges.values():
        count, name = 1, names[charge.subject]
        while name in found:
            count += 1
            name = f"{names[charge.subject]}:{count}"
        found[name] = charge
    return found


# ---- messages


def _draw_webhook(rng: Random, world: World) -> tuple[str, ...] | None:
    messages = world.provider.messages
    fresh = [name for name, message in messages.items() if not message.delivered]
    # In any order, and now and then once more.
    message = some(rng, fresh if rng.random() < 0.9 else messages)
    return None if message is None else (message,)


def _webhook(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    message = world.provider.messages.get(name)
    if message is None:
        raise Skip
    return world.deliver(message)


# ---- those who ask again


def _draw_again(rng: Random, world: World) -> tuple[str, ...] | None:
    asked = some(rng, list(world.asked)[-20:])
    return None if asked is None else (str(asked),)


def _again(world: World, step: Step) -> Doing:
    [which] = arguments(step, 1)
    if number(which) not in world.asked:
        raise Skip
    return world.ask_again(int(which))


# ---- workers, processes and time

SENDING = ("send-transfers", "send-refunds", "take-money-back")
"""The rounds in which money leaves the house."""


def _draw_worker(rng: Random, world: World) -> tuple[str, ...] | None:
    busy = busy_rounds(world)
    if not busy and rng.random() < 0.8:
        return None
    sending = [name for name in busy if name in SENDING]
    name = rng.choice((*busy, *sending, *sending) if busy and rng.random() < 0.95 else list(world.rounds))
    process = some(rng, [one for one in PROCESSES if not world.stage.is_busy(f"{name} {one}")])
    return None if process is None else (name, process)


def _worker(world: World, step: Step) -> Doing:
    name, process = arguments(step, 2)
    if name not in world.rounds or process not in PROCESSES:
        raise Skip
    if world.stage.is_busy(f"{name} {process}"):
        return "busy"
    return world.round(name, process)


def _draw_clock(rng: Random, world: World) -> tuple[str, ...]:
    chance = rng.random()
    if chance < 0.1:
        return (str(rng.choice(STEPS_BACK)),)
    most = LONGEST_STAND if world.stage.standing and rng.random() < 0.8 else 4 * 86_400
    ahead = [seconds for seconds in coming(world) if seconds < most]
    if ahead and chance < 0.5:
        # To where something is about to happen: just before, and just then.
        return (str(max(1, rng.choice(ahead[:5]) + rng.choice((-1, 0, 0, 1)))),)
    return (str(rng.choice(LONG if most > LONGEST_STAND and rng.random() < 0.25 else SHORT)),)


def _clock(world: World, step: Step) -> Doing:
    [seconds] = arguments(step, 1)
    ended = world.move_clock(number(seconds))
    return f"{world.clock.now():%m-%d %H:%M:%S}" + "".join(f", {one} ends" for one in ended)


def _draw_standing(rng: Random, world: World) -> tuple[str, ...] | None:
    standing = some(rng, world.stage.standing)
    return None if standing is None else (str(standing),)


def _resume(world: World, step: Step) -> Doing:
    [which] = arguments(step, 1)
    if number(which) not in world.stage.standing:
        raise Skip
    return world.stage.resume(int(which))


def _kill(world: World, step: Step) -> Doing:
    [which] = arguments(step, 1)
    if number(which) not in world.stage.standing:
        raise Skip
    return world.stage.kill(int(which))


# ---- staff, and people who want nothing of each other


def _draw_anybody(rng: Random, world: World) -> tuple[str, ...]:
    return (anybody(rng, world),)


def _draw_banned(rng: Random, world: World) -> tuple[str, ...] | None:
    banned = some(rng, [world.by_id[user.id] for user in world.all(User) if user.banned_at is not None])
    return None if banned is None else (banned,)


def _ban(world: World, step: Step) -> Doing:
    [whom] = arguments(step, 1)
    return world.ask(step, OPERATOR, BanUser(person(world, whom).id))


def _unban(world: World, step: Step) -> Doing:
    [whom] = arguments(step, 1)
    return world.ask(step, OPERATOR, UnbanUser(person(world, whom).id))


def _draw_two(rng: Random, world: World) -> tuple[str, ...]:
    return anybody(rng, world), anybody(rng, world)


def _block(world: World, step: Step) -> Doing:
    who, whom = arguments(step, 2)
    return world.do(BlockUser(person(world, whom).id), person(world, who))


def _unblock(world: World, step: Step) -> Doing:
    who, whom = arguments(step, 2)
    return world.do(UnblockUser(person(world, whom).id), person(world, who))


VERBS = (
    Verb("pay", 45, _draw_pay, _pay),
    Verb("webhook", 40, _draw_webhook, _webhook),
    Verb("again", 6, _draw_again, _again),
    Verb("worker", 45, _draw_worker, _worker),
    Verb("clock", 14, _draw_clock, _clock),
    Verb("resume", 20, _draw_standing, _resume),
    Verb("kill", 5, _draw_standing, _kill),
    Verb("ban", 1, _draw_anybody, _ban),
    Verb("unban", 3, _draw_banned, _unban),
    Verb("block", 1, _draw_two, _block),
    Verb("unblock", 1, _draw_two, _unblock),
)
