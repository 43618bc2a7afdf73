"""Any business with wallets, in any order, on every store, against books kept in plain dicts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.store import MemoryStore
from platform_core.identity.staff import BanUser, UnbanUser
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.journal import Account
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.reversals import ReverseEntry
from platform_core.platform import Storage
from platform_core.wallet.balance import (
    CaptureHold,
    DueHolds,
    ExpireHold,
    ExtendHold,
    PlaceHold,
    ReleaseHold,
    Statement,
)
from support.steady import STEADY
from support.wallets import Asked, Booked, Held, Oracle, Purse, half_up
from support.world import OPERATOR, World

T = TypeVar("T")
TIP_FEE, CAPTURE_FEE = 1000, 500
#: The slower the store, the fewer.
EXAMPLES = {"MemoryStores": 150, "SqliteStores": 50, "PostgresStores": 25}
AMOUNTS = st.sampled_from([0, 1, 2, 5, 7, 10, 33, 60])


class WalletMachine(RuleBasedStateMachine):
    """Every verb a wallet has, with what must come of it."""

    store: Storage

    def __init__(self, store: Storage) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = store
        self.run(store.open())
        self.world = World(store, fees=FeePolicy({"tip": TIP_FEE, "capture": CAPTURE_FEE}))
        self.oracle = Oracle()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work on the machine's own loop."""
        return self.runner.run(work)

    def outcome(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result, or the code of the refusal."""
        try:
            return self.run(work)
        except PlatformError as refusal:
            return refusal.code

    def teardown(self) -> None:
        self.run(self.replayed_entries_give_the_same_balances())
        self.run(self.store.close())
        self.runner.close()

    # ---- choosing

    def purse(self, number: int) -> Purse:
        """One of the people."""
        return list(self.oracle.purses.values())[number % len(self.oracle.purses)]

    def chosen_hold(self, number: int) -> Held:
        """One of the holds."""
        return list(self.oracle.holds.values())[number % len(self.oracle.holds)]

    # ---- people and money

    @initialize()
    def two_people(self) -> None:
        for name in ("anna", "benn"):
            self.register(name)
        self.credit(0, 60)

    def register(self, name: str) -> None:
        person = self.run(self.world.person(name))
        self.oracle.purses[person.id] = Purse(person)

    @precondition(lambda self: len(self.oracle.purses) < 4)
    @rule()
    def another_person(self) -> None:
        self.register(f"person{len(self.oracle.purses)}")

    @rule(whom=st.integers(0, 3), amount=AMOUNTS)
    def credit(self, whom: int, amount: int) -> None:
        purse = self.purse(whom)
        got = self.outcome(self.world.credit(purse.person.id, amount))
        if not amount:
            assert got == "VALIDATION_ERROR"
        elif purse.banned:
            assert got == "ACCOUNT_FROZEN"
        else:
            purse.available += amount
            self.oracle.issued += amount
            assert (got.balance, got.held) == (purse.available + purse.held, purse.held)
            [line] = self.run(self.world.execute(Statement(purse.person.id, limit=1), by=OPERATOR))
            self.oracle.entries[line.entry] = Booked(line.entry, None, purse.person.id, amount, amount)

    @rule(giver=st.integers(0, 3), taker=st.integers(0, 3), amount=AMOUNTS, key=st.sampled_from([None, None, "a", "b"]))
    def tip(self, giver: int, taker: int, amount: int, key: str | None) -> None:
        payer, payee = self.purse(giver), self.purse(taker)
        body = (payee.person.id, amount)
        asked = None if key is None else self.oracle.asked.get((payer.person.id, key))
        expected = self.refusal_of_tip(payer, payee, amount)
        got = self.outcome(self.world.tip(payer.person, payee.person, amount, key=key))
        if asked is not None:
            assert got == (asked.outcome if asked.body == body else "IDEMPOTENCY_KEY_REUSED")
            return
        if expected is None:
            fee = half_up(Fraction(amount * TIP_FEE, 10_000))
            payer.available -= amount
            payee.available += amount - fee
            self.oracle.revenue += fee
            self.oracle.entries[got.transaction] = Booked(
                got.transaction, payer.person.id, payee.person.id, amount, amount - fee
            )
            assert got.balance == payer.available + payer.held
        else:
            assert got == expected
        if key is not None and expected != "VALIDATION_ERROR":
            self.oracle.asked[payer.person.id, key] = Asked(body, got)

    def refusal_of_tip(self, payer: Purse, payee: Purse, amount: int) -> str | None:
        if not amount or payer is payee:
            return "VALIDATION_ERROR"
        if payee.banned:
            return "NOT_FOUND"
        if payer.banned:
            return "ACCOUNT_FROZEN"
        return None if amount <= payer.available else "INSUFFICIENT_FUNDS"

    @rule(data=st.data())
    @precondition(lambda self: self.oracle.asked)
    def ask_again(self, data: st.DataObject) -> None:
        (payer, key), asked = data.draw(st.sampled_from(list(self.oracle.asked.items())))
        payee, amount = asked.body
        other = data.draw(st.integers(0, 1))
        people = self.oracle.purses
        got = self.outcome(self.world.tip(people[payer].person, people[payee].person, amount + other, key=key))
        assert got == ("IDEMPOTENCY_KEY_REUSED" if other else asked.outcome)

    @precondition(lambda self: self.oracle.entries)
    @rule(which=st.integers(0, 50), amount=st.one_of(st.none(), AMOUNTS))
    def reverse(self, which: int, amount: int | None) -> None:
        entry = list(self.oracle.entries.values())[which % len(self.oracle.entries)]
        taker = self.oracle.purses[entry.taker]
        total = entry.gross if amount is None else entry.undone + amount
        before, after = (half_up(Fraction(done * entry.net, entry.gross)) for done in (entry.undone, total))
        got = self.outcome(self.world.execute(ReverseEntry(entry.id, amount), by=OPERATOR))
        if amount == 0:
            assert got == "VALIDATION_ERROR"
        elif total > entry.gross or entry.undone == entry.gross:
            assert got == "CONFLICT"
        elif after - before > taker.available:
            assert got == "INSUFFICIENT_FUNDS"
        else:
            assert got.startswith("txn_")
            taker.available -= after - before
            given_back = total - entry.undone
            self.oracle.revenue -= given_back - (after - before)
            if entry.giver is None:
                self.oracle.issued -= given_back
            else:
                self.oracle.purses[entry.giver].available += given_back
            entry.undone = total

    # ---- holds

    @rule(whom=st.integers(0, 3), amount=AMOUNTS, seconds=st.sampled_from([1, 60, 3600]))
    def place(self, whom: int, amount: int, seconds: int) -> None:
        purse = self.purse(whom)
        got = self.outcome(self.world.execute(PlaceHold(purse.person.id, amount, "bkg_1", seconds), by=OPERATOR))
        if not amount:
            assert got == "VALIDATION_ERROR"
        elif amount > purse.available:
            assert got == "INSUFFICIENT_FUNDS"
        elif purse.banned:
            assert got == "ACCOUNT_FROZEN"
        else:
            purse.available -= amount
            purse.held += amount
            deadline = self.world.clock.now() + timedelta(seconds=seconds)
            self.oracle.holds[got] = Held(got, purse.person.id, amount, deadline)

    def ended(self, hold: Held) -> str | None:
        """Why nothing but an expiry can be done with it, if so."""
        if hold.state != "ACTIVE":
            return f"ALREADY_{hold.state}"
        return "HOLD_EXPIRED" if self.world.clock.now() >= hold.deadline else None

    def resolve(self, hold: Held, state: str, taken: int = 0) -> None:
        payer = self.oracle.purses[hold.payer]
        payer.held -= hold.amount
        payer.available += hold.amount - taken
        hold.state = state

    @precondition(lambda self: self.oracle.holds)
    @rule(which=st.integers(0, 50), whom=st.integers(0, 3), amount=st.one_of(st.none(), AMOUNTS))
    def capture(self, which: int, whom: int, amount: int | None) -> None:
        hold, payee = self.chosen_hold(which), self.purse(whom)
        taken = hold.amount if amount is None else amount
        got = self.outcome(self.world.execute(CaptureHold(hold.id, payee.person.id, amount), by=OPERATOR))
        if taken > hold.amount or payee.person.id == hold.payer:
            assert got == "VALIDATION_ERROR"
        elif (why := self.ended(hold)) is not None:
            assert got == why
        else:
            fee = half_up(Fraction(taken * CAPTURE_FEE, 10_000))
            assert got == taken - fee
            self.resolve(hold, "CAPTURED", taken)
            payee.available += taken - fee
            self.oracle.revenue += fee

    @precondition(lambda self: self.oracle.holds)
    @rule(which=st.integers(0, 50))
    def release(self, which: int) -> None:
        hold = self.chosen_hold(which)
        expected = self.ended(hold)
        assert self.outcome(self.world.execute(ReleaseHold(hold.id), by=OPERATOR)) == expected
        if expected is None:
            self.resolve(hold, "RELEASED")

    @precondition(lambda self: self.oracle.holds)
    @rule(which=st.integers(0, 50))
    def expire(self, which: int) -> None:
        hold = self.chosen_hold(which)
        got = self.outcome(self.world.execute(ExpireHold(hold.id), by=OPERATOR))
        if (why := self.ended(hold)) == "HOLD_EXPIRED":
            assert got is None
            self.resolve(hold, "EXPIRED")
        else:
            assert got == (why or "CONFLICT")

    @precondition(lambda self: self.oracle.holds)
    @rule(which=st.integers(0, 50), seconds=st.sampled_from([-60, 0, 60]))
    def extend(self, which: int, seconds: int) -> None:
        hold = self.chosen_hold(which)
        deadline = hold.deadline + timedelta(seconds=seconds)
        got = self.outcome(self.world.execute(ExtendHold(hold.id, deadline), by=OPERATOR))
        if (why := self.ended(hold)) is not None:
            assert got == why
        elif seconds <= 0:
            assert got == "VALIDATION_ERROR"
        else:
            assert got is None
            hold.deadline = deadline

    @rule()
    def sweep(self) -> None:
        """Invariant 15: after a sweep no active hold is past its deadline."""
        due = self.run(self.world.execute(DueHolds(), by=OPERATOR))
        late = [hold for hold in self.oracle.holds.values() if self.ended(hold) == "HOLD_EXPIRED"]
        assert sorted(due) == sorted(hold.id for hold in late)
        for hold in late:
            assert self.outcome(self.world.execute(ExpireHold(hold.id), by=OPERATOR)) is None
            self.resolve(hold, "EXPIRED")

    # ---- bans and time

    @rule(whom=st.integers(0, 3))
    def ban(self, whom: int) -> None:
        purse = self.purse(whom)
        got = self.outcome(self.world.execute(BanUser(purse.person.id), by=OPERATOR))
        assert (got == "CONFLICT") == purse.banned
        purse.banned = True

    @rule(whom=st.integers(0, 3))
    def unban(self, whom: int) -> None:
        purse = self.purse(whom)
        got = self.outcome(self.world.execute(UnbanUser(purse.person.id), by=OPERATOR))
        assert (got == "CONFLICT") == (not purse.banned)
        purse.banned = False

    @rule(seconds=st.sampled_from([1, 59, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)

    # ---- what always holds

    @invariant()
    def the_books_agree(self) -> None:
        """Invariants 1-4, 6, 7, 11-14: `verify` recomputes, the oracle knows."""
        self.run(self.agreed())

    async def agreed(self) -> None:
        await self.world.verified()
        accounts = {account.id: account async for account in self.store.accounts()}

        def balance(purpose: str, owner: str) -> int:
            found: Account | None = accounts.get(f"{purpose}:{owner}:TZT")
            return found.balance if found else 0

        for id, purse in self.oracle.purses.items():
            assert (balance("wallet", id), balance("escrow", id)) == (purse.available, purse.held)
            assert {account.frozen for account in accounts.values() if account.owner == id} <= {purse.banned}
        assert balance("revenue", "sys") == self.oracle.revenue
        assert -balance("issuance", "sys") == self.oracle.issued
        circulation = sum(account.balance for account in accounts.values() if account.purpose != "issuance")
        assert circulation == self.oracle.issued

    async def replayed_entries_give_the_same_balances(self) -> None:
        """Invariant 9."""
        empty = MemoryStore()
        accounts = [account async for account in self.store.accounts()]
        await empty.commit(Changes(opened=tuple(Account(account.id, account.floor) for account in accounts)))
        entries = [entry async for entry in self.store.entries()]
        for entry in sorted(entries, key=lambda entry: entry.id.rpartition("_")[2]):
            await empty.commit(Changes(entries=(entry,)))
        ids = [account.id for account in accounts]
        assert await empty.balances(ids) == {account.id: account.balance for account in accounts}


def test_any_business_leaves_the_books_right(stores: Any) -> None:
    class Machine(WalletMachine):
        def __init__(self) -> None:
            super().__init__(stores.new())

    run_state_machine_as_test(
        Machine,
        settings=settings(STEADY, max_examples=EXAMPLES[type(stores).__name__], stateful_step_count=30),
    )
