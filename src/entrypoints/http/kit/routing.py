"""Finding the operation for a path, by exact comparison of what was sent (AUTHZ-08)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, cast
from urllib.parse import unquote

from aiohttp import web
from aiohttp.web_urldispatcher import AbstractResource, ResourceRoute, UrlMappingMatchInfo
from yarl import URL

from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.endpoint import Endpoint
from entrypoints.http.kit.hook_endpoint import HookEndpoint
from entrypoints.http.kit.outside import Handler
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import NO_RESOURCE, NO_VERB


class _Leaf:
    """All operations at one path."""

    def __init__(self, segments: tuple[str, ...]) -> None:
        self.segments = segments
        self.routes: dict[str, ResourceRoute] = {}

    def texts(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The fields that a path has, or None when it is another's."""
        found = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if not pattern.startswith("{"):
                if pattern != segment:
                    return None
            elif (text := _text(segment)) is None:
                return None
            else:
                found[pattern[1:-1]] = text
        return found


def _text(segment: str) -> str | None:
    """A path segment decoded, or None for one that no id can be."""
    if "%" in segment:
        try:
            segment = unquote(segment, errors="strict")
        except UnicodeDecodeError:
            return None
    return segment if segment and segment.isprintable() and "/" not in segment else None


class Mount(AbstractResource):
    """A dialect below a prefix, as aiohttp's router sees it: one resource that knows all its paths.

    Args:
        prefix: Where it is.
        desk: The dialect's desk.
        endpoints: Its operations.
    """

    def __init__(self, prefix: str, desk: Desk, endpoints: Sequence[Endpoint | HookEndpoint]) -> None:
        super().__init__()
        self._prefix = prefix
        self._desk = desk
        self._static: dict[str, _Leaf] = {}
        self._patterns: dict[int, list[_Leaf]] = {}
        for endpoint in endpoints:
            self._add(endpoint)
        for leaves in self._patterns.values():
            # A path that is spelled out wins over one with a field in its place.
            leaves.sort(key=lambda leaf: [part.startswith("{") for part in leaf.segments])
        for leaf in (*self._static.values(), *(leaf for leaves in self._patterns.values() for leaf in leaves)):
            self._complete(leaf)
        self._nothing = self._route("*", self._no_resource)

    def _add(self, endpoint: Endpoint | HookEndpoint) -> None:
        path, method = endpoint.row.path, endpoint.row.method
        leaf = self._leaf(path)
        if method in leaf.routes:
            raise TypeError(f"{method} {path} is there twice")
        leaf.routes[method] = self._route(method, endpoint.handle)
        if method == "GET":
            leaf.routes["HEAD"] = self._route("HEAD", endpoint.handle)

    def _leaf(self, path: str) -> _Leaf:
        segments = tuple(path.split("/"))
        if "{" not in path:
            return self._static.setdefault(path, _Leaf(segments))
        leaves = self._patterns.setdefault(len(segments), [])
        for leaf in leaves:
            if leaf.segments == segments:
                return leaf
        leaves.append(_Leaf(segments))
        return leaves[-1]

    def _complete(self, leaf: _Leaf) -> None:
        allow = ", ".join(sorted({*leaf.routes, "OPTIONS"}))

        async def options(request: web.Request) -> PlainResponse:
            return await self._desk.preflight(request, allow)

        async def no_verb(request: web.Request) -> PlainResponse:
            return await self._desk.turn_away(request, NO_VERB, {"Allow": allow})

        leaf.routes["OPTIONS"] = self._route("OPTIONS", options)
        leaf.routes["*"] = self._route("*", no_verb)

    async def _no_resource(self, request: web.Request) -> PlainResponse:
        return await self._desk.turn_away(request, NO_RESOURCE, {})

    def _route(self, method: str, handler: Callable[[web.Request], Awaitable[PlainResponse]]) -> ResourceRoute:
        # Our own connection sends it; to aiohttp it passes for a response.
        return ResourceRoute(method, cast(Handler, handler), self)

    # ---- what aiohttp asks of a resource

    @property
    def canonical(self) -> str:
        """Where it is."""
        return self._prefix

    async def resolve(self, request: web.Request) -> tuple[UrlMappingMatchInfo | None, set[str]]:
        """The route of a request; whatever is below the prefix has one."""
        path = request.rel_url.raw_path
        if not path.startswith(self._prefix):
            return UrlMappingMatchInfo({}, self._nothing), set()
        rest = path[len(self._prefix) :]
        leaf: _Leaf | None = self._static.get(rest)
        texts: dict[str, str] | None = {}
        if leaf is None:
            leaf, texts = self._search(rest)
        if leaf is None or texts is None:
            return UrlMappingMatchInfo({}, self._nothing), set()
        return UrlMappingMatchInfo(texts, leaf.routes.get(request.method) or leaf.routes["*"]), set()

    def _search(self, rest: str) -> tuple[_Leaf | None, dict[str, str] | None]:
        segments = rest.split("/")
        for leaf in self._patterns.get(len(segments), ()):
            texts = leaf.texts(segments)
            if texts is not None:
                return leaf, texts
        return None, None

    def raw_match(self, path: str) -> bool:  # noqa: ARG002  # asked by aiohttp
        """Whether a template is this one; nobody registers below it."""
        return False

    def url_for(self, **_: str) -> URL:
        """Where it is."""
        return URL.build(path=self._prefix)

    def add_prefix(self, prefix: str) -> None:
        """Move it below another prefix."""
        self._prefix = prefix + self._prefix

    def get_info(self) -> Any:
        """What it is, for tools that list routes."""
        return {"path": self._prefix}

    def __len__(self) -> int:
        return sum(len(leaf.routes) for leaf in self._leaves())

    def __iter__(self) -> Iterator[ResourceRoute]:
        return (route for leaf in self._leaves() for route in leaf.routes.values())

    def _leaves(self) -> list[_Leaf]:
        return [*self._static.values(), *(leaf for leaves in self._patterns.values() for leaf in leaves)]
