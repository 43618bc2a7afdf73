"""Amounts, rates and dates as they are printed."""

from __future__ import annotations

from datetime import UTC, datetime

#: Decimal places of the currencies that do not have two (ISO 4217).
_PLACES = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"), 0),
    **dict.fromkeys(("UYI", "VND", "VUV", "XAF", "XOF", "XPF", "TZT"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def amount(minor: int, currency: str) -> str:
    """An amount of minor units, without its currency: `1,234.50`."""
    places = _PLACES.get(currency, 2)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{sign}{int(whole):,}" + (f".{part}" if part else "")


def rate(basis_points: int) -> str:
    """A tax rate: `20%`, `5.5%`."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") + "%"


def date(moment: datetime) -> str:
    """A date in UTC: `23 November 2026`."""
    day = moment.astimezone(UTC)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
