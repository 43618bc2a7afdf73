"""What happens to content."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class ContentUploaded(Event):
    """An item was made; whether it can be seen is told by `ContentModerated` and `ContentProcessed`."""

    name: ClassVar[str] = "content.uploaded"

    item: str
    creator: str
    form: str
    moderation: str
    state: str


@frozen
class ContentProcessed(Event):
    """A video or a sound was made ready, or could not be."""

    name: ClassVar[str] = "content.processed"

    item: str
    creator: str
    state: str
    reason: str | None


@frozen
class ContentModerated(Event):
    """An item was approved or rejected after it was made."""

    name: ClassVar[str] = "content.moderated"

    item: str
    creator: str
    moderation: str
    reason: str | None


@frozen
class ContentDeleted(Event):
    """An item is gone from everywhere; its files follow.

    Args:
        reason: Why, when it was not the creator.
    """

    name: ClassVar[str] = "content.deleted"

    item: str
    creator: str
    reason: str | None


@frozen
class ContentPurged(Event):
    """The files of a deleted item are gone too."""

    name: ClassVar[str] = "content.purged"

    item: str
    creator: str


@frozen
class ContentUnlocked(Event):
    """Somebody paid to see an item."""

    name: ClassVar[str] = "content.unlocked"

    item: str
    user: str
    creator: str
    transaction: str
    amount: int
    fee: int


@frozen
class Subscribed(Event):
    """Somebody subscribed to a creator's tier for another period.

    Args:
        amount: Tokens paid now.
    """

    name: ClassVar[str] = "content.subscribed"

    creator: str
    subscriber: str
    tier: str
    amount: int
    fee: int


@frozen
class TiersSet(Event):
    """A creator set the prices of their tiers; 0 for one that is not offered."""

    name: ClassVar[str] = "content.tiers_set"

    creator: str
    fan: int
    superfan: int
