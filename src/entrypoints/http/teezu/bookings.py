"""Bookings: from the request to the review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, NextCursor, PageAsk, Row, get, listing, moment, post
from entrypoints.http.teezu.providers import ProviderId, Reviewer, ShownReview, SlotId
from platform_core.booking.booking import BookingState, Side
from platform_core.booking.requests import BookProvider
from platform_core.booking.reviews import ReviewBooking, ReviewView
from platform_core.booking.verbs import (
    CancelBooking,
    CompleteBooking,
    ConfirmBooking,
    DeclineBooking,
    DisputeBooking,
    WithdrawDispute,
)
from platform_core.booking.views import BookingView, GetBooking, ListBookings
from platform_core.kernel.page import DEFAULT_LIMIT, Page

BookingId = Annotated[str, Meta(description="A booking's id.", examples=["bkg_abc123"])]
Status = Literal["pending", "confirmed", "declined", "cancelled", "expired", "completed", "disputed"]
SideName = Literal["customer", "provider", "platform"]


class BookAsk(Ask, frozen=True):
    """What to book of a provider. The price is theirs."""

    names: ClassVar[Mapping[str, str]] = {"provider": "id", "slot": "slotId", "minutes": "durationMinutes"}
    id: ProviderId
    slotId: Annotated[str, Meta(min_length=1, max_length=64, examples=["slot_2026041520"])]
    durationMinutes: Annotated[int, Meta(ge=1, le=1440, description="From the slot's start on, within it.")]
    note: Annotated[str, Meta(max_length=500, examples=["Looking forward to it!"])] = ""

    def command(self, _: Caller) -> BookProvider:
        """What the core is asked."""
        return BookProvider(self.id, self.slotId, self.durationMinutes, self.note)


class BookingParty(Struct, frozen=True):
    """One side of a booking."""

    id: Annotated[str, Meta(examples=["usr_prov1"])]
    username: Annotated[str, Meta(examples=["pro_jane"])]


class BookedTime(Struct, frozen=True):
    """The time that is booked."""

    start: Moment
    end: Moment


class Booked(Answer, frozen=True):
    """A booking just made: its tokens are held, and it waits for the provider."""

    bookingId: BookingId
    status: Status
    provider: BookingParty
    slot: BookedTime
    tokensHeld: Annotated[int, Meta(description="Minutes times rate.", examples=[1500])]
    confirmBy: Annotated[Moment, Meta(description="Unless it is confirmed before, it expires.")]


class BookingDispute(Struct, frozen=True):
    """A dispute about a booking."""

    openedBy: SideName
    reason: str
    resolveBy: Moment | None


class BookingEnd(Struct, frozen=True):
    """How a booking ended."""

    by: SideName
    at: Moment
    reason: str | None


class BookingAnswer(Answer, frozen=True):
    """A booking, as its two sides see it."""

    bookingId: BookingId
    status: Status
    provider: BookingParty
    customer: BookingParty
    slotId: SlotId
    slot: BookedTime
    durationMinutes: int
    tokenRate: Annotated[int, Meta(description="Tokens per minute when it was made.")]
    price: Annotated[int, Meta(description="Minutes times rate.")]
    tokensHeld: Annotated[int, Meta(description="Tokens set aside for it now.")]
    tokensPaid: Annotated[int, Meta(description="Tokens that the customer has paid in the end.")]
    note: str
    createdAt: Moment
    confirmBy: Moment
    completeAt: Annotated[Moment | None, Meta(description="When it completes by itself, once confirmed.")]
    dispute: BookingDispute | None
    ended: BookingEnd | None


class Bookings(Answer, frozen=True):
    """Some bookings, the newest first."""

    bookings: list[BookingAnswer]
    nextCursor: NextCursor
    limit: int


class BookingsAsk(PageAsk, frozen=True):
    """Which of one's own bookings."""

    names: ClassVar[Mapping[str, str]] = {"side": "role", "state": "status"}

    role: Annotated[
        Literal["customer", "provider"], Meta(description="Those made by oneself, or those made with oneself.")
    ] = "customer"
    status: Status | None = None

    def command(self, caller: Caller) -> ListBookings:
        """What the core is asked."""
        state = None if self.status is None else BookingState(self.status)
        return ListBookings(Side(self.role), state, caller.position, self.limit)


class OneBooking(Ask, frozen=True):
    """A booking by its id."""

    names: ClassVar[Mapping[str, str]] = {"booking": "id", "words": "text"}
    id: BookingId


class BookingAsk(OneBooking, frozen=True):
    """Which booking."""

    def command(self, _: Caller) -> GetBooking:
        """What the core is asked."""
        return GetBooking(self.id)


class ConfirmAsk(OneBooking, frozen=True):
    """Which booking to confirm."""

    def command(self, _: Caller) -> ConfirmBooking:
        """What the core is asked."""
        return ConfirmBooking(self.id)


class DeclineAsk(OneBooking, frozen=True):
    """Which booking to decline."""

    def command(self, _: Caller) -> DeclineBooking:
        """What the core is asked."""
        return DeclineBooking(self.id)


class CancelAsk(OneBooking, frozen=True):
    """Which booking to cancel."""

    def command(self, _: Caller) -> CancelBooking:
        """What the core is asked."""
        return CancelBooking(self.id)


class CompleteAsk(OneBooking, frozen=True):
    """Which booking to complete."""

    def command(self, _: Caller) -> CompleteBooking:
        """What the core is asked."""
        return CompleteBooking(self.id)


class WithdrawAsk(OneBooking, frozen=True):
    """Which booking's dispute to withdraw."""

    def command(self, _: Caller) -> WithdrawDispute:
        """What the core is asked."""
        return WithdrawDispute(self.id)


class DisputeAsk(OneBooking, frozen=True):
    """What went wrong."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, examples=["Nobody came."])]

    def command(self, _: Caller) -> DisputeBooking:
        """What the core is asked."""
        return DisputeBooking(self.id, self.reason)


class ReviewAsk(OneBooking, frozen=True):
    """How a session was."""

    rating: Annotated[int, Meta(ge=1, le=5, examples=[5])]
    text: Annotated[str, Meta(max_length=1000, examples=["Wonderful!"])] = ""

    def command(self, _: Caller) -> ReviewBooking:
        """What the core is asked."""
        return ReviewBooking(self.id, self.rating, self.text)


def show_booked(booking: BookingView) -> Booked:
    """A booking just made."""
    return Booked(
        bookingId=booking.id,
        status=booking.state.value,
        provider=BookingParty(booking.provider.id, booking.provider.username),
        slot=BookedTime(moment(booking.starts_at), moment(booking.ends_at)),
        tokensHeld=booking.held,
        confirmBy=moment(booking.confirm_by),
    )


def show_booking(booking: BookingView) -> BookingAnswer:
    """A booking."""
    dispute = end = None
    if booking.disputed_by is not None:
        until = None if booking.resolve_by is None else moment(booking.resolve_by)
        dispute = BookingDispute(Side(booking.disputed_by).value, booking.reason or "", until)
    if booking.ended_at is not None:
        end = BookingEnd(Side(booking.ended_by).value, moment(booking.ended_at), booking.reason)
    return BookingAnswer(
        bookingId=booking.id,
        status=booking.state.value,
        provider=BookingParty(booking.provider.id, booking.provider.username),
        customer=BookingParty(booking.customer.id, booking.customer.username),
        slotId=booking.slot,
        slot=BookedTime(moment(booking.starts_at), moment(booking.ends_at)),
        durationMinutes=booking.minutes,
        tokenRate=booking.rate,
        price=booking.price,
        tokensHeld=booking.held,
        tokensPaid=booking.paid,
        note=booking.note,
        createdAt=moment(booking.created_at),
        confirmBy=moment(booking.confirm_by),
        completeAt=None if booking.complete_at is None else moment(booking.complete_at),
        dispute=dispute,
        ended=end,
    )


def show_bookings(page: Page[BookingView], seal: Seal) -> Bookings:
    """A page of bookings."""
    return Bookings([show_booking(booking) for booking in page.items], seal(page.next), page.limit)


def show_review(review: ReviewView) -> ShownReview:
    """A review just written."""
    author = Reviewer(review.author.id, review.author.username)
    return ShownReview(review.id, author, review.rating, review.words, moment(review.created_at))


_BOOKED = {
    "bookingId": "bkg_abc123",
    "status": "pending",
    "provider": {"id": "usr_prov1", "username": "pro_jane"},
    "slot": {"start": "2026-04-15T20:00:00Z", "end": "2026-04-15T20:30:00Z"},
    "tokensHeld": 1500,
    "confirmBy": "2026-04-15T18:00:00Z",
}
_BOOKING = {
    **_BOOKED,
    "customer": {"id": "usr_abc123", "username": "john_doe"},
    "slotId": "slot_2026041520",
    "durationMinutes": 30,
    "tokenRate": 50,
    "price": 1500,
    "tokensPaid": 0,
    "note": "Looking forward to it!",
    "createdAt": "2026-04-10T09:00:00Z",
    "completeAt": None,
    "dispute": None,
    "ended": None,
}
_CONFIRMED = {**_BOOKING, "status": "confirmed", "completeAt": "2026-04-17T20:30:00Z"}
_DISPUTE = {"openedBy": "customer", "reason": "Nobody came.", "resolveBy": "2026-06-14T20:35:00Z"}


def _ended(status: str, by: str, at: str, paid: int = 0, **more: object) -> dict[str, object]:
    end = {"by": by, "at": at, "reason": None}
    return {**_CONFIRMED, **more, "status": status, "tokensHeld": 0, "tokensPaid": paid, "ended": end}


ROWS: tuple[Row, ...] = (
    post(
        "/providers/{id}/book",
        BookAsk,
        show_booked,
        id="book_provider",
        summary="Book a provider; the tokens are held until it has ended",
        tag="bookings",
        status=201,
        limit="money",
        example={"slotId": "slot_2026041520", "durationMinutes": 30, "note": "Looking forward to it!"},
        answers=_BOOKED,
    ),
    listing(
        "/bookings",
        BookingsAsk,
        show_bookings,
        id="list_bookings",
        summary="List one's own bookings",
        tag="bookings",
        answers={"bookings": [_BOOKING], "nextCursor": None, "limit": DEFAULT_LIMIT},
    ),
    get(
        "/bookings/{id}",
        BookingAsk,
        show_booking,
        id="get_booking",
        summary="Read a booking of one's own",
        tag="bookings",
        answers=_BOOKING,
    ),
    post(
        "/bookings/{id}/confirm",
        ConfirmAsk,
        show_booking,
        id="confirm_booking",
        summary="Say yes to a request, as its provider",
        tag="bookings",
        answers=_CONFIRMED,
    ),
    post(
        "/bookings/{id}/decline",
        DeclineAsk,
        show_booking,
        id="decline_booking",
        summary="Say no to a request, as its provider; the tokens go back",
        tag="bookings",
        answers=_ended("declined", "provider", "2026-04-10T10:00:00Z", completeAt=None),
    ),
    post(
        "/bookings/{id}/cancel",
        CancelAsk,
        show_booking,
        id="cancel_booking",
        summary="Call a booking off; customers who do so late pay a part",
        tag="bookings",
        answers=_ended("cancelled", "customer", "2026-04-15T12:00:00Z", 750),
    ),
    post(
        "/bookings/{id}/complete",
        CompleteAsk,
        show_booking,
        id="complete_booking",
        summary="Say that the session took place, as its customer, and pay",
        tag="bookings",
        answers=_ended("completed", "customer", "2026-04-15T20:35:00Z", 1500),
    ),
    post(
        "/bookings/{id}/dispute",
        DisputeAsk,
        show_booking,
        id="dispute_booking",
        summary="Say that a session did not go as agreed; nothing is paid until it is decided",
        tag="bookings",
        example={"reason": "Nobody came."},
        answers={**_CONFIRMED, "status": "disputed", "dispute": _DISPUTE},
    ),
    post(
        "/bookings/{id}/withdraw",
        WithdrawAsk,
        show_booking,
        id="withdraw_dispute",
        summary="Take a dispute back, as whoever opened it",
        tag="bookings",
        answers=_CONFIRMED,
    ),
    post(
        "/bookings/{id}/review",
        ReviewAsk,
        show_review,
        id="review_booking",
        summary="Review a completed booking, once, as its customer",
        tag="bookings",
        status=201,
        example={"rating": 5, "text": "Wonderful!"},
        answers={
            "reviewId": "rev_bkg_abc123",
            "author": {"id": "usr_abc123", "username": "john_doe"},
            "rating": 5,
            "text": "Wonderful!",
            "createdAt": "2026-04-15T20:40:00Z",
        },
    ),
)
