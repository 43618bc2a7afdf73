"""Files and items for tests."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

from platform_core.content.items import ContentItem
from platform_core.content.ports import Incoming, MediaForm, Sample, Verdict
from platform_core.content.upkeep import DueContent, DueUploads, SweepUpload, TendContent
from platform_core.content.uploading import UploadContent, UploadReceipt
from platform_core.content.viewing import ContentView, GetContent
from platform_core.kernel.actor import Actor, Role
from support.world import Person, World

WORKER = Actor.system("worker")
#: What a file of ISO boxes begins with; enough for a studio that looks no further.
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(64)
MP3 = b"ID3\x04\0\0\0\0\0\0" + bytes(64)


def png(shade: int = 0, *, width: int = 2, height: int = 2) -> bytes:
    """A picture of one grey; another grey makes another file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def incoming(content: bytes, name: str = "upload") -> Incoming:
    """A file that has come in."""
    return Incoming(hashlib.sha256(content).hexdigest(), len(content), name, BytesIO(content))


async def upload(
    world: World, creator: Person, content: bytes | None = None, *, key: str | None = None, **more: Any
) -> UploadReceipt:
    """An item of a creator's."""
    form = more.pop("form", MediaForm.IMAGE)
    return await world.execute(
        UploadContent(incoming(png() if content is None else content), form, **more), by=creator.actor, key=key
    )


async def creator(world: World, name: str = "jane") -> Person:
    """Somebody who may upload."""
    return await world.person(name, role=Role.CREATOR)


async def item_of(world: World, id: str) -> ContentItem:
    """An item as it is kept."""
    found = await world.store.get(ContentItem, id)
    assert found is not None
    return found


async def seen(world: World, id: str, by: Person) -> ContentView:
    """An item as somebody sees it."""
    return await world.execute(GetContent(id), by=by.actor)


async def tend(world: World) -> list[str]:
    """Do what is due, as the worker does; what was done."""
    done = [await world.execute(TendContent(item), by=WORKER) for item in await world.execute(DueContent(), by=WORKER)]
    for found in await world.execute(DueUploads(), by=WORKER):
        await world.execute(SweepUpload(found), by=WORKER)
        done.append("swept")
    return done


async def keys(world: World) -> list[str]:
    """Whatever is in the media store."""
    return [found.key for found in await world.media.store.keys("content/")]


async def read(pieces: AsyncIterator[bytes]) -> bytes:
    """All of it."""
    return b"".join([piece async for piece in pieces])


class BrokenChecker:
    """A checker that fails."""

    async def check(self, sample: Sample) -> Verdict:
        raise OSError("the model is away")
