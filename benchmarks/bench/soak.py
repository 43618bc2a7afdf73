"""Hot tips for minutes: the server's memory must stay flat."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass

from bench import load
from bench.cells import OPERATIONS, Bench
from bench.server import Server, running
from bench.targets import Target

MEGABYTE = 1 << 20
GROWTH, SLACK = 1.05, 8 * MEGABYTE
"""The last third may exceed the middle third by so much: allocators breathe."""


@dataclass
class Memory:
    """Resident memory of a server, sampled every second."""

    server: Server
    end: threading.Event
    samples: list[int]

    def sample(self) -> None:
        """Sample until the end."""
        while not self.end.wait(1):
            self.samples.append(self.server.memory())


def soak(bench: Bench, target: Target, minutes: float) -> bool:
    """Print rate and memory of each stretch of time; whether memory stayed flat and the books are right."""
    books = bench.books(OPERATIONS["hot"].dataset(target.family), copy=True)
    stretch = max(2, min(30, round(minutes * 60 / 12)))
    deadline = time.monotonic() + minutes * 60
    with running(bench.server(target, books)) as server:
        memory = Memory(server, threading.Event(), [])
        sampler = threading.Thread(target=memory.sample)
        sampler.start()
        accepted, stretches, since = 0, 0, time.monotonic()
        try:
            while time.monotonic() < deadline:
                first = len(memory.samples)
                seen = load.wrk("hot", target.dialect, server.port, seconds=stretch, connections=bench.plan.connections)
                accepted, stretches = accepted + seen.accepted, stretches + 1
                now = memory.samples[first:] or [server.memory()]
                print(
                    f"soak {target.name} {time.monotonic() - since:6.0f} s {seen.rate:8.0f}/s"
                    f" p99 {seen.p99 / 1000:7.1f} ms"
                    f" failed {seen.refused + seen.broken} memory {max(now) / MEGABYTE:7.1f} MB",
                    flush=True,
                )
        finally:
            memory.end.set()
            sampler.join()
        time.sleep(0.3)
        bad = books.check(accepted, bench.plan.connections * stretches)
    third = max(1, len(memory.samples) // 3)
    middle, last = (statistics.median(memory.samples[part]) for part in (slice(third, 2 * third), slice(-third, None)))
    flat = last <= middle * GROWTH + SLACK
    print(
        f"soak {target.name}: {accepted} tips; memory {middle / MEGABYTE:.1f} MB in the middle third,"
        f" {last / MEGABYTE:.1f} MB in the last: {'flat' if flat else 'IT GROWS'}"
        + (f"; WRONG: {bad}" if bad else "; books right")
    )
    return flat and not bad
