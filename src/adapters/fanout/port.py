"""What realtime asks of whoever carries its words from one process to the others.

A room is a name. What is *told* in one is kept for a while, in an order that is the same for all processes, so that who
was away can catch up; it is told once, whoever tells it however often. What is *passed on* is of the moment: it reaches
the processes that listen now, and may be lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import frozen

KEPT = 200
"""How many of the last words of a room are kept."""
KEPT_SECONDS = 3600
"""For how long, after the last of them, or after the room was last said to be in use."""


@frozen
class Place:
    """A place in the order of a room.

    Args:
        epoch: Which order: another one when the room was forgotten in between.
        number: 1, 2, 3 and so on without a gap; 0 is before the first.
    """

    epoch: str
    number: int


@frozen
class Word:
    """Something said in a room.

    Args:
        room: Where.
        body: What, as UTF-8 text of the teller's own making.
        place: Its place in the room's order; None for what is of the moment.
    """

    room: str
    body: bytes
    place: Place | None


@frozen
class Missed:
    """What was told in a room after a place.

    Args:
        words: In order; all of them, or the last that are kept.
        head: The place of the last word that was told there, at that moment.
        gap: Whether there were more than these.
    """

    words: Sequence[Word]
    head: Place
    gap: bool


class Fanout(Protocol):
    """Carries words between processes."""

    async def open(self, hear: Callable[[Word], None]) -> None:
        """Begin to listen.

        Args:
            hear: Called with each word of every room, this process's own too; what is told in one room comes in
                its order.

        Raises:
            Unavailable: The others cannot be reached.
        """

    async def close(self) -> None:
        """Stop listening and let go of everything."""

    async def use(self, room: str) -> Place:
        """Keep what is told in a room from now on; where its order stands.

        Raises:
            Unavailable: It is not known.
        """

    async def is_used(self, room: str) -> bool:
        """Whether anybody could hear, now or later, what is told in a room.

        Raises:
            Unavailable: It is not known.
        """

    async def tell(self, room: str, body: bytes, *, id: str) -> None:
        """Say something that is kept, once for each id; nothing in a room that nobody uses.

        Raises:
            Unavailable: It was not told, or nobody knows; telling it again under its id is safe.
        """

    async def pass_on(self, room: str, body: bytes) -> None:
        """Say something of the moment.

        Raises:
            Unavailable: It was not passed on.
        """

    async def missed(self, room: str, after: Place) -> Missed:
        """What was told in a room after a place.

        Raises:
            Unavailable: It is not known.
        """
