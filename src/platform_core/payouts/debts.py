"""What a seller owes, in one currency: the one place where it grows and shrinks, so that it is never netted twice."""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.work import Work


def debt_id(seller: str, currency: str) -> str:
    """The id of a seller's debt in a currency."""
    return "dbt_" + blake2b(f"{seller}\n{currency}".encode(), digest_size=16).hexdigest()


@define(eq=False, kw_only=True)
class Debt(Aggregate):
    """Minus the balance of the seller's receivable account (invariant 35).

    Args:
        seller: Who owes.
        currency: In which currency.
        owed: Smallest units owed; never below 0.
        coming: How much of it is being taken back from sent transfers at this moment, and so is not to be netted.
    """

    kind: ClassVar[str] = "debt"

    seller: str
    currency: str
    owed: int = 0
    coming: int = 0

    @property
    def free(self) -> int:
        """What can be netted, or asked back, now."""
        return max(0, self.owed - self.coming)

    def owe(self, amount: int) -> None:
        """It grows."""
        self.owed += amount

    def repay(self, amount: int) -> int:
        """It shrinks by at most this much; by how much it did."""
        paid = min(amount, self.owed)
        self.owed -= paid
        return paid


async def debt_of(work: Work, seller: str, currency: str) -> Debt:
    """A seller's debt in a currency; with the first order it is there, and nothing is owed."""
    found = await work.current(Debt, id := debt_id(seller, currency))
    if found is None:
        found = Debt(id=id, seller=seller, currency=currency)
        work.add(found)
    return found
