"""A form with a large file: it is on disk, not in memory, and gone from there when nobody needs it (FILE-01)."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from typing import Any, cast

import pytest
from aiohttp import web
from attrs import define, field

from entrypoints.http.kit.forms import Form, FormReader
from entrypoints.http.kit.refusals import HttpRefusal
from platform_core.kernel.errors import Invalid
from unit.http.served import as_form

MIB = 2**20
PIECE = b"\x5a" * 65_536


@define
class _Content:
    """A body that comes in pieces."""

    pieces: Iterator[bytes]

    async def readany(self) -> bytes:
        return next(self.pieces, b"")


@define
class _Request:
    """As much of a request as a form reader looks at."""

    content: _Content
    headers: dict[str, str] = field(factory=lambda: {"Content-Type": as_form({})[1]})
    content_length: int | None = None


def request(pieces: int) -> web.Request:
    """A form whose file has so many pieces."""
    form, _ = as_form({"caption": "x", "file": b"@"})
    head, _, tail = form.partition(b"@")

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(pieces):
            yield PIECE
        yield tail

    return cast(web.Request, _Request(_Content(body())))


def reader(most: int = 100 * MIB, allowance: Any = lambda _: 100 * MIB) -> FormReader:
    return FormReader("file", most=most, seconds=60, allowance=allowance)


async def test_file_01_a_large_file_takes_little_memory_and_is_whole() -> None:
    reading = reader()
    tracemalloc.start()
    try:
        form: Form = await reading.read(request(1024))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MIB
    assert form.texts == (("caption", "x"),)
    assert form.file is not None
    assert form.file.size == 64 * MIB
    assert form.file.digest == hashlib.sha256(PIECE * 1024).hexdigest()
    form.file.file.seek(0)
    assert form.file.file.read(10) == PIECE[:10]
    reading.close()
    assert form.file.file.closed


@pytest.mark.parametrize("pieces", [16, 17, 1000])
async def test_file_01_a_file_is_cut_off_at_its_bound(pieces: int) -> None:
    reading = reader(allowance=lambda head: MIB if head == PIECE[:4096] else 0)
    if pieces == 16:
        assert (await reading.read(request(pieces))).file is not None
    else:
        with pytest.raises(HttpRefusal) as refused:
            await reading.read(request(pieces))
        assert refused.value.refusal.status == 413
    reading.close()


async def test_a_file_of_no_kind_is_refused_by_its_beginning() -> None:
    seen = []

    def allowance(head: bytes) -> int:
        seen.append(len(head))
        raise Invalid.field("file", "is of no kind that is taken here")

    reading = reader(allowance=allowance)
    with pytest.raises(Invalid):
        await reading.read(request(1000))
    assert seen == [4096]
    reading.close()
