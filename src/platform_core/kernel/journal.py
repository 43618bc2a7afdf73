"""Double entry: accounts, balanced journal entries, and balances.

Sign rule: what the platform owes (wallets, escrow, sellers) is positive; what it owns or is owed is negative.
An entry sums to zero in each of its currencies (invariant 1), so all accounts of a currency sum to zero (invariant 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import field, frozen

from platform_core.kernel.errors import Invalid
from platform_core.kernel.money import LIMIT


def account_id(purpose: str, owner: str, currency: str) -> str:
    """An account's id: `wallet:usr_1:TZT`. It names purpose, owner and currency, so an entry can be read alone."""
    return f"{purpose}:{owner}:{currency}"


def currency_of(account: str) -> str:
    """The currency an account id names."""
    return account[-3:]


@frozen
class Account:
    """A place where money of one currency lies.

    Args:
        id: As `account_id` makes it.
        floor: The lowest balance it may have, in smallest units; None for an account without one.
        balance: Smallest units.
        frozen: Whether new business with it is refused.
        sequence: How many lines were posted to it.
    """

    id: str
    floor: int | None = 0
    balance: int = 0
    frozen: bool = False
    sequence: int = 0

    @classmethod
    def of(cls, purpose: str, owner: str, currency: str, *, floor: int | None = 0) -> Account:
        """A new, empty account."""
        return cls(account_id(purpose, owner, currency), floor)

    @property
    def purpose(self) -> str:
        """What it is for: wallet, escrow, issuance, …"""
        return self.id.partition(":")[0]

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.id.split(":")[1]

    @property
    def currency(self) -> str:
        """Its currency."""
        return currency_of(self.id)


@frozen
class Posting:
    """One leg of an entry.

    Args:
        account: The account's id.
        amount: Smallest units; negative takes, positive gives; never zero.
    """

    account: str
    amount: int


@frozen
class JournalEntry:
    """A movement of money, never changed once committed (invariant 5).

    Args:
        id: Prefixed, sortable by time.
        kind: What it is: tip, hold, capture, release, purchase, credit, reversal, …
        postings: Its legs; they sum to zero per currency.
        at: When it was decided.
        actor: Who caused it.
        reference: The id of what it is about (a hold, a purchase), if anything.
        details: Further facts for statements, all text.
        reverses: The entry it undoes, wholly or in part.
        despite_freeze: Whether it settles business made before an account was frozen, and so passes the freeze.
    """

    id: str
    kind: str
    postings: tuple[Posting, ...]
    at: datetime
    actor: str
    reference: str | None = None
    details: Mapping[str, str] = field(factory=dict)
    reverses: str | None = None
    despite_freeze: bool = False


def check_balanced(postings: Iterable[Posting]) -> None:
    """Refuse legs that move nothing, too much, or do not sum to zero in each currency (invariants 1 and 10).

    Every store asks this of every entry before it takes it; what is read back is taken as it stands, so that a
    verification can name what is wrong with it.

    Raises:
        Invalid: They are such.
    """
    sums: dict[str, int] = {}
    count = 0
    for posting in postings:
        count += 1
        if type(posting.amount) is not int or posting.amount == 0 or abs(posting.amount) > LIMIT:
            raise Invalid.field("amount", "must be a whole number, not zero, of at most 10^15")
        currency = currency_of(posting.account)
        sums[currency] = sums.get(currency, 0) + posting.amount
    if count < 2 or any(sums.values()):
        raise Invalid.field("postings", "must be two or more and sum to zero in each currency")


@frozen
class PostedLine:
    """One leg as it stands in the books.

    Args:
        account: The account's id.
        sequence: 1 for the account's first line, without gaps.
        amount: Smallest units, signed.
        balance: The account's balance right after it.
        entry: The journal entry's id.
        kind: The entry's kind.
        at: When the entry was decided.
        actor: Who caused it.
        reference: What the entry is about.
        details: Further facts.
    """

    account: str
    sequence: int
    amount: int
    balance: int
    entry: str
    kind: str = ""
    at: datetime | None = None
    actor: str = ""
    reference: str | None = None
    details: Mapping[str, str] = field(factory=dict)


class Balances(dict[str, int]):
    """Balances by account id, in smallest units; an account never opened has 0."""

    def __missing__(self, account: str) -> int:
        return 0
