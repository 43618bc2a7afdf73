"""What every store promises about accounts, entries and the books."""

from collections.abc import AsyncIterator

import pytest

from adapters.testing import START
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import AccountFrozen, InsufficientFunds, Invalid, NotFound
from platform_core.kernel.journal import Account, Balances, Posting
from platform_core.kernel.money import LIMIT
from platform_core.ledger.holds import Hold
from platform_core.ledger.verification import verify
from platform_core.platform import Storage
from support.builders import BANK, a_hold, a_user, a_wallet, an_entry, an_issue, opening

ANNA, BEN = a_wallet("usr_anna"), a_wallet("usr_ben")


async def no_holds() -> AsyncIterator[Hold]:
    """Nothing is set aside."""
    nothing: tuple[Hold, ...] = ()
    for hold in nothing:
        yield hold


async def account(store: Storage, id: str) -> Account:
    """An account as it stands."""
    [found] = [account async for account in store.accounts() if account.id == id]
    return found


async def pay(store: Storage, id: str, amount: int, **fields: object) -> Balances:
    """Anna pays Ben; the balances she is told."""
    entry = an_entry(id, (ANNA, -amount), (BEN, amount), **fields)
    seen: list[Balances] = []
    await store.commit(Changes(entries=(entry,), answer=seen.append))
    return seen[-1]


async def test_an_account_never_opened_has_nothing(store: Storage) -> None:
    balances = await store.balances([ANNA.id, "wallet:\x00:TZT"])

    assert (balances[ANNA.id], balances["wallet:\x00:TZT"]) == (0, 0)


async def test_an_account_is_opened_once_and_keeps_what_it_has(store: Storage) -> None:
    await store.commit(opening(ANNA, tokens=100))
    await store.commit(Changes(opened=(ANNA, BANK, BEN)))

    assert (await store.balances([ANNA.id, BEN.id, BANK.id])) == {ANNA.id: 100, BEN.id: 0, BANK.id: -100}


async def test_an_account_keeps_the_floor_it_was_opened_with(store: Storage) -> None:
    await store.commit(opening(a_wallet("usr_debt", floor=-50), a_wallet("usr_free", floor=None), ANNA))
    await store.commit(Changes(opened=(a_wallet("usr_anna", floor=-1000),)))

    assert (await account(store, "wallet:usr_debt:TZT")).floor == -50
    assert (await account(store, "wallet:usr_free:TZT")).floor is None
    assert (await account(store, ANNA.id)).floor == 0


async def test_money_moves_and_the_answer_sees_the_balances_right_after(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))

    assert await pay(store, "txn_1", 30) == {ANNA.id: 70, BEN.id: 130}
    assert await pay(store, "txn_2", 70) == {ANNA.id: 0, BEN.id: 200}


async def test_the_answer_sees_observed_accounts_and_nothing_of_those_that_are_not_there(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))

    committed = await store.commit(Changes(observed=(BEN.id, "wallet:usr_nobody:TZT"), answer=dict))
    assert committed.answer == {BEN.id: 100}


async def test_an_account_stops_at_its_floor(store: Storage) -> None:
    debt = a_wallet("usr_debt", floor=-50)
    await store.commit(opening(ANNA, BEN, debt, tokens=100))
    await pay(store, "txn_1", 100)

    with pytest.raises(InsufficientFunds):
        await pay(store, "txn_2", 1)
    await store.commit(Changes(entries=(an_entry("txn_3", (debt, -150), (BEN, 150)),)))
    with pytest.raises(InsufficientFunds):
        await store.commit(Changes(entries=(an_entry("txn_4", (debt, -1), (BEN, 1)),)))
    assert await store.balances([ANNA.id, BEN.id, debt.id]) == {ANNA.id: 0, BEN.id: 350, debt.id: -50}


async def test_an_account_without_a_floor_has_none(store: Storage) -> None:
    await store.commit(opening(ANNA))
    await store.commit(Changes(entries=tuple(an_issue(f"txn_{i}", ANNA, LIMIT) for i in range(3))))

    assert await store.balances([ANNA.id, BANK.id]) == {ANNA.id: 3 * LIMIT, BANK.id: -3 * LIMIT}


async def test_an_account_nobody_opened_takes_part_in_nothing(store: Storage) -> None:
    await store.commit(opening(ANNA, tokens=100))

    with pytest.raises(NotFound):
        await pay(store, "txn_1", 30)
    with pytest.raises(NotFound):
        await store.commit(Changes(freezes={BEN.id: True}))
    assert await store.balances([ANNA.id, BEN.id]) == {ANNA.id: 100}


@pytest.mark.parametrize("legs", [(-30, 29), (-30,), (30,), (0, 0), (-(LIMIT + 1), LIMIT + 1), (-1.0, 1.0), ()])
async def test_an_entry_that_does_not_balance_is_refused(store: Storage, legs: tuple[int, ...]) -> None:
    """Invariants 1 and 10."""
    await store.commit(opening(ANNA, BEN, tokens=100))

    with pytest.raises(Invalid):
        await store.commit(Changes(entries=(an_entry("txn_1", *zip((ANNA, BEN), legs, strict=False)),)))
    assert await store.balances([ANNA.id, BEN.id]) == {ANNA.id: 100, BEN.id: 100}


async def test_one_refused_entry_undoes_the_whole_unit(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    entries = (an_entry("txn_1", (ANNA, -60), (BEN, 60)), an_entry("txn_2", (ANNA, -60), (BEN, 60)))

    with pytest.raises(InsufficientFunds):
        await store.commit(
            Changes(entries=entries, added=(a_hold(), a_user()), opened=(a_wallet("usr_new"),), freezes={BEN.id: True})
        )
    assert await store.balances([ANNA.id, BEN.id]) == {ANNA.id: 100, BEN.id: 100}
    assert await store.entry("txn_1") is None
    assert await store.get(Hold, "hld_1") is None
    assert not (await account(store, BEN.id)).frozen
    assert [account.id async for account in store.accounts()] == [BANK.id, ANNA.id, BEN.id]


# ---- freezes


async def test_a_frozen_account_takes_part_in_nothing_new(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    for frozen in (ANNA, BEN):
        await store.commit(Changes(freezes={frozen.id: True}))
        with pytest.raises(AccountFrozen):
            await pay(store, "txn_1", 30)
        await store.commit(Changes(freezes={frozen.id: False}))

    assert await pay(store, "txn_2", 30) == {ANNA.id: 70, BEN.id: 130}


async def test_what_was_promised_before_passes_a_freeze_but_no_floor(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    await store.commit(Changes(freezes={ANNA.id: True, BEN.id: True}))

    assert await pay(store, "txn_1", 30, despite_freeze=True) == {ANNA.id: 70, BEN.id: 130}
    with pytest.raises(InsufficientFunds):
        await pay(store, "txn_2", 71, despite_freeze=True)
    assert (await account(store, ANNA.id)).frozen


async def test_an_account_can_be_opened_and_frozen_at_once(store: Storage) -> None:
    await store.commit(Changes(opened=(ANNA, BANK), freezes={ANNA.id: True}))

    with pytest.raises(AccountFrozen):
        await store.commit(Changes(entries=(an_issue("txn_1", ANNA, 1),)))
    assert (await account(store, ANNA.id)).frozen


async def test_a_unit_that_pays_and_freezes_pays_first(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    entry = an_entry("txn_1", (ANNA, -100), (BEN, 100))
    await store.commit(Changes(entries=(entry,), freezes={ANNA.id: True}))

    found = await account(store, ANNA.id)
    assert (found.balance, found.frozen, found.sequence) == (0, True, 2)


# ---- books


async def test_an_entry_is_read_back_as_it_was_written(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    entry = an_entry(
        "txn_1",
        (ANNA, -30),
        (BEN, 30),
        reference="hld_1",
        details={"reason": 'a "quoted" ünïcode 🎉 \\ line\nbreak', "empty": ""},
        reverses="txn_0",
        despite_freeze=True,
    )
    await store.commit(Changes(entries=(entry,)))

    assert await store.entry("txn_1") == entry
    assert await store.entry("txn_none") is None


async def test_an_entry_may_move_several_currencies(store: Storage) -> None:
    cash, sales = Account.of("psp", "fake", "EUR", floor=None), Account.of("token_sales", "sys", "EUR", floor=None)
    entry = an_entry("txn_1", (cash, -999), (sales, 999), (BANK, -100), (ANNA, 100))
    await store.commit(Changes(opened=(cash, sales, BANK, ANNA), entries=(entry,)))

    found = await store.entry("txn_1")
    assert found is not None
    assert sorted(found.postings, key=str) == sorted(entry.postings, key=str)
    assert await store.balances([cash.id, ANNA.id]) == {cash.id: -999, ANNA.id: 100}


async def test_a_statement_lists_the_newest_line_first_and_pages_without_gaps(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    for i in range(1, 8):
        await pay(store, f"txn_{i}", i, reference="str_1", details={"n": str(i)})

    whole = await store.statement(ANNA.id)
    assert [(line.sequence, line.amount, line.balance) for line in whole] == [
        (8, -7, 72),
        (7, -6, 79),
        (6, -5, 85),
        (5, -4, 90),
        (4, -3, 94),
        (3, -2, 97),
        (2, -1, 99),
        (1, 100, 100),
    ]
    first = whole[0]
    assert (first.account, first.entry, first.kind, first.at) == (ANNA.id, "txn_7", "tip", START)
    assert (first.actor, first.reference, dict(first.details)) == ("usr_1", "str_1", {"n": "7"})
    paged = await store.statement(ANNA.id, limit=3)
    while page := await store.statement(ANNA.id, before=paged[-1].sequence, limit=3):
        paged += page
    assert paged == whole


async def test_a_statement_of_nothing_is_empty(store: Storage) -> None:
    assert await store.statement(ANNA.id) == []


async def test_accounts_lines_and_entries_come_in_order(store: Storage) -> None:
    await store.commit(opening(BEN, ANNA, tokens=100))
    for i in (3, 1, 2):
        await pay(store, f"txn_{i}", i)

    assert [account.id async for account in store.accounts()] == [BANK.id, ANNA.id, BEN.id]
    assert [(line.account, line.sequence) async for line in store.lines()] == [
        (account.id, sequence) for account, last in ((BANK, 2), (ANNA, 4), (BEN, 4)) for sequence in range(1, last + 1)
    ]
    ids = [entry.id async for entry in store.entries()]
    assert ids == sorted(ids)
    assert ids[:3] == ["txn_1", "txn_2", "txn_3"]


async def test_the_books_are_read_to_their_end_however_long_they_are(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    entries = [an_entry(f"txn_{i:05}", (ANNA, -1), (BEN, 1)) for i in range(1100)]
    back = [an_entry(f"txn_{i:05}b", (BEN, -1), (ANNA, 1)) for i in range(1100)]
    both = [entry for pair in zip(entries, back, strict=True) for entry in pair]
    await store.commit(Changes(entries=tuple(both)))

    assert len([None async for _ in store.entries()]) == 2202
    assert len([None async for _ in store.lines()]) == 4404
    seen = await verify(store, no_holds())
    assert (seen.fault, seen.accounts, seen.totals) == (None, 3, {"TZT": 0})


async def test_postings_of_one_account_in_one_entry_add_up(store: Storage) -> None:
    await store.commit(opening(ANNA, BEN, tokens=100))
    entry = an_entry("txn_1", (ANNA, -60), (ANNA, -40), (BEN, 100))
    await store.commit(Changes(entries=(entry,)))

    assert await store.balances([ANNA.id, BEN.id]) == {ANNA.id: 0, BEN.id: 200}
    found = await store.entry("txn_1")
    assert found is not None
    assert set(found.postings) == {Posting(ANNA.id, -60), Posting(ANNA.id, -40), Posting(BEN.id, 100)}
    assert (await verify(store, no_holds())).fault is None
