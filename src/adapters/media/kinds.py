"""What a file is, by how it begins. What is not in this list is not taken: no SVG, no HTML, no archive, no playlist."""

from __future__ import annotations

import re
from collections.abc import Callable

from platform_core.content.ports import MediaForm, MediaType

JPEG = MediaType(MediaForm.IMAGE, "image/jpeg", "jpg", ("jpg", "jpeg", "jpe", "jfif"))
PNG = MediaType(MediaForm.IMAGE, "image/png", "png", ("png", "apng"))
GIF = MediaType(MediaForm.IMAGE, "image/gif", "gif", ("gif",))
WEBP = MediaType(MediaForm.IMAGE, "image/webp", "webp", ("webp",))
AVIF = MediaType(MediaForm.IMAGE, "image/avif", "avif", ("avif",))
MP4 = MediaType(MediaForm.VIDEO, "video/mp4", "mp4", ("mp4", "m4v", "mov", "qt"))
WEBM = MediaType(MediaForm.VIDEO, "video/webm", "webm", ("webm", "mkv"))
M4A = MediaType(MediaForm.AUDIO, "audio/mp4", "m4a", ("m4a", "mp4"))
MP3 = MediaType(MediaForm.AUDIO, "audio/mpeg", "mp3", ("mp3",))
OGG = MediaType(MediaForm.AUDIO, "audio/ogg", "ogg", ("ogg", "oga", "opus"))
FLAC = MediaType(MediaForm.AUDIO, "audio/flac", "flac", ("flac",))
WAV = MediaType(MediaForm.AUDIO, "audio/wav", "wav", ("wav", "wave"))

TYPES = (JPEG, PNG, GIF, WEBP, AVIF, MP4, WEBM, M4A, MP3, OGG, FLAC, WAV)

_VIDEO_BRANDS = frozenset(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"dash")
)


def _in_box(head: bytes) -> MediaType | None:
    """What is in a file of ISO boxes, by its brand."""
    if head[4:8] != b"ftyp":
        return None
    if head[8:12] in (b"avif", b"avis"):
        return AVIF
    if head[8:12] in (b"M4A ", b"M4B "):
        return M4A
    return MP4 if head[8:12] in _VIDEO_BRANDS else None


def _in_riff(head: bytes) -> MediaType | None:
    if head[:4] != b"RIFF":
        return None
    return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])


def _in_matroska(head: bytes) -> MediaType | None:
    is_it = head[:4] == b"\x1a\x45\xdf\xa3" and (b"webm" in head[:64] or b"matroska" in head[:64])
    return WEBM if is_it else None


def _is_mpeg_audio(head: bytes) -> MediaType | None:
    """MP3: a tag, or a frame of layer III whose bit rate and sample rate are not the reserved ones."""
    if head[:3] == b"ID3" and len(head) > 10 and head[3] < 5:
        return MP3
    is_frame = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return MP3 if is_frame and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3 else None


_STARTS: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
)
_LOOKS: tuple[Callable[[bytes], MediaType | None], ...] = (_in_box, _in_riff, _in_matroska, _is_mpeg_audio)


def recognise(head: bytes) -> MediaType | None:
    """What a file is, by its first 4 KiB; None for whatever is not taken."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    for look in _LOOKS:
        if (kind := look(head)) is not None:
            return kind
    return None


_KEY = re.compile(r"[a-z0-9_-][a-z0-9_.-]*(?:/[a-z0-9_-][a-z0-9_.-]*)*")


def checked_key(key: str) -> str:
    """The key, if it is one of ours: no part is empty or begins with a dot, and nothing else is in it (FILE-05).

    Raises:
        ValueError: It is not.
    """
    if len(key) > 512 or _KEY.fullmatch(key) is None:
        raise ValueError("this is no key of the media store")
    return key


def checked_prefix(prefix: str) -> str:
    """The prefix, if it is one of ours.

    Raises:
        ValueError: It is not, or does not end with a slash.
    """
    if not prefix.endswith("/"):
        raise ValueError("a prefix ends with a slash")
    return checked_key(prefix[:-1]) + "/"
