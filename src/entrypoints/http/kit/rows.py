"""Rows: an operation of a dialect as data. A verb, a path, what is asked, and how the answer is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar, get_type_hints

from aiohttp import hdrs
from attrs import frozen
from msgspec import UNSET, Meta, Struct, UnsetType
from multidict import CIMultiDict

from entrypoints.http.kit.credentials import Credential, Kept
from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.downloads import Download
from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.options import HttpOptions
from platform_core.content.ports import Incoming
from platform_core.identity.sessions import session_id
from platform_core.kernel.actor import Actor
from platform_core.kernel.command import Request
from platform_core.kernel.page import DEFAULT_LIMIT, MOST, Position

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A", bound="Answer | Download | None")

#: Whom an operation is for. `probes` are neither asked who they are nor counted, so that answering needs nothing that
#: could be away; `operators` are probes that show the operators' token (OPS-01).
Audience = Literal["users", "probes", "operators"]

#: A moment on the wire: ISO 8601, UTC, whole seconds.
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, examples=["2026-05-01T12:00:00Z"])]


def moment(at: datetime) -> str:
    """A moment as the wire has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def returned(function: Callable[..., Any]) -> Any:
    """The type that a function says it returns; None if it does not say."""
    return get_type_hints(function).get("return")


@frozen
class Caller:
    """Who sent the request, for commands that need to know.

    Args:
        actor: Who acts.
        credential: The token sent along, whether or not it is still good.
        position: Where the page of a list is to begin, as its cursor says.
        file: The file that came with a form.
        kept: What the browser keeps in the row's cookie.
    """

    actor: Actor
    credential: Credential | None
    position: Position | None = None
    file: Incoming | None = None
    kept: Kept | None = None

    @property
    def presented(self) -> str | None:
        """The id of the session that the token sent along would open."""
        return None if self.credential is None else session_id(self.credential.token)


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """What a request carries: path, query or body, by the names of the document.

    Fields that occur in the path's template come from there; the others from the query of a GET, else from the JSON
    body. A subclass adds `def command(self, caller: Caller, /) -> SomeCommand`.

    `names` tells how the wire calls the fields that the core calls otherwise. `taken`, when given, is all that is said
    of a unique value that belongs to somebody else (AUTH-08). `rules` are the core's own rules on single fields: asked
    here already, they let one answer name every broken field. `is_optional` says that the whole body may be left out.
    """

    names: ClassVar[Mapping[str, str]] = {}
    taken: ClassVar[str | None] = None
    rules: ClassVar[Mapping[str, Rule]] = {}
    is_optional: ClassVar[bool] = False


NextCursor = Annotated[str | None, Meta(description="Where the next page begins; null on the last.")]


class PageAsk(Ask, frozen=True, kw_only=True):
    """Which part of a list; for rows that `listing` makes. `Caller.position` is what the cursor says."""

    cursor: Annotated[str, Meta(description="`nextCursor` of the page before.", examples=["crs_8Jq0"])] | UnsetType = (
        UNSET
    )
    limit: Annotated[int, Meta(ge=1, description=f"How many at most; more than {MOST} is taken for {MOST}.")] = (
        DEFAULT_LIMIT
    )


class Answer(Struct, frozen=True):
    """What an answer carries, by the names of the document."""


class Asks(Protocol[R_co]):
    """An `Ask` that makes a command or a query."""

    def command(self, caller: Caller, /) -> Request[R_co]:
        """What the core is asked."""


class Reply:
    """The headers of an answer on its way out, for rows that set more than a body.

    Args:
        headers: The headers so far.
        options: How this server is configured.
        mounted: Where the API is that was asked, such as `/teezu/api/v1`.
    """

    def __init__(self, headers: CIMultiDict[str], options: HttpOptions, mounted: str = "") -> None:
        self.headers = headers
        self._mounted = mounted
        self._name = options.cookie_name
        self._secure = "; Secure" if options.cookie_secure else ""
        #: The status, where it is not the row's.
        self.status: int | None = None

    def set_session(self, token: str, *, seconds: int) -> None:
        """Have the browser keep a session for so many seconds, out of reach of scripts and other sites' forms."""
        cookie = f"{self._name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{self._secure}"
        self.headers.add(hdrs.SET_COOKIE, cookie)

    def drop_session(self) -> None:
        """Have the browser forget its session."""
        self.set_session("", seconds=0)

    def keep(self, name: str, text: str, *, below: str, seconds: int) -> None:
        """Have the browser keep a secret for the operations below a path of this API, and send it nowhere else: not for
        pages of other sites, not even when it follows a link from one.
        """
        rules = f"Path={self._mounted}{below}; Max-Age={seconds}; HttpOnly; SameSite=Strict{self._secure}"
        self.headers.add(hdrs.SET_COOKIE, f"{name}={text}; {rules}")


@frozen(kw_only=True)
class Row:
    """An operation. `get`, `post`, `patch`, `put` and `delete` make rows whose parts fit each other.

    Args:
        method: The verb.
        path: The template below the dialect's prefix, such as `/users/{id}`.
        ask: An `Ask`, or a command or query without fields.
        show: The presenter: from the core's answer to the wire's.
        id: The operation's name in the document, such as `send_tip`.
        summary: One line for the document.
        tag: The group it belongs to in the document.
        status: The status of success.
        limit: The class of its rate limit.
        then: What else success does to the answer, such as setting a cookie.
        also: Statuses that `then` may give the answer instead.
        audience: Whom it is for.
        pages: Whether it is a list told a page at a time; then `show` is given a `Seal` too.
        forgives_token: Whether a token that is no longer good is passed over. Otherwise it is refused even where
            nobody needs to be signed in: a reader whose session has ended should be told, not shown less.
        file: The field of the `Ask` that is a file. The request is a form then, and `Caller.file` has the file.
        cookie: A cookie of this operation's own, which `Caller.kept` has.
        produces: The media type of the answer where it is a file: then `show` makes a `Download`.
        example: A request as the document shows it.
        answers: An answer as the document shows it.
    """

    method: str
    path: str
    ask: type[Any]
    show: Callable[..., Any]
    id: str
    summary: str
    tag: str
    status: int = 200
    limit: str = "default"
    then: Callable[[Any, Reply], None] | None = None
    also: tuple[int, ...] = ()
    audience: Audience = "users"
    pages: bool = False
    forgives_token: bool = False
    file: str | None = None
    cookie: str | None = None
    produces: str | None = None
    example: Mapping[str, Any] | None = None
    answers: Mapping[str, Any] | None = None

    @property
    def command(self) -> type[Request[Any]]:
        """The command or query behind it.

        Raises:
            TypeError: The `Ask` does not say what it makes.
        """
        if issubclass(self.ask, Request):
            return self.ask
        made = returned(self.ask.command)
        if not isinstance(made, type) or not issubclass(made, Request):
            raise TypeError(f"{self.ask.__name__}.command does not say which command it makes")
        return made

    @property
    def shape(self) -> type[Struct]:
        """The Struct that path, query and body fill."""
        return self.ask if issubclass(self.ask, Struct) else Ask

    @property
    def path_fields(self) -> tuple[str, ...]:
        """The fields in the path's template."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def takes_body(self) -> bool:
        """Whether a body says something that the path does not."""
        in_path = set(self.path_fields)
        return self.method not in ("GET", "DELETE") and not in_path.issuperset(self.shape.__struct_encode_fields__)

    @property
    def wants_body(self) -> bool:
        """Whether the body must be there."""
        return self.takes_body and not getattr(self.ask, "is_optional", False)

    @property
    def answer(self) -> Any:
        """The type of what the presenter returns."""
        return returned(self.show)


class Verb(Protocol):
    """A function that makes rows of one verb."""

    def __call__(
        self,
        path: str,
        ask: type[Asks[R] | Request[R]],
        show: Callable[[R], A],
        *,
        id: str,
        summary: str,
        tag: str,
        status: int = 200,
        limit: str = "default",
        then: Callable[[R, Reply], None] | None = None,
        also: tuple[int, ...] = (),
        audience: Audience = "users",
        forgives_token: bool = False,
        file: str | None = None,
        cookie: str | None = None,
        produces: str | None = None,
        example: Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
    ) -> Row:
        """A row; see `Row` for what its parts mean."""


def _verb(method: str) -> Verb:
    def make(path: str, ask: type[Any], show: Callable[[Any], Any], **parts: Any) -> Row:
        return Row(method=method, path=path, ask=ask, show=show, **parts)

    return make


get = _verb("GET")
post = _verb("POST")
patch = _verb("PATCH")
put = _verb("PUT")
delete = _verb("DELETE")


def listing(
    path: str,
    ask: type[Asks[R]],
    show: Callable[[R, Seal], A],
    *,
    id: str,
    summary: str,
    tag: str,
    limit: str = "default",
    answers: Mapping[str, Any] | None = None,
) -> Row:
    """A row that tells a list a page at a time. Its `Ask` is a `PageAsk`; what it asks for beside `cursor` and `limit`
    are the filters that a cursor is bound to. Its presenter makes the next cursor with the `Seal` it is given.
    """
    return Row(
        method="GET",
        path=path,
        ask=ask,
        show=show,
        id=id,
        summary=summary,
        tag=tag,
        limit=limit,
        pages=True,
        answers=answers,
    )


def nothing(_: None) -> None:
    """The presenter of operations that answer with no body."""
