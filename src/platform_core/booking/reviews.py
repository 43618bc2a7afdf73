"""Reviews: what a customer says of a completed booking, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import define, frozen

from platform_core.booking.booking import BookingState, Side, TooLate
from platform_core.booking.events import ProviderReviewed
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.provider import Provider
from platform_core.booking.views import known, only
from platform_core.identity.ports import Directory, Named, named
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Conflict, Invalid
from platform_core.kernel.text import text
from platform_core.kernel.work import Work


class NotCompleted(Conflict):
    """Only what has taken place can be reviewed."""

    code = "BOOKING_NOT_COMPLETED"


class AlreadyReviewed(Conflict):
    """There is one review for each booking."""

    code = "ALREADY_REVIEWED"


def check_rating(rating: int) -> None:
    """Refuse what is no rating.

    Raises:
        Invalid: It is not a whole number from 1 to 5.
    """
    if type(rating) is not int or not 1 <= rating <= 5:
        raise Invalid.field("rating", "must be a whole number from 1 to 5")


@define(eq=False, kw_only=True)
class ProviderReview(Aggregate):
    """A review. Its id is made from the booking's, so that there is one.

    Args:
        booking: Of which booking.
        provider: Of whom.
        author: The customer.
        rating: 1 to 5.
        words: What they wrote.
        created_at: When.
    """

    kind: ClassVar[str] = "provider_review"

    booking: str
    provider: str
    author: str
    rating: int
    words: str
    created_at: datetime


@frozen
class ReviewView:
    """A review as everybody sees it."""

    id: str
    author: Named
    rating: int
    words: str
    created_at: datetime


async def review_views(reviews: Sequence[ProviderReview], people: Directory) -> list[ReviewView]:
    """The reviews, with their authors' names, which are looked up together."""
    authors = await named(people, [review.author for review in reviews])
    return [
        ReviewView(review.id, authors[review.author], review.rating, review.words, review.created_at)
        for review in reviews
    ]


@frozen
class ReviewBooking(Command[ReviewView]):
    """Say how a session was. Its customer may, once, within a week of its completion.

    Args:
        booking: Which.
        rating: 1 to 5.
        words: At most 1000 characters.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str
    rating: int
    words: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its customer may."""
        await only(work, target["booking"], Side.CUSTOMER)


async def review_booking(command: ReviewBooking, work: Work, people: Directory, rules: BookingPolicy) -> ReviewView:
    """Publish the review, and count it in the provider's rating.

    Raises:
        Invalid: The rating or the words break a rule.
        NotCompleted: The booking has not been completed.
        AlreadyReviewed: There is a review of it.
        TooLate: It was completed too long ago.
    """
    check_rating(command.rating)
    words = text(command.words, "words", most=1000)
    booking, _ = await known(work, command.booking)
    if booking.state is not BookingState.COMPLETED or booking.ended_at is None:
        raise NotCompleted("only a completed booking can be reviewed")
    id = f"rev_{booking.id}"
    if await work.get(ProviderReview, id) is not None:
        raise AlreadyReviewed("you have reviewed this booking already")
    if work.now >= booking.ended_at + rules.reviews_for:
        raise TooLate(f"a booking can be reviewed for {rules.reviews_for.days} days")
    provider = await work.require(Provider, booking.provider)
    review = ProviderReview(
        id=id,
        booking=booking.id,
        provider=booking.provider,
        author=booking.customer,
        rating=command.rating,
        words=words,
        created_at=work.now,
    )
    review.record(ProviderReviewed(booking.id, booking.provider, booking.customer, command.rating))
    provider.rated(command.rating)
    work.add(review)
    work.save(provider)
    [made] = await review_views([review], people)
    return made
