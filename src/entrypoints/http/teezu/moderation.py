"""Moderation of content: what waits to be looked at, and saying what may be seen. For moderators and admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.rows import Answer, Ask, Caller, NextCursor, PageAsk, Row, listing, post
from entrypoints.http.teezu.content import CONTENT_EXAMPLE, Content, ContentId, ModerationStatus, show_content
from platform_core.content.moderating import ApproveContent, ContentQueue, RejectContent
from platform_core.content.ports import Moderation
from platform_core.content.viewing import ContentView
from platform_core.kernel.page import DEFAULT_LIMIT, Page

_NAMES: Mapping[str, str] = {"item": "id"}


class QueueAsk(PageAsk, frozen=True, kw_only=True):
    """Which items."""

    status: Annotated[ModerationStatus, Meta(description="What is thought of them.")] = "pending"

    def command(self, caller: Caller) -> ContentQueue:
        """What the core is asked."""
        return ContentQueue(Moderation(self.status), caller.position, self.limit)


class ApproveAsk(Ask, frozen=True):
    """Which item."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: ContentId

    def command(self, _: Caller) -> ApproveContent:
        """What the core is asked."""
        return ApproveContent(self.id)


class RejectAsk(Ask, frozen=True):
    """Which item, and why."""

    names: ClassVar[Mapping[str, str]] = _NAMES

    id: ContentId
    reason: Annotated[
        str, Meta(max_length=500, description="What its creator is told.", examples=["shows somebody else's work"])
    ] = ""

    def command(self, _: Caller) -> RejectContent:
        """What the core is asked."""
        return RejectContent(self.id, self.reason)


class Queue(Answer, frozen=True):
    """Items of which something is thought, those that came first first."""

    items: list[Content]
    nextCursor: NextCursor
    limit: int


def show_queue(page: Page[ContentView], seal: Seal) -> Queue:
    """A page of items."""
    return Queue([show_content(view) for view in page.items], seal(page.next), page.limit)


_REJECTED = {
    **CONTENT_EXAMPLE,
    "moderationStatus": "rejected",
    "moderationReason": "shows somebody else's work",
}

ROWS: tuple[Row, ...] = (
    listing(
        "/moderation/content",
        QueueAsk,
        show_queue,
        id="content_queue",
        summary="List items by what is thought of them, those that came first first",
        tag="moderation",
        answers={
            "items": [{**CONTENT_EXAMPLE, "moderationStatus": "pending"}],
            "nextCursor": None,
            "limit": DEFAULT_LIMIT,
        },
    ),
    post(
        "/moderation/content/{id}/approve",
        ApproveAsk,
        show_content,
        id="approve_content",
        summary="Let an item be seen",
        tag="moderation",
        answers=CONTENT_EXAMPLE,
    ),
    post(
        "/moderation/content/{id}/reject",
        RejectAsk,
        show_content,
        id="reject_content",
        summary="Keep an item from being seen",
        tag="moderation",
        example={"reason": "shows somebody else's work"},
        answers=_REJECTED,
    ),
)
