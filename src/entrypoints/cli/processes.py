"""Several server processes on one port, and a parent that starts them again when one dies.

Each process has a listening socket of its own on the shared port, so the system spreads connections over them. The
parent serves nothing: it waits.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from attrs import define, field, frozen

from entrypoints.cli import exits
from entrypoints.cli.listening import share
from entrypoints.cli.operation import exiting
from entrypoints.cli.output import Output
from entrypoints.cli.serving import run_loop, serve_one, stop_on_signals
from entrypoints.metrics.measures import Measures
from entrypoints.settings import Settings
from platform_core.platform import Platform

QUICK = 5.0
"""A process that dies within this many seconds of its start did not start at all."""
ATTEMPTS = 5
"""After this many such deaths in a row there is no use in trying."""
PATIENCE = 5.0
"""Seconds beyond the drain time before a process that does not stop is killed."""


#: Something that goes on beside serving, until the event is set.
Alongside = Callable[[Platform, asyncio.Event], Coroutine[Any, Any, None]]


@define
class _Slot:
    number: int
    process: BaseProcess
    ready: int
    """Readable once the process serves, or is dead."""
    started: float
    is_ready: bool = False


@frozen
class _Post:
    """What a process is told at its start.

    Args:
        settings: All settings.
        number: Which of the processes it is; one that takes another's place takes its number.
        lifeline: Readable once the parent is gone.
        tell: Where it says that it serves.
        counting: Where all processes count.
        alongside: What it does beside serving, if anything.
    """

    settings: Settings
    number: int
    lifeline: int
    tell: int
    counting: Measures | None
    alongside: Alongside | None


@define
class Supervisor:
    """Keeps the processes alive until it is told to stop.

    Args:
        settings: All settings; the port is a real one, which the parent holds.
        on_ready: Called once all of them serve for the first time.
        say: Where news go.
        alongside: What else one of the processes does until it is told to stop.
    """

    settings: Settings
    on_ready: Callable[[], None]
    say: Callable[[str], None]
    alongside: Alongside | None = None
    _counting: Measures | None = field(default=None, init=False)
    _lifeline: tuple[int, int] = field(factory=os.pipe, init=False)
    _slots: dict[int, _Slot] = field(factory=dict, init=False)
    _quick_deaths: int = field(default=0, init=False)
    _announced: bool = field(default=False, init=False)

    def run(self) -> int:
        """Supervise; the exit code."""
        context = multiprocessing.get_context("fork")
        if self.settings.server.metrics:
            from entrypoints.measuring import measures

            # The children share its memory.
            self._counting = measures(processes=self.settings.server.workers)
        signals, told = socket.socketpair()
        told.setblocking(False)
        # A byte arrives for each signal; the handlers themselves have nothing to do.
        signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        for told_by in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told_by, lambda *_: None)
        try:
            for number in range(self.settings.server.workers):
                self._start(context, number)
            while True:
                news = wait([signals, *self._waited_for()])
                if signals in news:
                    return self._stop(exits.OK)
                self._look(news)
                for number in self._dead():
                    if not self._may_restart(number):
                        return self._stop(exits.FAILURE)
                    self._start(context, number)
        finally:
            signal.set_wakeup_fd(-1)

    def _waited_for(self) -> list[Any]:
        processes = [slot.process.sentinel for slot in self._slots.values()]
        return processes + [slot.ready for slot in self._slots.values() if not slot.is_ready]

    def _start(self, context: Any, number: int) -> None:
        ready, tell = os.pipe()
        # A child reads the lifeline's end when the parent is gone, however it went.
        lifeline, held = self._lifeline
        post = _Post(self.settings, number, lifeline, tell, self._counting, None if number else self.alongside)
        process = context.Process(target=_child, args=(post, (held, ready)), name=f"platform-core {number}")
        process.start()
        os.close(tell)
        self._slots[number] = _Slot(number, process, ready, time.monotonic())

    def _look(self, news: list[Any]) -> None:
        for slot in self._slots.values():
            if slot.ready in news and not slot.is_ready and os.read(slot.ready, 1):
                slot.is_ready = True
                self._quick_deaths = 0
        if not self._announced and all(slot.is_ready for slot in self._slots.values()):
            self._announced = True
            self.on_ready()

    def _dead(self) -> list[int]:
        return [number for number, slot in self._slots.items() if slot.process.exitcode is not None]

    def _may_restart(self, number: int) -> bool:
        slot = self._slots.pop(number)
        os.close(slot.ready)
        slot.process.join()
        if time.monotonic() - slot.started < QUICK:
            self._quick_deaths += 1
        if self._quick_deaths >= ATTEMPTS or not (slot.is_ready or self._announced):
            self.say(f"server process {number} does not start (exit {slot.process.exitcode}); giving up")
            return False
        self.say(f"server process {number} died (exit {slot.process.exitcode}); starting it again")
        time.sleep(0.1 * 2**self._quick_deaths if self._quick_deaths else 0)
        return True

    def _stop(self, code: int) -> int:
        processes = [slot.process for slot in self._slots.values()]
        os.close(self._lifeline[1])  # For one that does not listen to signals yet.
        for process in processes:
            if process.exitcode is None and process.pid is not None:
                os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.settings.server.shutdown_timeout + PATIENCE
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                self.say(f"{process.name} did not stop in time; killed")
                process.kill()
                process.join()
                code = exits.FAILURE
        return code or (exits.FAILURE if any(process.exitcode for process in processes) else exits.OK)


def _child(post: _Post, others: tuple[int, ...]) -> None:
    signal.set_wakeup_fd(-1)
    for descriptor in others:
        os.close(descriptor)
    with exiting(Output()):
        run_loop(_serve(post))


async def _serve(post: _Post) -> None:
    stop = stop_on_signals()
    beside: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    def orphaned() -> None:
        loop.remove_reader(post.lifeline)
        stop.set()

    loop.add_reader(post.lifeline, orphaned)

    async def first(platform: Platform) -> None:
        if post.alongside is not None:
            beside.append(asyncio.create_task(post.alongside(platform, stop)))

    def ready(_: None) -> None:
        os.write(post.tell, b"1")

    server = post.settings.server
    listener = share(server.host, server.port)
    # One process does the background work; the others' commits reach it through the store.
    background = post.settings.background and post.number == 0
    await serve_one(
        post.settings,
        listener,
        background=background,
        stop=stop,
        first=first,
        ready=ready,
        counting=post.counting,
        number=post.number,
    )
