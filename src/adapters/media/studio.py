"""The studio: pictures through Pillow and recordings through ffmpeg, each in a process of its own with bounds."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import IO, TypeVar

from attrs import frozen

from adapters.media import kinds
from platform_core.content.ports import MediaForm, MediaType, Picture, Recording
from platform_core.kernel.errors import Invalid, RateLimited, Unavailable

T = TypeVar("T")

_HERE = Path(__file__).parent
_PICTURE_SECONDS = 10
_PICTURE_MEMORY = 1_024
_RECORDING_SECONDS = 120
_RECORDING_MEMORY = 2_048
_QUEUE = 32
"""How many pictures wait before further ones are sent away."""

_PREFIX = "platform-core-work-"
_ABANDONED = 3600
"""After how many seconds what a killed process left in the scratch folder is removed."""


@frozen
class _Packing:
    """How ffmpeg is to read and write a type: the reader is named, so that no file passes for something else."""

    reader: str
    writer: str
    type: MediaType
    maps: tuple[str, ...] = ("-map", "0:a:0")
    more: tuple[str, ...] = ()


_BOTH = ("-map", "0:v:0", "-map", "0:a:0?")
_PACKINGS: Mapping[MediaType, _Packing] = {
    kinds.MP4: _Packing("mov", "mp4", kinds.MP4, _BOTH, ("-movflags", "+faststart")),
    kinds.WEBM: _Packing("matroska", "webm", kinds.WEBM, _BOTH),
    kinds.M4A: _Packing("mov", "ipod", kinds.M4A, more=("-movflags", "+faststart")),
    kinds.MP3: _Packing("mp3", "mp3", kinds.MP3, more=("-id3v2_version", "0", "-write_id3v1", "0")),
    kinds.OGG: _Packing("ogg", "ogg", kinds.OGG),
    kinds.FLAC: _Packing("flac", "flac", kinds.FLAC),
    kinds.WAV: _Packing("wav", "wav", kinds.WAV),
}


@cache
def find_ffmpeg() -> str | None:
    """Where ffmpeg is on this machine: installed, or in a package; None where there is none that can read from an open
    file, which ffmpeg 6 was the first to do.
    """
    found = shutil.which("ffmpeg")
    if found is not None and _reads_open_files(found):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        packaged = str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None
    return packaged if _reads_open_files(packaged) else None


def _reads_open_files(ffmpeg: str) -> bool:
    try:
        said = subprocess.run(  # noqa: S603  # a program of this machine's own
            [ffmpeg, "-hide_banner", "-protocols"], capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"fd" in said.stdout.split()


class ProcessStudio:
    """Pictures and recordings, worked on in processes that can harm nobody.

    Args:
        scratch: A folder for files being worked on; it is made when it is needed.
        ffmpeg: Finds the program when it is first needed; None where recordings cannot be worked on.
        video_seconds: How long a video may be.
        audio_seconds: How long a sound may be.
        jobs: How many processes work at once.
    """

    def __init__(
        self,
        scratch: Path,
        *,
        ffmpeg: Callable[[], str | None] = find_ffmpeg,
        video_seconds: int = 3600,
        audio_seconds: int = 7200,
        jobs: int = 2,
    ) -> None:
        self._scratch = scratch
        self._ffmpeg = ffmpeg
        self._longest = {MediaForm.VIDEO: video_seconds, MediaForm.AUDIO: audio_seconds}
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="studio")
        self._waiting = 0

    def stop(self) -> None:
        """Finish what was begun."""
        self._threads.shutdown()

    def recognise(self, head: bytes) -> MediaType | None:
        """What a file is, by its first 4 KiB; None for whatever is not taken."""
        return kinds.recognise(head)

    async def picture(self, file: IO[bytes]) -> Picture:
        """A picture, encoded anew."""
        if self._waiting >= _QUEUE:
            raise RateLimited("too many pictures are being worked on; try again in a moment", retry_after=5)
        return await self._in_thread(lambda: _picture(file))

    async def recording(self, source: AsyncIterator[bytes], kind: MediaType) -> Recording:
        """A video or a sound, packed anew."""
        ffmpeg, packing = await self._in_thread(self._ffmpeg), _PACKINGS[kind]
        if ffmpeg is None:
            raise Unavailable("this machine has no ffmpeg")
        folder = await self._in_thread(self._folder)
        try:
            with (folder / "source").open("w+b") as file:
                async for piece in source:
                    await self._in_thread(partial(file.write, piece))
                file.flush()
                return await self._in_thread(lambda: self._pack(ffmpeg, file, packing, folder))
        finally:
            await self._in_thread(lambda: shutil.rmtree(folder, ignore_errors=True))

    def _folder(self) -> Path:
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self._scratch.glob(_PREFIX + "*"):
            with suppress(OSError):
                if old.stat().st_mtime < time.time() - _ABANDONED:
                    shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._scratch))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _pack(self, ffmpeg: str, file: IO[bytes], packing: _Packing, folder: Path) -> Recording:
        """The file packed anew: streams copied as they are into a container of ours, and nothing else."""
        out = folder / f"out.{packing.type.extension}"
        longest = self._longest[packing.type.form]
        told = _ffmpeg(
            ffmpeg,
            *("-xerror", "-f", packing.reader, "-protocol_whitelist", "fd", "-fd", "0", "-i", "fd:"),
            *(*packing.maps, "-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn", "-c", "copy"),
            *("-fflags", "+bitexact", "-flags", "+bitexact", "-t", str(longest + 1), *packing.more),
            *("-progress", "pipe:1", "-f", packing.writer, "-y", str(out)),
            stdin=file,
        )
        milliseconds = _length(told)
        if milliseconds == 0:
            raise Invalid.field("file", "is damaged")
        if milliseconds > longest * 1000:
            raise Invalid.field("file", f"must be at most {longest} seconds long")
        still = None
        if packing.type.form is MediaForm.VIDEO:
            with out.open("rb") as made:
                still = self._still(ffmpeg, made, packing, milliseconds)
        return Recording(out.open("rb"), packing.type.mime, packing.type.extension, milliseconds, still)

    @staticmethod
    def _still(ffmpeg: str, made: IO[bytes], packing: _Packing, milliseconds: int) -> Picture:
        at = min(1000, milliseconds // 2) / 1000
        shot = _ffmpeg(
            ffmpeg,
            *("-f", packing.reader, "-protocol_whitelist", "fd", "-ss", f"{at:.3f}", "-fd", "0", "-i", "fd:"),
            *("-frames:v", "1", "-an", "-c:v", "png", "-f", "image2pipe", "pipe:1"),
            stdin=made,
        )
        if not shot:
            raise Invalid.field("file", "is damaged")
        return _picture(BytesIO(shot))


def _limited(seconds: int, memory: int, file: int, *program: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(_HERE / "limited.py"), str(seconds), str(memory), str(file), *program]


def _run(command: Sequence[str], stdin: IO[bytes], *, seconds: float) -> bytes:
    """What a program says of a file.

    Raises:
        Invalid: It failed, was stopped at one of its bounds, or took too long.
    """
    with tempfile.TemporaryFile() as copy:
        try:
            number = stdin.fileno()
        except OSError:
            stdin.seek(0)
            shutil.copyfileobj(stdin, copy)
            copy.flush()
            number = copy.fileno()
        os.lseek(number, 0, os.SEEK_SET)
        try:
            # What the program says of itself is of no use to anybody who sent the file, and may be long.
            done = subprocess.run(  # noqa: S603  # a list of our own words, no shell
                command,
                stdin=number,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Invalid.field("file", "takes too long to work on") from None
        except OSError as error:
            raise Unavailable("this machine cannot work on files now", retry_after=30) from error
    if done.returncode != 0:
        raise Invalid.field("file", "is damaged, or of a coding that is not taken")
    return done.stdout


def _picture(file: IO[bytes]) -> Picture:
    program = (sys.executable, "-I", str(_HERE / "picture_program.py"))
    said = _run(_limited(_PICTURE_SECONDS, _PICTURE_MEMORY, 256, *program), file, seconds=_PICTURE_SECONDS + 5)
    head, _, rest = said.partition(b"\n")
    told = json.loads(head)
    if "refused" in told:
        raise Invalid.field("file", told["refused"])
    parts = []
    for length in told["parts"]:
        parts.append(rest[:length])
        rest = rest[length:]
    return Picture(
        parts[0],
        told["mime"],
        told["extension"],
        told["width"],
        told["height"],
        parts[1],
        "data:image/webp;base64," + b64encode(parts[2]).decode(),
    )


def _ffmpeg(ffmpeg: str, *arguments: str, stdin: IO[bytes]) -> bytes:
    words = (ffmpeg, "-hide_banner", "-nostats", "-v", "error", *arguments)
    return _run(_limited(_RECORDING_SECONDS, _RECORDING_MEMORY, 1024, *words), stdin, seconds=_RECORDING_SECONDS)


def _length(progress: bytes) -> int:
    """How many milliseconds were really there: what the last report says, not what the file says of itself."""
    last = 0
    for line in progress.decode(errors="replace").splitlines():
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.strip().lstrip("-").isdigit():
            last = max(last, int(value))
    return last // 1000
