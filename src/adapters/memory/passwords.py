"""Password hashing that takes no time, for tests."""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest

from adapters.security.common import is_common
from platform_core.kernel.secret import Secret


class QuickPasswords:
    """Hashes passwords at once, the same one always to the same hash. Never in production: they are guessed as fast."""

    async def hash(self, password: Secret) -> str:
        """A hash, unsalted."""
        return _hash(password)

    async def verify(self, password: Secret, hash: str | None) -> bool:
        """Whether the password is the one hashed."""
        return compare_digest(_hash(password).encode(), (hash or "").encode())

    def is_common(self, password: Secret) -> bool:
        """Whether it is among the passwords everybody tries first."""
        return is_common(password.reveal())


def _hash(password: Secret) -> str:
    return "quick$" + blake2b(password.reveal().encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
