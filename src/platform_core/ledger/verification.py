"""Recomputing the books from their entries, and naming the first thing wrong (invariants 1-4, 6, 7, 11, 12)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from attrs import define, field, frozen

from platform_core.kernel.journal import Account, currency_of
from platform_core.kernel.ports import Books
from platform_core.ledger.holds import Hold


@frozen
class Fault:
    """Something wrong in the books.

    Args:
        rule: Which rule is broken, in a few words.
        subject: The account, entry or hold it is about.
        expected: What the entries say.
        found: What is stored.
    """

    rule: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.rule}: expected {self.expected}, found {self.found}"


@define
class Verification:
    """What a verification saw.

    Args:
        accounts: How many accounts.
        entries: How many journal entries.
        lines: How many posted lines.
        fault: The first thing wrong, or None.
        totals: Sum of all balances per currency; all zero in clean books.
    """

    accounts: int = 0
    entries: int = 0
    lines: int = 0
    fault: Fault | None = None
    totals: dict[str, int] = field(factory=dict)


async def verify(books: Books, holds: AsyncIterator[Hold]) -> Verification:
    """Recompute every balance, chain and sum, and compare.

    Args:
        books: The ledger.
        holds: Every active hold.
    """
    seen = Verification()
    sums = _Sums()
    seen.fault = (
        await _line_fault(books, seen, sums)
        or await _entry_fault(books, seen, sums)
        or await _account_fault(books, seen, sums)
        or await _hold_fault(holds, sums)
    )
    return seen


@define
class _Sums:
    """What the lines say, until something else has said the same: what is left over contradicts."""

    legs: dict[str, list[tuple[str, int]]] = field(factory=dict)
    ends: dict[str, tuple[int, int]] = field(factory=dict)
    escrow: dict[str, int] = field(factory=dict)


async def _line_fault(books: Books, seen: Verification, sums: _Sums) -> Fault | None:
    async for line in books.lines():
        seen.lines += 1
        sequence, balance = sums.ends.get(line.account, (0, 0))
        if line.sequence != sequence + 1:
            return Fault("a line is missing", line.account, f"line {sequence + 1}", f"line {line.sequence}")
        if line.balance != balance + line.amount:
            where = f"{line.account} line {line.sequence}"
            said = str(balance + line.amount)
            return Fault("a line does not follow from the one before", where, said, str(line.balance))
        sums.ends[line.account] = (line.sequence, line.balance)
        sums.legs.setdefault(line.entry, []).append((line.account, line.amount))
    return None


async def _entry_fault(books: Books, seen: Verification, sums: _Sums) -> Fault | None:
    async for entry in books.entries():
        seen.entries += 1
        legs = sums.legs.pop(entry.id, None)
        if legs is None:
            return Fault("an entry has no lines", entry.id, "two or more", "none")
        totals: dict[str, int] = {}
        for account, amount in legs:
            currency = currency_of(account)
            totals[currency] = totals.get(currency, 0) + amount
        if any(totals.values()):
            return Fault("an entry does not sum to zero", entry.id, "0", str(totals))
        said = sorted((posting.account, posting.amount) for posting in entry.postings)
        if sorted(legs) != said:
            return Fault("the lines are not those of the entry", entry.id, str(said), str(sorted(legs)))
    for id in sums.legs:
        return Fault("lines without a journal entry", id, "an entry", "none")
    return None


async def _account_fault(books: Books, seen: Verification, sums: _Sums) -> Fault | None:
    async for account in books.accounts():
        seen.accounts += 1
        seen.totals[account.currency] = seen.totals.get(account.currency, 0) + account.balance
        if account.purpose == "escrow":
            sums.escrow[account.owner] = account.balance
        fault = _fault_of(account, *sums.ends.pop(account.id, (0, 0)))
        if fault is not None:
            return fault
    for id in sums.ends:
        return Fault("lines of an account that does not exist", id, "an account", "none")
    for currency, total in seen.totals.items():
        if total:
            return Fault("the balances do not sum to zero", currency, "0", str(total))
    return None


def _fault_of(account: Account, sequence: int, balance: int) -> Fault | None:
    if account.sequence != sequence:
        return Fault("the account counts other lines", account.id, str(sequence), str(account.sequence))
    if account.balance != balance:
        return Fault("the balance is not the sum of its lines", account.id, str(balance), str(account.balance))
    if account.floor is not None and account.balance < account.floor:
        return Fault("the balance is below its floor", account.id, f">= {account.floor}", str(account.balance))
    return None


async def _hold_fault(holds: AsyncIterator[Hold], sums: _Sums) -> Fault | None:
    left = sums.escrow
    async for hold in holds:
        left[hold.payer] = left.get(hold.payer, 0) - hold.amount
    for owner, difference in left.items():
        if difference:
            return Fault("escrow is not the sum of the active holds", owner, "0 apart", f"{difference} apart")
    return None
