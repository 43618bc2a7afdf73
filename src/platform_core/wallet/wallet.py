"""A user's wallet: balance, held and available, and the verbs that move its tokens."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from platform_core.kernel.errors import InsufficientFunds, Invalid
from platform_core.kernel.journal import Balances, Posting
from platform_core.kernel.money import TOKENS
from platform_core.kernel.money import amount as checked
from platform_core.kernel.work import Work
from platform_core.ledger.ports import ISSUANCE, REVENUE, Hold, escrow, wallet

Legs = tuple[Posting, ...]


@define
class Wallet:
    """A user's tokens.

    Its verbs guard what is available, change the wallet, and answer the legs of the journal entry that says so.
    A wallet just read may be out of date by the time its entry commits: the floors of the accounts decide then.

    Args:
        owner: The user.
        balance: All tokens, held ones included.
        held: Tokens in escrow, the sum of the active holds (invariant 12).
    """

    owner: str
    balance: int = 0
    held: int = 0
    currency: str = TOKENS

    @classmethod
    def of(cls, owner: str, balances: Balances) -> Wallet:
        """The wallet that two account balances make."""
        held = balances[escrow(owner)]
        return cls(owner, balances[wallet(owner)] + held, held)

    @property
    def available(self) -> int:
        """What can be spent: `balance - held`, never negative (invariant 11)."""
        return self.balance - self.held

    def tip(self, payee: str, amount: int, fee: int = 0) -> Legs:
        """Pay `amount` tokens to `payee`, of which `fee` go to the platform.

        Raises:
            Invalid: The amount is none, or the payee is the owner (invariant 16).
            InsufficientFunds: Less is available.
        """
        legs = tip_legs(self.owner, payee, amount, fee)
        self._spend(amount)
        return legs

    def credit(self, amount: int) -> Legs:
        """Take newly issued tokens."""
        checked(amount)
        self.balance += amount
        return (Posting(ISSUANCE.id, -amount), Posting(wallet(self.owner), amount))

    def hold(self, work: Work, amount: int, *, purpose: str, deadline: datetime) -> Hold:
        """Set tokens aside for a purpose, until a deadline.

        Raises:
            InsufficientFunds: Less is available.
        """
        if checked(amount) > self.available:
            raise InsufficientFunds("not enough is available")
        hold = Hold.place(work, payer=self.owner, amount=amount, purpose=purpose, deadline=deadline)
        self.held += amount
        return hold

    def _spend(self, amount: int) -> None:
        if amount > self.available:
            raise InsufficientFunds("not enough is available")
        self.balance -= amount


def tip_legs(payer: str, payee: str, amount: int, fee: int) -> Legs:
    """The legs of a tip: payer to payee and platform.

    Raises:
        Invalid: The amount is none, or both are one (invariant 16).
    """
    checked(amount)
    if payer == payee:
        raise Invalid.field("payee", "must be somebody else")
    legs = (Posting(wallet(payer), -amount), Posting(wallet(payee), amount - fee), Posting(REVENUE.id, fee))
    return legs[:2] if fee == 0 else tuple(leg for leg in legs if leg.amount)
