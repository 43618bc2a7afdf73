"""Reading `multipart/form-data` as it comes, with bounds of our own on everything in it (FILE-01).

The parser does no I/O: it is fed what came and says what was in it. It takes what browsers and HTTP clients send, and
nothing that they do not: no nested parts, no transfer encodings, no text before the first boundary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from enum import Enum, auto

from attrs import frozen

from platform_core.kernel.errors import Malformed

MOST_PARTS = 32
MOST_HEAD = 4_096
"""Bytes in the headers of one part."""

_BOUNDARY = re.compile(r"[0-9a-zA-Z'()+_,./:=? -]{0,69}[0-9a-zA-Z'()+_,./:=?-]")


@frozen
class PartBegins:
    """A part's headers have come.

    Args:
        name: The field.
        filename: What its sender calls the file; None of a field that is no file.
    """

    name: str
    filename: str | None


@frozen
class PartData:
    """A piece of the part's content."""

    data: bytes


@frozen
class PartEnds:
    """The part is whole."""


Event = PartBegins | PartData | PartEnds


class _At(Enum):
    START = auto()
    HEAD = auto()
    CONTENT = auto()
    BETWEEN = auto()
    END = auto()


def boundary_of(content_type: str) -> bytes | None:
    """The boundary that a Content-Type names; None when it is no form, or names none that can be one."""
    parsed = Message()
    parsed["content-type"] = content_type
    if parsed.get_content_type() != "multipart/form-data":
        return None
    boundary = parsed.get_param("boundary")
    if not isinstance(boundary, str) or _BOUNDARY.fullmatch(boundary) is None:
        return None
    return boundary.encode()


class MultipartParser:
    """A form on its way.

    Args:
        boundary: What stands between its parts.
    """

    def __init__(self, boundary: bytes) -> None:
        self._first = b"--" + boundary
        self._next = b"\r\n--" + boundary
        self._kept = bytearray()
        self._at = _At.START
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """What is in the next piece of the body.

        Raises:
            Malformed: It is no form, or has more in it than a form may.
        """
        self._kept += data
        while (step := self._step()) is not None:
            yield from step

    def finish(self) -> None:
        """The body has ended.

        Raises:
            Malformed: The form has not.
        """
        if self._at is not _At.END:
            raise Malformed("the form ends in the middle")

    def _step(self) -> list[Event] | None:
        """One step on; None when more must come first."""
        match self._at:
            case _At.START:
                return self._start()
            case _At.HEAD:
                return self._head()
            case _At.CONTENT:
                return self._content()
            case _At.BETWEEN:
                return self._between()
            case _At.END:
                # What stands behind the end means nothing; it is counted by whoever reads the body.
                self._kept.clear()
                return None

    def _start(self) -> list[Event] | None:
        if len(self._kept) < len(self._first):
            if not self._first.startswith(self._kept):
                raise Malformed("the form does not begin with its boundary")
            return None
        if not self._kept.startswith(self._first):
            raise Malformed("the form does not begin with its boundary")
        del self._kept[: len(self._first)]
        self._at = _At.BETWEEN
        return []

    def _between(self) -> list[Event] | None:
        """Right behind a boundary: a line break before another part, or two hyphens at the end."""
        if len(self._kept) < 2:
            return None
        found = bytes(self._kept[:2])
        del self._kept[:2]
        if found == b"--":
            self._at = _At.END
        elif found == b"\r\n":
            self._parts += 1
            if self._parts > MOST_PARTS:
                raise Malformed(f"a form has at most {MOST_PARTS} parts")
            self._at = _At.HEAD
        else:
            raise Malformed("the form has something behind a boundary")
        return []

    def _head(self) -> list[Event] | None:
        end = self._kept.find(b"\r\n\r\n", 0, MOST_HEAD + 4)
        if end < 0:
            if len(self._kept) > MOST_HEAD:
                raise Malformed("the headers of a part are too long")
            return None
        head = bytes(self._kept[:end])
        del self._kept[: end + 4]
        self._at = _At.CONTENT
        return [_read_head(head)]

    def _content(self) -> list[Event] | None:
        end = self._kept.find(self._next)
        if end >= 0:
            events: list[Event] = [PartData(bytes(self._kept[:end]))] if end else []
            del self._kept[: end + len(self._next)]
            self._at = _At.BETWEEN
            return [*events, PartEnds()]
        # What may be the beginning of a boundary waits for the rest of it.
        sure = len(self._kept) - len(self._next) + 1
        if sure <= 0:
            return None
        data = bytes(self._kept[:sure])
        del self._kept[:sure]
        return [PartData(data)]


def _read_head(head: bytes) -> PartBegins:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the headers of a part are not UTF-8") from None
    headers: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or "\n" in line or "\r" in line or name.lower() in headers:
            raise Malformed("the headers of a part cannot be read")
        headers[name.lower()] = value.strip()
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "7bit", "8bit"):
        raise Malformed("parts come as they are, not encoded")
    if headers.get("content-type", "").lower().startswith("multipart/"):
        raise Malformed("a part of a form is no form")
    return _read_disposition(headers.get("content-disposition", ""))


_PARAMETER = re.compile(r';\s*([a-z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))', re.IGNORECASE)


def _read_disposition(value: str) -> PartBegins:
    kind, semicolon, rest = value.partition(";")
    found = {
        match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PARAMETER.finditer(";" + rest)
    }
    if kind.strip().lower() != "form-data" or not semicolon or "name" not in found:
        raise Malformed("a part does not say which field it is")
    return PartBegins(found["name"], found.get("filename", found.get("filename*")))
