"""API keys: for programs that act for a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, delete, get, moment, post
from entrypoints.http.veza.envelope import PartAsk, Said, Total
from platform_core.identity.api_keys import LONGEST_DAYS
from platform_core.identity.keeping_keys import KeyView, ListApiKeys, MadeKey, MakeApiKey, RevokeApiKey
from platform_core.kernel.actor import Scope
from platform_core.kernel.page import Part

KeyId = Annotated[str, Meta(examples=["key_5b1f0a3c"])]
KeyName = Annotated[str, Meta(min_length=1, max_length=100, examples=["Nightly export"])]
ScopeName = Literal["read", "write:orders", "sell"]
Scopes = Annotated[
    list[ScopeName],
    Meta(
        min_length=1,
        max_length=3,
        description="What the key is good for; only reading when left out.",
        examples=[["read"]],
    ),
]
Until = Annotated[Moment | None, Meta(description="Until when the key is good; null for ever.")]


class MakeKeyAsk(Ask, frozen=True):
    """A key that is wanted."""

    names: ClassVar[Mapping[str, str]] = {"days": "expires_in_days"}

    name: KeyName = "API key"
    scopes: Scopes | UnsetType = UNSET
    expires_in_days: (
        Annotated[int, Meta(ge=1, le=LONGEST_DAYS, description="How long it is good; for ever when left out.")]
        | UnsetType
    ) = UNSET

    def command(self, _: Caller) -> MakeApiKey:
        """What the core is asked."""
        days = None if self.expires_in_days is UNSET else self.expires_in_days
        scopes: list[ScopeName] = ["read"] if self.scopes is UNSET else self.scopes
        return MakeApiKey(self.name, tuple(Scope(scope) for scope in scopes), days)


class KeysAsk(PartAsk, frozen=True):
    """Which of one's keys."""

    def command(self, _: Caller) -> ListApiKeys:
        """What the core is asked."""
        return ListApiKeys(self.limit, self.offset)


class KeyAsk(Ask, frozen=True):
    """Which key."""

    names: ClassVar[Mapping[str, str]] = {"key": "id"}

    id: KeyId

    def command(self, _: Caller) -> RevokeApiKey:
        """What the core is asked."""
        return RevokeApiKey(self.id)


class MadeApiKey(Answer, frozen=True):
    """A key just made. This is the only time that it is told."""

    id: KeyId
    name: KeyName
    key: Annotated[str, Meta(description="Send it as `X-API-Key`.", examples=["veza_sk_..."])]
    scopes: list[ScopeName]
    created_at: Moment
    expires_at: Until


class ApiKeyItem(Struct, frozen=True):
    """A key, without the key."""

    id: KeyId
    name: KeyName
    scopes: list[ScopeName]
    created_at: Moment
    expires_at: Until


class ApiKeys(Answer, frozen=True):
    """One's own keys, the newest first."""

    api_keys: list[ApiKeyItem]
    total: Total


def _item(key: KeyView) -> ApiKeyItem:
    until = None if key.expires_at is None else moment(key.expires_at)
    return ApiKeyItem(key.id, key.name, [scope.value for scope in key.scopes], moment(key.created_at), until)


def show_made(made: MadeKey) -> MadeApiKey:
    """The answer to a new key."""
    item = _item(made.view)
    return MadeApiKey(item.id, item.name, made.key.reveal(), item.scopes, item.created_at, item.expires_at)


def show_keys(part: Part[KeyView]) -> ApiKeys:
    """The answer to a look at one's keys."""
    return ApiKeys([_item(key) for key in part.items], part.total)


def say_revoked(_: None) -> Said:
    """The answer to a revocation."""
    return Said("API key revoked")


_KEY = {"id": "key_5b1f0a3c", "name": "Nightly export"}
_REST = {"scopes": ["read"], "created_at": "2026-05-01T12:00:00Z", "expires_at": "2026-07-30T12:00:00Z"}

ROWS: tuple[Row, ...] = (
    post(
        "/developer/api-keys",
        MakeKeyAsk,
        show_made,
        id="create_api_key",
        summary="Create an API key",
        tag="developer",
        status=201,
        example={"name": "Nightly export", "scopes": ["read"], "expires_in_days": 90},
        answers={**_KEY, "key": "veza_sk_...", **_REST},
    ),
    get(
        "/developer/api-keys",
        KeysAsk,
        show_keys,
        id="list_api_keys",
        summary="List one's API keys",
        tag="developer",
        answers={"api_keys": [{**_KEY, **_REST}], "total": 1},
    ),
    delete(
        "/developer/api-keys/{id}",
        KeyAsk,
        say_revoked,
        id="revoke_api_key",
        summary="Revoke an API key",
        tag="developer",
        answers={"message": "API key revoked"},
    ),
)
