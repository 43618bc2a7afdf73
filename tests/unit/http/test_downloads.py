"""Rows that answer with a file: its bytes, type and name, and JSON for everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from openapi_spec_validator import validate

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.downloads import Download
from entrypoints.http.kit.openapi import document
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.rows import get
from entrypoints.http.server import mount
from entrypoints.http.teezu.errors import show_refusal
from platform_core.wallet.balance import GetWallet
from platform_core.wallet.wallet import Wallet
from support.world import World
from unit.http.served import Served, served

BODY = b"%PDF-1.7 \x00\xff\r\n\r\n" + bytes(range(256)) * 500
NAMES = {
    "INV-1.pdf": 'attachment; filename="INV-1.pdf"',
    'a"; filename="b': """attachment; filename="a_filename_b"; filename*=UTF-8''a%22%3B%20filename%3D%22b""",
    "x\r\nCookie: a=b": """attachment; filename="x_Cookie_a_b"; filename*=UTF-8''x%0D%0ACookie%3A%20a%3Db""",
    "Müller.pdf": """attachment; filename="M_ller.pdf"; filename*=UTF-8''M%C3%BCller.pdf""",
    "../../etc/passwd": """attachment; filename="_.._etc_passwd"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd""",
    "\ud800": """attachment; filename="_"; filename*=UTF-8''%3F""",
    "": 'attachment; filename="file"',
}


def show_file(_: Wallet) -> Download:
    return Download(BODY, "Rechnung №1.pdf")


ROW = get("/file", GetWallet, show_file, id="get_file", summary="A file.", tag="files", produces="application/pdf")
FILES = Dialect(
    name="files",
    title="Files",
    version="1",
    description="",
    root="/api",
    rows=[ROW],
    show_refusal=show_refusal,
)


def extend(app: web.Application, world: World, options: HttpOptions) -> None:
    mount(app, FILES, world, options)


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served(extend=extend, cors_origins=frozenset({"https://shop.example"})) as running:
        yield running


async def test_a_file_comes_byte_for_byte_with_its_type_and_name(server: Served) -> None:
    ada = await server.guest("ada")
    answered = await server.ask("GET", "/files/api/file", token=ada.token, headers={"Origin": "https://shop.example"})

    assert (answered.status, answered.raw) == (200, BODY)
    assert answered.headers["Content-Type"] == "application/pdf"
    assert answered.headers["Content-Length"] == str(len(BODY))
    expected = "attachment; filename=\"Rechnung_1.pdf\"; filename*=UTF-8''Rechnung%20%E2%84%961.pdf"
    assert answered.headers["Content-Disposition"] == expected
    assert "Content-Disposition" in answered.headers["Access-Control-Expose-Headers"]
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-RateLimit-Remaining" in answered.headers


async def test_the_answer_to_head_has_no_body(server: Served) -> None:
    ada = await server.guest("ada")
    answered = await server.ask("HEAD", "/files/api/file", token=ada.token)

    assert answered.raw == b""
    assert answered.status in (200, 405)


async def test_a_refusal_is_json_as_ever(server: Served) -> None:
    answered = await server.ask("GET", "/files/api/file")

    assert (answered.status, answered.code) == (401, "UNAUTHORIZED")
    assert answered.headers["Content-Type"] == "application/json"
    assert "Content-Disposition" not in answered.headers


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_a_name_breaks_out_of_no_header(name: str, expected: str) -> None:
    assert Download(b"", name).disposition == expected


def test_a_file_may_be_shown_in_place() -> None:
    assert Download(b"", "a.pdf", inline=True).disposition == 'inline; filename="a.pdf"'


def test_the_document_tells_the_type_of_the_file() -> None:
    made: Any = document(FILES)
    validate(made)
    answer = made["paths"]["/file"]["get"]["responses"]["200"]

    assert answer["content"] == {"application/pdf": {}}
    assert "Content-Disposition" in answer["headers"]
    assert "Download" not in made["components"]["schemas"]
