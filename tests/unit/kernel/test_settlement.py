"""Deciding a batch: pure, in arrival order, each unit whole or not at all."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from platform_core.kernel.changes import Changes, Committed, KeyRecord
from platform_core.kernel.errors import NotFound, PlatformError, StoredRefusal
from platform_core.kernel.settlement import Standing, Tally, Verdict, needs, settle
from support.builders import BANK, a_hold, a_key, a_user, a_wallet, an_entry, an_envelope, answering, keyed, opening
from support.steady import STEADY

ANNA, BEN = a_wallet("usr_anna"), a_wallet("usr_ben")


def standing(anna: int = 100, ben: int = 0) -> Standing:
    """Two wallets."""
    return Standing(accounts={ANNA.id: Tally(0, anna, False, 1), BEN.id: Tally(0, ben, False, 1)})


def payment(id: str, amount: int, **fields: Any) -> Changes:
    """Anna pays Ben and is told what is left."""
    entry = an_entry(id, (ANNA, -amount), (BEN, amount))
    return Changes(**{"entries": (entry,), "answer": lambda balances: balances[ANNA.id], **fields})


def spelled(verdicts: list[Verdict]) -> list[object]:
    """The answers, or the codes of the refusals."""
    return [verdict.answer if isinstance(verdict, Committed) else verdict.code for verdict in verdicts]


def test_a_store_must_look_up_what_units_touch_read_or_claim() -> None:
    units = [
        Changes(
            key=a_key(),
            entries=(an_entry("txn_1", (ANNA, -1), (BEN, 1)),),
            opened=(BANK,),
            freezes={"escrow:usr_1:TZT": True},
            observed=(ANNA.id, "escrow:usr_anna:TZT"),
            added=(a_user("usr_1"),),
            saved=(a_hold("hld_1", version=1),),
            removed=(a_hold("hld_2", version=1),),
            guarded=(a_user("usr_2", version=1),),
        )
    ]

    want = needs(units)
    assert want.accounts == {ANNA.id, BEN.id, "escrow:usr_1:TZT"}
    assert want.observed == {BANK.id, "escrow:usr_anna:TZT"}
    assert want.aggregates == {("user", "usr_1"), ("hold", "hld_1"), ("hold", "hld_2"), ("user", "usr_2")}
    assert want.uniques == {("user", "email_key", "user1@example.org"), ("user", "username", "user1")}
    assert want.keys == {("usr_1 SendTip", "k1")}


def test_units_are_decided_in_the_order_they_came() -> None:
    verdicts, writes = settle([payment("txn_1", 60), payment("txn_2", 60), payment("txn_3", 40)], standing())

    assert spelled(verdicts) == [40, "INSUFFICIENT_FUNDS", 0]
    assert [(line.entry, line.sequence, line.balance) for line in writes.lines if line.account == ANNA.id] == [
        ("txn_1", 2, 40),
        ("txn_3", 3, 0),
    ]


def test_money_got_in_a_batch_can_be_spent_in_it() -> None:
    back = Changes(entries=(an_entry("txn_2", (BEN, -100), (ANNA, 100)),), answer=dict)
    verdicts, _ = settle([payment("txn_1", 100), back], standing())

    assert spelled(verdicts) == [0, {ANNA.id: 100, BEN.id: 0}]


def test_a_refused_unit_leaves_what_stands_as_if_it_had_never_come() -> None:
    stands = standing()
    both = (an_entry("txn_1", (ANNA, -60), (BEN, 60)), an_entry("txn_2", (ANNA, -60), (BEN, 60)))
    verdicts, writes = settle([Changes(entries=both, added=(a_user(),), freezes={ANNA.id: True})], stands)

    assert spelled(verdicts) == ["INSUFFICIENT_FUNDS"]
    assert writes.is_empty
    assert stands == standing()


def test_an_account_opened_by_one_unit_is_there_for_the_next_and_written_once() -> None:
    new = a_wallet("usr_new")
    units = [Changes(opened=(new,), entries=(an_entry(f"txn_{i}", (ANNA, -1), (new, 1)),)) for i in range(3)]
    verdicts, writes = settle(units, standing())

    assert spelled(verdicts) == [None, None, None]
    assert list(writes.opened) == [new.id]
    assert (writes.touched[new.id].balance, writes.touched[new.id].sequence) == (3, 3)


def test_an_account_opened_by_a_refused_unit_is_not_there() -> None:
    new = a_wallet("usr_new")
    refused = Changes(opened=(new,), entries=(an_entry("txn_1", (new, -1), (ANNA, 1)),))
    after = Changes(entries=(an_entry("txn_2", (ANNA, -1), (new, 1)),))
    verdicts, writes = settle([refused, after], standing())

    assert spelled(verdicts) == ["INSUFFICIENT_FUNDS", "NOT_FOUND"]
    assert writes.is_empty


def test_a_freeze_counts_from_the_next_unit_on() -> None:
    verdicts, writes = settle(
        [payment("txn_1", 10, freezes={BEN.id: True}), payment("txn_2", 10)],
        standing(),
    )

    assert spelled(verdicts) == [90, "ACCOUNT_FROZEN"]
    assert writes.touched[BEN.id].frozen


def test_a_version_moves_on_within_the_batch() -> None:
    stands = Standing(versions={("user", "usr_1"): 3})
    first, second = a_user(version=3), a_user(version=4)
    verdicts, writes = settle([Changes(saved=(first,)), Changes(saved=(first,)), Changes(saved=(second,))], stands)

    assert spelled(verdicts) == [None, "STALE", None]
    assert [row.version for row in writes.saved] == [4, 5]


def test_values_given_up_in_a_batch_are_free_for_the_next() -> None:
    stands = Standing(
        versions={("user", "usr_1"): 1, ("user", "usr_2"): 1},
        taken={("user", "username", "user1"): "usr_1", ("user", "username", "user2"): "usr_2"},
    )
    units = [
        Changes(added=(a_user("usr_3", username="user1"),)),
        Changes(saved=(a_user("usr_1", username="renamed", version=1),)),
        Changes(added=(a_user("usr_4", username="user1"),)),
        Changes(removed=(a_user("usr_2", version=1),)),
        Changes(added=(a_user("usr_5", username="user2"),)),
        Changes(added=(a_user("usr_6", username="renamed"),)),
    ]

    assert spelled(settle(units, stands)[0]) == ["CONFLICT", None, None, None, None, "CONFLICT"]


def test_a_key_used_in_the_batch_answers_the_rest_of_it() -> None:
    verdicts, writes = settle([keyed(a_key(), 1), keyed(a_key(), 2), keyed(a_key(amount="b"), 3)], Standing())

    assert spelled(verdicts) == [1, 1, "IDEMPOTENCY_KEY_REUSED"]
    assert [isinstance(verdict, Committed) and verdict.replayed for verdict in verdicts] == [False, True, False]
    assert [record.answer for record in writes.keys] == [1]


def test_a_key_used_before_gives_the_store_its_record_to_read() -> None:
    record = KeyRecord(a_key(), encoded=b"1")
    [verdict], writes = settle([keyed(a_key(), 2)], Standing(keys={a_key().id: record}))

    assert verdict == Committed(record, replayed=True)
    assert writes.is_empty


def test_a_refusal_that_sticks_is_all_that_its_unit_writes() -> None:
    refused = payment("txn_1", 1000, key=a_key(), events=(an_envelope("usr_1"),))
    verdicts, writes = settle([refused, refused], standing())

    assert spelled(verdicts) == ["INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS"]
    assert isinstance(verdicts[1], StoredRefusal)
    assert [record.key for record in writes.keys] == [a_key()]
    assert (writes.entries, writes.lines, writes.events, writes.touched) == ([], [], [], {})


def test_an_answer_may_refuse_once_it_knows_the_balances() -> None:
    def refuse(_: object) -> object:
        raise NotFound("no")

    verdicts, writes = settle([payment("txn_1", 10, answer=refuse)], standing())

    assert spelled(verdicts) == ["NOT_FOUND"]
    assert writes.is_empty


AMOUNTS = st.integers(1, 80)


@settings(STEADY, max_examples=200)
@given(st.lists(st.tuples(st.booleans(), AMOUNTS, st.sampled_from([None, "a", "b"])), max_size=20))
def test_a_batch_is_decided_as_its_units_would_be_one_by_one(acts: list[tuple[bool, int, str | None]]) -> None:
    def unit(i: int) -> Changes:
        forth, amount, key = acts[i]
        giver, taker = (ANNA, BEN) if forth else (BEN, ANNA)
        return Changes(
            entries=(an_entry(f"txn_{i}", (giver, -amount), (taker, amount)),),
            key=None if key is None else a_key(key, amount=str(amount)),
            answer=dict,
        )

    together, apart = standing(), standing()
    verdicts, _ = settle([unit(i) for i in range(len(acts))], together)
    single = [settle([unit(i)], apart)[0][0] for i in range(len(acts))]

    assert spelled(verdicts) == spelled(single)
    assert {id: tally.balance for id, tally in together.accounts.items()} == {
        id: tally.balance for id, tally in apart.accounts.items()
    }
    assert sum(tally.balance for tally in together.accounts.values()) == 100
    assert all(tally.balance >= 0 for tally in together.accounts.values())


def test_opening_what_is_there_changes_nothing() -> None:
    stands = standing()
    verdicts, writes = settle([Changes(opened=(ANNA, BEN), answer=answering(1))], stands)

    assert spelled(verdicts) == [1]
    assert not writes.opened
    assert not writes.touched


def test_every_verdict_is_a_value() -> None:
    verdicts, _ = settle([opening(ANNA, tokens=5), payment("txn_1", 6)], Standing())

    assert isinstance(verdicts[0], Committed)
    assert isinstance(verdicts[1], PlatformError)
