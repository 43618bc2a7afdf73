"""Reading and changing users' public faces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Showcase, Shown
from platform_core.identity.users import User
from platform_core.kernel.actor import ANYONE, SIGNED_IN, Actor, Policy, Role
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden
from platform_core.kernel.work import Work


@frozen
class UserView:
    """A user as one may see them.

    Args:
        private: What only the user and admins see; None for everybody else.
    """

    id: str
    username: str
    display_name: str
    avatar_url: str | None
    role: Role
    created_at: datetime
    bio: str
    social_links: Mapping[str, str]
    private: PrivateView | None


@frozen
class PrivateView:
    """What only the user themself and admins see of them."""

    email: str
    banned_at: datetime | None
    ban_reason: str | None
    last_login_at: datetime | None


def view(user: User, actor: Actor) -> UserView:
    """The user, as `actor` may see them (AUTHZ-04)."""
    private = None
    if actor.id == user.id or actor.is_admin:
        private = PrivateView(user.email, user.banned_at, user.ban_reason, user.last_login_at)
    return UserView(
        user.id,
        user.username,
        user.display_name,
        user.avatar_url,
        user.role,
        user.created_at,
        user.bio,
        user.social_links,
        private,
    )


@frozen
class GetUser(Query[UserView]):
    """A user by id. Anybody may; the caller's standing decides how much is seen."""

    policy: ClassVar[Policy] = ANYONE

    user: str


async def get_user(query: GetUser, work: Work) -> UserView:
    """The user.

    Raises:
        NotFound: There is none.
    """
    return view(await work.require(User, query.user), work.actor)


@frozen
class ProfileView:
    """A user's public page.

    Args:
        user: What they say of themself.
        shown: What there is to see of theirs.
    """

    user: UserView
    shown: Shown


@frozen
class GetProfile(Query[ProfileView]):
    """A user's public page. Anybody may ask, and sees the same."""

    policy: ClassVar[Policy] = ANYONE

    user: str


async def get_profile(query: GetProfile, work: Work, showcase: Showcase) -> ProfileView:
    """The page; of somebody who is shut out it shows nothing of theirs.

    Raises:
        NotFound: There is no such user.
    """
    user = await work.require(User, query.user)
    shown = Shown() if user.is_banned else await showcase.of(user.id, work.now)
    return ProfileView(view(user, work.actor), shown)


@frozen
class UpdateUser(Command[UserView]):
    """Change a profile; what is None stays. The user themself and admins may.

    Args:
        user: Whose.
        display_name: 1 to 50 characters.
        bio: At most 500 characters.
        avatar_url: An https address.
    """

    policy: ClassVar[Policy] = SIGNED_IN
    target: ClassVar[tuple[str, ...]] = ("user",)

    user: str
    display_name: str | None = None
    bio: str | None = None
    avatar_url: str | None = None

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Users are public: a missing one is not found, another's is forbidden (AUTHZ-01)."""
        await work.require(User, target["user"])
        if work.actor.id != target["user"] and not work.actor.is_admin:
            raise Forbidden("this is somebody else's profile")


async def update_user(command: UpdateUser, work: Work) -> UserView:
    """Change it.

    Raises:
        NotFound: There is no such user.
        Forbidden: It is somebody else.
        Invalid: A field breaks a rule.
    """
    user = await work.require(User, command.user)
    user.describe(display_name=command.display_name, bio=command.bio, avatar_url=command.avatar_url)
    work.save(user)
    return view(user, work.actor)
