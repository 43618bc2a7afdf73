"""Amounts: whole integers of a currency's smallest unit, and the two ways to divide them.

Tokens (`TZT`) are whole; fiat is in minor units (cents for EUR). No float comes near either.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import Attribute, field, frozen

from platform_core.kernel.errors import Invalid

TOKENS = "TZT"
LIMIT = 10**15
BASIS = 10_000


def amount(value: object, name: str = "amount") -> int:
    """The value, if it is an amount: an `int` (never a `bool`) from 1 to 10^15 smallest units (invariant 10).

    Args:
        value: What the caller sent.
        name: The field to name in the refusal.

    Raises:
        Invalid: It is something else; nothing was read or written.
    """
    if type(value) is not int:
        raise Invalid.field(name, "must be a whole number")
    if not 0 < value <= LIMIT:
        raise Invalid.field(name, f"must be from 1 to {LIMIT}")
    return value


def _minor(_: object, attribute: Attribute[int], value: int) -> None:
    amount(value, attribute.name)


def _currency(_: object, attribute: Attribute[str], value: str) -> None:
    if len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise Invalid.field(attribute.name, "must be three capital letters")


@frozen
class Money:
    """An amount of one currency.

    Args:
        minor: Smallest units (cents), 1 to 10^15.
        currency: ISO 4217 code.
    """

    minor: int = field(validator=_minor)
    currency: str = field(validator=_currency)


def fee(gross: int, basis_points: int) -> int:
    """The fee on `gross`, rounded half up: 2999 at 1000 basis points is 300 (invariant 18).

    Args:
        gross: Smallest units.
        basis_points: Hundredths of a per cent, 0 to 10,000.
    """
    if not 0 <= basis_points <= BASIS:
        raise Invalid.field("basis_points", f"must be from 0 to {BASIS}")
    return (gross * basis_points + BASIS // 2) // BASIS


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided by `weights` so that the parts sum to it exactly (invariant 19).

    Largest remainder; among equal remainders the earlier part gets the unit.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise Invalid.field("weights", "must be non-negative and not all zero")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
