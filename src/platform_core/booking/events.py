"""What booking tells the other contexts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class ProviderSetUp(Event):
    """Somebody offers sessions now."""

    name: ClassVar[str] = "booking.provider_set_up"
    provider: str
    category: str
    rate: int


@frozen
class ProviderChanged(Event):
    """A provider's profile is another now."""

    name: ClassVar[str] = "booking.provider_changed"
    provider: str
    category: str
    rate: int


@frozen
class ProviderShown(Event):
    """A provider can be found and booked, or no longer."""

    name: ClassVar[str] = "booking.provider_shown"
    provider: str
    shown: bool


@frozen
class SlotOffered(Event):
    """A provider can be booked at a time."""

    name: ClassVar[str] = "booking.slot_offered"
    slot: str
    provider: str
    starts_at: datetime
    ends_at: datetime


@frozen
class SlotWithdrawn(Event):
    """A slot is offered no longer; what is booked in it stays booked."""

    name: ClassVar[str] = "booking.slot_withdrawn"
    slot: str
    provider: str


@frozen
class BookingRequested(Event):
    """A customer wants a session; the tokens are held."""

    name: ClassVar[str] = "booking.requested"
    booking: str
    provider: str
    customer: str
    price: int
    confirm_by: datetime


@frozen
class BookingConfirmed(Event):
    """The provider will be there."""

    name: ClassVar[str] = "booking.confirmed"
    booking: str
    provider: str
    customer: str


@frozen
class BookingDeclined(Event):
    """The provider will not; the tokens are back."""

    name: ClassVar[str] = "booking.declined"
    booking: str
    provider: str
    customer: str


@frozen
class BookingExpired(Event):
    """The provider did not answer in time; the tokens are back."""

    name: ClassVar[str] = "booking.expired"
    booking: str
    provider: str
    customer: str


@frozen
class BookingCancelled(Event):
    """One side called it off: `by` is customer, provider or platform; `paid` tokens went to the provider."""

    name: ClassVar[str] = "booking.cancelled"
    booking: str
    provider: str
    customer: str
    by: str
    paid: int


@frozen
class BookingCompleted(Event):
    """The session took place; `paid` tokens went to the provider, less the platform's fee."""

    name: ClassVar[str] = "booking.completed"
    booking: str
    provider: str
    customer: str
    paid: int


@frozen
class BookingDisputed(Event):
    """One side says it did not go as agreed; `by` is customer or provider."""

    name: ClassVar[str] = "booking.disputed"
    booking: str
    provider: str
    customer: str
    by: str


@frozen
class DisputeWithdrawn(Event):
    """Whoever opened the dispute took it back."""

    name: ClassVar[str] = "booking.dispute_withdrawn"
    booking: str
    provider: str
    customer: str


@frozen
class DisputeLapsed(Event):
    """Nobody resolved the dispute in time; the tokens are back."""

    name: ClassVar[str] = "booking.dispute_lapsed"
    booking: str
    provider: str
    customer: str


@frozen
class DisputeResolved(Event):
    """An operator decided: `paid` tokens went to the provider, the rest back."""

    name: ClassVar[str] = "booking.dispute_resolved"
    booking: str
    provider: str
    customer: str
    paid: int


@frozen
class ProviderReviewed(Event):
    """A customer said how a session was."""

    name: ClassVar[str] = "booking.provider_reviewed"
    booking: str
    provider: str
    customer: str
    rating: int
