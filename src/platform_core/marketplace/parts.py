"""What an amount paid consists of: what the seller gets, the platform's fee, the tax (invariants 18 and 27)."""

from __future__ import annotations

from attrs import frozen

from platform_core.kernel.money import BASIS, fee


@frozen
class Parts:
    """An amount divided; all in minor units, all zero or more.

    Args:
        net: What the seller gets.
        fee: What the platform gets.
        tax: What the state gets.
    """

    net: int = 0
    fee: int = 0
    tax: int = 0

    @property
    def gross(self) -> int:
        """The whole."""
        return self.net + self.fee + self.tax

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.net + other.net, self.fee + other.fee, self.tax + other.tax)

    def __sub__(self, other: Parts) -> Parts:
        return Parts(self.net - other.net, self.fee - other.fee, self.tax - other.tax)

    def without_debts(self) -> Parts:
        """The same whole with no part below zero: what one lacks is taken from the largest."""
        values = [self.net, self.fee, self.tax]
        lacking = -sum(value for value in values if value < 0)
        values = [max(0, value) for value in values]
        values[values.index(max(values))] -= lacking
        return Parts(*values)


def divided(gross: int, *, fee_bp: int, tax_bp: int) -> Parts:
    """An amount in its parts: the tax in it, then the fee on what is left, each rounded half up.

    No part shrinks when the amount grows. So what partial refunds take of each part, each taking what it should be by
    then less what was taken before, is never negative and ends at the whole (invariant 20).

    Args:
        gross: Minor units, tax included.
        fee_bp: The platform's share, in hundredths of a per cent.
        tax_bp: The tax, in hundredths of a per cent of the amount without it.
    """
    tax = (2 * gross * tax_bp + BASIS + tax_bp) // (2 * (BASIS + tax_bp))
    share = fee(gross - tax, fee_bp)
    return Parts(gross - tax - share, share, tax)
