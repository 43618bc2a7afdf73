"""Forms with files: what is in them comes out, however it was cut; and what is no form is refused (FILE-01)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.kit.multipart import (
    MOST_HEAD,
    MOST_PARTS,
    MultipartParser,
    PartBegins,
    PartData,
    PartEnds,
    boundary_of,
)
from platform_core.kernel.errors import Malformed

Found = list[tuple[str, str | None, bytes]]


def parsed(body: bytes, cuts: list[int] | None = None, boundary: bytes = b"b") -> Found:
    """The parts of a body that comes in these pieces."""
    parser = MultipartParser(boundary)
    found: Found = []
    edges = [0, *sorted(cuts or []), len(body)]
    for start, end in pairwise(edges):
        for event in parser.feed(body[start:end]):
            match event:
                case PartBegins(name, filename):
                    found.append((name, filename, b""))
                case PartData(data):
                    name, filename, before = found[-1]
                    found[-1] = (name, filename, before + data)
                case PartEnds():
                    pass
    parser.finish()
    return found


def part(head: str, content: bytes = b"") -> bytes:
    return f"--b\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


NAME = 'Content-Disposition: form-data; name="a"'
FORM = (
    part(NAME, b"one") + part('content-disposition: form-data; name="f"; filename="x.png"', b"\r\n--\r\nb") + b"--b--"
)


def test_the_parts_of_a_form_come_out() -> None:
    assert parsed(FORM) == [("a", None, b"one"), ("f", "x.png", b"\r\n--\r\nb")]
    assert parsed(FORM + b"\r\nwhatever follows") == parsed(FORM)
    assert parsed(b"--b--") == []
    assert parsed(part(NAME) + b"--b--") == [("a", None, b"")]


@pytest.mark.parametrize("cut", range(len(FORM)))
def test_it_does_not_matter_where_a_form_is_cut(cut: int) -> None:
    assert parsed(FORM, [cut]) == parsed(FORM)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=80)), max_size=5),
    st.lists(st.integers(0, 400), max_size=30),
)
def test_whatever_is_in_a_form_comes_out(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    boundary = b"a-boundary-that-no-content-has"
    body = b"".join(
        b"--" + boundary + f'\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in parts
    )
    body += b"--" + boundary + b"--\r\n"
    assert parsed(body, [min(cut, len(body)) for cut in cuts], boundary) == [(n, None, c) for n, c in parts]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_malformed(body: bytes) -> None:
    try:
        parsed(b"--b\r\n" + body)
    except Malformed:
        return


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"preamble\r\n--b\r\n",
        b"--c\r\n",
        b"--bx\r\n",
        b"--b\r\n",
        part(NAME, b"one"),
        part(NAME, b"one")[:-2],
        part("X: y") + b"--b--",
        part("Content-Disposition: attachment; name=a") + b"--b--",
        part("Content-Disposition: form-data") + b"--b--",
        part("Content-Disposition: form-data; filename=x") + b"--b--",
        part(f"{NAME}\r\n{NAME}") + b"--b--",
        part(f"{NAME}\r\nno colon") + b"--b--",
        part(f"{NAME}\r\n: no name") + b"--b--",
        part(f"{NAME}\nX: y") + b"--b--",
        part(f"{NAME}\r\nContent-Transfer-Encoding: base64") + b"--b--",
        part(f"{NAME}\r\nContent-Type: multipart/mixed; boundary=c") + b"--b--",
        part(f"{NAME}\r\nX: " + "y" * MOST_HEAD) + b"--b--",
        b"--b\r\nX: " + b"y" * (MOST_HEAD + 10),
        b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\r\n--b--",
        part(NAME) * (MOST_PARTS + 1) + b"--b--",
    ],
)
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(body)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('multipart/form-data; boundary="a b"', b"a b"),
        ("Multipart/Form-Data; charset=utf-8; boundary=----x", b"----x"),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=" + "a" * 71, None),
        ("multipart/form-data; boundary=a\u00e4", None),
        ("multipart/mixed; boundary=abc", None),
        ("application/json", None),
        ("", None),
    ],
)
def test_a_boundary_is_read_from_the_content_type(content_type: str, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('form-data; name="f"; filename="a;b.png"', "f", "a;b.png"),
        ("form-data; name=f; filename=a.png", "f", "a.png"),
        ('form-data; filename="a.png"; name="f"', "f", "a.png"),
        ('form-data; name="f"; filename=""', "f", ""),
        ('form-data; name="f"; filename="../../etc/passwd"', "f", "../../etc/passwd"),
        ('form-data;name="f"', "f", None),
    ],
)
def test_a_part_says_which_field_it_is(disposition: str, name: str, filename: str | None) -> None:
    assert parsed(part(f"Content-Disposition: {disposition}") + b"--b--") == [(name, filename, b"")]
