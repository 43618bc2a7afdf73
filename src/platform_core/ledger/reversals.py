"""Undoing an entry by another: wholly at most once, and never more than it moved on any leg (invariant 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import define, field, frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, Invalid, NotFound
from platform_core.kernel.journal import JournalEntry, Posting
from platform_core.kernel.money import allocate
from platform_core.kernel.money import amount as checked
from platform_core.kernel.ports import Books
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
        "reversal", *mirror, reference=entry.reference, details={"reason": command.reason}, reverses=entry.id
    )
    reversal.record(EntryReversed(entry.id, posted.id))
    if is_new:
        work.add(reversal)
    else:
        work.save(reversal)
    return posted.id


def _legs(entry: JournalEntry, reversal: Reversal, amount: int | None) -> dict[str, int]:
    left = {
        posting.account: abs(posting.amount) - reversal.undone.get(posting.account, 0) for posting in entry.postings
    }
    if amount is None:
        return left
    checked(amount)
    givers = [posting for posting in entry.postings if posting.amount < 0]
    takers = [posting for posting in entry.postings if posting.amount > 0]
    if len({posting.account[-3:] for posting in entry.postings}) > 1:
        raise Invalid.field("amount", "an entry in several currencies is reversed whole")
    if amount > sum(left[posting.account] for posting in givers):
        raise Conflict("less than that is left to reverse")
    legs: dict[str, int] = {}
    for side in (givers, takers):
        for posting, part in zip(side, allocate(amount, [left[p.account] for p in side]), strict=True):
            legs[posting.account] = part
    return legs
