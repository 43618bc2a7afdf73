"""Pictures from the web, through the guarded fetcher, a few at a time."""

from __future__ import annotations

from adapters.web.fetch import GuardedFetcher, Refused
from platform_core.assist.ports import Unusable
from platform_core.kernel.errors import Unavailable

#: Each may hold 5 MiB for 5 seconds.
AT_ONCE = 8


class WebPictures:
    """Fetches pictures.

    Args:
        fetcher: Who goes out for them.
        at_once: How many are fetched at the same time.
    """

    def __init__(self, fetcher: GuardedFetcher | None = None, *, at_once: int = AT_ONCE) -> None:
        self._fetcher = fetcher or GuardedFetcher()
        self._free = at_once

    async def fetch(self, url: str) -> bytes:
        """The picture.

        Raises:
            Unusable: It is not to be had, or its place is not for us to look at (SSRF-02).
            Unavailable: Too many are being fetched just now.
        """
        if self._free < 1:
            raise Unavailable("too many pictures are being looked at", retry_after=5)
        self._free -= 1
        try:
            return await self._fetcher.fetch(url)
        except Refused as error:
            raise Unusable(str(error)) from error
        finally:
            self._free += 1
