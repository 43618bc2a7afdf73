"""A form with a file: its fields as texts, its file spooled to disk, all of it counted while it comes."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import IO

from aiohttp import hdrs, web
from attrs import define, field, frozen

from entrypoints.http.kit.body import PACE
from entrypoints.http.kit.multipart import MultipartParser, PartBegins, PartData, PartEnds, boundary_of
from entrypoints.http.kit.refusals import (
    ENCODED,
    NOT_A_FORM,
    TOO_LARGE,
    TOO_SLOW,
    UNREADABLE,
    HttpRefusal,
)
from platform_core.content.ports import Incoming
from platform_core.kernel.errors import Invalid

MOST_TEXT = 16_384
"""The longest field that is no file, in bytes."""

MOST_TEXTS = 65_536
"""Everything but the file together: fields, headers and boundaries."""

HEAD = 4_096
BUFFER = 2**20

#: How large a file may be, by its first 4 KiB. It refuses with Invalid what is of no kind that is taken.
Allowance = Callable[[bytes], int]


@frozen
class Form:
    """A form that has been read.

    Args:
        texts: Its fields that are no files, in order.
        file: Its file, if it has one.
    """

    texts: tuple[tuple[str, str], ...]
    file: Incoming | None


@define
class _Spool:
    """A file on its way to disk. The disk has no name for it, so nothing of it outlives this process."""

    name: str
    allowance: Allowance
    file: IO[bytes] = field(factory=lambda: tempfile.TemporaryFile(prefix="upload-"))  # noqa: SIM115  # closed by `read_form`
    size: int = 0
    most: int = HEAD
    _digest: hashlib._Hash = field(factory=hashlib.sha256)
    _waiting: bytearray = field(factory=bytearray)
    _is_known: bool = False

    def take(self, data: bytes) -> bool:
        """Take a piece; whether enough waits to be written.

        Raises:
            HttpRefusal: The file is too large.
            Invalid: It is of no kind that is taken.
        """
        self._waiting += data
        self.size += len(data)
        if not self._is_known and self.size >= HEAD:
            self._recognise()
        if self._is_known and self.size > self.most:
            raise HttpRefusal(TOO_LARGE, close=True)
        return len(self._waiting) >= BUFFER

    def _recognise(self) -> None:
        self.most, self._is_known = self.allowance(bytes(self._waiting[:HEAD])), True

    def write(self) -> None:
        """Write what waits."""
        self._digest.update(self._waiting)
        self.file.write(self._waiting)
        self._waiting.clear()

    def done(self) -> Incoming:
        """The file, whole."""
        if not self._is_known:
            self._recognise()
        if self.size > self.most:
            raise HttpRefusal(TOO_LARGE, close=True)
        self.write()
        self.file.flush()
        self.file.seek(0)
        return Incoming(self._digest.hexdigest(), self.size, self.name, self.file)


class FormReader:
    """Reads one form.

    Args:
        file_field: The field that has the file.
        most: The largest file of any kind.
        seconds: How long it may take before it must have kept a pace of 1 KiB/s.
        allowance: How large a file may be, by its first bytes.
    """

    def __init__(self, file_field: str, *, most: int, seconds: float, allowance: Allowance) -> None:
        self._file_field = file_field
        self._most = most
        self._seconds = seconds
        self._allowance = allowance
        self._texts: list[tuple[str, str]] = []
        self._spool: _Spool | None = None
        self._file: Incoming | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._spool is not None:
            self._spool.file.close()

    async def read(self, request: web.Request) -> Form:
        """The form.

        Raises:
            HttpRefusal: It is no form, is too large, or came too slowly.
            Malformed: It cannot be read.
            Invalid: Its file is of no kind that is taken, or a field is no text.
        """
        headers = request.headers
        if headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
            raise HttpRefusal(ENCODED)
        boundary = boundary_of(headers.get(hdrs.CONTENT_TYPE, ""))
        if boundary is None:
            raise HttpRefusal(NOT_A_FORM)
        if (request.content_length or 0) > self._most + MOST_TEXTS:
            raise HttpRefusal(TOO_LARGE, close=True)
        parser = MultipartParser(boundary)
        part: PartBegins | None = None
        text = bytearray()
        total = 0
        async for chunk in _paced(request, self._seconds):
            total += len(chunk)
            for event in parser.feed(chunk):
                match event:
                    case PartBegins():
                        part = event
                        self._begin(event)
                        text.clear()
                    case PartData(data):
                        await self._take(part, text, data)
                    case PartEnds():
                        await self._end(part, text)
            if total - (0 if self._spool is None else self._spool.size) > MOST_TEXTS:
                raise HttpRefusal(TOO_LARGE, close=True)
        parser.finish()
        return Form(tuple(self._texts), self._file)

    def _is_file(self, part: PartBegins | None) -> bool:
        return part is not None and part.name == self._file_field

    def _begin(self, part: PartBegins) -> None:
        if self._is_file(part):
            if self._spool is not None:
                raise Invalid.field(self._file_field, "must be given once")
            if part.filename is None:
                raise Invalid.field(self._file_field, "must be a file")
            self._spool = _Spool(part.filename, self._allowance)
        elif part.filename is not None:
            raise Invalid.field(part.name[:100], "must not be a file")

    async def _take(self, part: PartBegins | None, text: bytearray, data: bytes) -> None:
        if not self._is_file(part) or self._spool is None:
            text += data
            if len(text) > MOST_TEXT:
                raise HttpRefusal(TOO_LARGE, close=True)
        elif self._spool.take(data):
            await asyncio.to_thread(self._spool.write)

    async def _end(self, part: PartBegins | None, text: bytearray) -> None:
        if part is None:
            return
        if self._is_file(part) and self._spool is not None:
            self._file = await asyncio.to_thread(self._spool.done)
            return
        try:
            self._texts.append((part.name, text.decode("utf-8")))
        except UnicodeDecodeError:
            raise Invalid.field(part.name[:100], "must be UTF-8") from None


async def _paced(request: web.Request, seconds: float) -> AsyncIterator[bytes]:
    """The body in pieces, for as long as it keeps its pace (HTTP-02)."""
    began, total = asyncio.get_running_loop().time(), 0
    try:
        while True:
            async with asyncio.timeout_at(began + seconds + total / PACE):
                chunk = await request.content.readany()
            if not chunk:
                return
            total += len(chunk)
            yield chunk
    except TimeoutError:
        raise HttpRefusal(TOO_SLOW, close=True) from None
    except (web.RequestPayloadError, ConnectionError):
        raise HttpRefusal(UNREADABLE, close=True) from None
