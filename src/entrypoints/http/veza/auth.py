"""Registering, signing in and out, and the pair of tokens on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import Answer, Ask, Caller, Reply, Row, post
from entrypoints.http.veza.envelope import Said
from platform_core.identity.signing_in import Granted, Renew, SignIn, SignOut, SignUp
from platform_core.identity.users import check_email, check_password, check_username
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.secret import Secret

#: Only the operations below `/auth` are ever sent it.
COOKIE = "veza_refresh"
BELOW = "/auth"

Email = Annotated[str, Meta(extra_json_schema={"format": "email"}, examples=["john@example.com"])]
UserId = Annotated[str, Meta(examples=["usr_abc123"])]
Username = Annotated[str, Meta(description="3 to 30 of a-z, 0-9 and _.", examples=["johndoe"])]
AccessToken = Annotated[str, Meta(description="Send it as `Authorization: Bearer`.", examples=["eyJ..."])]
RefreshToken = Annotated[
    str, Meta(description="Good once, for the next pair. Treat it as a password.", examples=["eyJ..."])
]
Seconds = Annotated[int, Meta(description="For how many seconds the access token is good.", examples=[3600])]
SentToken = Annotated[
    str, Meta(max_length=2048, description=f"A refresh token; the cookie `{COOKIE}` counts when it is not here.")
]


class RegisterAsk(Ask, frozen=True):
    """A new account."""

    names: ClassVar[Mapping[str, str]] = {"email_key": "email"}
    taken: ClassVar[str | None] = "this email address or username is taken"

    rules: ClassVar[Mapping[str, Rule]] = {
        "email": check_email,
        "username": check_username,
        "password": lambda password: check_password(Secret(password)),
    }

    username: Username
    email: Email
    password: Annotated[str, Meta(description="8 to 128 characters, none of the common ones.")]

    def command(self, caller: Caller) -> SignUp:
        """What the core is asked. The session that was presented ends with the registration."""
        return SignUp(self.email, self.username, Secret(self.password), presented=caller.actor.session)


class LoginAsk(Ask, frozen=True):
    """Who signs in."""

    email: Email
    password: Annotated[str, Meta(max_length=1024)]

    def command(self, caller: Caller) -> SignIn:
        """What the core is asked. The session that was presented ends with the login."""
        return SignIn(self.email, Secret(self.password), presented=caller.actor.session)


def _sent(token: str | UnsetType, caller: Caller) -> Secret | None:
    """The refresh token: from the body, else what the browser keeps, unless others may have made it send that."""
    if token is not UNSET:
        return Secret(token)
    return None if caller.kept is None else Secret(caller.kept.take())


class RefreshAsk(Ask, frozen=True):
    """What is swapped for a new pair."""

    is_optional: ClassVar[bool] = True

    refresh_token: SentToken | UnsetType = UNSET

    def command(self, caller: Caller) -> Renew:
        """What the core is asked.

        Raises:
            Unauthenticated: There is no refresh token.
        """
        token = _sent(self.refresh_token, caller)
        if token is None:
            raise Unauthenticated(f"send a refresh token, in the body or as the cookie {COOKIE}")
        return Renew(token)


class LogoutAsk(Ask, frozen=True):
    """What ends beside the session of the access token."""

    is_optional: ClassVar[bool] = True

    refresh_token: SentToken | UnsetType = UNSET

    def command(self, caller: Caller) -> SignOut:
        """What the core is asked."""
        return SignOut(_sent(self.refresh_token, caller))


class SignedInUser(Struct, frozen=True):
    """Who signed in."""

    id: UserId
    username: Username
    email: Email


class Registered(Answer, frozen=True):
    """An account, and its first pair of tokens."""

    user: SignedInUser
    access_token: AccessToken
    refresh_token: RefreshToken
    expires_in: Seconds


class SignedIn(Answer, frozen=True):
    """A pair of tokens, and whose they are."""

    access_token: AccessToken
    refresh_token: RefreshToken
    expires_in: Seconds
    user: SignedInUser


class Renewed(Answer, frozen=True):
    """The next pair of tokens; the refresh token sent for it is used up."""

    access_token: AccessToken
    refresh_token: RefreshToken
    expires_in: Seconds


def _user(granted: Granted) -> SignedInUser:
    return SignedInUser(granted.user, granted.username, granted.email)


def show_registered(granted: Granted) -> Registered:
    """The answer to a registration."""
    return Registered(_user(granted), granted.access.reveal(), granted.refresh.reveal(), granted.lifetime)


def show_signed_in(granted: Granted) -> SignedIn:
    """The answer to a login."""
    return SignedIn(granted.access.reveal(), granted.refresh.reveal(), granted.lifetime, _user(granted))


def show_renewed(granted: Granted) -> Renewed:
    """The answer to a refresh."""
    return Renewed(granted.access.reveal(), granted.refresh.reveal(), granted.lifetime)


def show_signed_out(_: None) -> Said:
    """The answer to a logout."""
    return Said("Logged out")


def keep_refresh(granted: Granted, reply: Reply) -> None:
    """Have the browser keep the refresh token, out of reach of scripts."""
    reply.keep(COOKIE, granted.refresh.reveal(), below=BELOW, seconds=granted.keeps)


def drop_refresh(_: None, reply: Reply) -> None:
    """Have the browser forget it."""
    reply.keep(COOKIE, "", below=BELOW, seconds=0)


_PAIR = {"access_token": "eyJ...", "refresh_token": "eyJ...", "expires_in": 3600}
_JOHN = {"id": "usr_abc123", "username": "johndoe", "email": "john@example.com"}

ROWS: tuple[Row, ...] = (
    post(
        "/auth/register",
        RegisterAsk,
        show_registered,
        id="register",
        summary="Create an account and sign in",
        tag="auth",
        status=201,
        limit="register",
        then=keep_refresh,
        forgives_token=True,
        example={"username": "johndoe", "email": "john@example.com", "password": "SecureP@ssw0rd"},
        answers={"user": _JOHN, **_PAIR},
    ),
    post(
        "/auth/login",
        LoginAsk,
        show_signed_in,
        id="login",
        summary="Sign in with email and password",
        tag="auth",
        limit="auth",
        then=keep_refresh,
        forgives_token=True,
        example={"email": "john@example.com", "password": "SecureP@ssw0rd"},
        answers={**_PAIR, "user": _JOHN},
    ),
    post(
        "/auth/refresh",
        RefreshAsk,
        show_renewed,
        id="refresh",
        summary="Swap a refresh token for a new pair",
        tag="auth",
        limit="auth",
        then=keep_refresh,
        forgives_token=True,
        cookie=COOKIE,
        example={"refresh_token": "eyJ..."},
        answers=_PAIR,
    ),
    post(
        "/auth/logout",
        LogoutAsk,
        show_signed_out,
        id="logout",
        summary="End the session, and its refresh token",
        tag="auth",
        then=drop_refresh,
        forgives_token=True,
        cookie=COOKIE,
        example={"refresh_token": "eyJ..."},
        answers={"message": "Logged out"},
    ),
)
