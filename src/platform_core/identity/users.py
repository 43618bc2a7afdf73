"""Users: their names, profiles, roles and bans."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import define, field

from platform_core.identity.events import RoleChanged, UserBanned, UserRegistered, UserUnbanned
from platform_core.identity.ports import Card
from platform_core.kernel.actor import Role
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, FieldError, Invalid
from platform_core.kernel.ports import Store
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import is_kept, text

#: The roles one can choose for oneself.
OPEN_ROLES = (Role.VIEWER, Role.CREATOR, Role.PROVIDER)

#: Names that would pass for the platform, a path of it, or a shorthand (IN-07).
RESERVED = frozenset(
    """about account admin administrator api auth billing help info me mod moderator null official owner platform root
    security settings staff support system team undefined user users webmaster www""".split()  # noqa: SIM905  # reads better
)

_USERNAME = re.compile(r"[a-z0-9_]{3,30}")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"""[^@\s\x00-\x1f\x7f<>"(),:;\\\[\]]{{1,64}}@(?:{_LABEL}\.)+[^\W\d_](?:[\w-]{{0,61}}[^\W_])""")
_ID_SHAPED = re.compile(r"(usr|ses|sess|txn|str|cnt|bkg)_[0-9a-z]{6,}")


def folded_email(email: str) -> str:
    """An address in the one form it is compared in: no two accounts share it (IN-07)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold())


def is_email(email: str) -> bool:
    """Whether this can be an address."""
    return len(email) <= 254 and is_kept(email) and _EMAIL.fullmatch(email) is not None


def check_email(email: str) -> None:
    """Refuse what cannot be an address.

    Raises:
        Invalid: It cannot.
    """
    if not is_email(email):
        raise Invalid("email: Invalid email address", details=[FieldError("email", "Invalid email address")])


def check_username(username: str) -> None:
    """Refuse a name that is not `[a-z0-9_]{3,30}`, is reserved, or looks like an id (IN-07).

    Only plain lower-case ASCII is allowed, so no two names can look alike through other scripts, case or width.

    Raises:
        Invalid: It is.
    """
    if _USERNAME.fullmatch(username) is None:
        raise Invalid.field("username", "must be 3 to 30 of a-z, 0-9 and _")
    if username in RESERVED or _ID_SHAPED.fullmatch(username):
        raise Invalid.field("username", "is reserved")


def check_password(password: Secret) -> None:
    """Refuse a password that is not 8 to 128 characters; there are no composition rules (AUTH-04).

    Raises:
        Invalid: It is not.
    """
    text(password.reveal(), "password", least=8, most=128)


@define(eq=False, kw_only=True)
class User(Aggregate):
    """Somebody with an account.

    Args:
        email: As they wrote it.
        email_key: As it is compared.
        username: Their public name.
        password_hash: What `Passwords.hash` made.
        role: What they are.
        created_at: When they came.
        display_name: How they want to be called; the username at first.
        bio: What they say of themselves.
        avatar_url: An https address of a picture, never fetched by the platform (SSRF-01).
        social_links: Name of a network to their https address there.
        banned_at: Since when they are shut out, if they are.
        ban_reason: Why.
        last_login_at: When they last signed in.
    """

    kind: ClassVar[str] = "user"
    unique: ClassVar[tuple[str, ...]] = ("email_key", "username")

    email: str
    email_key: str
    username: str
    password_hash: str = field(repr=False)
    role: Role
    created_at: datetime
    display_name: str
    bio: str = ""
    avatar_url: str | None = None
    social_links: dict[str, str] = field(factory=dict)
    banned_at: datetime | None = None
    ban_reason: str | None = None
    last_login_at: datetime | None = None

    @classmethod
    def register(cls, *, id: str, email: str, username: str, password_hash: str, role: Role, now: datetime) -> User:
        """A new user.

        Raises:
            Invalid: The address or the name is none.
        """
        check_email(email)
        check_username(username)
        user = cls(
            id=id,
            email=email,
            email_key=folded_email(email),
            username=username,
            password_hash=password_hash,
            role=role,
            created_at=now,
            display_name=username,
        )
        user.record(UserRegistered(id, username, role.value))
        return user

    @property
    def is_banned(self) -> bool:
        """Whether they are shut out."""
        return self.banned_at is not None

    def describe(
        self, *, display_name: str | None = None, bio: str | None = None, avatar_url: str | None = None
    ) -> None:
        """Change the profile; what is None stays.

        Raises:
            Invalid: A text is too long, or the picture's address is not https.
        """
        if display_name is not None:
            text(display_name, "display_name", least=1, most=50)
        if bio is not None:
            text(bio, "bio", most=500)
        if avatar_url is not None and not text(avatar_url, "avatar_url", most=2048).startswith("https://"):
            raise Invalid.field("avatar_url", "must be an https address")
        self.display_name = self.display_name if display_name is None else display_name
        self.bio = self.bio if bio is None else bio
        self.avatar_url = self.avatar_url if avatar_url is None else avatar_url

    def become(self, role: Role) -> None:
        """Take another role."""
        if role is not self.role:
            self.record(RoleChanged(self.id, self.role.value, role.value))
            self.role = role

    def ban(self, now: datetime, reason: str) -> None:
        """Shut them out.

        Raises:
            Conflict: They are already.
        """
        if self.is_banned:
            raise Conflict("this user is banned already")
        self.banned_at, self.ban_reason = now, reason
        self.record(UserBanned(self.id, reason))

    def unban(self) -> None:
        """Let them in again.

        Raises:
            Conflict: They are not shut out.
        """
        if not self.is_banned:
            raise Conflict("this user is not banned")
        self.banned_at, self.ban_reason = None, None
        self.record(UserUnbanned(self.id))


class People:
    """The directory, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def card(self, user: str) -> Card | None:
        """A user's card, or None."""
        found = await self._store.peek(User, user)
        return None if found is None else _card(found)

    async def cards(self, users: Sequence[str]) -> Mapping[str, Card]:
        """The cards of those of these users who exist, by their id."""
        if not users:
            return {}
        wanted = tuple(dict.fromkeys(users))
        found = await self._store.find(Select(User, (Where("id", "in", wanted),), limit=len(wanted)))
        return {user.id: _card(user) for user in found}

    async def email(self, user: str) -> str | None:
        """A user's address."""
        found = await self._store.peek(User, user)
        return None if found is None else found.email

    async def newest(self, roles: Sequence[Role], *, limit: int) -> list[Card]:
        """Those of these roles who are not banned, the newest first."""
        where = (Where("banned_at", "=", None), Where("role", "in", tuple(roles)))
        # Ids sort by time, and their index is there anyway.
        return [_card(user) for user in await self._store.find(Select(User, where, order=("-id",), limit=limit))]


def _card(user: User) -> Card:
    return Card(
        id=user.id,
        username=user.username,
        role=user.role,
        banned=user.is_banned,
        display_name=user.display_name,
        bio=user.bio,
        avatar_url=user.avatar_url,
    )
