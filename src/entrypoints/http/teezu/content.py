"""Content: uploading, the feed, items, and paying to see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.rows import (
    Answer,
    Ask,
    Caller,
    Moment,
    PageAsk,
    Row,
    delete,
    get,
    listing,
    moment,
    post,
)
from platform_core.content.access import Tier
from platform_core.content.feed import USUAL, Filter, ReadFeed
from platform_core.content.items import CAPTION
from platform_core.content.moderating import DeleteContent
from platform_core.content.paying import UnlockContent, UnlockReceipt
from platform_core.content.ports import MediaForm
from platform_core.content.uploading import UploadContent, UploadReceipt
from platform_core.content.viewing import ContentView, GetContent
from platform_core.kernel.errors import Malformed
from platform_core.kernel.money import LIMIT
from platform_core.kernel.page import MOST, Page

ContentId = Annotated[str, Meta(description="A content item's id.", examples=["cnt_abc123"])]
FormName = Literal["image", "video", "audio"]
TierName = Literal["free", "fan", "superfan"]
ModerationStatus = Literal["approved", "pending", "rejected"]
Processing = Annotated[
    Literal["processing", "ready", "failed"],
    Meta(description="Videos and sounds are processed after the upload; nothing can be played before they are ready."),
]
Link = Annotated[
    str | None,
    Meta(description="An address that is good for a few minutes.", examples=["https://live.example/media/content/…"]),
]
Preview = Annotated[
    str | None,
    Meta(description="A few blurred pixels as a `data:` URL, for as long as nothing else can be shown."),
]


class UploadAsk(Ask, frozen=True):
    """A file and what it is. The file's type is told by its content."""

    names: ClassVar[Mapping[str, str]] = {
        "form": "type",
        "is_premium": "isPremium",
        "tier": "tierRequired",
        "token_price": "tokenPrice",
    }

    type: FormName
    file: Annotated[
        str,
        Meta(
            description="JPEG, PNG, GIF, WebP or AVIF; MP4 or WebM; MP3, M4A, OGG, FLAC or WAV.",
            extra_json_schema={"format": "binary"},
        ),
    ]
    caption: Annotated[str, Meta(max_length=CAPTION, examples=["Golden hour 🌅"])] = ""
    isPremium: (
        Annotated[bool, Meta(description="When it is left out, an item with a tier or a price is premium.")] | UnsetType
    ) = UNSET
    tierRequired: Annotated[
        TierName, Meta(description="Who sees a premium item by subscription; `free` for nobody.")
    ] = "free"
    tokenPrice: Annotated[
        int, Meta(ge=0, le=LIMIT, description="Tokens to unlock it by itself; 0 when it is not sold so.")
    ] = 0

    def command(self, caller: Caller) -> UploadContent:
        """What the core is asked."""
        if caller.file is None:
            raise Malformed("there is no file")
        return UploadContent(
            caller.file,
            MediaForm(self.type),
            self.caption,
            None if self.isPremium is UNSET else self.isPremium,
            Tier(self.tierRequired),
            self.tokenPrice,
        )


class Uploaded(Answer, frozen=True):
    """A new item. `url` and `thumbnailUrl` are its creator's own; there are none while it is processed."""

    contentId: ContentId
    url: Link
    thumbnailUrl: Link
    moderationStatus: ModerationStatus
    status: Processing


class Creator(Struct, frozen=True):
    """An item's creator at a glance."""

    id: str
    username: Annotated[str, Meta(examples=["john_doe"])]
    avatarUrl: str | None


class Item(Struct, frozen=True):
    """An item in the feed. Of a locked one there is a teaser only: no address leads to its file."""

    id: ContentId
    type: FormName
    caption: str
    creator: Creator
    url: Link
    thumbnailUrl: Link
    preview: Preview
    isPremium: bool
    tierRequired: TierName
    tokenPrice: int
    locked: Annotated[bool, Meta(description="Whether the caller has yet to pay to see it.")]
    width: int | None
    height: int | None
    durationMs: int | None
    createdAt: Moment


class Feed(Answer, frozen=True):
    """A page of the feed."""

    items: list[Item]
    nextCursor: Annotated[str | None, Meta(description="Where the next page begins.", examples=["crs_8Jq0"])]
    hasMore: bool


class FeedAsk(PageAsk, frozen=True, kw_only=True):
    """Which items."""

    filter: Literal["all", "premium", "free"] = "all"
    limit: Annotated[int, Meta(ge=1, description=f"How many at most; more than {MOST} is taken for {MOST}.")] = USUAL

    def command(self, caller: Caller) -> ReadFeed:
        """What the core is asked."""
        return ReadFeed(Filter(self.filter), caller.position, self.limit)


class ContentAsk(Ask, frozen=True):
    """Which item."""

    names: ClassVar[Mapping[str, str]] = {"item": "id"}

    id: ContentId

    def command(self, _: Caller) -> GetContent:
        """What the core is asked."""
        return GetContent(self.id)


class ContentStats(Struct, frozen=True):
    """An item in numbers."""

    unlocks: Annotated[int, Meta(description="How many have unlocked it.")] = 0


class Content(Answer, frozen=True):
    """An item. `moderationReason` is shown to its creator and to staff only."""

    id: ContentId
    type: FormName
    caption: str
    creator: Creator
    url: Link
    thumbnailUrl: Link
    preview: Preview
    isPremium: bool
    tierRequired: TierName
    tokenPrice: int
    locked: Annotated[bool, Meta(description="Whether the caller has yet to pay to see it.")]
    mimeType: Annotated[str, Meta(examples=["image/jpeg"])]
    width: int | None
    height: int | None
    durationMs: int | None
    status: Processing
    moderationStatus: ModerationStatus
    stats: ContentStats
    createdAt: Moment
    moderationReason: str | UnsetType = UNSET


class DeleteAsk(Ask, frozen=True):
    """Which item."""

    names: ClassVar[Mapping[str, str]] = {"item": "id"}

    id: ContentId

    def command(self, _: Caller) -> DeleteContent:
        """What the core is asked."""
        return DeleteContent(self.id)


class UnlockAsk(Ask, frozen=True):
    """Which item."""

    names: ClassVar[Mapping[str, str]] = {"item": "id"}

    id: ContentId

    def command(self, _: Caller) -> UnlockContent:
        """What the core is asked."""
        return UnlockContent(self.id)


class Unlocked(Answer, frozen=True):
    """An item that is unlocked, now or before."""

    contentId: ContentId
    transactionId: Annotated[str, Meta(examples=["txn_unlock_abc123"])]
    amount: Annotated[int, Meta(description="The tokens it cost.", examples=[25])]
    newBalance: Annotated[int, Meta(description="All tokens of the caller, held ones included.", examples=[975])]
    unlockedAt: Moment


def show_uploaded(receipt: UploadReceipt) -> Uploaded:
    """What came of an upload."""
    return Uploaded(receipt.item, receipt.url, receipt.thumbnail_url, receipt.moderation, receipt.state)  # type: ignore[arg-type]  # the enums' own values


def _creator(view: ContentView) -> Creator:
    return Creator(view.creator.id, view.creator.username, view.creator.avatar_url)


def _item(view: ContentView) -> Item:
    return Item(
        id=view.id,
        type=view.form,  # type: ignore[arg-type]  # the enum's own value
        caption=view.caption,
        creator=_creator(view),
        url=view.url,
        thumbnailUrl=view.thumbnail_url,
        preview=view.preview,
        isPremium=view.is_premium,
        tierRequired=view.tier,  # type: ignore[arg-type]  # the enum's own value
        tokenPrice=view.token_price,
        locked=view.is_locked,
        width=view.width,
        height=view.height,
        durationMs=view.milliseconds,
        createdAt=moment(view.created_at),
    )


def show_feed(page: Page[ContentView], seal: Seal) -> Feed:
    """A page of the feed."""
    following = seal(page.next)
    return Feed([_item(view) for view in page.items], following, following is not None)


def show_content(view: ContentView) -> Content:
    """An item, as the caller may see it."""
    return Content(
        id=view.id,
        type=view.form,  # type: ignore[arg-type]  # the enum's own value
        caption=view.caption,
        creator=_creator(view),
        url=view.url,
        thumbnailUrl=view.thumbnail_url,
        preview=view.preview,
        isPremium=view.is_premium,
        tierRequired=view.tier,  # type: ignore[arg-type]  # the enum's own value
        tokenPrice=view.token_price,
        locked=view.is_locked,
        mimeType=view.mime,
        width=view.width,
        height=view.height,
        durationMs=view.milliseconds,
        status=view.state,  # type: ignore[arg-type]  # the enum's own value
        moderationStatus=view.moderation,  # type: ignore[arg-type]  # the enum's own value
        stats=ContentStats(view.unlocks or 0),
        createdAt=moment(view.created_at),
        moderationReason=UNSET if view.reason is None else view.reason,
    )


def show_deleted(_: None) -> None:
    """Nothing is left to show."""


def show_unlocked(receipt: UnlockReceipt) -> Unlocked:
    """An item that is unlocked."""
    return Unlocked(receipt.item, receipt.transaction, receipt.paid, receipt.balance, moment(receipt.unlocked_at))


_LINK = "https://live.example/media/content/cnt_abc123/media.jpg?until=1777636800&for=all&signature=9fYw"
_ITEM = {
    "id": "cnt_abc123",
    "type": "image",
    "caption": "Golden hour 🌅",
    "creator": {"id": "usr_abc123", "username": "john_doe", "avatarUrl": None},
    "url": _LINK,
    "thumbnailUrl": _LINK.replace("media.jpg", "thumbnail.webp"),
    "preview": "data:image/webp;base64,UklGRiIAAABXRUJQVlA4",
    "isPremium": False,
    "tierRequired": "free",
    "tokenPrice": 0,
    "locked": False,
    "width": 1920,
    "height": 1080,
    "durationMs": None,
    "createdAt": "2026-05-01T12:00:00Z",
}
CONTENT_EXAMPLE = {
    **_ITEM,
    "mimeType": "image/jpeg",
    "status": "ready",
    "moderationStatus": "approved",
    "stats": {"unlocks": 3},
}

ROWS: tuple[Row, ...] = (
    listing(
        "/content/feed",
        FeedAsk,
        show_feed,
        id="content_feed",
        summary="Read the feed: what is new, favourites first",
        tag="content",
        answers={"items": [_ITEM], "nextCursor": "crs_8Jq0", "hasMore": True},
    ),
    post(
        "/content",
        UploadAsk,
        show_uploaded,
        id="create_content",
        summary="Upload a picture, a video or a sound",
        tag="content",
        status=201,
        limit="uploads",
        file="file",
        example={
            "type": "image",
            "caption": "Golden hour 🌅",
            "isPremium": "true",
            "tierRequired": "fan",
            "tokenPrice": "25",
            "file": "(the file)",
        },
        answers={
            "contentId": "cnt_abc123",
            "url": _LINK.replace("for=all", "for=own"),
            "thumbnailUrl": _LINK.replace("media.jpg", "thumbnail.webp").replace("for=all", "for=own"),
            "moderationStatus": "approved",
            "status": "ready",
        },
    ),
    get(
        "/content/{id}",
        ContentAsk,
        show_content,
        id="get_content",
        summary="Read an item; of a premium one, a teaser until it is paid for",
        tag="content",
        answers=CONTENT_EXAMPLE,
    ),
    delete(
        "/content/{id}",
        DeleteAsk,
        show_deleted,
        id="delete_content",
        summary="Take an item away, at once and for good",
        tag="content",
        status=204,
    ),
    post(
        "/content/{id}/unlock",
        UnlockAsk,
        show_unlocked,
        id="unlock_content",
        summary="Pay tokens to see an item; nobody pays twice",
        tag="content",
        limit="money",
        answers={
            "contentId": "cnt_abc123",
            "transactionId": "txn_unlock_abc123",
            "amount": 25,
            "newBalance": 975,
            "unlockedAt": "2026-05-01T12:00:00Z",
        },
    ),
)
