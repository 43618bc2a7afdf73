"""Every media store there is, through one fixture; the S3 one talks to a real server of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.media.folder import FolderMedia
from adapters.media.s3 import S3Media
from adapters.memory.media import MemoryMedia
from platform_core.content.ports import MediaStore
from support.s3 import KEY, SECRET, running_s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks the S3 API, on a free port of the loopback address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with running_s3() as address:
        yield address


@pytest.fixture(params=["memory", "folder", "s3"])
async def media(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MediaStore]:
    """An empty media store of each kind in turn."""
    made: MediaStore
    if request.param == "memory":
        made = MemoryMedia()
    elif request.param == "folder":
        made = FolderMedia(tmp_path / "media")
    else:
        address = request.getfixturevalue("s3_server")
        made = S3Media(
            "media",
            endpoint=address,
            access_key=KEY,
            secret_key=SECRET,
            prefix=f"{uuid4().hex}/",
        )
    yield made
    await made.close()
