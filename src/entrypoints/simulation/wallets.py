"""People with wallets: tokens bought, tipped, held, and paid for content and for entry to streams."""

from __future__ import annotations

from io import BytesIO
from random import Random

from adapters.simulation.steps import Step
from entrypoints.simulation.verbs import Doing, Skip, Verb, anybody, arguments, number, person, some, thing
from entrypoints.simulation.world import OPERATOR, World
from platform_core.content.access import Tier, TierPlan
from platform_core.content.items import ContentItem
from platform_core.content.paying import SetTiers, Subscribe, UnlockContent
from platform_core.content.ports import Incoming, MediaForm
from platform_core.content.uploading import UploadContent
from platform_core.kernel.actor import Role
from platform_core.ledger.holds import Hold, HoldState
from platform_core.streams.broadcasting import CreateStream, SetStreamState
from platform_core.streams.stream import Stream, StreamState
from platform_core.streams.watching import JoinStream
from platform_core.wallet.balance import CaptureHold, CreditWallet, ExtendHold, PlaceHold, ReleaseHold
from platform_core.wallet.purchases import PurchaseTokens
from platform_core.wallet.tips import SendTip, TipContext

AMOUNTS = (1, 3, 5, 15, 33, 70, 200)
PURPOSE = "simulated"
PNG = b"\x89PNG\r\n\x1a\n"


def _whom(rng: Random, world: World, role: Role) -> str:
    return rng.choice([name for name, one in world.people.items() if one.actor.role is role])


# ---- tokens


def _draw_credit(rng: Random, world: World) -> tuple[str, ...]:
    return anybody(rng, world), str(rng.choice(AMOUNTS))


def _credit(world: World, step: Step) -> Doing:
    whom, amount = arguments(step, 2)
    return world.ask(step, OPERATOR, CreditWallet(person(world, whom).id, number(amount), f"step {step.number}"))


def _draw_tip(rng: Random, world: World) -> tuple[str, ...]:
    return anybody(rng, world), anybody(rng, world), str(rng.choice(AMOUNTS))


def _tip(world: World, step: Step) -> Doing:
    payer, payee, amount = arguments(step, 3)
    request = SendTip(person(world, payee).id, number(amount), TipContext.CHAT, f"step-{step.number}")
    return world.ask(step, person(world, payer), request)


def _draw_buy(rng: Random, world: World) -> tuple[str, ...]:
    return anybody(rng, world), rng.choice(("pkg_100", "pkg_500"))


def _buy(world: World, step: Step) -> Doing:
    who, package = arguments(step, 2)
    return world.ask(step, person(world, who), PurchaseTokens(package, "card"))


# ---- holds, as an operator places them


def _held(world: World) -> dict[str, Hold]:
    return {name: hold for name, hold in world.named(Hold).items() if hold.purpose == PURPOSE}


def _draw_hold(rng: Random, world: World) -> tuple[str, ...]:
    return anybody(rng, world), str(rng.choice(AMOUNTS)), str(rng.choice((60, 600, 7200)))


def _hold(world: World, step: Step) -> Doing:
    whom, amount, seconds = arguments(step, 3)
    request = PlaceHold(person(world, whom).id, number(amount), PURPOSE, number(seconds))
    return world.ask(step, OPERATOR, request)


def _some_hold(rng: Random, world: World) -> str | None:
    held = _held(world)
    active = [name for name, hold in held.items() if hold.state is HoldState.ACTIVE]
    # Those that have ended are tried too, but seldom.
    return some(rng, active if active and rng.random() < 0.7 else held)


def _draw_capture(rng: Random, world: World) -> tuple[str, ...] | None:
    hold = _some_hold(rng, world)
    return None if hold is None else (hold, anybody(rng, world), rng.choice(("all", "1", "5", "20")))


def _capture(world: World, step: Step) -> Doing:
    hold, payee, amount = arguments(step, 3)
    wanted = None if amount == "all" else number(amount)
    return world.ask(step, OPERATOR, CaptureHold(thing(world, Hold, hold).id, person(world, payee).id, wanted))


def _draw_release(rng: Random, world: World) -> tuple[str, ...] | None:
    hold = _some_hold(rng, world)
    return None if hold is None else (hold,)


def _release(world: World, step: Step) -> Doing:
    [hold] = arguments(step, 1)
    return world.ask(step, OPERATOR, ReleaseHold(thing(world, Hold, hold).id))


def _extend(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    hold = thing(world, Hold, name)
    return world.do(ExtendHold(hold.id, hold.deadline + (hold.deadline - hold.created_at)))


# ---- content


def _draw_item(rng: Random, world: World) -> tuple[str, ...]:
    return _whom(rng, world, Role.CREATOR), str(rng.choice((5, 15, 40)))


def _item(world: World, step: Step) -> Doing:
    who, price = arguments(step, 2)
    content = PNG + str(step.number).encode()
    file = Incoming(f"{step.number:064x}", len(content), "picture.png", BytesIO(content))
    request = UploadContent(file, MediaForm.IMAGE, is_premium=True, token_price=number(price))
    return world.do(request, person(world, who))


def _draw_unlock(rng: Random, world: World) -> tuple[str, ...] | None:
    item = some(rng, world.named(ContentItem))
    return None if item is None else (anybody(rng, world), item)


def _unlock(world: World, step: Step) -> Doing:
    who, item = arguments(step, 2)
    return world.ask(step, person(world, who), UnlockContent(thing(world, ContentItem, item).id))


def _draw_tiers(rng: Random, world: World) -> tuple[str, ...]:
    fan = rng.choice((0, 10, 25))
    return _whom(rng, world, Role.CREATOR), str(fan), str(fan + rng.choice((0, 15, 30)))


def _tiers(world: World, step: Step) -> Doing:
    who, fan, superfan = arguments(step, 3)
    return world.do(SetTiers(number(fan), number(superfan)), person(world, who))


def _draw_subscribe(rng: Random, world: World) -> tuple[str, ...]:
    offering = [world.by_id[plan.id] for plan in world.all(TierPlan) if plan.superfan]
    creator = some(rng, offering) or _whom(rng, world, Role.CREATOR)
    return anybody(rng, world), creator, rng.choice(("fan", "superfan"))


def _subscribe(world: World, step: Step) -> Doing:
    who, creator, tier = arguments(step, 3)
    if tier not in ("fan", "superfan"):
        raise Skip
    return world.ask(step, person(world, who), Subscribe(person(world, creator).id, Tier(tier)))


# ---- streams


def _draw_stream(rng: Random, world: World) -> tuple[str, ...]:
    return _whom(rng, world, Role.CREATOR), str(rng.choice((5, 20)))


def _stream(world: World, step: Step) -> Doing:
    who, price = arguments(step, 2)
    return world.do(CreateStream("A stream", is_premium=True, token_price=number(price)), person(world, who))


def _draw_air(rng: Random, world: World) -> tuple[str, ...] | None:
    stream = some(rng, [name for name, one in world.named(Stream).items() if one.state is not StreamState.ENDED])
    return None if stream is None else (stream, rng.choice(("live", "live", "live", "ended")))


def _air(world: World, step: Step) -> Doing:
    name, state = arguments(step, 2)
    stream = thing(world, Stream, name)
    if state not in ("live", "ended"):
        raise Skip
    return world.do(SetStreamState(stream.id, StreamState(state)), person(world, world.by_id[stream.host]))


def _draw_join(rng: Random, world: World) -> tuple[str, ...] | None:
    streams = world.named(Stream)
    live = [name for name, stream in streams.items() if stream.state is StreamState.LIVE]
    stream = some(rng, live or streams)
    return None if stream is None else (anybody(rng, world), stream)


def _join(world: World, step: Step) -> Doing:
    who, stream = arguments(step, 2)
    return world.ask(step, person(world, who), JoinStream(thing(world, Stream, stream).id))


VERBS = (
    Verb("credit", 2, _draw_credit, _credit),
    Verb("tip", 8, _draw_tip, _tip),
    Verb("buy", 3, _draw_buy, _buy),
    Verb("hold", 8, _draw_hold, _hold),
    Verb("capture", 7, _draw_capture, _capture),
    Verb("release", 7, _draw_release, _release),
    Verb("extend", 1, _draw_release, _extend),
    Verb("item", 1, _draw_item, _item),
    Verb("unlock", 2, _draw_unlock, _unlock),
    Verb("tiers", 1, _draw_tiers, _tiers),
    Verb("subscribe", 2, _draw_subscribe, _subscribe),
    Verb("stream", 1, _draw_stream, _stream),
    Verb("air", 1, _draw_air, _air),
    Verb("join", 2, _draw_join, _join),
)
