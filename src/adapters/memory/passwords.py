"""Password hashing that takes no time, for tests."""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest

from adapters.security.common import is_common
from platform_core.kernel.secret import Secret


class QuickPasswords:
    """Hashes passwords at once, salted with a count, so that the same calls give the same hashes.

    Never in production: such hashes are guessed as quickly as they are made.
    """

    def __init__(self) -> None:
        self._made = 0

    async def hash(self, password: Secret) -> str:
        """A hash to keep."""
        self._made += 1
        return _hash(password, str(self._made))

    async def verify(self, password: Secret, hash: str | None) -> bool:
        """Whether the password is the one hashed; with no hash, or one not made here, no."""
        salt = (hash or "").split("$")[1:2]
        return bool(salt) and compare_digest(_hash(password, salt[0]).encode(), str(hash).encode())

    def is_common(self, password: Secret) -> bool:
        """Whether it is among the passwords everybody tries first."""
        return is_common(password.reveal())


def _hash(password: Secret, salt: str) -> str:
    text = f"{salt}${password.reveal()}"
    return f"quick${salt}${blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
