"""`platform-core serve`: HTTP and the background work."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import attrs
import rich_click as click

from entrypoints.cli.operation import Failure, Operation, operation
from entrypoints.loading import unknown_variables
from entrypoints.settings import Settings
from platform_core.kernel.errors import Unauthenticated

if TYPE_CHECKING:
    from entrypoints.cli.banner import Banner
    from entrypoints.demo import Demo
    from platform_core.platform import Platform


@click.command()
@operation(
    "serve --demo",
    "serve --api teezu --port 8080 --workers 4 --database-url postgresql://app@db/platform",
    "serve --config /etc/platform-core.toml",
)
@click.option("--api", metavar="NAME", help="Serve only this API, at the root too.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", metavar="NUMBER", help="Port; 0 takes a free one.  [default: 8080]")
@click.option("--workers", metavar="NUMBER", help="Server processes.  [default: 1]")
@click.option("--demo", is_flag=True, help="Put demo people in, and say what to try.")
@click.option("--public", is_flag=True, help="Let the demo listen on an address others can reach.")
def serve(
    operation: Operation,
    *,
    api: str | None,
    host: str | None,
    port: str | None,
    workers: str | None,
    demo: bool,
    public: bool,
) -> None:
    """Serve the API over HTTP, and do the background work.

    It stops on Ctrl-C or SIGTERM: it takes no more requests, finishes those under way, and exits with 0.
    """
    given = {"server.api": api, "server.host": host, "server.port": port, "server.workers": workers}
    options = {path: (f"--{path.partition('.')[2]}", value) for path, value in given.items() if value is not None}
    operation.loaded = operation.loaded.with_options(options)
    settings = operation.settings
    _refuse(settings, demo=demo, public=public)
    for name in unknown_variables():
        operation.output.note(f"Warning: {name} is not a setting; platform-core config show lists them")
    run(operation, demo=demo)


def _refuse(settings: Settings, *, demo: bool, public: bool) -> None:
    server = settings.server
    if server.workers > 1 and settings.database_url == "memory:":
        raise Failure("memory: is one process's own; use --workers 1, or a database that processes can share")
    if server.workers > 1 and not hasattr(socket, "SO_REUSEPORT"):
        raise Failure("this system cannot share a port between processes; use --workers 1")
    if not demo:
        return
    if settings.production:
        raise Failure("--demo makes accounts with known names; it is not for production")
    if not public and not _is_loopback(server.host):
        raise Failure(f"--demo on {server.host} could be reached by others; add --public if that is meant")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(operation: Operation, *, demo: bool) -> None:
    """Take the port, see to the data, and serve until told to stop."""
    from entrypoints.cli.banner import Banner
    from entrypoints.cli.database import check_database, prepare
    from entrypoints.cli.listening import keep, listen
    from entrypoints.cli.logs import configure
    from entrypoints.cli.serving import run_loop
    from entrypoints.http_options import http_options
    from entrypoints.keeping import with_secrets

    began = time.monotonic()
    check_database(operation.settings, create=True)
    settings = with_secrets(operation.settings)
    http_options(settings)
    configure(settings.log)
    many = settings.server.workers > 1
    take = keep if many else listen
    with take(settings.server.host, settings.server.port) as bound:
        settings = attrs.evolve(settings, server=attrs.evolve(settings.server, port=bound.getsockname()[1]))
        prepare(settings)
        banner = Banner(operation.output, settings, began)
        if many:
            sys.exit(_many(settings, banner, demo=demo))
        run_loop(_one(settings, bound, banner, demo=demo))


async def _one(settings: Settings, listener: socket.socket, banner: Banner, *, demo: bool) -> None:
    from entrypoints.cli.serving import serve_one, stop_on_signals

    stop = stop_on_signals()
    running: list[asyncio.Task[None]] = []

    async def first(platform: Platform) -> Demo | None:
        if not demo:
            return None
        seeded = await _seeded(platform, settings)
        running.append(asyncio.create_task(_on_air(seeded)(platform, stop)))
        return seeded

    await serve_one(settings, listener, background=settings.background, stop=stop, first=first, ready=banner.show)


def _many(settings: Settings, banner: Banner, *, demo: bool) -> int:
    from entrypoints.cli.processes import Supervisor

    seeded = asyncio.run(_try_out(settings, demo=demo))
    # A thread left from that would not exist in the children, and what it holds would stay held.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(5)
    alongside = None if seeded is None else _on_air(seeded)
    return Supervisor(settings, lambda: banner.show(seeded), banner.say, alongside).run()


def _on_air(demo: Demo) -> Callable[[Platform, asyncio.Event], Coroutine[Any, Any, None]]:
    """What keeps the demo's streams on."""
    from entrypoints.demo_scenes import keep_on_air

    return lambda platform, stop: keep_on_air(platform, demo.on_air, stop)


async def _try_out(settings: Settings, *, demo: bool) -> Demo | None:
    """Open everything once, so that what is wrong is said once and not by each process."""
    from entrypoints import container

    async with container.running(settings) as platform:
        container.application(platform, settings)
        return await _seeded(platform, settings) if demo else None


async def _seeded(platform: Platform, settings: Settings) -> Demo:
    from entrypoints.demo import demo_passwords, seed

    try:
        return await seed(platform, demo_passwords(settings))
    except Unauthenticated:
        raise Failure("the demo people's passwords are lost; start over with another --database-url") from None
