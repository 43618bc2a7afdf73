"""The lines of an order: what is bought, frozen, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from platform_core.marketplace.parts import Parts, divided
from platform_core.marketplace.product import Delivery


@frozen(kw_only=True)
class OrderLine:
    """One product in an order, as it was when the order was made.

    Args:
        number: 1 for the first.
        product: Which.
        seller: Whose.
        title: What it was called.
        quantity: How many, 1 to 100.
        unit_minor: What one cost, tax included, in minor units.
        fee_bp: The platform's share, in hundredths of a per cent.
        tax_bp: The tax in the price, in hundredths of a per cent of the price without it.
        tax_country: Whose tax.
        delivery: How the buyer gets it.
    """

    number: int
    product: str
    seller: str
    title: str
    quantity: int
    unit_minor: int
    fee_bp: int
    tax_bp: int
    tax_country: str
    delivery: Delivery

    @property
    def gross(self) -> int:
        """What the line costs."""
        return self.quantity * self.unit_minor

    @property
    def parts(self) -> Parts:
        """What that consists of."""
        return self.parts_of(self.gross)

    def parts_of(self, gross: int) -> Parts:
        """What a part of the line consists of."""
        return divided(gross, fee_bp=self.fee_bp, tax_bp=self.tax_bp)


@frozen(kw_only=True)
class LineStanding:
    """What has become of a line.

    Args:
        reserved: What refunds under way will return of it, in minor units.
        refunded: What refunds have returned of it.
        charged_back: What disputes have taken of it.
        returned: What both have taken of each part.
        delivered: Whether the buyer has it.
    """

    reserved: int = 0
    refunded: int = 0
    charged_back: int = 0
    returned: Parts = field(factory=Parts)
    delivered: bool = False


Change = Callable[[LineStanding, int], LineStanding]
