"""Registering, signing in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, moment, nothing, post
from entrypoints.http.teezu.sessions import drop_session, keep_session
from platform_core.identity.access import Login, Logout, RefreshSession, Register
from platform_core.identity.sessions import OpenedSession
from platform_core.identity.users import check_email, check_password, check_username
from platform_core.kernel.actor import Role
from platform_core.kernel.secret import Secret

Email = Annotated[str, Meta(extra_json_schema={"format": "email"}, examples=["user@example.com"])]
Token = Annotated[str, Meta(description="An opaque session token. Treat it as a password.", examples=["sess_xyz"])]
RoleName = Literal["viewer", "creator", "provider", "moderator", "admin"]


class RegisterAsk(Ask, frozen=True):
    """A new account."""

    names: ClassVar[Mapping[str, str]] = {"email_key": "email"}
    taken: ClassVar[str | None] = "this email address or username is taken"

    rules: ClassVar[Mapping[str, Rule]] = {
        "email": check_email,
        "username": check_username,
        "password": lambda password: check_password(Secret(password)),
    }

    email: Email
    username: Annotated[str, Meta(description="3 to 30 of a-z, 0-9 and _.", examples=["john_doe"])]
    password: Annotated[str, Meta(description="8 to 128 characters, none of the common ones.")]
    role: Literal["viewer", "creator", "provider"] = "viewer"

    def command(self, caller: Caller) -> Register:
        """What the core is asked. A session that was presented ends with the registration."""
        return Register(self.email, self.username, Secret(self.password), Role(self.role), presented=caller.presented)


class LoginAsk(Ask, frozen=True):
    """Who signs in."""

    email: Email
    password: Annotated[str, Meta(max_length=1024)]

    def command(self, caller: Caller) -> Login:
        """What the core is asked. A session that was presented ends with the login."""
        return Login(self.email, Secret(self.password), presented=caller.presented)


class NewUser(Struct, frozen=True):
    """The user just registered."""

    id: Annotated[str, Meta(examples=["usr_abc123"])]
    email: Email
    username: Annotated[str, Meta(examples=["john_doe"])]
    role: RoleName


class SignedInUser(Struct, frozen=True):
    """The user who signed in."""

    id: Annotated[str, Meta(examples=["usr_abc123"])]
    username: Annotated[str, Meta(examples=["john_doe"])]
    role: RoleName


class Registered(Answer, frozen=True):
    """An account and its first session."""

    userId: Annotated[str, Meta(examples=["usr_abc123"])]
    sessionToken: Token
    user: NewUser


class SignedIn(Answer, frozen=True):
    """A session just opened."""

    sessionToken: Token
    expiresAt: Moment
    user: SignedInUser


class Extended(Answer, frozen=True):
    """A session extended under a new token; the old one is dead."""

    sessionToken: Token
    expiresAt: Moment


def show_registered(opened: OpenedSession) -> Registered:
    """The answer to a registration."""
    user = NewUser(id=opened.user, email=opened.email, username=opened.username, role=opened.role.value)
    return Registered(userId=opened.user, sessionToken=opened.token.reveal(), user=user)


def show_signed_in(opened: OpenedSession) -> SignedIn:
    """The answer to a login."""
    user = SignedInUser(id=opened.user, username=opened.username, role=opened.role.value)
    return SignedIn(sessionToken=opened.token.reveal(), expiresAt=moment(opened.expires_at), user=user)


def show_extended(opened: OpenedSession) -> Extended:
    """The answer to a refresh."""
    return Extended(sessionToken=opened.token.reveal(), expiresAt=moment(opened.expires_at))


ROWS: tuple[Row, ...] = (
    post(
        "/auth/register",
        RegisterAsk,
        show_registered,
        id="register",
        summary="Create an account and open its first session",
        tag="auth",
        status=201,
        limit="register",
        then=keep_session,
        forgives_token=True,
        example={
            "email": "user@example.com",
            "username": "john_doe",
            "password": "secureT33zu!123",
            "role": "viewer",
        },
        answers={
            "userId": "usr_abc123",
            "sessionToken": "sess_xyz",
            "user": {"id": "usr_abc123", "email": "user@example.com", "username": "john_doe", "role": "viewer"},
        },
    ),
    post(
        "/auth/login",
        LoginAsk,
        show_signed_in,
        id="login",
        summary="Sign in with email and password",
        tag="auth",
        limit="auth",
        then=keep_session,
        forgives_token=True,
        example={"email": "user@example.com", "password": "secureT33zu!123"},
        answers={
            "sessionToken": "sess_xyz",
            "expiresAt": "2026-05-01T12:00:00Z",
            "user": {"id": "usr_abc123", "username": "john_doe", "role": "viewer"},
        },
    ),
    post(
        "/auth/logout",
        Logout,
        nothing,
        id="logout",
        summary="End the current session",
        tag="auth",
        status=204,
        then=drop_session,
    ),
    post(
        "/auth/refresh",
        RefreshSession,
        show_extended,
        id="refresh_session",
        summary="Extend the current session under a new token",
        tag="auth",
        limit="auth",
        then=keep_session,
        answers={"sessionToken": "sess_new", "expiresAt": "2026-05-15T12:00:00Z"},
    ),
)
