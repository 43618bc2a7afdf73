"""A platform without media: everything else works, and whoever uploads is told."""

# ruff: noqa: ARG002  # A stand-in takes what its ports say, and looks at nothing.

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import IO

from platform_core.content.ports import Body, Media, MediaType, Picture, Recording, Sample, StoredObject, Verdict
from platform_core.kernel.errors import Unavailable


class _Absent:
    """Nothing is set up: nothing can be uploaded, and nothing was."""

    async def put(self, key: str, body: Body, *, mime: str) -> int:
        raise _absent()

    async def stat(self, key: str) -> StoredObject | None:
        return None

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        raise _absent()

    async def remove(self, prefix: str) -> int:
        return 0

    async def keys(self, prefix: str) -> Sequence[StoredObject]:
        return ()

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        return None

    async def close(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def recognise(self, head: bytes) -> MediaType | None:
        raise _absent()

    async def picture(self, file: IO[bytes]) -> Picture:
        raise _absent()

    async def recording(self, source: AsyncIterator[bytes], kind: MediaType) -> Recording:
        raise _absent()

    async def check(self, sample: Sample) -> Verdict:
        raise _absent()

    def link(self, key: str, *, own: bool, now: datetime) -> str:
        raise _absent()


def _absent() -> Unavailable:
    return Unavailable("media are not set up here")


def no_media() -> Media:
    """A platform without uploads: everything else works, and who uploads is told."""
    absent = _Absent()
    return Media(store=absent, studio=absent, checker=absent, links=absent)
