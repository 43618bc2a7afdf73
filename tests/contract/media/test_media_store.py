"""What every media store promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from adapters.media.folder import FolderMedia
from adapters.media.s3 import S3Media
from platform_core.content.ports import MediaStore
from platform_core.kernel.errors import NotFound, Unavailable
from support.media import read
from support.s3 import KEY, SECRET

PNG = "image/png"


async def test_what_is_put_is_read_again(media: MediaStore) -> None:
    assert await media.put("content/cnt_1/media.png", b"picture", mime=PNG) == 7

    found = await media.stat("content/cnt_1/media.png")

    assert found is not None
    assert (found.key, found.size) == ("content/cnt_1/media.png", 7)
    assert abs(datetime.now(UTC) - found.changed_at) < timedelta(minutes=5)
    assert await read(media.read("content/cnt_1/media.png")) == b"picture"


async def test_an_open_file_is_put_from_its_beginning(media: MediaStore) -> None:
    file = BytesIO(b"0123456789")
    file.seek(5)
    assert await media.put("a/b.png", file, mime=PNG) == 10
    assert await read(media.read("a/b.png")) == b"0123456789"


async def test_an_empty_file_is_a_file(media: MediaStore) -> None:
    assert await media.put("a/empty.png", b"", mime=PNG) == 0
    assert await read(media.read("a/empty.png")) == b""


async def test_a_large_file_is_put_and_read_whole(media: MediaStore) -> None:
    body = bytes(range(256)) * (20 * 4096)
    assert await media.put("a/large.mp4", BytesIO(body), mime="video/mp4") == len(body)
    assert await read(media.read("a/large.mp4")) == body


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [(0, None, b"0123456789"), (3, None, b"3456789"), (0, 1, b"0"), (2, 5, b"234"), (9, 10, b"9"), (4, 4, b"")],
)
async def test_a_part_is_read(media: MediaStore, start: int, end: int | None, wanted: bytes) -> None:
    await media.put("a/b.png", b"0123456789", mime=PNG)
    assert await read(media.read("a/b.png", start=start, end=end)) == wanted


async def test_what_is_put_again_replaces_what_was_there(media: MediaStore) -> None:
    await media.put("a/b.png", b"a long one", mime=PNG)
    await media.put("a/b.png", b"short", mime=PNG)
    assert await read(media.read("a/b.png")) == b"short"


async def test_many_at_once_put_one_file_whole(media: MediaStore) -> None:
    bodies = [bytes([number]) * 50_000 for number in range(8)]
    await asyncio.gather(*(media.put("a/b.png", body, mime=PNG) for body in bodies))
    assert await read(media.read("a/b.png")) in bodies
    assert [found.key for found in await media.keys("a/")] == ["a/b.png"]


async def test_what_is_not_there_is_not_found(media: MediaStore) -> None:
    assert await media.stat("a/none.png") is None
    with pytest.raises(NotFound):
        await read(media.read("a/none.png"))
    with pytest.raises(NotFound):
        await read(media.read("a/none.png", start=1, end=4))
    assert await media.remove("a/") == 0
    assert list(await media.keys("a/")) == []


async def test_what_is_below_a_prefix_is_listed_and_removed_and_nothing_beside_it(media: MediaStore) -> None:
    for key in (
        "content/cnt_1/media.png",
        "content/cnt_1/source/file.mp4",
        "content/cnt_10/media.png",
        "content/x.png",
    ):
        await media.put(key, key.encode(), mime=PNG)

    assert [found.key for found in await media.keys("content/cnt_1/")] == [
        "content/cnt_1/media.png",
        "content/cnt_1/source/file.mp4",
    ]
    assert await media.remove("content/cnt_1/") == 2

    assert await media.stat("content/cnt_1/media.png") is None
    assert [found.key for found in await media.keys("content/")] == ["content/cnt_10/media.png", "content/x.png"]
    assert await media.remove("content/cnt_1/") == 0, "again changes nothing"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../secret",
        "content/../../etc/passwd",
        "content/./a",
        "content//a",
        "content/a/",
        "content/.hidden",
        "content/a\0.png",
        "content/a\n.png",
        "content\\a.png",
        "content/ä.png",
        "content/A.png",
        "content/%2e%2e/a",
        "content/" + "a" * 600,
    ],
)
async def test_file_05_a_key_is_one_of_ours_or_refused(media: MediaStore, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        await media.put(key, b"x", mime=PNG)
    with pytest.raises(ValueError, match="key"):
        await media.stat(key)
    with pytest.raises(ValueError, match="key"):
        await read(media.read(key))


@pytest.mark.parametrize("prefix", ["", "content", "../", "/", "content/../"])
async def test_file_05_a_prefix_is_one_of_ours_or_refused(media: MediaStore, prefix: str) -> None:
    with pytest.raises(ValueError, match=r"key|prefix"):
        await media.remove(prefix)
    with pytest.raises(ValueError, match=r"key|prefix"):
        await media.keys(prefix)


async def test_an_address_of_the_store_itself_gives_the_file_and_only_for_reading(media: MediaStore) -> None:
    await media.put("content/cnt_1/media.png", b"picture", mime=PNG)

    url = await media.direct_url("content/cnt_1/media.png", seconds=60)

    if not isinstance(media, S3Media):
        assert url is None, "this server gives the file"
        return
    assert url is not None
    assert "X-Amz-Expires=60" in url
    assert "X-Amz-Signature=" in url
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert (answer.status, await answer.read()) == (200, b"picture")
            assert answer.headers["Content-Type"] == PNG
            assert answer.headers["Content-Disposition"] == "inline"
        async with session.get(url, headers={"Range": "bytes=1-3"}) as answer:
            assert (answer.status, await answer.read()) == (206, b"ict")
        await media.remove("content/cnt_1/")
        async with session.get(url) as answer:
            assert answer.status == 404


# ---- what only some have


async def test_a_folder_keeps_files_for_its_user_only_and_follows_no_links(tmp_path: Path) -> None:
    media = FolderMedia(tmp_path / "media")
    await media.put("content/cnt_1/media.png", b"picture", mime=PNG)
    file = tmp_path / "media/content/cnt_1/media.png"
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "media").stat().st_mode & 0o077 == 0
    (tmp_path / "secret").write_bytes(b"secret")
    (file.parent / "link.png").symlink_to(tmp_path / "secret")

    with pytest.raises((NotFound, Unavailable)):
        await read(media.read("content/cnt_1/link.png"))


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file, and no folder")
    media = FolderMedia(tmp_path / "media")
    with pytest.raises(Unavailable):
        await media.put("content/cnt_1/media.png", b"picture", mime=PNG)


async def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "the disk is gone")

    media = FolderMedia(tmp_path / "media")
    with pytest.raises(Unavailable):
        await media.put("content/cnt_1/media.png", Failing(b"x"), mime=PNG)
    assert list((tmp_path / "media").rglob("*.*")) == []


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    media = S3Media("media", endpoint="http://127.0.0.1:1", access_key=KEY, secret_key=SECRET, timeout=1)
    with pytest.raises(Unavailable):
        await media.put("content/cnt_1/media.png", b"picture", mime=PNG)
    with pytest.raises(Unavailable):
        await media.stat("content/cnt_1/media.png")
    with pytest.raises(Unavailable):
        await media.keys("content/")


async def test_a_bucket_that_is_not_there_is_unavailable(s3_server: str) -> None:
    media = S3Media("none-such", endpoint=s3_server, access_key=KEY, secret_key=SECRET, timeout=1)
    with pytest.raises((Unavailable, NotFound)):
        await media.put("content/cnt_1/media.png", b"picture", mime=PNG)
