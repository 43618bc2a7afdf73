"""What every store promises about idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import pytest
from attrs import frozen

from adapters.testing import START
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    InsufficientFunds,
    Invalid,
    KeyReused,
    Kind,
    NotFound,
    PlatformError,
    RateLimited,
    Stale,
    StoredRefusal,
    Taken,
    Unauthenticated,
    Unavailable,
)
from platform_core.kernel.money import Money
from platform_core.kernel.secret import Secret
from platform_core.platform import Storage
from support.builders import a_key, a_user, a_wallet, an_entry, an_issue, answering, keyed, opening

ANNA, BEN = a_wallet("usr_anna"), a_wallet("usr_ben")


class Colour(Enum):
    """A closed choice."""

    RED = "red"


@frozen
class Part:
    """Something inside an answer."""

    at: datetime
    colour: Colour
    price: Money


@frozen
class Whole:
    """An answer with everything in it."""

    token: Secret
    part: Part
    parts: list[Part]
    names: Mapping[str, str]
    pair: tuple[int, str]
    nothing: str | None
    number: int


PART = Part(START.replace(microsecond=123456), Colour.RED, Money(999, "EUR"))
WHOLE = Whole(Secret("s3cret ü🎉"), PART, [PART, PART], {"a": "ü"}, (10**15, "x"), None, -1)


@pytest.mark.parametrize(
    ("answers", "answer"),
    [
        (int, 10**15),
        (str, "text 🎉"),
        (type(None), None),
        (bool, True),
        (list[str], ["a", "b"]),
        (list[Part], [PART]),
        (Part | None, None),
        (Part | None, PART),
        (Secret, Secret("sess_1")),
        (Whole, WHOLE),
    ],
)
async def test_the_same_request_again_gets_an_equal_answer(store: Storage, answers: object, answer: object) -> None:
    first = await store.commit(keyed(a_key(answers=answers), answer))
    again = await store.commit(keyed(a_key(answers=answers), "another answer"))

    assert (first.answer, first.replayed) == (answer, False)
    assert (again.answer, again.replayed) == (answer, True)
    assert type(again.answer) is type(answer)


async def test_a_secret_in_an_answer_comes_back_whole(store: Storage) -> None:
    await store.commit(keyed(a_key(answers=Whole), WHOLE))

    again = (await store.commit(keyed(a_key(answers=Whole), None))).answer
    assert isinstance(again, Whole)
    assert again.token.reveal() == "s3cret ü🎉"


async def test_a_replay_changes_nothing(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    for id in ("txn_1", "txn_2"):
        entry = an_entry(id, (ANNA, -30), (BEN, 30))
        changes = Changes(
            key=a_key(), entries=(entry,), added=(a_user(f"usr_{id}"),), answer=lambda balances: balances[ANNA.id]
        )
        assert (await store.commit(changes)).answer == 70

    assert await store.balances([ANNA.id]) == {ANNA.id: 70}
    assert await store.entry("txn_2") is None


async def test_another_request_under_the_key_is_refused_naming_what_differs(store: Storage) -> None:
    await store.commit(keyed(a_key(amount="a", payee="b"), 1))

    for fingerprint, field in (({"amount": "x", "payee": "b"}, "amount"), ({"amount": "a", "payee": "x"}, "payee")):
        with pytest.raises(KeyReused) as reused:
            await store.commit(keyed(a_key(**fingerprint), 2))
        assert [detail.field for detail in reused.value.details] == [field]
    assert (await store.commit(keyed(a_key(amount="a", payee="b"), 3))).answer == 1


async def test_keys_of_different_callers_acts_and_names_are_different(store: Storage) -> None:
    await store.commit(keyed(a_key("k1", scope="usr_1 SendTip"), 1))

    assert (await store.commit(keyed(a_key("k1", scope="usr_2 SendTip"), 2))).answer == 2
    assert (await store.commit(keyed(a_key("k1", scope="usr_1 Logout"), 3))).answer == 3
    assert (await store.commit(keyed(a_key("K1", scope="usr_1 SendTip"), 4))).answer == 4
    assert (await store.commit(keyed(a_key(" k1", scope="usr_1 SendTip"), 5))).answer == 5


@pytest.mark.parametrize(
    "refusal",
    [
        Forbidden("no"),
        NotFound("nobody ü🎉"),
        Conflict("not now"),
        Taken.field("username"),
        InsufficientFunds("too little"),
    ],
)
async def test_a_refusal_by_the_rules_is_given_again(store: Storage, refusal: PlatformError) -> None:
    with pytest.raises(type(refusal)):
        await store.commit(Changes(key=a_key(), refusal=refusal))

    for _ in range(2):
        with pytest.raises(StoredRefusal) as again:
            await store.commit(keyed(a_key(), 1))
        assert again.value.replayed
        assert (again.value.kind, again.value.code, again.value.message) == (
            refusal.kind,
            refusal.code,
            refusal.message,
        )
        assert again.value.details == refusal.details


async def test_a_refusal_stays_though_funds_have_come_since(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN))
    poor = Changes(key=a_key(), entries=(an_entry("txn_1", (ANNA, -30), (BEN, 30)),))
    with pytest.raises(InsufficientFunds):
        await store.commit(poor)
    await store.commit(Changes(entries=(an_issue("txn_2", ANNA, 100),)))

    with pytest.raises(StoredRefusal) as again:
        await store.commit(poor)
    assert again.value.kind is Kind.INSUFFICIENT_FUNDS
    assert await store.balances([ANNA.id]) == {ANNA.id: 100}
    with pytest.raises(KeyReused):
        await store.commit(keyed(a_key(amount="other"), 1))


@pytest.mark.parametrize(
    "refusal",
    [
        Invalid("amount: no", details=[FieldError("amount", "no")]),
        Unauthenticated("who"),
        RateLimited("wait", retry_after=3),
        Unavailable("later"),
        Stale("changed"),
    ],
)
async def test_a_refusal_of_the_request_itself_or_an_outage_leaves_the_key_unused(
    store: Storage, refusal: PlatformError
) -> None:
    with pytest.raises(type(refusal)):
        await store.commit(Changes(key=a_key(amount="wrong"), refusal=refusal))

    assert (await store.commit(keyed(a_key(amount="right"), 1))).answer == 1


async def test_a_stale_unit_leaves_its_key_unused(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    with pytest.raises(Stale):
        await store.commit(Changes(key=a_key(), saved=(a_user(),), answer=answering(1)))

    assert (await store.commit(keyed(a_key(), 2))).answer == 2


async def test_a_used_key_answers_before_anything_else_is_looked_at(store: Storage) -> None:
    user = a_user()
    await store.commit(Changes(key=a_key(answers=str), added=(user,), answer=answering("made")))
    nobody = a_wallet("usr_nobody")
    for again in (
        Changes(key=a_key(answers=str), added=(a_user("usr_2", username="user1"),)),
        Changes(key=a_key(answers=str), saved=(a_user(version=9),)),
        Changes(key=a_key(answers=str), entries=(an_entry("txn_1", (nobody, -1), (ANNA, 1)),)),
        Changes(key=a_key(answers=str), refusal=Taken.field("username")),
    ):
        assert (await store.commit(again)).answer == "made"


async def test_the_longest_key_fits(store: Storage) -> None:
    await store.commit(keyed(a_key("k" * 255), 1))

    assert (await store.commit(keyed(a_key("k" * 255), 2))).replayed
