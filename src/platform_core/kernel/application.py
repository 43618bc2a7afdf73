"""The pipeline every use case runs through, whoever delivers it: authorise, run, commit, answer.

A use case is an `async` function whose first parameter is its command and whose second is the `Work`; further
parameters are services, bound once by their annotation. It returns its answer, or a function from the balances right
after its own entries to its answer.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from attrs import fields, frozen

from platform_core.kernel.actor import Actor
from platform_core.kernel.changes import Changes, Key
from platform_core.kernel.command import Command, Query, Request
from platform_core.kernel.errors import STATED, Malformed, PlatformError, Stale, Unavailable
from platform_core.kernel.journal import Balances
from platform_core.kernel.ports import Clock, Ids, Store
from platform_core.kernel.secret import Secret
from platform_core.kernel.work import Work

R = TypeVar("R")
UseCase = Callable[..., Awaitable[Any]]

#: How often a use case runs again because something it read had changed. Each rerun starts after another unit has
#: won, so under contention somebody always gets on; past this the caller is told to come back.
RERUNS = 16
KEY_LENGTH = 255


@frozen
class Outcome(Generic[R]):
    """An answer, and whether it was given before under the same idempotency key."""

    value: R
    replayed: bool = False


@frozen
class _Bound:
    request: type[Request[Any]]
    run: UseCase
    services: Mapping[str, object]
    has_target: bool
    answers: object


class Application:
    """The platform's use cases, ready to run on a store.

    Args:
        use_cases: The functions, as each context lists them.
        store: Where everything is kept.
        clock: The time.
        ids: New identifiers.
        services: What use cases ask for by annotation, each an instance of the type it is asked by.
        fingerprint_key: Secret bytes that key the digests of requests kept with idempotency keys.

    Raises:
        TypeError: A use case has no policy, asks for a service that is not given, or handles a command twice.
    """

    def __init__(
        self,
        use_cases: Iterable[UseCase],
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        services: Mapping[type[Any], object] | None = None,
        fingerprint_key: bytes = b"",
    ) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self._fingerprint_key = fingerprint_key
        self._bound: dict[type[Request[Any]], _Bound] = {}
        for use_case in use_cases:
            bound = _bind(use_case, services or {})
            if bound.request in self._bound:
                raise TypeError(f"{bound.request.__name__} has two use cases")
            self._bound[bound.request] = bound

    @property
    def requests(self) -> list[type[Request[Any]]]:
        """Every command and query that can be asked."""
        return list(self._bound)

    def at(self, clock: Clock) -> Application:
        """The same use cases on the same store, at another time."""
        twin = copy(self)
        twin.clock = clock
        return twin

    async def execute(self, request: Request[R], *, by: Actor, key: str | None = None) -> R:
        """Run a use case and give its answer; as `perform`, for callers to whom a replay is no different."""
        return (await self.perform(request, by=by, key=key)).value

    async def admit(self, request: type[Request[Any]], *, by: Actor, target: Mapping[str, str]) -> None:
        """Say whether the actor may do this to this target at all, before the rest of the request is looked at.

        Raises:
            Unauthenticated, NotFound, Forbidden: They may not.
        """
        request.policy.check(by)
        if self._bound[request].has_target:
            await request.permits(self._work(by, None), target)

    async def perform(self, request: Request[R], *, by: Actor, key: str | None = None) -> Outcome[R]:
        """Run a use case.

        Args:
            request: What is wanted.
            by: Who wants it.
            key: An idempotency key: with the same one, the same actor and the same command, a request has one effect
                and one answer, however often and however concurrently it comes.

        Raises:
            PlatformError: It was refused; nothing was written except, under a key, the refusal itself.
        """
        bound = self._bound[type(request)]
        request.policy.check(by)
        if isinstance(request, Query):
            work = self._work(by, None)
            await self._permit(bound, request, work)
            return Outcome(await bound.run(request, work, **bound.services))
        record = None if key is None else self._key(bound, request, by, key)
        for _ in range(RERUNS):
            try:
                committed = await self.store.commit(await self._decide(bound, request, by, record))
            except Stale:
                continue
            return Outcome(typing.cast(R, committed.answer), committed.replayed)
        raise Unavailable("too many others change the same thing just now", retry_after=1)

    async def _decide(self, bound: _Bound, request: Request[Any], by: Actor, key: Key | None) -> Changes:
        work = self._work(by, key)
        try:
            await self._permit(bound, request, work)
            answer = await bound.run(request, work, **bound.services)
        except PlatformError as refusal:
            if key is None or refusal.kind not in STATED:
                raise
            # The key may know a better answer: the one it was first used for.
            return Changes(key=key, refusal=refusal)
        if inspect.isfunction(answer):
            return work.changes(typing.cast("Callable[[Balances], object]", answer))
        return work.changes(lambda _: answer)

    async def _permit(self, bound: _Bound, request: Request[Any], work: Work) -> None:
        if bound.has_target:
            await request.permits(work, {name: getattr(request, name) for name in request.target})

    def _work(self, by: Actor, key: Key | None) -> Work:
        return Work(store=self.store, actor=by, now=self.clock.now(), ids=self.ids, key=key)

    def _key(self, bound: _Bound, request: Request[Any], by: Actor, key: str) -> Key:
        if not 0 < len(key) <= KEY_LENGTH or not key.isprintable() or not key.isascii():
            raise Malformed(f"an idempotency key has 1 to {KEY_LENGTH} printable ASCII characters")
        fingerprint = self._fingerprint(request)
        scope = f"{by.id} {type(request).__name__}"
        if request.per_session:
            scope = f"{scope} {by.session}"
        if not request.policy.signed_in:
            # Callers nobody knows share no name; the request itself keeps their keys apart.
            digest = blake2b(repr(sorted(fingerprint.items())).encode(), digest_size=16, key=self._fingerprint_key)
            scope = f"{scope} {digest.hexdigest()}"
        return Key(scope, key, fingerprint, bound.answers)

    def _fingerprint(self, request: Request[Any]) -> dict[str, str]:
        secret = self._fingerprint_key
        digests = {}
        for attribute in fields(type(request)):
            value = getattr(request, attribute.name)
            text = repr(value.reveal() if isinstance(value, Secret) else value)
            digests[attribute.name] = blake2b(text.encode(), digest_size=8, key=secret).hexdigest()
        return digests


def _bind(use_case: UseCase, services: Mapping[type[Any], object]) -> _Bound:
    request, *_ = _asked_for(use_case).values()
    if not hasattr(request, "policy"):
        raise TypeError(f"{request.__name__} says nowhere who may run it")
    wanted = services_of(use_case, services)
    has_target = request.permits.__func__ is not Request.permits.__func__  # type: ignore[attr-defined]  # classmethods
    return _Bound(request, use_case, wanted, has_target, _answer_type(request))


def services_of(function: Callable[..., Any], services: Mapping[type[Any], object]) -> dict[str, object]:
    """What a function asks for by annotation, behind its first two parameters: its further ones, by name.

    Raises:
        TypeError: It asks for a service that is not given.
    """
    _, _, *others = _asked_for(function).items()
    for _, kind in others:
        if kind not in services:
            name = getattr(function, "__name__", repr(function))
            raise TypeError(f"{name} asks for a {kind} and none is given")
    return {other: services[kind] for other, kind in others}


@lru_cache(1024)
def _asked_for(function: Callable[..., Any]) -> Mapping[str, Any]:
    """A function's parameters and the types they are annotated with, in order; looked up once, for it takes a while."""
    hints = typing.get_type_hints(function)
    return {name: hints[name] for name in inspect.signature(function).parameters}


def _answer_type(request: type[Request[Any]]) -> object:
    for base in getattr(request, "__orig_bases__", ()):
        if typing.get_origin(base) in (Command, Query):
            return typing.get_args(base)[0]
    raise TypeError(f"{request.__name__} does not say what it answers: Command[...] or Query[...]")
