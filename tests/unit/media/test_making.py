"""The media parts that the settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.media.folder import FolderMedia
from adapters.media.s3 import S3Media
from adapters.memory.media import MemoryMedia
from entrypoints.media import make_media
from entrypoints.settings import BadSettings, Media
from platform_core.content.ports import Media as Parts
from platform_core.content.ports import MediaForm
from platform_core.kernel.errors import Unavailable


def made(beside: Path | None, **given: Any) -> Parts:
    return make_media(Media(**given), folder=beside, key=b"k", base_url="http://x", clock=SystemClock())


async def test_files_are_kept_where_the_settings_say(tmp_path: Path) -> None:
    for parts, kind in (
        (made(tmp_path), FolderMedia),
        (made(None), MemoryMedia),
        (made(None, folder=str(tmp_path)), FolderMedia),
        (made(tmp_path, store="s3", s3_bucket="b", s3_endpoint="http://127.0.0.1:1"), S3Media),
    ):
        assert isinstance(parts.store, kind)
        await parts.close()


async def test_without_a_store_nothing_can_be_uploaded(tmp_path: Path) -> None:
    parts = made(tmp_path, store="none")
    with pytest.raises(Unavailable):
        parts.studio.recognise(b"")
    await parts.close()


async def test_bounds_come_from_the_settings(tmp_path: Path) -> None:
    parts = made(tmp_path, image_bytes=1, video_bytes=2, audio_bytes=3, keep_deleted_hours=5)
    assert [parts.rules.most(form) for form in MediaForm] == [1, 2, 3]
    assert parts.rules.kept.total_seconds() == 5 * 3600
    await parts.close()


@pytest.mark.parametrize(
    ("given", "named"),
    [({"store": "s3"}, "media.s3_bucket"), ({"store": "s3", "s3_bucket": "b", "s3_prefix": "x"}, "media.s3_prefix")],
)
def test_what_cannot_be_used_is_named(given: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        made(None, **given)
