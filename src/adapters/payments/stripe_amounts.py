"""Amounts as Stripe counts them, which for some currencies is not as ISO 4217 does."""

from __future__ import annotations

from platform_core.kernel.errors import Invalid
from platform_core.kernel.money import Money

_NO_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
_THREE_DECIMALS = ("BHD", "JOD", "KWD", "OMR", "TND")

#: Decimals of a currency by ISO 4217, where they are not two.
ISO = {
    **dict.fromkeys((*_NO_DECIMALS, "ISK", "UGX", "UYI"), 0),
    **dict.fromkeys((*_THREE_DECIMALS, "IQD", "LYD"), 3),
}

#: Decimals of the amounts Stripe's API takes, where they are not two. Króna and shilling have none any more, and Stripe
#: goes on to count them in hundredths; of the ariary, whose fifths no decimal point can show, it takes whole ones.
STRIPE = {**dict.fromkeys((*_NO_DECIMALS, "MGA"), 0), **dict.fromkeys(_THREE_DECIMALS, 3)}

#: What amounts must be a multiple of, in Stripe's own units: it rounds three decimals to two, and takes no fraction of
#: what has none.
STEPS = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "ISK": 100, "UGX": 100}

MOST = 99_999_999
"""The most Stripe takes at once, in its own units."""


def to_stripe(money: Money) -> int:
    """An amount in Stripe's units.

    Raises:
        Invalid: Stripe cannot express it, or takes no such amount.
    """
    up, down = _factors(money.currency)
    units, rest = divmod(money.minor * up, down)
    if rest or units % STEPS.get(money.currency, 1):
        raise Invalid.field("amount", f"is no amount of {money.currency} that can be paid")
    if units > MOST:
        raise Invalid.field("amount", "is more than can be paid at once")
    return units


def from_stripe(units: object, currency: object) -> Money:
    """An amount that Stripe tells.

    Raises:
        TypeError: It is none.
        Invalid: It is none that can be paid.
    """
    if type(units) is not int or not isinstance(currency, str):
        raise TypeError("an amount is expected")
    code = currency.upper()
    up, down = _factors(code)
    minor, rest = divmod(units * down, up)
    if rest:
        raise Invalid.field("amount", f"is no amount of {code}")
    return Money(minor, code)


def _factors(currency: str) -> tuple[int, int]:
    """What our minor units are multiplied with and divided by to be Stripe's."""
    more = STRIPE.get(currency, 2) - ISO.get(currency, 2)
    return int(10 ** max(more, 0)), int(10 ** max(-more, 0))
