"""What identity tells the other contexts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class UserRegistered(Event):
    """Somebody has an account now."""

    name: ClassVar[str] = "identity.user_registered"
    user: str
    username: str
    role: str


@frozen
class RoleChanged(Event):
    """A user's role is another now."""

    name: ClassVar[str] = "identity.role_changed"
    user: str
    old: str
    new: str


@frozen
class UserBanned(Event):
    """A user was shut out."""

    name: ClassVar[str] = "identity.user_banned"
    user: str
    reason: str


@frozen
class UserUnbanned(Event):
    """A user was let in again."""

    name: ClassVar[str] = "identity.user_unbanned"
    user: str


@frozen
class SessionEnded(Event):
    """A session ended because its user signed out, or in anew, or extended it under a new token."""

    name: ClassVar[str] = "identity.session_ended"
    user: str
    session: str


@frozen
class SessionsRevoked(Event):
    """Sessions of a user ended other than by logging out."""

    name: ClassVar[str] = "identity.sessions_revoked"
    user: str
    sessions: int


@frozen
class RefreshTokenReused(Event):
    """A refresh token was shown again after it was swapped: somebody else has had it, and its session ended."""

    name: ClassVar[str] = "identity.refresh_token_reused"
    user: str
    family: str


@frozen
class ApiKeyMade(Event):
    """A user has an API key more."""

    name: ClassVar[str] = "identity.api_key_made"
    user: str
    key: str
    scopes: list[str]


@frozen
class ApiKeyRevoked(Event):
    """An API key opens nothing any more."""

    name: ClassVar[str] = "identity.api_key_revoked"
    user: str
    key: str
    why: str
