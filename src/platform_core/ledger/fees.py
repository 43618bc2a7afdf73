"""The platform's share, per kind of entry."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from platform_core.kernel.money import fee


@frozen
class FeePolicy:
    """Fees in basis points per kind of entry; a kind not named is free (tips are, by default).

    Args:
        basis_points: Kind of entry to hundredths of a per cent, 0 to 10,000.
    """

    basis_points: Mapping[str, int] = field(factory=dict)

    def rate(self, kind: str) -> int:
        """The rate of a kind, in basis points."""
        return self.basis_points.get(kind, 0)

    def fee(self, kind: str, gross: int) -> int:
        """The fee on `gross` smallest units, rounded half up (invariant 18)."""
        rate = self.basis_points.get(kind, 0)
        return fee(gross, rate) if rate else 0
