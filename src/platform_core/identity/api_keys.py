"""API keys: how programs act for a user, only as far as the key goes, until it is revoked (AUTH-15, AUTH-16).

A key is `veza_sk_`, 37 random characters of 0-9A-Za-z, and six that are their checksum: a scanner can tell a leaked
one from other text without asking anybody, and a mistyped one is refused without a look at the store. Only a digest
under the installation's own secret is kept, so a copy of the database holds nothing that opens anything.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar
from zlib import crc32

from attrs import define, field, frozen

from platform_core.identity.events import ApiKeyMade, ApiKeyRevoked
from platform_core.identity.users import User
from platform_core.kernel.actor import Actor, KeyActor, Scope, Via
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Invalid, Unauthenticated
from platform_core.kernel.ports import Clock, Store
from platform_core.kernel.secret import Secret
from platform_core.kernel.text import text
from platform_core.kernel.work import Work

PREFIX = "veza_sk_"
LENGTH = 37
"""Random characters: 220 bits."""
SUM = 6
"""Characters of the checksum: CRC-32 over all that stands before it."""
PER_USER = 50
LONGEST_DAYS = 3650

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: Whatever looks like a key, wherever it stands.
SHAPE = re.compile(rf"(?<![0-9A-Za-z_]){PREFIX}[0-9A-Za-z]{{{LENGTH + SUM}}}(?![0-9A-Za-z_])")


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _summed(text: str) -> str:
    return text + _base62(crc32(text.encode()), SUM)


def make_key(secret: str) -> Secret:
    """The key with this secret in it, 256 random bits as text."""
    return Secret(_summed(PREFIX + _base62(int.from_bytes(sha256(secret.encode()).digest()), LENGTH)))


def is_key(key: str) -> bool:
    """Whether this can be a key: of its shape, and its checksum right."""
    return SHAPE.fullmatch(key) is not None and _summed(key[:-SUM]) == key


def keys_in(text: str) -> Iterable[Secret]:
    """Every key in a text, such as a leaked file."""
    return (Secret(found) for found in dict.fromkeys(SHAPE.findall(text)) if is_key(found))


@frozen
class KeyDigests:
    """Telling a key's id: a digest of it, under this installation's own secret.

    Args:
        pepper: That secret.
    """

    _pepper: bytes = field(repr=False)

    def id(self, key: Secret) -> str:
        """The id of the key; it tells nothing of it, so it may be shown (AUTH-17)."""
        return "key_" + hmac.digest(self._pepper, key.reveal().encode(), "sha256").hex()[:40]


@define(eq=False, kw_only=True)
class ApiKey(Aggregate):
    """A key, without the key.

    Args:
        id: Its digest.
        user: For whom it acts.
        name: What they call it.
        scopes: What it is good for.
        created_at: When it was made.
        expires_at: Until when it is good; None for ever.
    """

    kind: ClassVar[str] = "api_key"

    user: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None = None

    @classmethod
    def make(cls, *, id: str, user: str, name: str, scopes: Sequence[Scope], days: int | None, now: datetime) -> ApiKey:
        """A new key.

        Raises:
            Invalid: The name is too long or empty, no scope is named or one twice, or it would last too long.
        """
        text(name.strip(), "name", least=1, most=100)
        if not scopes or len(set(scopes)) != len(scopes):
            raise Invalid.field("scopes", "must name at least one, and none twice")
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise Invalid.field("days", f"must be 1 to {LONGEST_DAYS}")
        expires_at = None if days is None else now + timedelta(days=days)
        made = cls(id=id, user=user, name=name.strip(), scopes=list(scopes), created_at=now, expires_at=expires_at)
        made.record(ApiKeyMade(user, id, [scope.value for scope in scopes]))
        return made

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.expires_at is None or now < self.expires_at


def revoke(work: Work, key: ApiKey, why: str) -> None:
    """Forget a key: it opens nothing from the next request on, in every process."""
    key.record(ApiKeyRevoked(key.user, key.id, why))
    work.remove(key)


class KeyDoorkeeper:
    """Telling for whom a program acts, from the key it shows. Key and user are asked for each time, so that a
    revocation, a ban or another role holds from the next request on in every process.
    """

    def __init__(self, store: Store, clock: Clock, digests: KeyDigests) -> None:
        self._store = store
        self._clock = clock
        self._digests = digests

    async def actor(self, key: str) -> Actor:
        """For whom the key acts, and how far.

        Raises:
            Unauthenticated: For nobody, or not any more.
        """
        found = await self._store.peek(ApiKey, self._digests.id(Secret(key))) if is_key(key) else None
        if found is None or not found.is_good(self._clock.now()):
            raise Unauthenticated("this API key is unknown, or no longer good")
        user = await self._store.peek(User, found.user)
        if user is None or user.is_banned:
            raise Unauthenticated("this API key is unknown, or no longer good")
        return KeyActor(user.id, user.role, Via.API_KEY, scopes=frozenset(found.scopes))
