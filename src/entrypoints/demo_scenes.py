"""What the demo's people are about: somebody to book, a booking, a conversation, and two streams that are on.

Each part makes what is not there yet. Whoever plays with the demo may have banned or changed its people: then a part
that cannot be made is left out.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import frozen

from platform_core.booking.listing import GetProvider, SetUpProvider
from platform_core.booking.requests import BookProvider
from platform_core.booking.slots import OfferSlot
from platform_core.booking.verbs import ConfirmBooking
from platform_core.booking.views import ListBookings
from platform_core.identity.staff import FindUser
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.errors import Conflict, Forbidden, NotFound, PlatformError
from platform_core.kernel.ports import Clock
from platform_core.messaging.inbox import OpenConversation
from platform_core.messaging.writing import SendMessage
from platform_core.platform import Platform
from platform_core.streams.broadcasting import CreateStream, SetStreamState
from platform_core.streams.chat import SayInStream
from platform_core.streams.stream import StreamState
from platform_core.streams.upkeep import AllStreams
from platform_core.streams.watching import Beat, JoinStream
from platform_core.wallet.tips import SendTip, TipContext

EVENINGS = 4
RATE = 50
MINUTES = 30
ENTRY = 25
"""What the premium stream costs, in tokens."""
SAID = ("Your show last night was wonderful!", "Thank you! I am live again now, come by.")
BEAT = 5.0
"""Seconds between heartbeats."""
LINES = (
    (1, "Good evening! Who is here tonight?"),
    (0, "Hi bob, good to see you."),
    (1, "The sound of the last one is still in my ears."),
    (0, "There is more of it. Which one first?"),
    (1, "The slow one, please."),
    (0, "The slow one it is."),
    (1, "This is my favourite part."),
    (0, "Tell your friends, there is room for more."),
)
"""What is said in a stream, by its host (0) and its viewer (1), over and over."""
PAUSE = 2
"""Heartbeats between two lines."""
GIFT = 5
"""The viewer's tip each time all has been said, in tokens."""

_OPERATOR = Actor.operator("demo")


@frozen
class OnAir:
    """Somebody who takes part in a stream, and is to be heard of while the demo runs."""

    actor: Actor
    stream: str


def acting(user: str, role: Role) -> Actor:
    """Somebody of the demo, in a session that each start of the demo takes up again."""
    return Actor(user, role, Via.SESSION, "ses_demo")


async def seed_bookings(platform: Platform, provider: Actor, customer: Actor) -> None:
    """A provider with a profile and slots on the next evenings; of the customer a request, and a session under way."""
    with suppress(PlatformError):
        await _profile(platform, provider)
        evening = platform.clock.now().replace(hour=18, minute=0, second=0, microsecond=0)
        for day in range(1, EVENINGS + 1):
            starts_at = evening + timedelta(days=day)
            with suppress(Conflict):
                await platform.execute(OfferSlot(provider.id, starts_at, starts_at + timedelta(hours=1)), by=provider)
        page = await platform.execute(GetProvider(provider.id), by=customer)
        if not (await platform.execute(ListBookings(), by=customer)).items:
            await platform.execute(BookProvider(provider.id, page.slots[-1].id, MINUTES), by=customer)
            await _begun(platform, provider, customer)


@frozen
class _Earlier:
    """The time it was a while ago."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        """The moment."""
        return self.clock.now() - self.by


async def _begun(platform: Platform, provider: Actor, customer: Actor) -> None:
    """A session that was booked and confirmed in time, and goes on now: it can be completed at once."""
    begins = platform.clock.now().replace(second=0, microsecond=0)
    earlier = platform.application.at(_Earlier(platform.clock, timedelta(days=1)))
    slot = await earlier.execute(OfferSlot(provider.id, begins, begins + timedelta(hours=1)), by=provider)
    booking = await earlier.execute(BookProvider(provider.id, slot.id, MINUTES), by=customer)
    await earlier.execute(ConfirmBooking(booking.id), by=provider)


async def _profile(platform: Platform, provider: Actor) -> None:
    try:
        await platform.execute(GetProvider(provider.id), by=provider)
    except NotFound:
        profile = SetUpProvider("fitness", RATE, "Yoga at sunset, for beginners too.", ("Yoga", "Breathing"))
        await platform.execute(profile, by=provider)


async def seed_messages(platform: Platform, one: Actor, other: Actor) -> None:
    """A conversation of the two, each of whom has said something."""
    with suppress(PlatformError):
        conversation = await platform.execute(OpenConversation(other.id), by=one)
        if conversation.last_message is None:
            for author, words in zip((one, other), SAID, strict=True):
                await platform.execute(SendMessage(conversation.id, words), by=author)


async def seed_streams(platform: Platform, *, free: Actor, premium: Actor, viewer: Actor) -> list[OnAir]:
    """A stream for everybody, with a viewer, and one that costs entry; who is to be heard of."""
    on_air = []
    with suppress(PlatformError):
        evening = await _live(platform, free, CreateStream("Evening show"))
        await platform.execute(JoinStream(evening), by=viewer)
        on_air += [OnAir(free, evening), OnAir(viewer, evening)]
    with suppress(PlatformError):
        on_air.append(OnAir(premium, await _live(platform, premium, CreateStream("Yoga at sunset", True, ENTRY))))
    return on_air


async def _live(platform: Platform, host: Actor, wanted: CreateStream) -> str:
    """The host's stream of this title that is on; a new one where there is none."""
    user = await platform.execute(FindUser(host.id), by=_OPERATOR)
    if user.private is None or user.private.banned_at is not None:
        raise Forbidden("the host is shut out")
    for stream in await platform.execute(AllStreams(host=host.id), by=_OPERATOR):
        if stream.title == wanted.title and stream.state in (StreamState.LIVE, StreamState.FROZEN):
            await platform.execute(Beat(stream.id), by=host)
            return stream.id
    made = (await platform.execute(wanted, by=host)).stream
    await platform.execute(SetStreamState(made, StreamState.LIVE), by=host)
    return made


async def keep_on_air(platform: Platform, on_air: Sequence[OnAir], stop: asyncio.Event) -> None:
    """Send everybody's heartbeats, and have those who share a stream talk, until told to stop. Nobody films, but the
    streams stay on.
    """
    for beat in itertools.count():
        for one in on_air:
            # Somebody may have ended the stream, or left it.
            with suppress(PlatformError):
                await platform.execute(Beat(one.stream), by=one.actor)
        if beat % PAUSE == 0:
            with suppress(PlatformError):
                await talk(platform, on_air, beat // PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), BEAT)
            return


async def talk(platform: Platform, on_air: Sequence[OnAir], turn: int) -> None:
    """The next line of those two who share a stream; after the last one a tip."""
    pairs = [(one, other) for one, other in itertools.pairwise(on_air) if one.stream == other.stream]
    if not pairs:
        return
    [host, viewer] = pairs[0]
    place = turn % (len(LINES) + 1)
    if place == len(LINES):
        tip = SendTip(host.actor.id, GIFT, TipContext.STREAM, host.stream)
        await platform.execute(tip, by=viewer.actor)
    else:
        author, words = LINES[place]
        await platform.execute(SayInStream(host.stream, words), by=(host, viewer)[author].actor)
