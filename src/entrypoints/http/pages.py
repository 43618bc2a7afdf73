"""Web pages: the documentation of each dialect, working without any other server."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from aiohttp import web

from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.headers import CONTENT_POLICY, DOCS_POLICY
from entrypoints.http.kit.openapi import document
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Handler, Outside
from entrypoints.http.kit.packing import packed

_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
_STATIC = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "docs.js", "docs.css", "pay.css")

_DOCS = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/static/favicon-32x32.png">
<link rel="stylesheet" href="/static/swagger-ui.css">
<link rel="stylesheet" href="/static/docs.css">
</head>
<body>
<div id="reference" data-document="{document}"></div>
<noscript>The document itself is at <a href="{document}">{document}</a>.</noscript>
<script src="/static/swagger-ui-bundle.js"></script>
<script src="/static/docs.js"></script>
</body>
</html>
"""


def add_static(app: web.Application, outside: Outside) -> None:
    """Serve the few files that pages need, and no others."""
    folder = files("entrypoints.http") / "static"
    for name in _STATIC:
        kind = _TYPES[name[name.rindex(".") :]]
        app.router.add_get(f"/static/{name}", outside.guarded(_file((folder / name).read_bytes(), kind), "static"))


def _file(body: bytes, kind: str) -> Handler:
    headers = {"Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding", "Content-Type": kind}

    async def handler(request: web.Request) -> web.StreamResponse:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=packed(body), headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=body, headers=headers)

    return handler


def add_docs(app: web.Application, dialects: Sequence[Dialect], options: HttpOptions, outside: Outside) -> None:
    """Serve each dialect's document and the page that shows it."""
    for dialect in dialects:
        prefix = dialect.root if options.root_api == dialect.name else dialect.prefix
        told = _told(dialect, prefix, options.cookie_name)
        where = f"/{dialect.name}/openapi.json"
        page = _DOCS.format(title=html.escape(dialect.title), document=where)
        app.router.add_get(where, outside.guarded(_file(told, "application/json"), "docs"))
        app.router.add_get(f"/docs/{dialect.name}", outside.guarded(_page(page), "docs"))


@lru_cache(16)
def _told(dialect: Dialect, prefix: str, cookie_name: str) -> bytes:
    return json.dumps(document(dialect, servers=(prefix,), cookie_name=cookie_name)).encode()


def _page(text: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type="text/html", headers={CONTENT_POLICY: DOCS_POLICY})

    return handler
