"""Reading a request's body: bounded in size and in time (IN-03, HTTP-02)."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web

from entrypoints.http.kit.refusals import ENCODED, NOT_JSON, TOO_LARGE, TOO_SLOW, UNREADABLE, HttpRefusal
from entrypoints.http.kit.strict_json import read_json
from platform_core.kernel.errors import Invalid

PACE = 1024


async def read_body(request: web.Request, *, most: int, seconds: float) -> bytes:
    """The raw body.

    Args:
        request: The request.
        most: The most bytes that are taken.
        seconds: How long it may take before it must have kept a pace of 1 KiB/s.

    Raises:
        HttpRefusal: It is too large, came too slowly, or is not framed as HTTP asks.
    """
    length = request.content_length
    if length is not None and length > most:
        raise HttpRefusal(TOO_LARGE, close=True)
    content = request.content
    if content.is_eof() and content.exception() is None:
        # Nearly every body comes in one packet with its head: then there is nothing to wait for.
        body = content.read_nowait()
        if len(body) > most:
            raise HttpRefusal(TOO_LARGE, close=True)
        return body
    return await _gather(request, most, seconds)


async def _gather(request: web.Request, most: int, seconds: float) -> bytes:
    began = asyncio.get_running_loop().time()
    body = bytearray()
    try:
        while True:
            async with asyncio.timeout_at(began + seconds + len(body) / PACE):
                chunk = await request.content.readany()
            if not chunk:
                return bytes(body)
            body += chunk
            if len(body) > most:
                raise HttpRefusal(TOO_LARGE, close=True)
    except TimeoutError:
        raise HttpRefusal(TOO_SLOW, close=True) from None
    except web.RequestPayloadError:
        raise HttpRefusal(UNREADABLE, close=True) from None


def read_object(request: web.Request, body: bytes) -> dict[str, Any]:
    """The JSON object in a body; none at all reads as an empty one.

    Raises:
        HttpRefusal: It is said to be something other than plain JSON in UTF-8.
        Malformed: It is no JSON.
        Invalid: It is JSON, and no object.
    """
    headers = request.headers
    if hdrs.CONTENT_ENCODING in headers and headers[hdrs.CONTENT_ENCODING].lower() != "identity":
        raise HttpRefusal(ENCODED)
    kind = headers.get(hdrs.CONTENT_TYPE, "")
    if not body:
        return {}  # Many clients name a type even where they send nothing.
    if kind != "application/json" and not _is_json(kind):
        raise HttpRefusal(NOT_JSON)
    value = read_json(body)
    if not isinstance(value, dict):
        raise Invalid.field("body", "must be a JSON object")
    return value


def _is_json(kind: str) -> bool:
    name, _, parameters = kind.lower().partition(";")
    return name.strip() == "application/json" and parameters.strip().replace('"', "") in ("", "charset=utf-8")
