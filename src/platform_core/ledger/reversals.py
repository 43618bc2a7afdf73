"""Undoing an entry by another: wholly at most once, and never more than it moved on any leg (invariant 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import define, field, frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, Invalid, NotFound
from platform_core.kernel.journal import JournalEntry, Posting, currency_of
from platform_core.kernel.money import amount as checked
from platform_core.kernel.ports import Books
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.ledger.events import EntryReversed


@define(eq=False, kw_only=True)
class Reversal(Aggregate):
    """How much of one entry has been undone; its id is the entry's.

    Args:
        undone: Per account, the absolute amount given back so far, in smallest units.
    """

    kind: ClassVar[str] = "reversal"

    undone: Mapping[str, int] = field(factory=dict)

    def take(self, entry: JournalEntry, legs: Mapping[str, int]) -> None:
        """Count these legs (absolute amounts per account) as undone.

        Raises:
            Conflict: More than is left of some leg.
        """
        undone = dict(self.undone)
        for posting in entry.postings:
            total = undone.get(posting.account, 0) + legs.get(posting.account, 0)
            if total > abs(posting.amount):
                raise Conflict("this entry has been reversed already")
            undone[posting.account] = total
        self.undone = undone


@frozen
class ReverseEntry(Command[str]):
    """Undo a journal entry by its mirror image. Only the platform's operators may.

    Args:
        entry: The entry's id.
        amount: Smallest units to undo of what the entry moved; all that is left when None.
        reason: Why, for the statement.
    """

    policy: ClassVar[Policy] = PLATFORM

    entry: str
    amount: int | None = None
    reason: str = ""


async def reverse_entry(command: ReverseEntry, work: Work, books: Books) -> str:
    """Post the mirror image; the id of the new entry."""
    entry = await books.entry(command.entry)
    if entry is None:
        raise NotFound("there is no such journal entry")
    if entry.reverses is not None:
        raise Conflict("a reversal is not reversed; post the original again")
    if any(posting.account.startswith("escrow:") for posting in entry.postings):
        raise Conflict("tokens set aside come back through their hold, so that escrow stays the sum of the holds")
    reversal = await work.get(Reversal, entry.id)
    is_new = reversal is None
    reversal = reversal or Reversal(id=entry.id)
    legs = _legs(entry, reversal, command.amount)
    reversal.take(entry, legs)
    mirror = [
        Posting(posting.account, -legs[posting.account] if posting.amount > 0 else legs[posting.account])
        for posting in entry.postings
        if legs[posting.account]
    ]
    if not mirror:
        raise Conflict("this entry has been reversed already")
    posted = work.post(
        "reversal",
        *mirror,
        reference=entry.reference,
        details={"reason": text(command.reason, "reason", most=500)},
        reverses=entry.id,
        # What was done before an account was frozen can be undone after: bans and reversals go together.
        despite_freeze=True,
    )
    reversal.record(EntryReversed(entry.id, posted.id))
    if is_new:
        work.add(reversal)
    else:
        work.save(reversal)
    return posted.id


def _legs(entry: JournalEntry, reversal: Reversal, amount: int | None) -> dict[str, int]:
    """What to undo of each leg now: what should be undone of it by then, less what is already."""
    moved = {posting.account: abs(posting.amount) for posting in entry.postings}
    undone = {account: reversal.undone.get(account, 0) for account in moved}
    if amount is None:
        return {account: moved[account] - undone[account] for account in moved}
    checked(amount)
    if len({currency_of(account) for account in moved}) > 1:
        raise Invalid.field("amount", "an entry in several currencies is reversed whole")
    givers = [posting.account for posting in entry.postings if posting.amount < 0]
    takers = [posting.account for posting in entry.postings if posting.amount > 0]
    total = amount + sum(undone[account] for account in givers)
    if total > sum(moved[account] for account in givers):
        raise Conflict("less than that is left to reverse")
    return {
        account: by_then - undone[account]
        for side in (givers, takers)
        for account, by_then in zip(side, _shares(total, [moved[account] for account in side]), strict=True)
    }


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided by `weights`, each part rounded out of what the parts before it have left.

    No part shrinks as the total grows, so partial reversals end the same in whatever steps they come (invariant 20);
    the largest remainder does not promise that.
    """
    parts = []
    whole = sum(weights)
    for weight in weights:
        part = (2 * total * weight + whole) // (2 * whole) if whole else 0
        parts.append(part)
        total, whole = total - part, whole - weight
    return parts
