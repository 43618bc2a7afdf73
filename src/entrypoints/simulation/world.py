"""A simulated platform: two processes over one store, people, a payment provider, and all that they remember."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from attrs import define, field, frozen

from adapters.media.checker import WordChecker
from adapters.media.links import SignedLinks
from adapters.memory.media import MemoryMedia, PlainStudio
from adapters.memory.passwords import QuickPasswords
from adapters.simulation.dealings import Message
from adapters.simulation.parts import SimulatedClock, SimulatedIds, SimulatedStore
from adapters.simulation.provider import Provider, fresh_name
from adapters.simulation.stage import Stage
from adapters.simulation.steps import Step
from entrypoints.worker.worker import Worker
from platform_core.content.ports import Media
from platform_core.identity.staff import CreateUser
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import UseCase
from platform_core.kernel.command import Command, Request
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.secret import Secret
from platform_core.kernel.sync import run_sync
from platform_core.ledger.fees import FeePolicy
from platform_core.marketplace.ports import SalesPolicy
from platform_core.payments.webhooks import TakeWebhook
from platform_core.payouts.ports import PayoutPolicy
from platform_core.platform import Platform
from platform_core.use_cases import USE_CASES
from platform_core.wallet.balance import CreditWallet

A = TypeVar("A", bound=Aggregate)

OPERATOR = Actor.operator()
SYSTEM = Actor.system("worker")
FEES = FeePolicy(
    {"tip": 1000, "capture": 500, "unlock": 1500, "subscription": 2000, "stream_entry": 1000, "sale": 1000}
)
CAST: Mapping[str, Role] = {
    "ana": Role.VIEWER,
    "ben": Role.VIEWER,
    "cleo": Role.CREATOR,
    "dan": Role.CREATOR,
    "eva": Role.PROVIDER,
    "finn": Role.PROVIDER,
}
TOKENS_AT_FIRST = 150
PROCESSES = ("a", "b")

#: The first letter of what steps call a thing, by its kind. What step 12 books is `b12`, and `b12.2` if it books twice.
LETTERS: Mapping[str, str] = {
    "hold": "h",
    "purchase": "p",
    "slot": "s",
    "booking": "b",
    "content_item": "i",
    "stream": "l",
    "product": "g",
    "order": "o",
    "payment": "y",
    "refund": "r",
    "transfer": "t",
}


@frozen
class Person:
    """Somebody with an account, and the actor they are."""

    name: str
    id: str
    actor: Actor


@frozen(kw_only=True)
class Doubles:
    """Parts that are put in place of the usual ones, to see whether what is wrong with them is found.

    Args:
        store: Makes the store.
        provider: Makes the payment provider.
        fees: The platform's share.
        use_cases: Every use case.
    """

    store: Callable[[Stage], SimulatedStore] = SimulatedStore
    provider: Callable[[SimulatedClock, Stage], Provider] = Provider
    fees: FeePolicy = FEES
    use_cases: tuple[UseCase, ...] = USE_CASES


USUAL = Doubles()


@define
class Asked:
    """A request under an idempotency key, and everything that was said to it.

    Args:
        request: What was asked.
        actor: By whom.
        key: Under which key.
        answers: What was answered, each time that it was.
        refusals: What it was refused with, each time that the platform said no to it.
    """

    request: Command[Any]
    actor: Actor
    key: str
    answers: list[object] = field(factory=list)
    refusals: list[PlatformError] = field(factory=list)


class World:
    """Everything a run needs.

    Args:
        seed: Which series of ids, and which of several settings.
        doubles: Parts other than the usual ones.
    """

    def __init__(self, seed: int, doubles: Doubles = USUAL) -> None:
        self.seed = seed
        self.stage = Stage()
        self.clock = SimulatedClock()
        self.store = doubles.store(self.stage)
        self.provider = doubles.provider(self.clock, self.stage)
        self.fees = doubles.fees
        ids = SimulatedIds(seed, self.clock, self.stage)
        media = Media(
            store=MemoryMedia(self.clock.now),
            studio=PlainStudio(),
            checker=WordChecker(),
            links=SignedLinks(b"simulated", "https://media.example"),
        )
        passwords = QuickPasswords()
        self.platforms = {
            name: Platform(
                store=self.store,
                clock=self.clock,
                ids=ids,
                passwords=passwords,
                gateway=self.provider,
                merchant=self.provider,
                fees=doubles.fees,
                # In some runs money must wait a day before it is sent.
                payouts=PayoutPolicy(delay_days=int(seed % 5 == 4), return_url="https://platform.example"),
                # In some runs a seller must approve what a buyer wants back.
                sales=SalesPolicy(refunds_at_once=timedelta(0)) if seed % 3 == 2 else None,
                media=media,
                fingerprint_key=b"simulated",
                worker=name,
                use_cases=doubles.use_cases,
            )
            for name in PROCESSES
        }
        self.platform = self.platforms["a"]
        self.workers = {name: Worker(platform) for name, platform in self.platforms.items()}
        self.rounds = tuple(self.workers["a"].rounds)
        self.heard: list[Envelope] = []
        for platform in self.platforms.values():
            platform.on(Event, self._hear)
        self.asked: dict[int, Asked] = {}
        self.answered: list[int] = []
        self.names: dict[str, str] = {}
        self._named = 0
        self._cache: dict[tuple[str, str], tuple[int, Aggregate]] = {}
        self.people = {name: self._person(name, role) for name, role in CAST.items()}
        self.by_id = {person.id: person.name for person in self.people.values()}

    # ---- people

    def _person(self, name: str, role: Role) -> Person:
        request = CreateUser(f"{name}@example.org", name, Secret("correct horse battery"), role)
        made = run_sync(self.platform.execute(request, by=OPERATOR))
        run_sync(self.platform.execute(CreditWallet(made.id, TOKENS_AT_FIRST), by=OPERATOR))
        return Person(name, made.id, Actor(made.id, role, Via.SESSION, "ses_simulated"))

    # ---- looking

    def all(self, kind: type[A]) -> list[A]:
        """Every aggregate of a kind, as it stands. They are shared, and not to be changed."""
        return [self._seen(kind, id, row) for id, row in self.store.rows(kind.kind).items()]

    def get(self, kind: type[A], id: str) -> A | None:
        """One aggregate as it stands, or None."""
        row = self.store.rows(kind.kind).get(id)
        return None if row is None else self._seen(kind, id, row)

    def _seen(self, kind: type[A], id: str, row: Mapping[str, Any]) -> A:
        known = self._cache.get((kind.kind, id))
        if known is not None and known[0] == row["version"] and isinstance(known[1], kind):
            return known[1]
        found = self.store.decoded(kind, dict(row))
        self._cache[kind.kind, id] = (row["version"], found)
        return found

    def named(self, kind: type[A]) -> dict[str, A]:
        """The things of a kind that steps can speak of, by name, in the order they were made."""
        letter, found = LETTERS[kind.kind], {}
        for name, id in self.names.items():
            if name[0] == letter and (aggregate := self.get(kind, id)) is not None:
                found[name] = aggregate
        return found

    def find(self, kind: type[A], name: str) -> A | None:
        """The thing that steps call so, or None."""
        id = self.names.get(name)
        return None if id is None else self.get(kind, id)

    def balance(self, account: str) -> int:
        """An account's balance; 0 for one that is not open."""
        tally = self.store.tallies().get(account)
        return 0 if tally is None else tally.balance

    def name_what_is_new(self) -> None:
        """Give names to what was made since the last call."""
        for written in self.store.written[self._named :]:
            for kind, id in written.added:
                letter = LETTERS.get(kind)
                if letter is not None:
                    self.names[fresh_name(f"{letter}{written.step}", self.names)] = id
        self._named = len(self.store.written)

    # ---- acting

    def ask(self, step: Step, who: Person | Actor, request: Command[Any]) -> Coroutine[Any, Any, str]:
        """Somebody asks for something, under a key, so that they can ask again."""
        actor = who.actor if isinstance(who, Person) else who
        self.asked[step.number] = Asked(request, actor, f"key-{step.number}")
        return self.ask_again(step.number)

    async def ask_again(self, number: int) -> str:
        """Ask for the same as in a step before, under the same key."""
        asked = self.asked[number]
        try:
            answer = await self.platform.execute(asked.request, by=asked.actor, key=asked.key)
        except PlatformError as refusal:
            asked.refusals.append(refusal)
            self.answered.append(number)
            raise
        asked.answers.append(answer)
        self.answered.append(number)
        return "ok"

    async def do(self, request: Request[Any], who: Person | Actor = OPERATOR) -> str:
        """An operator, or somebody else, does something without a key."""
        await self.platform.execute(request, by=who.actor if isinstance(who, Person) else who)
        return "ok"

    async def deliver(self, message: Message, process: str = "a") -> str:
        """The provider sends a message, as over HTTP: it is kept, and applied if that can be done now."""
        platform = self.platforms[process]
        taken = await platform.execute(TakeWebhook(message.body, {}), by=Actor.system(self.provider.name))
        message.delivered += 1
        state = await platform.apply_webhook(taken.id, by=Actor.system(self.provider.name))
        return state.value

    def round(self, name: str, process: str) -> Coroutine[Any, Any, bool]:
        """One round of a worker's work."""
        return _awaited(self.workers[process].rounds[name]())

    async def _hear(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    # ---- coming to rest

    def move_clock(self, seconds: float) -> list[int]:
        """Move the clock. Over a long time whatever stood still was ended; the steps of which that is true."""
        self.clock.move(timedelta(seconds=seconds))
        if seconds <= LONGEST_STAND:
            return []
        ended = list(self.stage.standing)
        for number in ended:
            self.stage.kill(number)
        return ended


LONGEST_STAND = 15 * 60
"""Seconds by which a request or a worker that stands still has been ended."""


async def _awaited(work: Any) -> Any:
    return await work
