"""Runs: steps drawn from a seed or read back, played one by one, with everything checked after each."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from random import Random

from attrs import evolve, frozen

from adapters.simulation.stage import Crash
from adapters.simulation.steps import AWAITS, CALLS, COMMITS, READS, Planned, Step, Trouble
from entrypoints.simulation import bookings, outside, papers, sales, selling, telling, tokens, wallets
from entrypoints.simulation.furnishing import furnish
from entrypoints.simulation.healing import heal
from entrypoints.simulation.invariants import Broken, Invariant, Scene
from entrypoints.simulation.verbs import Skip, Verb
from entrypoints.simulation.world import PROCESSES, USUAL, Doubles, World
from platform_core.kernel.errors import Invalid

STEPS = 150
"""How many steps a run has, unless told otherwise."""
RIVALRY = 0.35
"""How often, while something stands half done, the next step is the same once more."""
ROUGH = 0.85
"""How often something goes wrong when money is sent, in runs in which anything does."""
TRIES = 10
"""How often another verb is drawn when one makes no sense just then."""
GROUPS = (
    # Each with how often it may come in a run, among the others: some runs are about this, some about that.
    (wallets.VERBS, (0.3, 1.0, 3.0)),
    (bookings.VERBS, (0.0, 1.0, 4.0)),
    (selling.VERBS, (0.5, 2.0, 6.0)),
    (outside.VERBS, (1.0,)),
)
VERBS: dict[str, Verb] = {verb.name: verb for verbs, _ in GROUPS for verb in verbs}
ALWAYS: tuple[Invariant, ...] = (*tokens.ALWAYS, *telling.ALWAYS, *sales.ALWAYS, *papers.ALWAYS)
AT_REST: tuple[Invariant, ...] = (*telling.AT_REST, *sales.AT_REST)
UNTROUBLED = frozenset({"pay", "clock", "resume", "kill", "bank", "settle", "account", "spend"})
"""What is not an act of the platform: nothing can go wrong inside it."""


@frozen
class Run:
    """What came of a run.

    Args:
        seed: Its seed.
        steps: What was done.
        trace: A line for each step: what was done, what came of it, and a digest of all money after it.
        broken: What did not hold, or None.
    """

    seed: int
    steps: tuple[Step, ...]
    trace: tuple[str, ...]
    broken: Broken | None

    @property
    def digest(self) -> str:
        """A digest of the whole trace: the same for the same seed, in every process."""
        return blake2b("\n".join(self.trace).encode(), digest_size=8).hexdigest()


def run(seed: int, count: int = STEPS, doubles: Doubles = USUAL) -> Run:
    """Draw and play a run."""
    # Draws must repeat; nothing here is secret.
    rng = Random(f"simulation {seed}")  # noqa: S311
    world = _world(seed, doubles)
    mood = Mood.of(rng)
    return _played(seed, world, (mood.step(rng, world, number) for number in range(1, count + 1)))


def _world(seed: int, doubles: Doubles) -> World:
    world = World(seed, doubles)
    furnish(world)
    return world


def replay(seed: int, steps: Sequence[Step], doubles: Doubles = USUAL) -> Run:
    """Play steps that were written down.

    Raises:
        Invalid: One has a verb that is none.
    """
    for step in steps:
        if step.verb not in VERBS:
            raise Invalid.field("replay", f"{step.verb!r} is no verb; there are {', '.join(VERBS)}")
    return _played(seed, _world(seed, doubles), steps)


@contextmanager
def _quiet() -> Iterator[None]:
    """Workers log what goes wrong; here that is meant to happen."""
    logger = logging.getLogger("platform_core.worker")
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def _played(seed: int, world: World, steps: Iterable[Step]) -> Run:
    with _quiet():
        return _watched(seed, world, steps)


def _watched(seed: int, world: World, steps: Iterable[Step]) -> Run:
    scene, done, trace = Scene(world), list[Step](), list[str]()
    broken = next(_broken(scene, ALWAYS, 0), None)
    for step in steps:
        done.append(step)
        try:
            outcome = _play(world, step)
        except Crash as crash:
            outcome, broken = "crashes", Broken("nothing crashes", (), str(crash), step.number)
        world.name_what_is_new()
        broken = broken or next(_broken(scene, ALWAYS, step.number), None)
        trace.append(f"{step} -> {outcome} [{_digest(world)}]")
        if broken is not None:
            return Run(seed, tuple(done), tuple(trace), broken)
    try:
        heal(world)
    except Crash as crash:
        broken = Broken("nothing crashes", (), str(crash), None)
    broken = broken or next(_broken(scene, (*ALWAYS, *AT_REST), None), None)
    trace.append(f"at rest [{_digest(world)}]")
    return Run(seed, tuple(done), tuple(trace), broken)


def _play(world: World, step: Step) -> str:
    """Do a step; what came of it."""
    world.provider.number = step.number
    try:
        doing = VERBS[step.verb].do(world, step)
    except (Skip, ValueError):
        return "-"
    if isinstance(doing, str):
        return doing
    return world.stage.play(step, doing, " ".join(step.args) if step.verb == "worker" else "")


def _broken(scene: Scene, invariants: Iterable[Invariant], step: int | None) -> Iterator[Broken]:
    if not scene.look() and step is not None:
        return  # Nothing was written, sent or told since everything held.
    for invariant in invariants:
        detail = invariant.check(scene)
        if detail is not None:
            yield Broken(invariant.name, invariant.numbers, detail, step)


def _digest(world: World) -> str:
    """All balances, how much is on its way, and what the provider has."""
    hasher = blake2b(digest_size=6)
    for id, tally in sorted(world.store.tallies().items()):
        hasher.update(f"{id} {tally.balance} {tally.sequence} {tally.frozen}\n".encode())
    counts = (len(world.store.written), len(world.heard), len(world.provider.calls), len(world.provider.messages))
    hasher.update(repr((counts, world.provider.cash("EUR"))).encode())
    return hasher.hexdigest()


# ---- drawing


@frozen
class Mood:
    """What a run is about.

    Args:
        names: The verbs.
        weights: How often each is drawn.
        trouble: How often something goes wrong.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    trouble: float

    @classmethod
    def of(cls, rng: Random) -> Mood:
        """A mood."""
        weights = {}
        for verbs, factors in GROUPS:
            factor = rng.choice(factors)
            weights.update({verb.name: verb.weight * factor for verb in verbs})
        return cls(tuple(weights), tuple(weights.values()), rng.choice((0.0, 0.25, 0.35, 0.5)))

    def step(self, rng: Random, world: World, number: int) -> Step:
        """The next step."""
        if world.stage.standing and rng.random() < RIVALRY:
            # Somebody else does the very thing that is half done.
            rival = rng.choice(list(world.stage.standing.values())).step
            again = rival.args if rival.verb != "worker" else (rival.args[0], rng.choice(PROCESSES))
            return self._troubled(rng, Step(number, rival.verb, again))
        for _ in range(TRIES):
            [name] = rng.choices(self.names, self.weights)
            args = VERBS[name].draw(rng, world)
            if args is not None:
                return self._troubled(rng, Step(number, name, tuple(args)))
        return Step(number, "clock", ("60",))

    def _troubled(self, rng: Random, step: Step) -> Step:
        # Where money leaves the house more goes wrong.
        trouble = max(self.trouble, ROUGH) if self.trouble and _sends(step) else self.trouble
        is_smooth = step.verb in UNTROUBLED or rng.random() >= trouble
        return step if is_smooth else evolve(step, troubles=tuple(_troubles(rng, step)))


def _troubles(rng: Random, step: Step) -> Iterator[Planned]:
    for _ in range(rng.choice((1, 1, 1, 2))):
        [(among, places)] = rng.choices(STRIKING, (6, 3, 2, 1) if _sends(step) else (2, 4, 3, 1))
        trouble, place = rng.choice(among), rng.choice(places)
        # What somebody asks for has fewer awaits than what a worker does for several.
        yield Planned(trouble, place if step.verb == "worker" else 1 + (place - 1) // 2)


def _sends(step: Step) -> bool:
    return step.verb == "worker" and step.args[0] in outside.SENDING


STRIKING: tuple[tuple[tuple[Trouble, ...], Sequence[int]], ...] = (
    # What leaves nobody knowing comes more often.
    ((*CALLS, *(Trouble.UNHEARD,) * 2, Trouble.BROKEN_AFTER, Trouble.LOST, Trouble.SLOW), (1, 1, 1, 1, 2, 3)),
    (AWAITS, range(1, 17)),
    (COMMITS, (1, 1, 2, 3)),
    (READS, range(1, 9)),
)
