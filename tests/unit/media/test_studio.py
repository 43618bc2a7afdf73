"""The studio: what comes out is fit to be shown, and what is made to harm harms nobody."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapters.media.studio import ProcessStudio, _reads_open_files, find_ffmpeg
from platform_core.content.ports import Picture, Recording
from platform_core.kernel.errors import Invalid, PlatformError, RateLimited, Unavailable
from unit.media.pictures import claimed_png, encoded, frames, recording, with_gps

FFMPEG = find_ffmpeg() or ""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[ProcessStudio]:
    """A studio with a folder of its own."""
    made = ProcessStudio(tmp_path / "scratch", video_seconds=10, audio_seconds=10)
    yield made
    made.stop()
    assert list((tmp_path / "scratch").glob("*")) == [], "nothing is left behind"


async def picture(studio: ProcessStudio, content: bytes) -> Picture:
    return await studio.picture(BytesIO(content))


async def refused(studio: ProcessStudio, content: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        await picture(studio, content)
    [detail] = refusal.value.details
    assert detail.field == "file"
    return detail.message


@pytest.mark.parametrize(
    ("form", "mode", "mime"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "1", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("GIF", "P", "image/png"),
        ("WEBP", "RGB", "image/webp"),
        ("AVIF", "RGB", "image/webp"),
    ],
)
async def test_a_picture_is_encoded_anew(studio: ProcessStudio, form: str, mode: str, mime: str) -> None:
    made = await picture(studio, encoded(form, mode=mode))

    assert (made.mime, made.width, made.height) == (mime, 60, 40)
    with Image.open(BytesIO(made.body)) as shown:
        assert (Image.MIME[shown.format or ""], shown.size) == (mime, (60, 40))
        assert not {"exif", "icc_profile", "xmp", "comment", "Software"} & set(shown.info)
    with Image.open(BytesIO(made.thumbnail)) as small:
        assert small.format == "WEBP"
    assert made.preview.startswith("data:image/webp;base64,")
    assert len(made.preview) < 600


async def test_a_large_picture_has_a_small_thumbnail(studio: ProcessStudio) -> None:
    made = await picture(studio, encoded("JPEG", (3000, 1500)))
    assert (made.width, made.height) == (3000, 1500)
    with Image.open(BytesIO(made.thumbnail)) as small:
        assert small.size == (480, 240)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_file_06_where_it_was_taken_is_not_told_and_it_stands_upright(studio: ProcessStudio, form: str) -> None:
    source = with_gps(form)
    assert b"at my home" in source

    made = await picture(studio, source)

    for part in (made.body, made.thumbnail):
        assert b"at my home" not in part
        with Image.open(BytesIO(part)) as shown:
            assert not shown.getexif()
    assert (made.width, made.height) == (40, 60)


async def test_a_moving_picture_keeps_moving(studio: ProcessStudio) -> None:
    made = await picture(studio, frames(5))
    assert made.mime == "image/webp"
    with Image.open(BytesIO(made.body)) as shown:
        assert getattr(shown, "n_frames", 1) == 5


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (claimed_png(30_000, 30_000), "pixels wide and high"),
        (claimed_png(8_193, 1), "pixels wide and high"),
        (claimed_png(8_000, 8_000), "at most 40000000 pixels"),
        (claimed_png(2_000, 2_000), "damaged"),
        (claimed_png(0, 10), "damaged"),
    ],
)
async def test_file_02_a_pixel_flood_is_refused_by_its_header(studio: ProcessStudio, content: bytes, why: str) -> None:
    assert why in await refused(studio, content)


async def test_file_02_a_picture_of_too_many_frames_is_refused(studio: ProcessStudio) -> None:
    assert (await picture(studio, frames(300))).mime == "image/webp"
    assert "frames" in await refused(studio, frames(301))
    # Small frames on a large screen: each is as large as the screen when it is shown.
    small = frames(31)
    assert "all its frames" in await refused(studio, small[:6] + struct.pack("<HH", 2000, 2000) + small[10:])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
async def test_a_truncated_picture_is_damaged(studio: ProcessStudio, form: str, share: float) -> None:
    whole = encoded(form, (200, 200), mode="P" if form == "GIF" else "RGB")
    assert await refused(studio, whole[: int(len(whole) * share)]) == "is damaged"


@pytest.mark.parametrize(
    "payload",
    [b"<script>alert(document.domain)</script>", b"%PDF-1.7\n<html>", b"PK\x03\x04" + b"evil.sh" * 20, b"#!/bin/sh\n"],
)
@pytest.mark.parametrize("form", ["GIF", "PNG", "JPEG"])
async def test_file_03_what_hides_in_a_picture_is_gone(studio: ProcessStudio, form: str, payload: bytes) -> None:
    options: dict[str, Any] = {"comment": payload} if form in ("GIF", "JPEG") else {}
    polyglot = encoded(form, mode="P" if form == "GIF" else "RGB", **options) + payload

    made = await picture(studio, polyglot)

    assert payload not in made.body
    assert payload not in made.thumbnail


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"GIF89a", b"\xff\xd8\xff" + bytes(1000), encoded("BMP"), encoded("TIFF")],
)
async def test_what_is_no_picture_is_refused(studio: ProcessStudio, content: bytes) -> None:
    assert await refused(studio, content) == "is damaged"


async def test_too_many_pictures_at_once_are_sent_away(studio: ProcessStudio) -> None:
    studio._waiting = 32
    with pytest.raises(RateLimited) as refusal:
        await picture(studio, encoded("PNG"))
    studio._waiting = 0
    assert refusal.value.retry_after


# ---- recordings


async def packed(studio: ProcessStudio, content: bytes) -> Recording:
    async def source() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 50_000):
            yield content[at : at + 50_000]

    kind = studio.recognise(content[:4096])
    assert kind is not None
    return await studio.recording(source(), kind)


async def damaged(studio: ProcessStudio, content: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        await packed(studio, content)
    return refusal.value.details[0].message


SECRET = ("-metadata", "title=at my home", "-metadata", "location=+50.1+14.4/")
MP4 = ("-c:v", "libx264", "-c:a", "aac")
WEBM = ("-c:v", "libvpx", "-c:a", "libopus")


@pytest.mark.parametrize(
    ("name", "options", "mime"),
    [
        ("a.mp4", (*MP4, "-movflags", "+faststart"), "video/mp4"),
        ("a.mp4", MP4, "video/mp4"),
        ("a.mov", MP4, "video/mp4"),
        ("a.webm", WEBM, "video/webm"),
        ("a.m4a", ("-vn",), "audio/mp4"),
        ("a.mp3", ("-vn",), "audio/mpeg"),
        ("a.ogg", ("-vn",), "audio/ogg"),
        ("a.flac", ("-vn",), "audio/flac"),
        ("a.wav", ("-vn",), "audio/wav"),
    ],
)
async def test_a_recording_is_packed_anew(
    studio: ProcessStudio, tmp_path: Path, name: str, options: tuple[str, ...], mime: str
) -> None:
    source = recording(FFMPEG, tmp_path / name, *SECRET, *options)

    made = await packed(studio, source)

    with made.body:
        body = made.body.read()
    assert made.mime == mime
    assert 1900 <= made.milliseconds <= 2200
    assert b"at my home" not in body
    assert b"+50.1" not in body
    found = studio.recognise(body[:4096])
    assert found is not None
    assert found.mime == mime
    if mime.startswith("video"):
        assert made.still is not None
        assert (made.still.width, made.still.height) == (160, 120)
    else:
        assert made.still is None


async def test_a_recording_cut_off_is_damaged(studio: ProcessStudio, tmp_path: Path) -> None:
    for name, options in (("a.mp4", (*MP4, "-movflags", "+faststart")), ("b.mp4", MP4)):
        whole = recording(FFMPEG, tmp_path / name, *options)
        assert "damaged" in await damaged(studio, whole[: len(whole) // 3])


async def test_a_recording_that_is_too_long_is_refused(studio: ProcessStudio, tmp_path: Path) -> None:
    long = recording(FFMPEG, tmp_path / "a.mp3", "-vn", seconds=30)
    assert "at most 10 seconds" in await damaged(studio, long)


async def test_a_video_without_a_picture_is_none(studio: ProcessStudio, tmp_path: Path) -> None:
    sound = recording(FFMPEG, tmp_path / "a.mp4", "-vn", "-c:a", "aac")
    assert "damaged" in await damaged(studio, sound)


@pytest.mark.parametrize(
    "head",
    [
        b"\0\0\0\x18ftypisom",
        b"\x1a\x45\xdf\xa3\x42\x82\x84webm",
        b"ID3\x04\0\0\0\0\0\0\0",
        b"OggS\0\x02",
        b"fLaC\0\0\0\x22",
    ],
)
@pytest.mark.parametrize(
    "rest",
    [b"", bytes(500), b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile '/etc/passwd'\n"],
)
async def test_what_only_begins_like_a_recording_is_refused(studio: ProcessStudio, head: bytes, rest: bytes) -> None:
    assert "damaged" in await damaged(studio, head + rest)


async def test_without_ffmpeg_nothing_is_said_of_a_recording(tmp_path: Path) -> None:
    studio = ProcessStudio(tmp_path, ffmpeg=lambda: None)
    with pytest.raises(Unavailable):
        await packed(studio, b"ID3\x04\0\0\0\0\0\0\0")
    studio.stop()


def test_an_ffmpeg_that_cannot_read_open_files_is_none(tmp_path: Path) -> None:
    old = tmp_path / "ffmpeg"
    old.write_text("#!/bin/sh\necho Input: file pipe\n")
    old.chmod(0o755)
    assert not _reads_open_files(str(old))
    assert not _reads_open_files(str(tmp_path / "none"))
    assert _reads_open_files(FFMPEG)


async def test_what_a_killed_process_left_is_removed_by_the_next(studio: ProcessStudio, tmp_path: Path) -> None:
    import os

    old, fresh = (tmp_path / "scratch" / f"platform-core-work-{name}" for name in ("old", "fresh"))
    for folder in (old, fresh):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    with pytest.raises(PlatformError):
        await packed(studio, b"ID3\x04\0\0\0\0\0\0\0")
    assert not old.exists()
    fresh.rmdir()
