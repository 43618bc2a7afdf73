"""What a file is, by how it begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.media import kinds
from adapters.media.kinds import recognise
from platform_core.content.ports import MediaForm, MediaType

BOX = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", kinds.JPEG),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", kinds.PNG),
        (b"GIF87a", kinds.GIF),
        (b"GIF89a\x01\0", kinds.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", kinds.WEBP),
        (BOX + b"avif\0\0\0\0", kinds.AVIF),
        (BOX + b"isom\0\0\0\0", kinds.MP4),
        (BOX + b"qt  \0\0\0\0", kinds.MP4),
        (BOX + b"M4A \0\0\0\0", kinds.M4A),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", kinds.WEBM),
        (b"ID3\x04\0\0\0\0\0\0\0", kinds.MP3),
        (b"\xff\xfb\x90\x64\0", kinds.MP3),
        (b"OggS\0\x02", kinds.OGG),
        (b"fLaC\0\0\0\x22", kinds.FLAC),
        (b"RIFF\0\0\0\0WAVEfmt ", kinds.WAV),
    ],
)
def test_what_is_taken_is_recognised(head: bytes, kind: MediaType) -> None:
    assert recognise(head) is kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"RIFF\0\0\0\0AVI LIST",
        BOX + b"heic\0\0\0\0",
        BOX + b"evil\0\0\0\0",
        b"\x1a\x45\xdf\xa3" + bytes(80),
        b"BM\x8a\0\0\0",
        b"II*\0",
        b"\x7fELF",
        b"#!/bin/sh\n",
        b"\xff\xff\xff\xff",
        b"\xff\xfb",
        b"ID3\xff\xff",
    ],
)
def test_what_is_not_taken_is_not_recognised(head: bytes) -> None:
    assert recognise(head) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_something_or_nothing(head: bytes) -> None:
    found = recognise(head)
    assert found is None or (found.form in MediaForm and found.extension in found.names)
