"""Content items: one picture, video or sound of a creator's, from its upload until its files are gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.content.access import Tier
from platform_core.content.events import (
    ContentDeleted,
    ContentModerated,
    ContentProcessed,
    ContentPurged,
    ContentUploaded,
)
from platform_core.content.ports import MediaForm, Moderation, Verdict
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Invalid, NotFound
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import LIMIT
from platform_core.kernel.text import text

CAPTION = 2_200
"""The longest caption, in characters."""


class MediaState(Enum):
    """How far an item's files are."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


STATES = Machine(
    "file",
    {
        MediaState.PROCESSING: frozenset({MediaState.READY, MediaState.FAILED}),
        MediaState.READY: frozenset(),
        MediaState.FAILED: frozenset(),
    },
)

MODERATION = Machine(
    "content item",
    {
        Moderation.PENDING: frozenset({Moderation.APPROVED, Moderation.REJECTED}),
        Moderation.APPROVED: frozenset({Moderation.REJECTED}),
        Moderation.REJECTED: frozenset({Moderation.APPROVED}),
    },
)


def folder(item: str) -> str:
    """Below which key an item's files are kept."""
    return f"content/{item}/"


def source_folder(item: str) -> str:
    """Below which key the file is kept that came, until it has been processed. No link ever leads there."""
    return f"{folder(item)}source/"


@define(eq=False, kw_only=True)
class Offer:
    """Who may see an item, as its creator wants it.

    Args:
        is_premium: Whether it is for those who have paid.
        tier: Which subscribers may see it; FREE when a subscription is not enough.
        token_price: What it costs to unlock it by itself; 0 when it is not sold so.
    """

    is_premium: bool
    tier: Tier
    token_price: int

    @classmethod
    def of(cls, *, is_premium: bool | None = None, tier: Tier = Tier.FREE, token_price: int = 0) -> Offer:
        """What a creator asks for.

        Naming a tier or a price makes an item premium. One that is premium and names neither is for every subscriber:
        otherwise nobody could ever see it.

        Args:
            is_premium: What was said; None when nothing was.
            tier: Which subscribers may see it.
            token_price: Whole tokens, 0 to 10^15.

        Raises:
            Invalid: The price is none, or the item is said to be free and has a tier or a price.
        """
        if type(token_price) is not int or not 0 <= token_price <= LIMIT:
            raise Invalid.field("token_price", f"must be a whole number from 0 to {LIMIT}")
        if is_premium is False and tier is not Tier.FREE:
            raise Invalid.field("tier", "must be free for an item that is not premium")
        if is_premium is False and token_price:
            raise Invalid.field("token_price", "must be 0 for an item that is not premium")
        if is_premium and tier is Tier.FREE and not token_price:
            tier = Tier.FAN
        return cls(is_premium=tier is not Tier.FREE or token_price > 0, tier=tier, token_price=token_price)


@define(eq=False, kw_only=True)
class ContentItem(Aggregate):
    """One item.

    Args:
        creator: Whose.
        form: Picture, video or sound.
        caption: What its creator says of it.
        is_premium: Whether it is for those who have paid.
        tier: Which subscribers may see it; FREE when a subscription is not enough.
        token_price: What it costs to unlock; 0 when it is not sold by itself.
        state: How far its files are.
        moderation: What is thought of it.
        reason: Why it was rejected, failed or waits, if it did or does.
        created_at: When it was uploaded.
        published_at: When it could first be seen.
        listed_at: The same while it can be seen; None while it cannot: by this the feed finds it.
        digest: The SHA-256 of the file that came.
        size: Its size in bytes.
        mime: The media type of what is shown.
        width: Pixels, of pictures and videos.
        height: The same.
        milliseconds: How long it is, of videos and sounds.
        media: The key of what is shown; of what came, while that is being processed.
        thumbnail: The key of the same in small.
        preview: A few blurred pixels as a `data:` URL.
        due_at: When the worker has something to do with it: process it, or purge its files.
        attempts: How often processing it was begun.
        deleted_at: Since when it is gone.
    """

    kind: ClassVar[str] = "content_item"

    creator: str
    form: MediaForm
    caption: str
    is_premium: bool
    tier: Tier
    token_price: int
    state: MediaState
    moderation: Moderation
    reason: str | None
    created_at: datetime
    digest: str
    size: int
    mime: str
    published_at: datetime | None = None
    listed_at: datetime | None = None
    width: int | None = None
    height: int | None = None
    milliseconds: int | None = None
    media: str | None = None
    thumbnail: str | None = None
    preview: str | None = None
    due_at: datetime | None = None
    attempts: int = 0
    deleted_at: datetime | None = None

    @classmethod
    def upload(
        cls,
        *,
        id: str,
        creator: str,
        form: MediaForm,
        caption: str,
        offer: Offer,
        digest: str,
        size: int,
        mime: str,
        media: str,
        now: datetime,
    ) -> ContentItem:
        """An item whose file has come and is kept, and nothing more is known of it.

        Raises:
            Invalid: The caption is too long.
        """
        return cls(
            id=id,
            creator=creator,
            form=form,
            caption=text(caption, "caption", most=CAPTION),
            is_premium=offer.is_premium,
            tier=offer.tier,
            token_price=offer.token_price,
            state=MediaState.PROCESSING,
            moderation=Moderation.PENDING,
            reason=None,
            created_at=now,
            digest=digest,
            size=size,
            mime=mime,
            media=media,
            due_at=now,
        )

    # ---- looking

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone."""
        return self.deleted_at is not None

    @property
    def is_listed(self) -> bool:
        """Whether others than its creator and staff may know of it."""
        return self.listed_at is not None

    # ---- acting

    def announce(self) -> None:
        """Say that it was made, once it is clear as what."""
        self.record(ContentUploaded(self.id, self.creator, self.form.value, self.moderation.value, self.state.value))

    def show(
        self,
        *,
        media: str,
        mime: str,
        now: datetime,
        thumbnail: str | None = None,
        preview: str | None = None,
        width: int | None = None,
        height: int | None = None,
        milliseconds: int | None = None,
    ) -> None:
        """Its files are fit to be shown.

        Raises:
            InvalidTransition: They were or were not before.
        """
        self.state = STATES.move(self.state, MediaState.READY)
        self.media, self.thumbnail, self.preview, self.mime = media, thumbnail, preview, mime
        self.width, self.height, self.milliseconds = width, height, milliseconds
        self.due_at = None
        self._list(now)

    def fail(self, reason: str) -> None:
        """Its file cannot be made fit to be shown.

        Raises:
            InvalidTransition: It was already, or it was given up before.
        """
        self.state = STATES.move(self.state, MediaState.FAILED)
        self.reason, self.due_at = reason, None

    def processed(self) -> None:
        """Say how processing ended."""
        self.record(ContentProcessed(self.id, self.creator, self.state.value, self.reason))

    def begin(self, now: datetime, lasts: timedelta) -> None:
        """A worker takes it up; another may when that has come to nothing after so long.

        Raises:
            InvalidTransition: There is nothing to process.
        """
        STATES.move(self.state, MediaState.READY)
        self.attempts += 1
        self.due_at = now + lasts

    def put_off(self, until: datetime) -> None:
        """Nobody can process it just now; that is no attempt."""
        self.attempts -= 1
        self.due_at = until

    def judge(self, verdict: Verdict, now: datetime) -> None:
        """What the checker says, when nobody has said anything yet."""
        if verdict.moderation is not self.moderation:
            self.moderation = MODERATION.move(self.moderation, verdict.moderation)
        self.reason = verdict.reason
        self._list(now)

    def approve(self, now: datetime) -> None:
        """Let it be seen.

        Raises:
            InvalidTransition: It is approved already.
        """
        self.moderation, self.reason = MODERATION.move(self.moderation, Moderation.APPROVED), None
        self._list(now)
        self.record(ContentModerated(self.id, self.creator, self.moderation.value, None))

    def reject(self, reason: str, now: datetime) -> None:
        """Keep it from being seen.

        Raises:
            InvalidTransition: It is rejected already.
            Invalid: The reason is too long.
        """
        text(reason, "reason", most=500)
        self.moderation, self.reason = MODERATION.move(self.moderation, Moderation.REJECTED), reason or None
        self._list(now)
        self.record(ContentModerated(self.id, self.creator, self.moderation.value, self.reason))

    def delete(self, now: datetime, *, kept: timedelta, reason: str | None = None) -> None:
        """Take it away, everywhere and at once; its files follow after `kept`.

        Raises:
            NotFound: It is gone already.
        """
        if self.is_deleted:
            raise NotFound("there is no such content item")
        self.deleted_at, self.due_at = now, now + kept
        self.reason = text(reason, "reason", most=500) if reason else self.reason
        self._list(now)
        self.record(ContentDeleted(self.id, self.creator, reason or None))

    def purge(self) -> None:
        """Its files are gone: forget what they were. That there was an item is kept, for the books name it."""
        self.media = self.thumbnail = self.preview = self.due_at = None
        self.caption = ""
        self.record(ContentPurged(self.id, self.creator))

    def _list(self, now: datetime) -> None:
        """Have the feed find it, or not, as things stand."""
        can_be_seen = self.state is MediaState.READY and self.moderation is Moderation.APPROVED and not self.is_deleted
        if can_be_seen and self.published_at is None:
            self.published_at = now
        self.listed_at = self.published_at if can_be_seen else None
