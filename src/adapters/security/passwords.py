"""Passwords hashed by argon2id: in threads, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from adapters.security import common
from platform_core.kernel.errors import RateLimited
from platform_core.kernel.secret import Secret

T = TypeVar("T")

SALT_BYTES = 16
HASH_BYTES = 32


class Argon2Passwords:
    """Password hashing by argon2id, at the cost OWASP names unless told otherwise.

    A hash keeps the cost it was made at, so after a change of cost old hashes still verify; until their owners have
    new ones, unknown users are told apart from them by time.

    Args:
        memory_kib: Memory for one hash, in KiB.
        time_cost: Passes over that memory.
        parallelism: Lanes of one hash.
        jobs: How many are hashed at once; each takes a processor and `memory_kib` of memory.
        queue: How many more may wait. Beyond, callers are refused at once, so that a flood of logins costs nobody else
            anything.
    """

    def __init__(
        self, memory_kib: int = 19_456, time_cost: int = 2, parallelism: int = 1, jobs: int = 2, queue: int = 32
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost, memory_kib, parallelism, hash_len=HASH_BYTES, salt_len=SALT_BYTES, type=Type.ID
        )
        self._nobodys = _unmatchable(memory_kib, time_cost, parallelism)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="passwords")
        self._places = BoundedSemaphore(jobs + queue)

    async def hash(self, password: Secret) -> str:
        """A salted hash to keep, in argon2's own text form.

        Raises:
            RateLimited: `jobs` are being hashed and `queue` wait.
        """
        plain = _bytes(password)
        return await self._in_thread(lambda: self._hasher.hash(plain))

    async def verify(self, password: Secret, hash: str | None) -> bool:
        """Whether the password is the one hashed. With no hash, or one that is not argon2's, it takes as long and says
        no.

        Raises:
            RateLimited: `jobs` are being hashed and `queue` wait.
        """
        plain = _bytes(password)
        return await self._in_thread(lambda: self._matches(plain, hash))

    def is_common(self, password: Secret) -> bool:
        """Whether it is among the passwords everybody tries first."""
        return common.is_common(password.reveal())

    def close(self) -> None:
        """Let the threads go once they have finished what they hash."""
        self._threads.shutdown(wait=False)

    def _matches(self, plain: bytes, hash: str | None) -> bool:
        try:
            return self._hasher.verify(hash or self._nobodys, plain)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError, UnicodeError):
            if not hash:
                raise
            return self._matches(plain, None)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise RateLimited("too many passwords are being checked just now", retry_after=1)
        try:
            job = self._threads.submit(work)
        except RuntimeError:  # The threads have been let go.
            self._places.release()
            raise
        # The place is free when the thread is, not when the caller stops waiting: hanging up must not make room.
        job.add_done_callback(self._leave)
        return await asyncio.wrap_future(job)

    def _leave(self, _: Future[T]) -> None:
        self._places.release()


def _bytes(password: Secret) -> bytes:
    """The password's bytes, also of text that came from JSON or a terminal with half a character in it."""
    return password.reveal().encode("utf-8", "surrogatepass")


def _unmatchable(memory_kib: int, time_cost: int, parallelism: int) -> str:
    """A hash of the right form that no known password has, without hashing one while the program starts."""
    salt, digest = (_unpadded(secrets.token_bytes(length)) for length in (SALT_BYTES, HASH_BYTES))
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p={parallelism}${salt}${digest}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")
