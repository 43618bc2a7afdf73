"""The rules of the business as the settings say them."""

from __future__ import annotations

from datetime import timedelta

import attrs

from entrypoints.http_options import base_url
from entrypoints.settings import BadSettings, Settings
from platform_core.booking.policy import BookingPolicy
from platform_core.kernel.money import Money
from platform_core.ledger.fees import FeePolicy
from platform_core.payouts.ports import PayoutPolicy
from platform_core.wallet.packages import Catalogue, TokenPackage


def catalogue(settings: Settings) -> Catalogue:
    """The token packages on sale.

    Raises:
        BadSettings: One is not `id:tokens:price:currency`.
    """
    packages = {}
    for text in settings.packages:
        try:
            id, tokens, price, currency = text.split(":")
            packages[id] = TokenPackage(id, int(tokens), Money(int(price), currency))
        except Exception as error:
            raise BadSettings(f"packages: {text!r} is not id:tokens:price:currency") from error
    return Catalogue(packages)


def fees(settings: Settings) -> FeePolicy:
    """The platform's share, per kind of entry."""
    return FeePolicy({kind: rate for kind, rate in attrs.asdict(settings.fees).items() if rate})


def payouts(settings: Settings) -> PayoutPolicy:
    """How money gets to sellers."""
    chosen = attrs.asdict(settings.payouts)
    return PayoutPolicy(**{**chosen, "return_url": chosen["return_url"] or base_url(settings)})


def bookings(settings: Settings) -> BookingPolicy:
    """The rules of time around bookings."""
    chosen = settings.bookings
    return BookingPolicy(
        lead=timedelta(minutes=chosen.lead_minutes),
        completes_after=timedelta(hours=chosen.completes_after_hours),
        dispute_lasts=timedelta(days=chosen.dispute_days),
        reviews_for=timedelta(days=chosen.review_days),
    )
