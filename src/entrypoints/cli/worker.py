"""`platform-core worker`: the background work by itself."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import rich_click as click

from entrypoints.cli.operation import Failure, Operation, operation


@click.command()
@operation("worker --database-url postgresql://app@db/platform", "worker --once")
@click.option("--once", is_flag=True, help="Do what is due now, and exit.")
def worker(operation: Operation, *, once: bool) -> None:
    """Deliver events, move bookings on, let holds expire and forget what is out of date, until told to stop.

    Any number may run over one database, beside `serve` with `background = false`.
    """
    from entrypoints.cli.database import prepare
    from entrypoints.cli.logs import configure
    from entrypoints.cli.serving import run_loop

    if operation.settings.database_url == "memory:":
        raise Failure("memory: is one process's own; serve does its background work itself")
    configure(operation.settings.log)
    prepare(operation.settings, create=False)
    run_loop(_work(operation, once=once))


async def _work(operation: Operation, *, once: bool) -> None:
    from entrypoints import container
    from entrypoints.cli.serving import stop_on_signals
    from entrypoints.worker import Worker

    stop: asyncio.Event = stop_on_signals()
    settings = operation.settings
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(container.running(settings))
        if settings.redis_url and settings.server.realtime:
            stack.push_async_callback(container.announcing(platform, settings).close)
        if once:
            await Worker(platform).once()
            return
        operation.output.note("platform-core worker: at work")
        await Worker(platform).run(stop)
