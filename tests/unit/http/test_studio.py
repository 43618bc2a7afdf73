"""The studio's page and files: whole, small, and under a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from importlib.resources import files

import pytest

from entrypoints.http.kit.headers import STUDIO_DEVICES
from entrypoints.http.kit.headers import STUDIO_POLICY as POLICY
from unit.http.served import Served

FOLDER = files("entrypoints.http") / "static" / "studio"
OWN = sorted(item.name for item in FOLDER.iterdir() if item.name.endswith((".js", ".css", ".html")))
LARGEST = 80 * 1024
"""Bytes of the page and all its files, compressed."""


def source(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("path", ["/studio", "/studio/"])
async def test_the_page_knows_its_api_and_what_is_on_sale(server: Served, path: str) -> None:
    page = await server.ask("GET", path)

    text = page.raw.decode()
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["Permissions-Policy"] == STUDIO_DEVICES
    assert "camera=(self)" in STUDIO_DEVICES
    assert 'data-api="/teezu/api/v1"' in text
    [offers] = re.findall(r'data-packages="([^"]*)"', text)
    assert json.loads(unescape(offers))[1] == {
        "id": "pkg_500",
        "tokens": 500,
        "price": {"minor": 4499, "currency": "EUR"},
    }


def test_the_policy_lets_nothing_in_line_in_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert set(re.findall(r"(?:script|style|worker|img|connect|media)-src ([^;]+)", POLICY)) == {"'self'"}
    assert "require-trusted-types-for 'script'" in POLICY


def test_the_page_holds_no_script_and_no_style_of_its_own() -> None:
    page = source("index.html")

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"""(?:href|src)=["']?(?:https?:)?//""", page)


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".js")])
async def test_a_script_writes_no_markup_and_imports_what_is_served(server: Served, name: str) -> None:
    script = source(name)

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser", script
    )
    assert len(script.splitlines()) < 400
    for imported in re.findall(r'from "\./([^"]+)"', script):
        assert (await server.ask("GET", f"/studio/{imported}")).status == 200


async def test_all_of_it_is_small_and_asked_for_once(server: Served) -> None:
    served = {"": "text/html", "studio.css": "text/css", "icon.svg": "image/svg+xml"}
    served |= {name: "text/javascript" for name in [*OWN, "vendor/socket.io.esm.min.js"] if name.endswith(".js")}
    total = 0
    for name, kind in served.items():
        answer = await server.ask("GET", f"/studio/{name}", headers={"Accept-Encoding": "gzip"})
        assert (answer.status, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        total += len(gzip.compress(answer.raw))
        known = {"If-None-Match": answer.headers["ETag"]}
        again = await server.ask("GET", f"/studio/{name}", headers=known)
        assert (again.status, again.raw) == (304, b"")
        changed = await server.ask("GET", f"/studio/{name}", headers={"If-None-Match": '"else"'})
        assert changed.raw == answer.raw
    assert total < LARGEST


@pytest.mark.parametrize("name", ["index.html", "../pay.css", "vendor", "vendor/", "nothing.js", "%2e%2e/pay.css"])
async def test_nothing_else_is_served(server: Served, name: str) -> None:
    assert (await server.ask("GET", f"/studio/{name}")).status == 404


async def test_the_vendored_client_comes_with_its_licence(server: Served) -> None:
    told = await server.ask("GET", "/studio/vendor/socket.io.LICENSE")

    assert told.raw.startswith(b"The MIT License")
    assert b"sourceMappingURL" not in (FOLDER / "vendor" / "socket.io.esm.min.js").read_bytes()
