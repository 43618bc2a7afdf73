"""Pictures and recordings for tests, good ones and hostile ones."""

from __future__ import annotations

import struct
import subprocess
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image


def encoded(form: str, size: tuple[int, int] = (60, 40), *, mode: str = "RGB", **options: Any) -> bytes:
    """A picture with something on it."""
    image = Image.effect_noise(size, 80).convert(mode)
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def with_gps(form: str = "JPEG") -> bytes:
    """A picture that says where it was taken, and with which side up."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010E] = "at my home"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (50.0, 5.0, 16.0), "E", (14.0, 25.0, 14.0)
    return encoded(form, exif=exif.tobytes())


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claimed_png(width: int, height: int, *, rows: bytes = b"\0" * 1000) -> bytes:
    """A small PNG file that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def frames(count: int, form: str = "GIF", size: tuple[int, int] = (8, 8)) -> bytes:
    """A moving picture."""
    made = [Image.new("RGB", size, (number * 37 % 256, number * 91 % 256, number % 256)) for number in range(count)]
    out = BytesIO()
    made[0].save(out, form, save_all=True, append_images=made[1:], duration=40)
    return out.getvalue()


def recording(ffmpeg: str, path: Path, *options: str, seconds: float = 2) -> bytes:
    """A recording: a moving test picture with a tone, or what the options say."""
    sources = ("-f", "lavfi", "-i", f"testsrc=d={seconds}:s=160x120:r=10", "-f", "lavfi", "-i", f"sine=d={seconds}")
    command = [ffmpeg, "-v", "error", "-y", *sources, "-shortest", *options, str(path)]
    subprocess.run(command, check=True, timeout=300)
    return path.read_bytes()
