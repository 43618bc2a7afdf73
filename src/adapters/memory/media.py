"""Media in this process's memory, for tests and embedding. Nothing here ever waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import IO

from adapters.media.kinds import checked_key, checked_prefix, recognise
from platform_core.content.ports import Body, MediaForm, MediaType, Picture, Recording, StoredObject
from platform_core.kernel.errors import NotFound

PIECE = 256 * 1024


class MemoryMedia:
    """The media store in a dictionary.

    Args:
        now: The time.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._kept: dict[str, tuple[bytes, datetime]] = {}

    async def put(self, key: str, body: Body, *, mime: str) -> int:
        """Write a file."""
        if not isinstance(body, bytes):
            body.seek(0)
            body = body.read()
        self._kept[checked_key(key)] = (body, self._now())
        return len(body)

    async def stat(self, key: str) -> StoredObject | None:
        """What is kept under a key, or None."""
        kept = self._kept.get(checked_key(key))
        return None if kept is None else StoredObject(key, len(kept[0]), kept[1])

    async def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, in pieces."""
        kept = self._kept.get(checked_key(key))
        if kept is None:
            raise NotFound("there is no such file")
        wanted = kept[0][start:end]
        for at in range(0, len(wanted), PIECE):
            yield wanted[at : at + PIECE]

    async def remove(self, prefix: str) -> int:
        """Forget whatever is kept below a prefix; how many files there were."""
        checked = checked_prefix(prefix)
        gone = [key for key in self._kept if key.startswith(checked)]
        for key in gone:
            del self._kept[key]
        return len(gone)

    async def keys(self, prefix: str) -> Sequence[StoredObject]:
        """Whatever is kept below a prefix, by key."""
        checked = checked_prefix(prefix)
        below = sorted(key for key in self._kept if key.startswith(checked))
        return [StoredObject(key, len(self._kept[key][0]), self._kept[key][1]) for key in below]

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        """None: whoever holds the platform reads the files from it."""
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


class PlainStudio:
    """Takes files for what they say they are, and changes nothing in them: for data that tests make up themselves.

    A real studio decodes what strangers send; this one must never be given any.
    """

    def stop(self) -> None:
        """Nothing was begun."""

    def recognise(self, head: bytes) -> MediaType | None:
        """What a file is, by its first 4 KiB."""
        return recognise(head)

    async def picture(self, file: IO[bytes]) -> Picture:
        """The file as it is, said to be of one pixel."""
        body = file.read()
        kind = recognise(body) or MediaType(MediaForm.IMAGE, "image/png", "png")
        return Picture(body, kind.mime, kind.extension, 1, 1, body, "data:image/webp;base64,")

    async def recording(self, source: AsyncIterator[bytes], kind: MediaType) -> Recording:
        """The file as it is, said to last a second."""
        body = b"".join([piece async for piece in source])
        return Recording(BytesIO(body), kind.mime, kind.extension, 1000, None)
