"""The media store in a folder of this machine, or of one that several machines share."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from adapters.media.kinds import checked_key, checked_prefix
from platform_core.content.ports import Body, StoredObject
from platform_core.kernel.errors import NotFound, Unavailable

PIECE = 256 * 1024
_DRAFT = ".draft-"


class FolderMedia:
    """Files in a folder, readable by this user only. A file is written aside and renamed, so it is whole or not there.

    Args:
        folder: Where; it is made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, body: Body, *, mime: str) -> int:
        """Write a file, whole or not at all. Its type is told by its key's end."""
        return await asyncio.to_thread(_write, self._folder, self._path(key), body)

    async def stat(self, key: str) -> StoredObject | None:
        """What is kept under a key, or None."""
        return await asyncio.to_thread(_stat, self._path(key), key)

    async def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, in pieces."""
        try:
            file = await asyncio.to_thread(_open, self._path(key))
        except FileNotFoundError:
            raise NotFound("there is no such file") from None
        except OSError as error:
            raise _unavailable(error) from error
        try:
            file.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, PIECE if left is None else min(PIECE, left))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece
        finally:
            file.close()

    async def remove(self, prefix: str) -> int:
        """Forget whatever is kept below a prefix; how many files there were."""
        folder = self._folder / checked_prefix(prefix)
        return await asyncio.to_thread(_remove, folder)

    async def keys(self, prefix: str) -> Sequence[StoredObject]:
        """Whatever is kept below a prefix, by key."""
        folder = self._folder / checked_prefix(prefix)
        return await asyncio.to_thread(_list, folder, self._folder)

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        """None: this server gives the files itself."""
        return None

    async def close(self) -> None:
        """Nothing to let go of."""

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)


def _unavailable(error: OSError) -> Unavailable:
    said = "the media folder is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "the media folder fails"
    return Unavailable(said, retry_after=30)


def _write(folder: Path, path: Path, body: Body) -> int:
    draft = path.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
    try:
        # Nobody else gets past the first folder, so those inside need no care.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if isinstance(body, bytes):
                file.write(body)
            else:
                body.seek(0)
                shutil.copyfileobj(body, file, PIECE)
            file.flush()
            # The item's row will say that the file is there: it had better survive a power cut too.
            os.fsync(file.fileno())
            size = file.tell()
        draft.replace(path)
        _keep_names(path.parent, folder)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise _unavailable(error) from error
    return size


def _keep_names(folder: Path, root: Path) -> None:
    """Have the names on the way to a new file survive a power cut too, where the system lets folders be synced."""
    for one in (folder, *(above for above in folder.parents if above.is_relative_to(root))):
        with suppress(PermissionError):
            descriptor = os.open(one, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _open(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


def _stat(path: Path, key: str) -> StoredObject | None:
    try:
        found = path.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unavailable(error) from error
    return StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)) if path.is_file() else None


def _list(folder: Path, root: Path) -> list[StoredObject]:
    try:
        found = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_DRAFT)]
        keys = sorted(str(path.relative_to(root)) for path in found)
        return [item for key in keys if (item := _stat(root / key, key)) is not None]
    except OSError as error:
        raise _unavailable(error) from error


def _remove(folder: Path) -> int:
    try:
        count = sum(1 for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_DRAFT))
        if folder.is_dir():
            shutil.rmtree(folder)
    except FileNotFoundError:
        return 0  # Another sweep was quicker.
    except OSError as error:
        raise _unavailable(error) from error
    return count
