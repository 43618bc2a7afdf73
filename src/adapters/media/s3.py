"""The media store in a bucket that speaks the S3 API.

obstore does the talking, from threads: its own coroutines abort the process when it ends too soon after the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config

from adapters.media.kinds import checked_key, checked_prefix
from platform_core.content.ports import Body, StoredObject
from platform_core.kernel.errors import NotFound, Unavailable

T = TypeVar("T")

PIECE = 256 * 1024
PART = 8 * 2**20
"""The size of the parts that a large file is sent in."""


class S3Media:
    """Files in a bucket, which must be there already.

    Args:
        bucket: Its name.
        endpoint: The server's address; Amazon's own when empty.
        region: Its region.
        access_key: Who we are; what the environment says when empty.
        secret_key: The secret that goes with it.
        prefix: Below which key in the bucket everything is kept; it ends with a slash, or is empty.
        timeout: Seconds that one request may take.
    """

    def __init__(
        self,
        bucket: str,
        *,
        endpoint: str = "",
        region: str = "us-east-1",
        access_key: str = "",
        secret_key: str = "",
        prefix: str = "",
        timeout: int = 30,
    ) -> None:
        config: S3Config = {"region": region, "virtual_hosted_style_request": not endpoint}
        if endpoint:
            config["endpoint"] = endpoint
        if access_key:
            config["access_key_id"], config["secret_access_key"] = access_key, secret_key
        self._store = S3Store(
            bucket,
            config=config,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": timedelta(seconds=timeout),
                "connect_timeout": timedelta(seconds=5),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=timeout)},
        )
        self._prefix = prefix

    async def put(self, key: str, body: Body, *, mime: str) -> int:
        """Write a file, whole or not at all: a large one in parts, which show as one file when all are there."""
        name = self._prefix + checked_key(key)
        attributes = {"Content-Type": mime, "Content-Disposition": "inline", "Cache-Control": "private, max-age=300"}

        def write() -> int:
            if isinstance(body, bytes):
                size = len(body)
            else:
                size = body.seek(0, 2)
                body.seek(0)
            obstore.put(
                self._store,
                name,
                body,
                attributes=attributes,
                use_multipart=size > PART,
                chunk_size=PART,
                max_concurrency=2,
            )
            return size

        return await _asked(write)

    async def stat(self, key: str) -> StoredObject | None:
        """What is kept under a key, or None."""
        name = self._prefix + checked_key(key)
        try:
            meta = await _asked(lambda: obstore.head(self._store, name))
        except NotFound:
            return None
        return StoredObject(key, meta["size"], meta["last_modified"])

    async def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, in pieces."""
        name = self._prefix + checked_key(key)
        if end is not None and end <= start:
            if await self.stat(key) is None:
                raise NotFound("there is no such file")
            return
        options: Any = {"range": {"offset": start} if end is None else (start, end)} if start or end is not None else {}
        found = await _asked(lambda: obstore.get(self._store, name, options=options))
        pieces = found.stream(PIECE)
        while (piece := await _asked(lambda: next(pieces, None))) is not None:
            yield bytes(piece)

    async def remove(self, prefix: str) -> int:
        """Forget whatever is kept below a prefix; how many files there were."""
        keys = [found.key for found in await self.keys(prefix)]
        for key in keys:
            await _asked(partial(obstore.delete, self._store, self._prefix + key))
        return len(keys)

    async def keys(self, prefix: str) -> Sequence[StoredObject]:
        """Whatever is kept below a prefix, by key."""
        name = self._prefix + checked_prefix(prefix)

        def listed() -> list[Any]:
            return [meta for batch in obstore.list(self._store, prefix=name) for meta in batch]

        found = [
            StoredObject(meta["path"].removeprefix(self._prefix), meta["size"], meta["last_modified"])
            for meta in await _asked(listed)
        ]
        return sorted(found, key=lambda one: one.key)

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        """An address at which the bucket gives the file for so long."""
        name = self._prefix + checked_key(key)
        signed = await _asked(lambda: obstore.sign(self._store, "GET", name, timedelta(seconds=seconds)))
        return str(signed)

    async def close(self) -> None:
        """Nothing to let go of."""


async def _asked(ask: Callable[[], T]) -> T:
    """The answer of the bucket.

    Raises:
        NotFound: There is no such file.
        Unavailable: There was no answer, or none that helps.
    """
    try:
        return await asyncio.to_thread(ask)
    except FileNotFoundError:
        raise NotFound("there is no such file") from None
    except (BaseError, OSError) as error:
        # What it says may name the bucket and the request; that is for whoever runs it, not for callers.
        raise Unavailable("the media store does not answer", retry_after=5) from error
