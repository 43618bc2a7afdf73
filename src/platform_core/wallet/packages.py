"""The token packages on sale. Prices come from here only, never from a client (MON-14)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from platform_core.kernel.errors import Invalid
from platform_core.kernel.money import Money


@frozen
class TokenPackage:
    """Tokens at a price.

    Args:
        id: As clients name it.
        tokens: How many.
        price: What they cost.
    """

    id: str
    tokens: int
    price: Money


def _default() -> Mapping[str, TokenPackage]:
    offers = [(100, 999), (500, 4499), (1000, 8499), (5000, 39999)]
    return {f"pkg_{n}": TokenPackage(f"pkg_{n}", n, Money(cents, "EUR")) for n, cents in offers}


@frozen
class Catalogue:
    """What is on sale.

    Args:
        packages: Package id to package.
    """

    packages: Mapping[str, TokenPackage] = field(factory=_default)

    def package(self, id: str) -> TokenPackage:
        """The package.

        Raises:
            Invalid: It is not on sale.
        """
        found = self.packages.get(id)
        if found is None:
            raise Invalid.field("package", "is not on sale")
        return found
