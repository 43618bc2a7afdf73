"""Who acts, and who may: roles, actors, and the policy that each command states once for all deliveries."""

from __future__ import annotations

from enum import Enum

from attrs import evolve, frozen

from platform_core.kernel.errors import Forbidden, Unauthenticated


class Role(Enum):
    """What a user is. Only the first three can be chosen at registration."""

    VIEWER = "viewer"
    CREATOR = "creator"
    PROVIDER = "provider"
    MODERATOR = "moderator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Standing over others: staff outrank users, admins outrank moderators."""
        return {Role.MODERATOR: 1, Role.ADMIN: 2}.get(self, 0)


class Via(Enum):
    """How an actor came in."""

    NOBODY = "anonymous"
    SESSION = "session"
    API_KEY = "api_key"
    """A program that acts for a user, as far as its key goes."""
    OPERATOR = "operator"
    """The CLI: whoever can reach the database."""
    SYSTEM = "system"
    """The platform itself: timers, and providers whose signature was checked."""


class Scope(Enum):
    """What an API key may be good for. Nothing else can be done with one."""

    READ = "read"
    """Reading what its user may read of their own."""
    WRITE_ORDERS = "write:orders"
    """Ordering, paying and refunding as a buyer."""
    SELL = "sell"
    """Products, and what is sold of them."""


@frozen
class Actor:
    """Who acts in a use case.

    Args:
        id: The user's id, or a name such as `cli`.
        role: The user's role; operators and the system act as admins.
        via: How they came in.
        session: The id of the session used, when there is one.
    """

    id: str
    role: Role
    via: Via
    session: str | None = None

    @classmethod
    def operator(cls, name: str = "cli") -> Actor:
        """Whoever holds the machine: may do what an admin may."""
        return cls(name, Role.ADMIN, Via.OPERATOR)

    @classmethod
    def system(cls, name: str = "system") -> Actor:
        """The platform acting by itself."""
        return cls(name, Role.ADMIN, Via.SYSTEM)

    @property
    def is_staff(self) -> bool:
        """Whether this is a moderator, an admin, an operator or the system; a key of theirs is not."""
        return self.role.rank > 0 and self.via is not Via.API_KEY

    @property
    def is_admin(self) -> bool:
        """Whether this is an admin, an operator or the system; a key of theirs is not."""
        return self.role is Role.ADMIN and self.via is not Via.API_KEY


@frozen
class KeyActor(Actor):
    """A program with an API key.

    Args:
        scopes: What the key is good for.
    """

    scopes: frozenset[Scope] = frozenset()


ANONYMOUS = Actor("anonymous", Role.VIEWER, Via.NOBODY)


@frozen
class Policy:
    """Who may run a use case, as data.

    Args:
        name: How the policy is called in documents and the authorization matrix.
        signed_in: Whether a known caller is needed.
        roles: The roles that may; None for every role.
        vias: The ways in that may; None for every way but an API key.
        scope: What an API key must be good for; None where no key will do. What nobody needs to be signed in for can
            be asked with any.
    """

    name: str
    signed_in: bool = True
    roles: frozenset[Role] | None = None
    vias: frozenset[Via] | None = None
    scope: Scope | None = None

    def for_keys(self, scope: Scope) -> Policy:
        """The same for sessions, and open to API keys of this scope too."""
        return evolve(self, name=f"{self.name}, or their key for {scope.value}", scope=scope)

    def check(self, actor: Actor) -> None:
        """Let the actor through.

        Raises:
            Unauthenticated: Nobody is signed in and somebody must be.
            Forbidden: The actor's role or way in is not among those that may, or their API key is not good for this.
        """
        if actor.via is Via.NOBODY:
            if self.signed_in:
                raise Unauthenticated("sign in first")
            return
        if self.roles is not None and actor.role not in self.roles:
            raise Forbidden("your role does not allow this")
        if self.vias is None:
            if self.signed_in and actor.via is Via.API_KEY:
                self._check_key(actor)
        elif actor.via not in self.vias:
            if actor.via is not Via.API_KEY:
                raise Forbidden("this cannot be done from here")
            self._check_key(actor)

    def _check_key(self, actor: Actor) -> None:
        if self.scope is None:
            raise Forbidden("no API key can do this; sign in")
        if not isinstance(actor, KeyActor) or self.scope not in actor.scopes:
            raise Forbidden(f"this API key does not have the scope {self.scope.value}")


ANYONE = Policy("anyone", signed_in=False)
SIGNED_IN = Policy("signed in")
USERS = Policy("users", vias=frozenset({Via.SESSION}))
"""Somebody with an account, acting for themself: operators and the platform have no wallet and no session."""
CREATORS = Policy("creators", roles=frozenset({Role.CREATOR}), vias=frozenset({Via.SESSION}))
PROVIDERS = Policy("providers", roles=frozenset({Role.PROVIDER}), vias=frozenset({Via.SESSION}))
HOSTS = Policy("creators and providers", roles=frozenset({Role.CREATOR, Role.PROVIDER}), vias=frozenset({Via.SESSION}))
STAFF = Policy("staff", roles=frozenset({Role.MODERATOR, Role.ADMIN}))
ADMINS = Policy("admins", roles=frozenset({Role.ADMIN}))
PLATFORM = Policy("platform", roles=frozenset({Role.ADMIN}), vias=frozenset({Via.OPERATOR, Via.SYSTEM}))
