"""Reading and changing users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, patch
from entrypoints.http.teezu.auth import RoleName
from platform_core.identity.profiles import GetUser, UpdateUser, UserView

UserId = Annotated[str, Meta(description="A user's id.", examples=["usr_abc123"])]


class UserAsk(Ask, frozen=True):
    """Which user."""

    names: ClassVar[Mapping[str, str]] = {"user": "id"}

    id: UserId

    def command(self, _: Caller) -> GetUser:
        """What the core is asked."""
        return GetUser(self.id)


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
    """A content item at a glance."""

    id: str
    type: str


class TierCard(Struct, frozen=True):
    """A subscription tier at a glance."""

    id: str
    name: str


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


def show_profile(user: UserView) -> Profile:
    """A user's public page, the same for everybody."""
    return Profile(
        id=user.id,
        username=user.username,
        displayName=user.display_name,
        avatarUrl=user.avatar_url,
        bio=user.bio,
        role=user.role.value,
        createdAt=moment(user.created_at),
        # What nobody can make here yet, nobody has any of.
        stats=Stats(),
        recentContent=[],
        subscriptionTiers=[],
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
        UserAsk,
        show_profile,
        id="get_user_profile",
        summary="Read a user's public page",
        tag="users",
        answers={
            **_EXAMPLE,
            "bio": "Content creator 🔥",
            "stats": {"followers": 0, "following": 0, "content": 0, "streams": 0},
            "recentContent": [],
            "subscriptionTiers": [],
            "socialLinks": {"site": "https://example.com"},
        },
    ),
)
