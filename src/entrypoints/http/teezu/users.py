"""Reading and changing users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, patch
from entrypoints.http.teezu.auth import RoleName
from platform_core.identity.ports import ShownItem
from platform_core.identity.profiles import GetProfile, GetUser, ProfileView, UpdateUser, UserView

UserId = Annotated[str, Meta(description="A user's id.", examples=["usr_abc123"])]


class UserAsk(Ask, frozen=True):
    """Which user."""

    names: ClassVar[Mapping[str, str]] = {"user": "id"}

    id: UserId

    def command(self, _: Caller) -> GetUser:
        """What the core is asked."""
        return GetUser(self.id)


class ProfileAsk(Ask, frozen=True):
    """Which user."""

    names: ClassVar[Mapping[str, str]] = {"user": "id"}

    id: UserId

    def command(self, _: Caller) -> GetProfile:
        """What the core is asked."""
        return GetProfile(self.id)


class UpdateUserAsk(Ask, frozen=True):
    """What to change of a user; what is left out stays."""

    names: ClassVar[Mapping[str, str]] = {"user": "id", "display_name": "displayName", "avatar_url": "avatarUrl"}

    id: UserId
    displayName: Annotated[str, Meta(min_length=1, max_length=50, examples=["Johnny"])] | UnsetType = UNSET
    bio: Annotated[str, Meta(max_length=500, examples=["Content creator 🔥"])] | UnsetType = UNSET
    avatarUrl: (
        Annotated[str, Meta(pattern="^https://", max_length=2048, examples=["https://cdn.example/me.webp"])] | UnsetType
    ) = UNSET

    def command(self, _: Caller) -> UpdateUser:
        """What the core is asked."""
        return UpdateUser(
            self.id,
            display_name=None if self.displayName is UNSET else self.displayName,
            bio=None if self.bio is UNSET else self.bio,
            avatar_url=None if self.avatarUrl is UNSET else self.avatarUrl,
        )


class User(Answer, frozen=True):
    """A user. `bio` and `email` are shown to the user themself and to admins only."""

    id: UserId
    username: Annotated[str, Meta(examples=["john_doe"])]
    displayName: Annotated[str, Meta(examples=["John Doe"])]
    avatarUrl: Annotated[str | None, Meta(examples=["https://cdn.example/avatars/john.webp"])]
    role: RoleName
    createdAt: Moment
    bio: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


class Stats(Struct, frozen=True):
    """A user in numbers."""

    followers: int = 0
    following: int = 0
    content: int = 0
    streams: int = 0


class ContentCard(Struct, frozen=True):
    """A content item at a glance. Nothing leads to the file of a premium one."""

    id: str
    type: str
    caption: str
    isPremium: bool
    thumbnailUrl: str | None
    preview: str | None
    createdAt: Moment


class TierCard(Struct, frozen=True):
    """A subscription tier at a glance."""

    id: str
    name: str
    tokenPrice: Annotated[int, Meta(description="Tokens for 30 days.")]


class Profile(Answer, frozen=True):
    """A user's public page."""

    id: UserId
    username: Annotated[str, Meta(examples=["john_doe"])]
    displayName: Annotated[str, Meta(examples=["John Doe"])]
    avatarUrl: str | None
    bio: str
    role: RoleName
    createdAt: Moment
    stats: Stats
    recentContent: list[ContentCard]
    subscriptionTiers: list[TierCard]
    socialLinks: Annotated[
        dict[str, str], Meta(description="Network to address.", examples=[{"site": "https://example.com"}])
    ]


def show_user(user: UserView) -> User:
    """A user, as much of them as the caller may see."""
    private = user.private
    return User(
        id=user.id,
        username=user.username,
        displayName=user.display_name,
        avatarUrl=user.avatar_url,
        role=user.role.value,
        createdAt=moment(user.created_at),
        bio=UNSET if private is None else user.bio,
        email=UNSET if private is None else private.email,
    )


def _card(item: ShownItem) -> ContentCard:
    return ContentCard(
        item.id,
        item.form,
        item.caption,
        item.is_premium,
        item.thumbnail_url,
        item.preview,
        moment(item.created_at),
    )


def show_profile(profile: ProfileView) -> Profile:
    """A user's public page, the same for everybody."""
    user, shown = profile.user, profile.shown
    return Profile(
        id=user.id,
        username=user.username,
        displayName=user.display_name,
        avatarUrl=user.avatar_url,
        bio=user.bio,
        role=user.role.value,
        createdAt=moment(user.created_at),
        # What nobody can make here yet, nobody has any of.
        stats=Stats(content=shown.items),
        recentContent=[_card(item) for item in shown.recent],
        subscriptionTiers=[TierCard(tier, tier.capitalize(), price) for tier, price in shown.tiers.items()],
        socialLinks=dict(user.social_links),
    )


_EXAMPLE = {
    "id": "usr_abc123",
    "username": "john_doe",
    "displayName": "John Doe",
    "avatarUrl": "https://cdn.example/avatars/john.webp",
    "role": "viewer",
    "createdAt": "2026-01-10T08:00:00Z",
}

ROWS: tuple[Row, ...] = (
    get(
        "/users/{id}",
        UserAsk,
        show_user,
        id="get_user",
        summary="Read a user; the user themself and admins see more",
        tag="users",
        answers=_EXAMPLE,
    ),
    patch(
        "/users/{id}",
        UpdateUserAsk,
        show_user,
        id="update_user",
        summary="Change one's own profile",
        tag="users",
        example={"displayName": "Johnny", "bio": "Content creator 🔥", "avatarUrl": "https://cdn.example/me.webp"},
        answers={**_EXAMPLE, "displayName": "Johnny", "bio": "Content creator 🔥", "email": "user@example.com"},
    ),
    get(
        "/users/{id}/profile",
        ProfileAsk,
        show_profile,
        id="get_user_profile",
        summary="Read a user's public page",
        tag="users",
        answers={
            **_EXAMPLE,
            "bio": "Content creator 🔥",
            "stats": {"followers": 0, "following": 0, "content": 1, "streams": 0},
            "recentContent": [
                {
                    "id": "cnt_abc123",
                    "type": "image",
                    "caption": "Golden hour 🌅",
                    "isPremium": True,
                    "thumbnailUrl": None,
                    "preview": "data:image/webp;base64,UklGRiIAAABXRUJQVlA4",
                    "createdAt": "2026-05-01T12:00:00Z",
                }
            ],
            "subscriptionTiers": [{"id": "fan", "name": "Fan", "tokenPrice": 100}],
            "socialLinks": {"site": "https://example.com"},
        },
    ),
)
