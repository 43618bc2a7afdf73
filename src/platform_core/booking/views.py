"""Bookings as those who may see them see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.booking.booking import Booking, BookingState, Side
from platform_core.identity.ports import Directory, Named, named
from platform_core.kernel.actor import PLATFORM, SIGNED_IN, USERS, Policy
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.page import DEFAULT_LIMIT, OPERATORS, Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class BookingView:
    """A booking. The fields are those of `Booking`, with names for the ids of people.

    Args:
        held: Tokens set aside for it now.
    """

    id: str
    provider: Named
    customer: Named
    slot: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    rate: int
    price: int
    held: int
    paid: int
    note: str
    state: BookingState
    hold: str
    created_at: datetime
    confirm_by: datetime
    complete_at: datetime | None
    resolve_by: datetime | None
    disputed_by: str | None
    reason: str | None
    ended_at: datetime | None
    ended_by: str | None


async def view(booking: Booking, people: Directory) -> BookingView:
    """The booking, with people's names."""
    [made] = await views([booking], people)
    return made


async def views(bookings: Sequence[Booking], people: Directory) -> list[BookingView]:
    """The bookings, with people's names, which are looked up together."""
    names = await named(people, (user for booking in bookings for user in (booking.provider, booking.customer)))
    return [_view(booking, names) for booking in bookings]


def _view(booking: Booking, names: Mapping[str, Named]) -> BookingView:
    return BookingView(
        id=booking.id,
        provider=names[booking.provider],
        customer=names[booking.customer],
        slot=booking.slot,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        minutes=booking.minutes,
        rate=booking.rate,
        price=booking.price,
        held=booking.price if booking.is_live else 0,
        paid=booking.paid,
        note=booking.note,
        state=booking.state,
        hold=booking.hold,
        created_at=booking.created_at,
        confirm_by=booking.confirm_by,
        complete_at=booking.complete_at,
        resolve_by=booking.resolve_by,
        disputed_by=booking.disputed_by,
        reason=booking.reason,
        ended_at=booking.ended_at,
        ended_by=booking.ended_by,
    )


async def known(work: Work, booking: str) -> tuple[Booking, Side]:
    """A booking and the side the actor is on; admins and operators are the platform's.

    Raises:
        NotFound: There is none, or none of the actor's: others are not told which (AUTHZ-01).
    """
    found = await work.get(Booking, booking)
    side = None if found is None else found.side_of(work.actor.id)
    if side is None and work.actor.is_admin:
        side = Side.PLATFORM
    if found is None or side is None:
        raise NotFound("there is no such booking")
    return found, side


async def only(work: Work, booking: str, *sides: Side) -> None:
    """Let only these sides of a booking pass.

    Raises:
        NotFound: The actor may not know of it.
        Forbidden: They may, but are on another side.
    """
    _, side = await known(work, booking)
    if side not in sides:
        allowed = " and the ".join(one.value for one in sides)
        raise Forbidden(f"only the {allowed} may do this")


@frozen
class GetBooking(Query[BookingView]):
    """A booking, for its customer, its provider, admins and operators."""

    policy: ClassVar[Policy] = SIGNED_IN
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Bookings are private: to everybody else there is none."""
        await known(work, target["booking"])


async def get_booking(query: GetBooking, work: Work, people: Directory) -> BookingView:
    """The booking.

    Raises:
        NotFound: There is none that the actor may know of.
    """
    booking, _ = await known(work, query.booking)
    return await view(booking, people)


@frozen
class ListBookings(Query[Page[BookingView]]):
    """The caller's own bookings, the newest first.

    Args:
        side: Those they made as a customer, or those made with them as a provider.
        state: Only those in this state.
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = USERS

    side: Side = Side.CUSTOMER
    state: BookingState | None = None
    after: Position | None = None
    limit: int = DEFAULT_LIMIT


async def list_bookings(query: ListBookings, work: Work, people: Directory) -> Page[BookingView]:
    """A page of them.

    Raises:
        Invalid: The platform's side is asked for.
    """
    if query.side is Side.PLATFORM:
        raise Invalid.field("side", "must be customer or provider")
    where = [Where(query.side.value, "=", work.actor.id)]
    if query.state is not None:
        where.append(Where("state", "=", query.state))
    limit = bounded(query.limit)
    select = Select(Booking, where=tuple(where), order=("-created_at",), after=query.after, limit=limit + 1)
    found = await work.find(select)
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        await views(found[:limit], people),
        limit,
        None if last is None else (last.created_at, last.id),
    )


@frozen
class AllBookings(Query[list[BookingView]]):
    """Anybody's bookings, the newest first, for operators.

    Args:
        provider: Only those with this user as provider.
        customer: Only those of this user as customer.
        state: Only those in this state.
        after: Only those before this one.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    provider: str | None = None
    customer: str | None = None
    state: BookingState | None = None
    after: str | None = None
    limit: int = 100


async def all_bookings(query: AllBookings, work: Work, people: Directory) -> list[BookingView]:
    """The bookings.

    Raises:
        NotFound: There is no booking `after`.
    """
    wanted = (("provider", query.provider), ("customer", query.customer), ("state", query.state))
    where = tuple(Where(name, "=", value) for name, value in wanted if value is not None)
    after: tuple[object, ...] | None = None
    if query.after is not None:
        last = await work.require(Booking, query.after)
        after = (last.created_at, last.id)
    limit = bounded(query.limit, OPERATORS)
    found = await work.find(Select(Booking, where=where, order=("-created_at",), after=after, limit=limit))
    return await views(found, people)
