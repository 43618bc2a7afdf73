"""An operation at work: from a request to an answer, in the one order that leaks nothing (AUTHZ-02)."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from aiohttp import hdrs, web
from msgspec import Struct
from multidict import CIMultiDict

from entrypoints.http.kit.answering import Answering
from entrypoints.http.kit.body import read_body, read_object
from entrypoints.http.kit.credentials import Credential
from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.desk import Desk
from entrypoints.http.kit.dialect import Doorkeeping
from entrypoints.http.kit.downloads import Download
from entrypoints.http.kit.fields import TextReader, fill, refusal
from entrypoints.http.kit.forms import FormReader
from entrypoints.http.kit.plain import PlainResponse
from entrypoints.http.kit.refusals import FORGED, KEY_MISSING, HttpRefusal, Refusal, translated
from entrypoints.http.kit.rows import Ask, Caller, PageAsk, Reply, Row
from platform_core.content.ports import Incoming, MediaForm
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.command import Command
from platform_core.kernel.errors import FieldError, Invalid, Kind, Malformed, PlatformError, Unauthenticated
from platform_core.platform import Platform


class Endpoint(Answering):
    """One row, ready to answer.

    Args:
        row: The operation.
        desk: Its dialect's desk.
        platform: Who decides.
        who: Tells who a token belongs to.
        whose_key: Tells who an API key belongs to; None where none are taken.

    Raises:
        TypeError: The platform has no such command, it says nowhere who may run it, or the row's parts do not fit.
    """

    def __init__(
        self, row: Row, desk: Desk, platform: Platform, who: Doorkeeping, whose_key: Doorkeeping | None = None
    ) -> None:
        super().__init__(desk, row.id)
        self.row = row
        self._platform = platform
        self._who = who
        self._whose_key = whose_key or who
        self._command = row.command
        self._check(row, desk, platform)
        self._shape = row.shape
        self._makes = None if self._shape is Ask else self._shape
        self._names = getattr(row.ask, "names", {})
        self._taken = getattr(row.ask, "taken", None)
        self._rules = getattr(row.ask, "rules", {})
        self._reader = TextReader(self._shape)
        self._path_fields = frozenset(row.path_fields)
        self._has_body = row.method not in ("GET", "DELETE")
        self._wants_body = row.wants_body
        self._is_command = issubclass(self._command, Command)
        targets = {core: self._names.get(core, core) for core in self._command.target}
        # What is not in the path is known only when the body is: then the use case itself asks `permits`.
        self._targets = targets if self._path_fields.issuperset(targets.values()) else {}
        self._admits = bool(self._targets) or not targets

    @staticmethod
    def _check(row: Row, desk: Desk, platform: Platform) -> None:
        command, where = row.command, f"{row.method} {row.path}"
        if not hasattr(command, "policy"):
            raise TypeError(f"{where}: {command.__name__} says nowhere who may run it")
        if command not in platform.application.requests:
            raise TypeError(f"{where}: the platform has no use case for {command.__name__}")
        if row.limit not in desk.options.limits:
            raise TypeError(f"{where}: there is no rate limit called {row.limit}")
        known = set(row.shape.__struct_encode_fields__)
        if row.pages and not issubclass(row.shape, PageAsk):
            raise TypeError(f"{where}: {row.ask.__name__} is no PageAsk")
        if (row.produces is not None) is not (row.answer is Download):
            raise TypeError(f"{where}: a row says what it produces if, and only if, its presenter makes a Download")
        if missing := set(row.path_fields) - known:
            raise TypeError(f"{where}: {row.ask.__name__} has no field {min(missing)}")

    async def _perform(self, request: web.Request, headers: CIMultiDict[str]) -> PlainResponse:
        if self.row.file is None:
            return await self._serve(request, headers, None)
        # Its file is on disk until the answer is known.
        with closing(self._form_reader(self.row.file)) as reader:
            return await self._serve(request, headers, reader)

    async def _serve(self, request: web.Request, headers: CIMultiDict[str], reader: FormReader | None) -> PlainResponse:
        desk, row, platform = self._desk, self.row, self._platform
        desk.check_host(request)
        if row.audience == "users":
            actor, credential = await self._authenticate(request, headers)
            # Who signs in or registers is counted by address, whatever token they have at hand.
            await desk.count(request, row.limit, None if row.forgives_token else actor, headers)
        else:
            actor, credential = ANONYMOUS, None
            if row.audience == "operators":
                desk.operators.check(request.headers)
        texts = request.match_info
        if self._admits:
            target = {core: texts[wire] for core, wire in self._targets.items()}
            await platform.admit(self._command, by=actor, target=target)
        else:
            self._command.policy.check(actor)
        if credential is not None and desk.credentials.is_forged(request, credential):
            raise HttpRefusal(FORGED)
        wish, file = await self._read(request, reader)
        key = self._key(request) if self._is_command else None
        place = self._place(wish, actor) if row.pages else ()
        position = desk.cursors.open(wish.cursor, place) if place and isinstance(wish.cursor, str) else None
        if wish is None:
            command = self._command()
        else:
            kept = None if row.cookie is None else desk.credentials.kept(request, row.cookie)
            command = wish.command(Caller(actor, credential, position, file, kept))
        outcome = await platform.perform(command, by=actor, key=key)
        shown = row.show(outcome.value, self._seal(place)) if place else row.show(outcome.value)
        if outcome.replayed:
            headers["Idempotent-Replayed"] = "true"
        status = row.status
        if row.then is not None:
            reply = Reply(headers, desk.options, request.rel_url.raw_path.removesuffix(row.path))
            row.then(outcome.value, reply)
            status = reply.status or status
        if shown is None:
            del headers[hdrs.CONTENT_TYPE]
            return PlainResponse(status, headers, None)
        return PlainResponse(status, headers, self._body(shown, headers))

    def _key(self, request: web.Request) -> str | None:
        key = request.headers.get("Idempotency-Key")
        if key is None and self._desk.options.require_idempotency_key:
            raise HttpRefusal(KEY_MISSING)
        return key

    def _body(self, shown: Any, headers: CIMultiDict[str]) -> bytes:
        if isinstance(shown, Download):
            headers[hdrs.CONTENT_TYPE] = self.row.produces or ""
            headers[hdrs.CONTENT_DISPOSITION] = shown.disposition
            return shown.body
        return self._desk.encode_answer(shown)

    def _place(self, wish: Any, actor: Actor) -> tuple[str, ...]:
        """What a cursor of this list is bound to: the list, the user and the filters."""
        filters = [
            f"{name}={getattr(wish, name)!r}"
            for name in self._shape.__struct_fields__
            if name not in PageAsk.__struct_fields__
        ]
        return (self._desk.dialect.name, self.row.id, actor.id, *filters)

    def _seal(self, place: tuple[str, ...]) -> Seal:
        cursors = self._desk.cursors
        return lambda position: None if position is None else cursors.seal(position, place)

    async def _authenticate(self, request: web.Request, headers: CIMultiDict[str]) -> tuple[Actor, Credential | None]:
        try:
            credential = self._desk.credentials.find(request)
            if credential is None:
                return ANONYMOUS, None
            if self.row.forgives_token and self._desk.credentials.is_forged(request, credential):
                # Who signs in is no longer who the browser remembers: its cookie is passed over, not held against them.
                return ANONYMOUS, None
            try:
                who = self._whose_key if credential.is_key else self._who
                return await who(credential.token), credential
            except Unauthenticated:
                if self.row.forgives_token:
                    return ANONYMOUS, credential
                raise
        except Unauthenticated:
            # Guessing tokens counts against the address it is done from.
            await self._desk.count(request, self.row.limit, None, headers)
            raise

    def _form_reader(self, field: str) -> FormReader:
        media = self._platform.media

        def allowance(head: bytes) -> int:
            kind = media.studio.recognise(head)
            if kind is None:
                raise Invalid.field(field, "is of no kind that is taken here")
            return media.rules.most(kind.form)

        largest = max(media.rules.most(form) for form in MediaForm)
        seconds = self._desk.options.body_seconds
        return FormReader(field, most=largest, seconds=seconds, allowance=allowance)

    async def _read(self, request: web.Request, reader: FormReader | None) -> tuple[Any, Incoming | None]:
        """The filled `Ask`, or None where the command has no fields; and the file, where there is one."""
        try:
            if reader is None:
                return await self._filled(request), None
            form = await reader.read(request)
            values = self._reader.read(form.texts)
            if form.file is not None:
                values[self.row.file or ""] = form.file.name
            if stray := sorted({name for name, _ in request.rel_url.query.items()}):
                raise refusal([FieldError(name, "is not known here") for name in stray])
            return fill(self._shape, values, self._rules), form.file
        except Invalid as error:
            # These are the names of the wire already.
            status = self._desk.dialect.statuses[Kind.INVALID]
            raise HttpRefusal(Refusal(status, error.code, error.message, error.details)) from None

    async def _filled(self, request: web.Request) -> Any:
        query = request.rel_url.query.items() if request.rel_url.raw_query_string else ()
        path = request.match_info
        if self._has_body:
            options = self._desk.options
            body = await read_body(request, most=options.max_body, seconds=options.body_seconds)
            values = read_object(request, body)
            if not body and self._wants_body:
                raise Malformed("the body is empty; send a JSON object")
            stray = [*(self._path_fields & values.keys()), *(name for name, _ in query)]
            if stray:
                raise refusal([FieldError(name, "is not known here") for name in sorted(set(stray))])
        else:
            values = self._reader.read(query)
        if path:
            values.update(self._reader.read(path.items()))
        if self._makes is not None:
            return fill(self._makes, values, self._rules)
        if values:
            fill(Nothing, values, {})
        return None

    def _told(self, error: PlatformError) -> Refusal:
        """A refusal of the core in the names of the wire."""
        return translated(error, self._desk.dialect.statuses, self._names, self._taken)


class Nothing(Struct, forbid_unknown_fields=True):
    """A request without fields."""
