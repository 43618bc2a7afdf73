"""One server process: the HTTP application and the background loops over one open platform."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from entrypoints import container
from entrypoints.cli import exits
from entrypoints.cli.listening import BACKLOG
from entrypoints.settings import Settings
from entrypoints.worker import Worker
from platform_core.platform import Platform

if TYPE_CHECKING:
    from entrypoints.metrics.measures import Measures

T = TypeVar("T")


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine on the quickest event loop there is."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; a second SIGINT ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    interrupts = 0

    def told(number: int) -> None:
        nonlocal interrupts
        interrupts += number == signal.SIGINT
        if interrupts > 1:
            os._exit(exits.INTERRUPTED)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, told, number)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(told, number))
    return stop


def _settle_memory() -> None:
    """Everything there is by now stays: the collector need not look at it again, nor come every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def serve_one(
    settings: Settings,
    listener: socket.socket,
    *,
    background: bool,
    stop: asyncio.Event,
    first: Callable[[Platform], Awaitable[T]],
    ready: Callable[[T], None],
    counting: Measures | None = None,
    number: int = 0,
) -> None:
    """Serve until told to stop.

    Args:
        settings: All settings.
        listener: The socket to serve on, bound.
        background: Whether to do the background work too.
        stop: Set to end.
        first: Done once the store is open, before anybody is served.
        ready: Told what `first` gave, once requests are taken.
        counting: Where all processes of this server count; this process counts for itself when None.
        number: Which of them this is.
    """
    from entrypoints.http.server import serve

    async with container.running(settings) as platform:
        app = container.application(platform, settings, counting=counting, number=number)
        _settle_memory()
        done_first = await first(platform)
        listener.listen(BACKLOG)
        started: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(
            serve(
                app,
                sockets=[listener],
                stop=stop,
                started=started,
                drain_seconds=settings.server.shutdown_timeout,
            )
        )
        rested = asyncio.Event()
        working = asyncio.ensure_future(Worker(platform).run(rested)) if background else None
        try:
            waits: tuple[asyncio.Future[Any], ...] = (serving, started)
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if started.done():
                ready(done_first)
            await serving
        finally:
            rested.set()
            if working is not None:
                with suppress(asyncio.CancelledError):
                    await working
