"""What must be there for the operations on providers and bookings to be asked about: the owner's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from entrypoints.http.kit.rows import Row
from platform_core.booking.listing import SetUpProvider
from platform_core.booking.requests import BookProvider
from platform_core.booking.slots import OfferSlot
from platform_core.booking.verbs import CompleteBooking, ConfirmBooking, DisputeBooking
from platform_core.identity.staff import SetRole
from platform_core.kernel.actor import Actor, Role, Via
from support.world import OPERATOR
from unit.http.served import Guest, Served

TAGS = ("providers", "bookings")

_ALL = ("other", "creator", "provider", "moderator", "admin")
_STRANGERS = dict.fromkeys(("other", "creator", "provider", "moderator"), 404)

#: In `CUSTOMERS` the owner has made the booking, in the others somebody has made it with them.
CUSTOMERS = (
    "complete_booking",
    "review_booking",
    "get_booking",
    "cancel_booking",
    "dispute_booking",
    "withdraw_dispute",
)

DENIED: Mapping[str, Mapping[str, int]] = {
    "set_up_provider": dict.fromkeys(("owner", "other", "creator", "moderator", "admin"), 403),
    "change_provider": dict.fromkeys(_ALL, 403),
    "offer_slot": dict.fromkeys(_ALL, 403),
    "withdraw_slot": dict.fromkeys(_ALL, 403),
    "book_provider": {"owner": 422},  # Nobody books themself.
    "get_booking": _STRANGERS,
    "cancel_booking": _STRANGERS,
    # Admins may know of every booking; only its sides may say how it went.
    **{
        id: {**_STRANGERS, "admin": 403}
        for id in (
            "confirm_booking",
            "decline_booking",
            "complete_booking",
            "dispute_booking",
            "withdraw_dispute",
            "review_booking",
        )
    },
}


def session(guest: Guest, role: Role) -> Actor:
    """The actor that somebody's session makes them."""
    return Actor(guest.id, role, Via.SESSION)


async def become_provider(server: Served, guest: Guest, *, rate: int = 20) -> Actor:
    """Somebody with a profile as a provider."""
    await server.world.execute(SetRole(guest.id, Role.PROVIDER), by=OPERATOR)
    actor = session(guest, Role.PROVIDER)
    await server.world.execute(SetUpProvider("fitness", rate), by=actor)
    return actor


async def offer(server: Served, provider: Actor, *, hours: float = 48, minutes: int = 60) -> str:
    """A slot of a provider, so many hours ahead; its id."""
    start = server.world.clock.now() + timedelta(hours=hours)
    offered = OfferSlot(provider.id, start, start + timedelta(minutes=minutes))
    return (await server.world.execute(offered, by=provider)).id


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request of the owner's in which everything is right."""
    body: dict[str, Any] | None = None if row.example is None else dict(row.example)
    if row.id in ("list_providers", "set_up_provider", "list_bookings"):
        return row.path, body
    if row.tag == "bookings" and row.id != "book_provider":
        return row.path.replace("{id}", await _booking(server, row, owner)), body
    provider = await become_provider(server, owner)
    slot = await offer(server, provider)
    if row.id == "book_provider" and body is not None:
        body["slotId"] = slot
    if row.id == "offer_slot":
        start = server.world.clock.now() + timedelta(days=9)
        body = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    return row.path.replace("{id}", owner.id).replace("{slotId}", slot), body


async def _booking(server: Served, row: Row, owner: Guest) -> str:
    """A booking in which the operation is right for the owner; its id."""
    other = await server.guest("second_1", tokens=1000)
    world = server.world
    if row.id in CUSTOMERS:
        provider, customer = await become_provider(server, other), session(owner, Role.VIEWER)
    else:
        provider, customer = await become_provider(server, owner), session(other, Role.VIEWER)
    slot = await offer(server, provider)
    made = await world.execute(BookProvider(provider.id, slot, 30), by=customer)
    if row.id in ("confirm_booking", "decline_booking", "get_booking", "cancel_booking"):
        return made.id
    await world.execute(ConfirmBooking(made.id), by=provider)
    # Not moved for the others: the sessions that the matrix looks at last as long as it does.
    world.clock.advance(hours=48)
    if row.id == "withdraw_dispute":
        await world.execute(DisputeBooking(made.id, "x"), by=customer)
    if row.id == "review_booking":
        await world.execute(CompleteBooking(made.id), by=customer)
    return made.id
