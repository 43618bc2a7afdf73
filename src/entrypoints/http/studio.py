"""The studio: a page on which people sign in, go live, watch, chat and tip. It uses the Teezu API like any client."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import hdrs, web

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.headers import CONTENT_POLICY, PERMISSIONS, STUDIO_DEVICES, STUDIO_POLICY
from entrypoints.http.kit.outside import Handler, Outside
from entrypoints.http.kit.packing import packed
from platform_core.wallet.packages import Catalogue

PATH = "/studio"
FILES = "/studio/"

_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".LICENSE": "text/plain"}


def add_studio(app: web.Application, dialect: Dialect, catalogue: Catalogue, outside: Outside) -> None:
    """Serve the page and its files.

    Args:
        app: Where.
        dialect: The API that the page uses.
        catalogue: The token packages that it offers.
        outside: How this server answers there.
    """
    folder = files("entrypoints.http") / "static" / "studio"
    headers = {CONTENT_POLICY: STUDIO_POLICY, PERMISSIONS: STUDIO_DEVICES}
    page = _page((folder / "index.html").read_text("utf-8"), dialect, catalogue)
    show = outside.guarded(_answer(page.encode(), "text/html", headers), "studio")
    app.router.add_get(PATH, show)
    app.router.add_get(FILES, show)
    for name, file in sorted(_files(folder).items()):
        kind = _KINDS[name[name.rindex(".") :]]
        # A worker is bound by the policy that comes with its own script.
        answer = _answer(file.read_bytes(), kind, {CONTENT_POLICY: STUDIO_POLICY})
        app.router.add_get(f"{FILES}{name}", outside.guarded(answer, "studio"))


def _files(folder: Traversable, prefix: str = "") -> dict[str, Traversable]:
    found: dict[str, Traversable] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found |= _files(item, f"{prefix}{item.name}/")
        elif any(item.name.endswith(suffix) for suffix in _KINDS):
            found[prefix + item.name] = item
    return found


def _page(template: str, dialect: Dialect, catalogue: Catalogue) -> str:
    offers = [
        {
            "id": package.id,
            "tokens": package.tokens,
            "price": {"minor": package.price.minor, "currency": package.price.currency},
        }
        for package in catalogue.packages.values()
    ]
    told = {"{api}": dialect.prefix, "{packages}": json.dumps(offers)}
    for place, text in told.items():
        template = template.replace(place, html.escape(text))
    return template


def _answer(body: bytes, kind: str, headers: Mapping[str, str]) -> Handler:
    """The same bytes for everybody, sent again only when they have changed: the files fit each other at any time."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    common = {**headers, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", "ETag": tag}
    content = {**common, "Content-Type": f"{kind}; charset=utf-8"}

    async def handler(request: web.Request) -> web.StreamResponse:
        if any(known.value == tag.strip('"') for known in request.if_none_match or ()):
            return web.Response(status=304, headers=common)
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            return web.Response(body=packed(body), headers={**content, "Content-Encoding": "gzip"})
        return web.Response(body=body, headers=content)

    return handler
