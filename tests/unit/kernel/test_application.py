"""The pipeline: who may, in which order it is asked, keys, reruns, and services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
from attrs import frozen

from adapters.memory.store import MemoryStore
from adapters.testing import ManualClock, SeededIds
from platform_core.identity.users import User
from platform_core.kernel.actor import ANONYMOUS, ANYONE, SIGNED_IN, STAFF, Actor, Policy, Role, Via
from platform_core.kernel.application import KEY_LENGTH, RERUNS, Application, UseCase
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    KeyReused,
    Malformed,
    NotFound,
    PlatformError,
    Stale,
    StoredRefusal,
    Unauthenticated,
    Unavailable,
)
from platform_core.kernel.journal import Balances
from platform_core.kernel.secret import Secret
from platform_core.kernel.work import Work
from support.builders import BANK, a_user, a_wallet, an_issue

ANNA = Actor("usr_anna", Role.VIEWER, Via.SESSION, "ses_1")
PASSWORD = Secret("a")
BEN = Actor("usr_ben", Role.VIEWER, Via.SESSION, "ses_2")


@frozen
class Count(Command[int]):
    """Counts how often it ran; refuses as told."""

    policy: ClassVar[Policy] = SIGNED_IN

    by: int = 1
    password: Secret = PASSWORD


@frozen
class Knock(Command[int]):
    """Anybody may."""

    policy: ClassVar[Policy] = ANYONE

    name: str = "x"


@frozen
class Look(Query[str]):
    """For staff, at things that are there."""

    policy: ClassVar[Policy] = STAFF
    target: ClassVar[tuple[str, ...]] = ("thing",)

    thing: str
    how: int = 0

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        await work.require(User, target["thing"], called="thing")
        if target["thing"] == "usr_private":
            raise Forbidden("private")


class Bell:
    """A service."""

    rung = 0


class Runs:
    """An application whose use cases count their runs and refuse as they are told."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.runs = 0
        self.refusals: list[PlatformError] = []
        self.bell = Bell()
        clock = ManualClock()

        async def count(command: Count, work: Work, bell: Bell) -> int:
            self.runs += 1
            bell.rung += 1
            if self.refusals:
                raise self.refusals.pop(0)
            work.add(a_user(work.new_id("usr"), username=f"user{self.runs}", email_key=f"{self.runs}"))
            return self.runs

        async def knock(command: Knock, work: Work) -> int:
            self.runs += 1
            return self.runs

        async def look(query: Look, work: Work) -> str:
            if query.how < 0:
                raise Invalid.field("how", "must be more")
            return query.thing

        use_cases: list[UseCase] = [count, knock, look]
        self.application = Application(
            use_cases,
            store=self.store,
            clock=clock,
            ids=SeededIds(1, clock),
            services={Bell: self.bell},
            fingerprint_key=b"k",
        )

    async def code(self, *args: Any, **kwargs: Any) -> str:
        """The code of the refusal, or the answer as text."""
        try:
            return str(await self.application.execute(*args, **kwargs))
        except PlatformError as refusal:
            return refusal.code


@pytest.fixture
def runs() -> Runs:
    return Runs()


# ---- who may


async def test_the_policy_is_asked_before_anything_is_read_or_run(runs: Runs) -> None:
    with pytest.raises(Unauthenticated):
        await runs.application.execute(Count(), by=ANONYMOUS)
    with pytest.raises(Forbidden):
        await runs.application.execute(Look("usr_none"), by=ANNA)

    assert runs.runs == 0


async def test_missing_comes_before_forbidden_and_forbidden_before_invalid(runs: Runs) -> None:
    """AUTHZ-02."""
    await runs.store.commit(Changes(added=(a_user("usr_private"), a_user("usr_open"))))
    staff = Actor("usr_s", Role.MODERATOR, Via.SESSION)

    assert await runs.code(Look("usr_none", -1), by=ANONYMOUS) == "UNAUTHORIZED"
    assert await runs.code(Look("usr_none", -1), by=staff) == "NOT_FOUND"
    assert await runs.code(Look("usr_private", -1), by=staff) == "FORBIDDEN"
    assert await runs.code(Look("usr_open", -1), by=staff) == "VALIDATION_ERROR"
    assert await runs.code(Look("usr_open"), by=staff) == "usr_open"


async def test_a_delivery_can_ask_who_may_before_it_reads_the_request(runs: Runs) -> None:
    await runs.store.commit(Changes(added=(a_user("usr_private"), a_user("usr_open"))))
    staff = Actor("usr_s", Role.MODERATOR, Via.SESSION)

    await runs.application.admit(Look, by=staff, target={"thing": "usr_open"})
    await runs.application.admit(Count, by=ANNA, target={})
    for actor, thing, refusal in (
        (ANONYMOUS, "usr_none", Unauthenticated),
        (ANNA, "usr_none", Forbidden),
        (staff, "usr_none", NotFound),
        (staff, "usr_private", Forbidden),
    ):
        with pytest.raises(refusal):
            await runs.application.admit(Look, by=actor, target={"thing": thing})


# ---- keys


async def test_the_same_request_under_a_key_is_carried_out_once(runs: Runs) -> None:
    first = await runs.application.perform(Count(), by=ANNA, key="k")
    again = await runs.application.perform(Count(), by=ANNA, key="k")

    assert (first.value, first.replayed) == (1, False)
    assert (again.value, again.replayed) == (1, True)


async def test_another_request_under_the_key_is_refused_naming_the_field(runs: Runs) -> None:
    await runs.application.execute(Count(), by=ANNA, key="k")

    for request, field in ((Count(by=2), "by"), (Count(password=Secret("b")), "password")):
        with pytest.raises(KeyReused) as reused:
            await runs.application.execute(request, by=ANNA, key="k")
        assert [detail.field for detail in reused.value.details] == [field]


async def test_callers_and_commands_do_not_share_keys(runs: Runs) -> None:
    answers = [
        await runs.application.execute(Count(), by=ANNA, key="k"),
        await runs.application.execute(Count(by=2), by=BEN, key="k"),
        await runs.application.execute(Knock(), by=ANNA, key="k"),
    ]

    assert answers == [1, 2, 3]


async def test_strangers_share_a_key_only_for_the_very_same_request(runs: Runs) -> None:
    """Nobody learns by a key what another stranger asked, or was answered."""
    answers = [
        await runs.application.execute(Knock(name), by=ANONYMOUS, key="k") for name in ("anna", "ben", "anna", "ben")
    ]

    assert answers == [1, 2, 1, 2]


@pytest.mark.parametrize("key", ["", "k" * (KEY_LENGTH + 1), "a\nb", "a\x00", "ü", "🎉", "\x7f"])
async def test_a_key_is_short_printable_ascii(runs: Runs, key: str) -> None:
    with pytest.raises(Malformed):
        await runs.application.execute(Count(), by=ANNA, key=key)
    assert runs.runs == 0


async def test_a_key_may_be_as_long_as_the_limit(runs: Runs) -> None:
    assert await runs.application.execute(Count(), by=ANNA, key="~" * KEY_LENGTH) == 1


async def test_a_refusal_by_the_rules_sticks_to_the_key(runs: Runs) -> None:
    runs.refusals = [Conflict("not now")]
    with pytest.raises(Conflict):
        await runs.application.execute(Count(), by=ANNA, key="k")

    with pytest.raises(StoredRefusal) as again:
        await runs.application.execute(Count(), by=ANNA, key="k")
    assert (again.value.code, again.value.message, again.value.replayed) == ("CONFLICT", "not now", True)
    assert await runs.application.execute(Count(), by=ANNA, key="k2") == 3


@pytest.mark.parametrize("refusal", [Invalid("no"), Unauthenticated("who"), Unavailable("later")])
async def test_a_wrong_request_or_an_outage_leaves_the_key_free(runs: Runs, refusal: PlatformError) -> None:
    runs.refusals = [refusal]
    with pytest.raises(type(refusal)):
        await runs.application.execute(Count(by=0), by=ANNA, key="k")

    assert await runs.application.execute(Count(by=1), by=ANNA, key="k") == 2


@pytest.mark.parametrize("refusal", [Conflict("done already"), NotFound("gone now"), Invalid("not later than now")])
async def test_a_request_once_carried_out_answers_though_the_rules_would_refuse_it_now(
    runs: Runs, refusal: PlatformError
) -> None:
    await runs.application.execute(Count(), by=ANNA, key="k")
    runs.refusals = [refusal]

    assert await runs.application.execute(Count(), by=ANNA, key="k") == 1


async def test_without_a_key_each_request_is_its_own(runs: Runs) -> None:
    assert [await runs.application.execute(Count(), by=ANNA) for _ in range(3)] == [1, 2, 3]


async def test_no_digest_of_a_request_can_be_checked_without_the_key_of_the_digests(runs: Runs) -> None:
    other = Runs()
    other.application._fingerprint_key = b"another"

    request = Count(password=Secret("hunter2"))
    assert runs.application._fingerprint(request) != other.application._fingerprint(request)
    assert "hunter2" not in str(runs.application._fingerprint(request))


# ---- reruns


class Contended(MemoryStore):
    """A store in which others are quicker so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def commit(self, changes: Changes) -> Committed:
        if self.times:
            self.times -= 1
            raise Stale("changed")
        return await super().commit(changes)


async def test_a_use_case_runs_again_from_fresh_reads_when_something_changed() -> None:
    runs = Runs(Contended(3))

    assert await runs.application.execute(Count(), by=ANNA) == 4


async def test_it_gives_up_in_the_end_and_says_when_to_come_back() -> None:
    runs = Runs(Contended(10**6))

    with pytest.raises(Unavailable) as refused:
        await runs.application.execute(Count(), by=ANNA, key="k")
    assert (runs.runs, refused.value.retry_after) == (RERUNS, 1)


async def test_a_use_case_that_finds_things_changed_itself_runs_again(runs: Runs) -> None:
    runs.refusals = [Stale("changed"), Stale("changed")]

    assert await runs.application.execute(Count(), by=ANNA, key="k") == 3


# ---- answers and services


@frozen
class Pay(Command[int]):
    """Issues tokens."""

    policy: ClassVar[Policy] = SIGNED_IN


async def test_an_answer_may_wait_for_the_balances_of_its_own_entries(runs: Runs) -> None:
    wallet = a_wallet("usr_anna")

    async def pay(command: Pay, work: Work) -> Callable[[Balances], int]:
        work.open(wallet, BANK)
        entry = an_issue(work.new_id("txn"), wallet, 5)
        work.post("credit", *entry.postings)
        return lambda balances: balances[wallet.id]

    clock = ManualClock()
    application = Application([pay], store=runs.store, clock=clock, ids=SeededIds(1, clock))
    assert [await application.execute(Pay(), by=ANNA) for _ in range(3)] == [5, 10, 15]


def bound(*use_cases: UseCase) -> Application:
    clock = ManualClock()
    return Application(use_cases, store=MemoryStore(), clock=clock, ids=SeededIds(1, clock))


async def rings(command: Count, work: Work, bell: Bell) -> int:
    """Wants a bell."""
    return bell.rung


async def counts(command: Count, work: Work) -> int:
    """Wants nothing."""
    return 1


@frozen
class Unguarded(Command[int]):
    """Says nowhere who may."""


async def unguarded(command: Unguarded, work: Work) -> int:
    """Never runs."""
    return 1


class Shapeless(Command):  # type: ignore[type-arg]  # that is what is wrong with it
    """Does not say what it answers."""

    policy: ClassVar[Policy] = SIGNED_IN


async def shapeless(command: Shapeless, work: Work) -> int:
    """Never runs."""
    return 1


@pytest.mark.parametrize(
    ("use_cases", "why"),
    [
        ((rings,), "asks for"),
        ((counts, counts), "two use cases"),
        ((unguarded,), "who may run it"),
        ((shapeless,), "what it answers"),
    ],
)
def test_what_is_put_together_wrongly_fails_at_the_start(use_cases: tuple[UseCase, ...], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        bound(*use_cases)
