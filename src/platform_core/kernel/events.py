"""What happened, as values, and the envelope that carries one to subscribers."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen


@frozen
class Event:
    """Something that happened. Subclasses are frozen, named in the past tense, and carry a stable `name`."""

    name: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        """Make the event known by its name, for reading it back from the outbox."""
        if cls.name:
            Event.kinds[cls.name] = cls


@frozen
class Unreadable(Event):
    """An event that this version of the program cannot read: a newer one may.

    Args:
        event: Its name.
        payload: What is kept of it.
    """

    event: str
    payload: str


@frozen
class Backlog:
    """What waits in an outbox.

    Args:
        waiting: Events not delivered yet.
        parked: Events given up on.
        oldest: When the oldest of those waiting happened; None when none waits.
    """

    waiting: int
    parked: int
    oldest: datetime | None


@frozen
class Envelope:
    """An event on its way.

    Args:
        id: Unique; subscribers that must act once remember it.
        event: What happened.
        subject: The id of the aggregate it happened to; events of one subject are delivered in order.
        at: When.
        actor: Who caused it.
        position: Its place in the outbox; 0 until it is committed.
        attempts: How often delivery has failed.
        error: The last failure.
    """

    id: str
    event: Event
    subject: str
    at: datetime
    actor: str
    position: int = 0
    attempts: int = 0
    error: str | None = None
