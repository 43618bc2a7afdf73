"""Giving files to whoever has a link: with ranges, and with headers that keep a file from being taken for a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate
from hashlib import blake2b

from aiohttp import hdrs, web
from multidict import CIMultiDict

from adapters.media.links import PATH, SignedLinks
from entrypoints.http.kit.dialect import STATUSES
from entrypoints.http.kit.headers import CONTENT_POLICY, MEDIA_POLICY
from entrypoints.http.kit.outside import Outside
from entrypoints.http.kit.refusals import NO_RESOURCE, Refusal
from platform_core.content.ports import StoredObject
from platform_core.content.viewing import FindMedia
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import NotFound, PlatformError
from platform_core.platform import Platform

BAD_LINK = Refusal(403, "FORBIDDEN", "this link was not made here, or is over")
BAD_RANGE = Refusal(416, "RANGE_NOT_SATISFIABLE", "the file has no such bytes")

MOST_RANGES = 8
DIRECT_SECONDS = 60
"""How long an address of the media store's own is good: nobody can take it back before (CONT-03)."""

INLINE = ("image/", "video/", "audio/")

_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})")
_ARGUMENTS = {"until", "for", "signature"}


def add_media(app: web.Application, platform: Platform, outside: Outside) -> None:
    """Serve the files of the platform's media store, if their links are made here."""
    links = platform.media.links
    if isinstance(links, SignedLinks):
        app.router.add_get(PATH + "{key:.+}", outside.guarded(MediaFiles(platform, links, outside).give, "media"))


class MediaFiles:
    """The files.

    Args:
        platform: Says which link is still good, and keeps the files.
        links: Says which link was made here.
        outside: Spells refusals.
    """

    def __init__(self, platform: Platform, links: SignedLinks, outside: Outside) -> None:
        self._platform = platform
        self._links = links
        self._outside = outside

    async def give(self, request: web.Request) -> web.StreamResponse:
        """The file behind a link."""
        try:
            return await self._give(request)
        except PlatformError as error:
            return self._outside.refuse(Refusal(STATUSES[error.kind], error.code, error.message))

    async def _give(self, request: web.Request) -> web.StreamResponse:
        key, query = request.match_info["key"], request.rel_url.query
        if len(query) != len(_ARGUMENTS) or set(query) != _ARGUMENTS:
            return self._outside.refuse(BAD_LINK)
        until = self._links.until(key, until=query["until"], whom=query["for"], signature=query["signature"])
        now = self._platform.clock.now()
        if until is None or until <= now:
            return self._outside.refuse(BAD_LINK)
        mime = await self._platform.execute(FindMedia(key, own=query["for"] == "own"), by=ANONYMOUS)
        store = self._platform.media.store
        seconds = max(1, int((until - now).total_seconds()))
        if (direct := await store.direct_url(key, seconds=min(DIRECT_SECONDS, seconds))) is not None:
            return web.Response(status=302, headers={hdrs.LOCATION: direct, hdrs.CACHE_CONTROL: "no-store"})
        found = await store.stat(key)
        if found is None:
            return self._outside.refuse(NO_RESOURCE)
        headers = _headers(found, mime)
        headers[hdrs.CACHE_CONTROL] = f"private, max-age={seconds}, immutable"
        return await self._send(request, found, headers)

    async def _send(self, request: web.Request, found: StoredObject, headers: CIMultiDict[str]) -> web.StreamResponse:
        if headers[hdrs.ETAG] in request.headers.get(hdrs.IF_NONE_MATCH, ""):
            return web.Response(status=304, headers=headers)
        start, end, status = 0, found.size, 200
        wanted = request.headers.get(hdrs.RANGE)
        is_fresh = request.headers.get(hdrs.IF_RANGE, headers[hdrs.ETAG]) == headers[hdrs.ETAG]
        if wanted is not None and is_fresh and wanted.lower().startswith("bytes="):
            spans = _spans(wanted[len("bytes=") :], found.size)
            if not spans:
                refused = self._outside.refuse(BAD_RANGE)
                refused.headers[hdrs.CONTENT_RANGE] = f"bytes */{found.size}"
                return refused
            if len(spans) == 1:
                # Whoever asks for several parts is given the whole, as HTTP allows: nothing of ours needs more.
                [(start, end)], status = spans, 206
                headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{found.size}"
        headers[hdrs.CONTENT_LENGTH] = str(end - start)
        response = web.StreamResponse(status=status, headers=headers)
        self._outside.complete(request, response.headers)
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        pieces = self._platform.media.store.read(found.key, start=start, end=end)
        # The first piece comes before the head: a file that went missing meanwhile is a refusal, not half an answer.
        try:
            first = await anext(pieces, b"")
        except NotFound:
            return self._outside.refuse(NO_RESOURCE)
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response


def _headers(found: StoredObject, mime: str) -> CIMultiDict[str]:
    name = "-".join(found.key.split("/")[1:])
    disposition = "inline" if mime.startswith(INLINE) and "svg" not in mime else "attachment"
    told: Mapping[str, str] = {
        hdrs.CONTENT_TYPE: mime,
        # Our own name for it, in plain ASCII: nothing that anybody sent is in it (FILE-05).
        hdrs.CONTENT_DISPOSITION: f'{disposition}; filename="{name}"',
        hdrs.ETAG: f'"{blake2b(f"{found.key} {found.size}".encode(), digest_size=12).hexdigest()}"',
        hdrs.LAST_MODIFIED: formatdate(found.changed_at.timestamp(), usegmt=True),
        hdrs.ACCEPT_RANGES: "bytes",
        CONTENT_POLICY: MEDIA_POLICY,
    }
    return CIMultiDict(told)


def _spans(wanted: str, size: int) -> list[tuple[int, int]]:
    """The bytes that are wanted, each from and up to; none where there are none, or too many are (FILE-09)."""
    parts = wanted.split(",")
    if len(parts) > MOST_RANGES:
        return []
    return [span for part in parts if (span := _single(part.strip(), size)) is not None]


def _single(part: str, size: int) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(part)
    if match is None or match[0] == "-":
        return None
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    end = min(int(last) + 1, size) if last else size
    return (int(first), end) if int(first) < end else None
