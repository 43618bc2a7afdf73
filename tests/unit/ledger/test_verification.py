"""Verification finds every way in which books can be wrong, and nothing wrong in clean ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import attrs
import pytest

from adapters.memory.store import MemoryStore
from platform_core.kernel.journal import JournalEntry, PostedLine
from platform_core.kernel.settlement import Tally
from platform_core.ledger.holds import Hold
from platform_core.ledger.reversals import ReverseEntry
from platform_core.ledger.verification import Verification, verify
from support.builders import a_hold
from support.world import OPERATOR, World, memory_world


async def busy() -> World:
    """A world in which something of everything has happened."""
    world = memory_world()
    anna, ben = await world.person("anna", 100), await world.person("benn", 50)
    await world.hold(anna, 30)
    tip = await world.tip(anna, ben, 20)
    await world.execute(ReverseEntry(tip.transaction, 5), by=OPERATOR)
    return world


def memory_of(world: World) -> MemoryStore:
    """Where the books can be tampered with."""
    assert isinstance(world.store, MemoryStore)
    return world.store


def wallet(store: MemoryStore, number: int = 0) -> str:
    """A wallet's id."""
    return [id for id in store._accounts if id.startswith("wallet:")][number]


def change(store: MemoryStore, account: str, line: int, **fields: Any) -> None:
    lines = store._lines[account]
    lines[line] = attrs.evolve(lines[line], **fields)


def a_balance_that_was_raised(store: MemoryStore) -> None:
    store._accounts[wallet(store)].balance += 1


def a_balance_raised_with_its_last_line(store: MemoryStore) -> None:
    id = wallet(store)
    store._accounts[id].balance += 1
    last = store._lines[id][-1]
    change(store, id, -1, amount=last.amount + 1, balance=last.balance + 1)


def a_line_that_is_gone(store: MemoryStore) -> None:
    del store._lines[wallet(store)][1]


def a_last_line_that_is_gone(store: MemoryStore) -> None:
    del store._lines[wallet(store)][-1]


def a_line_with_another_amount(store: MemoryStore) -> None:
    change(store, wallet(store), 1, amount=-29)


def a_line_with_another_balance(store: MemoryStore) -> None:
    change(store, wallet(store), 1, balance=71)


def a_line_of_another_entry(store: MemoryStore) -> None:
    first, second = [entry for entry in store._entries.values() if entry.kind == "credit"]
    ours = store._lines["issuance:sys:TZT"]
    ours[0], ours[1] = (
        attrs.evolve(ours[0], entry=second.id),
        attrs.evolve(ours[1], entry=first.id),
    )


def two_entries_whose_lines_were_swapped(store: MemoryStore) -> None:
    first, second = [entry for entry in store._entries.values() if entry.kind == "credit"]
    store._entries[first.id] = attrs.evolve(first, postings=second.postings)
    store._entries[second.id] = attrs.evolve(second, postings=first.postings)


def an_entry_of_no_lines(store: MemoryStore) -> None:
    entry = next(iter(store._entries.values()))
    store._entries["txn_zzz"] = attrs.evolve(entry, id="txn_zzz")


def an_account_that_is_gone(store: MemoryStore) -> None:
    del store._accounts[wallet(store)]


def an_account_with_a_balance_from_nowhere(store: MemoryStore) -> None:
    store._accounts["wallet:usr_ghost:TZT"] = Tally(0, 5, False, 0)


def an_account_that_counts_other_lines(store: MemoryStore) -> None:
    store._accounts[wallet(store)].sequence += 1


def an_account_below_its_floor(store: MemoryStore) -> None:
    store._accounts[wallet(store)].floor = 10**6


def a_hold_nobody_knows_of(store: MemoryStore) -> None:
    row = store._rows["hold"]
    row.clear()


def a_hold_of_another_amount(store: MemoryStore) -> None:
    [row] = store._rows["hold"].values()
    row["amount"] = 29


def a_hold_without_escrow(store: MemoryStore) -> None:
    hold = a_hold("hld_x", payer="usr_nobody", version=1)
    store._rows["hold"][hold.id] = store._codec.row(hold, 1)


def an_entry_in_another_currency(store: MemoryStore) -> None:
    id = wallet(store)
    line = store._lines[id].pop()
    other = id.replace("TZT", "EUR")
    store._lines[other] = [PostedLine(other, 1, line.amount, line.amount, line.entry)]


FAULTS: dict[Callable[[MemoryStore], None], str] = {
    a_balance_that_was_raised: "the balance is not the sum of its lines",
    a_balance_raised_with_its_last_line: "an entry does not sum to zero",
    a_line_that_is_gone: "a line is missing",
    a_last_line_that_is_gone: "an entry does not sum to zero",
    a_line_with_another_amount: "a line does not follow from the one before",
    a_line_with_another_balance: "a line does not follow from the one before",
    a_line_of_another_entry: "an entry does not sum to zero",
    two_entries_whose_lines_were_swapped: "the lines are not those of the entry",
    an_entry_of_no_lines: "an entry has no lines",
    an_account_that_is_gone: "lines of an account that does not exist",
    an_account_with_a_balance_from_nowhere: "the balance is not the sum of its lines",
    an_account_that_counts_other_lines: "the account counts other lines",
    an_account_below_its_floor: "the balance is below its floor",
    a_hold_nobody_knows_of: "escrow is not the sum of the active holds",
    a_hold_of_another_amount: "escrow is not the sum of the active holds",
    a_hold_without_escrow: "escrow is not the sum of the active holds",
    an_entry_in_another_currency: "an entry does not sum to zero",
}


async def seen(world: World) -> Verification:
    return await verify(world.store, world.active_holds())


async def test_clean_books_have_no_fault_and_their_parts_are_counted() -> None:
    found = await seen(await busy())

    assert found.fault is None
    assert (found.accounts, found.entries, found.lines, found.totals) == (5, 5, 10, {"TZT": 0})


async def test_empty_books_are_clean() -> None:
    assert await seen(memory_world()) == Verification()


@pytest.mark.parametrize(("plant", "rule"), FAULTS.items(), ids=lambda one: getattr(one, "__name__", ""))
async def test_a_fault_is_found_and_named(plant: Callable[[MemoryStore], None], rule: str) -> None:
    world = await busy()
    plant(memory_of(world))

    fault = (await seen(world)).fault
    assert fault is not None
    assert fault.rule == rule
    assert str(fault).startswith(f"{fault.subject}: {rule}: expected ")


class Forgetful(MemoryStore):
    """Books from which the tips are gone, but not their lines."""

    async def entries(self) -> AsyncIterator[JournalEntry]:
        async for entry in super().entries():
            if entry.kind != "tip":
                yield entry


async def test_lines_whose_entry_is_gone_are_found() -> None:
    world = World(Forgetful())
    anna, ben = await world.person("anna", 100), await world.person("benn")
    tip = await world.tip(anna, ben, 20)

    fault = (await seen(world)).fault
    assert fault is not None
    assert (fault.rule, fault.subject) == ("lines without a journal entry", tip.transaction)


async def test_a_hold_that_ended_counts_no_longer() -> None:
    world = await busy()
    [hold] = [hold async for hold in world.active_holds()]
    assert isinstance(hold, Hold)
    store = memory_of(world)
    store._rows["hold"][hold.id]["state"] = "released"

    fault = (await seen(world)).fault
    assert fault is not None
    assert (fault.subject, fault.found) == (hold.payer, "30 apart")
