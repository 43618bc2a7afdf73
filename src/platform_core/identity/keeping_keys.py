"""Making API keys, looking at them, and revoking them. No key does any of it (AUTH-16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.api_keys import PER_USER, ApiKey, KeyDigests, make_key, revoke
from platform_core.kernel.actor import PLATFORM, USERS, Policy, Scope
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.page import Part, bounded
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class KeyView:
    """A key as its user and operators see it: all but the key."""

    id: str
    user: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None


@frozen
class MadeKey:
    """A key just made: the only time it is seen."""

    key: Secret
    view: KeyView


def _view(key: ApiKey) -> KeyView:
    return KeyView(key.id, key.user, key.name, tuple(key.scopes), key.created_at, key.expires_at)


def _of(user: str) -> Select[ApiKey]:
    return Select(ApiKey, (Where("user", "=", user),), order=("-created_at",))


@frozen
class MakeApiKey(Command[MadeKey]):
    """Make a key for programs that act for oneself.

    Args:
        name: What one calls it, up to 100 characters.
        scopes: What it is good for.
        days: How long it is good; None until it is revoked.
    """

    policy: ClassVar[Policy] = USERS

    name: str
    scopes: tuple[Scope, ...]
    days: int | None = None


async def make_api_key(command: MakeApiKey, work: Work, digests: KeyDigests) -> MadeKey:
    """Make it.

    Raises:
        Invalid: A field breaks a rule.
        Conflict: One has too many already.
    """
    if await work.count(_of(work.actor.id)) >= PER_USER:
        raise Conflict(f"you have {PER_USER} API keys; revoke one first")
    key = make_key(work.ids.secret())
    made = ApiKey.make(
        id=digests.id(key),
        user=work.actor.id,
        name=command.name,
        scopes=command.scopes,
        days=command.days,
        now=work.now,
    )
    work.add(made)
    return MadeKey(key, _view(made))


@frozen
class ListApiKeys(Query[Part[KeyView]]):
    """One's own keys, the newest first.

    Args:
        limit: At most this many.
        skip: How many of the first are left out.
    """

    policy: ClassVar[Policy] = USERS

    limit: int = PER_USER
    skip: int = 0


async def list_api_keys(query: ListApiKeys, work: Work) -> Part[KeyView]:
    """Those not revoked; one that is good no longer is among them."""
    mine = _of(work.actor.id)
    page = Select(ApiKey, mine.where, mine.order, limit=bounded(query.limit), offset=query.skip)
    return Part([_view(key) for key in await work.find(page)], await work.count(mine))


@frozen
class RevokeApiKey(Command[None]):
    """Revoke one of one's own keys.

    Args:
        key: Its id.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("key",)

    key: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Whose key it is may.

        Raises:
            NotFound: There is none, or it is somebody else's.
        """
        found = await work.get(ApiKey, target["key"])
        if found is None or found.user != work.actor.id:
            raise NotFound("there is no such API key")


async def revoke_api_key(command: RevokeApiKey, work: Work) -> None:
    """Revoke it.

    Raises:
        NotFound: There is none.
    """
    revoke(work, await work.require(ApiKey, command.key, called="API key"), "by its user")


@frozen
class KeysOf(Query[list[KeyView]]):
    """The keys of a user, the newest first, for operators.

    Args:
        user: Whose.
    """

    policy: ClassVar[Policy] = PLATFORM

    user: str


async def keys_of(query: KeysOf, work: Work) -> list[KeyView]:
    """All of them."""
    return [_view(key) for key in await work.find(_of(query.user))]


@frozen
class RevokeKeys(Command[list[KeyView]]):
    """Revoke keys, by operators.

    Args:
        ids: Which, by id.
        leaked: Which, as they were found somewhere; those nobody knows are passed over.
    """

    policy: ClassVar[Policy] = PLATFORM

    ids: tuple[str, ...] = ()
    leaked: tuple[Secret, ...] = ()


async def revoke_keys(command: RevokeKeys, work: Work, digests: KeyDigests) -> list[KeyView]:
    """Revoke them; which they were.

    Raises:
        NotFound: An id is none.
    """
    revoked = [await work.require(ApiKey, id, called="API key") for id in dict.fromkeys(command.ids)]
    for key in revoked:
        revoke(work, key, "by an operator")
    for id in dict.fromkeys(digests.id(key) for key in command.leaked):
        if id not in command.ids and (found := await work.get(ApiKey, id)) is not None:
            revoke(work, found, "leaked")
            revoked.append(found)
    return [_view(key) for key in revoked]
