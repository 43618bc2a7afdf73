"""The rules of time and money around a booking, as data."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from platform_core.kernel.money import allocate


@frozen
class Tier:
    """What a customer loses by cancelling a confirmed booking.

    Args:
        notice: At least so long before the start.
        percent: The share of the price that goes to the provider, 0 to 100.
    """

    notice: timedelta
    percent: int


@frozen(kw_only=True)
class BookingPolicy:
    """The rules.

    Args:
        lead: A provider must confirm so long before the start (seed 000: two hours).
        completes_after: A confirmed booking completes by itself so long after its end.
        dispute_lasts: A dispute nobody resolves lapses after this.
        after_withdrawal: What is left at least, once a dispute is withdrawn, to open another.
        reviews_for: How long after completion the customer may review.
        margin: How long the tokens stay held beyond the moment by which the booking must have ended. Only a platform
            whose worker has stood still for so long gives them back without the booking.
        tiers: What cancelling costs, the longest notice first.
    """

    lead: timedelta = timedelta(hours=2)
    completes_after: timedelta = timedelta(hours=48)
    dispute_lasts: timedelta = timedelta(days=60)
    after_withdrawal: timedelta = timedelta(hours=24)
    reviews_for: timedelta = timedelta(days=7)
    margin: timedelta = timedelta(days=30)
    tiers: tuple[Tier, ...] = (
        Tier(timedelta(hours=24), 0),
        Tier(timedelta(hours=2), 50),
        Tier(timedelta(0), 100),
    )

    def confirm_by(self, start: datetime) -> datetime:
        """The moment from which a booking that begins at `start` can no longer be confirmed."""
        return start - self.lead

    def lost(self, price: int, notice: timedelta) -> int:
        """What a customer who cancels so long before the start pays, of a price in tokens.

        The two parts of the price sum to it; an odd token goes to the provider.
        """
        percent = next((tier.percent for tier in self.tiers if notice >= tier.notice), 100)
        return share(price, percent)


def share(price: int, percent: int) -> int:
    """`percent` of a price in whole tokens; the rest is the other side's, and both sum to the price."""
    return allocate(price, [percent, 100 - percent])[0]
