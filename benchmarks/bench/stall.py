"""A wallet locked by another transaction must stall its own payer at most, never everybody else's tips."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from bench import load
from bench.cells import OPERATIONS, Bench
from bench.dialects import LAST_FAN, bearer
from bench.load import Load
from bench.money import Books
from bench.server import Server, running
from bench.targets import Target

CALLERS = 4
"""How many requests the payer of the locked wallet keeps open."""
LOCK = {
    "peers": "SELECT id FROM wallets WHERE user_id = {user} FOR UPDATE",
    "ours": "SELECT id FROM accounts WHERE id = 'wallet:usr_{user:026d}:TZT' FOR UPDATE",
}
STALLED = 0.25
"""Less than this share of the usual rate means that others were stalled; a busy machine alone can halve a rate."""


@dataclass(kw_only=True)
class Payer:
    """The one whose wallet gets locked: keeps tipping, and notes the answers and the longest wait."""

    answers: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0

    def tip(self, server: Server, end: threading.Event, caller: int) -> None:
        """Send one tip after the other until the end."""
        body = {"recipientId": server.dialect.user_id(7), "amount": 1, "context": "stream", "contextId": "str_1"}
        number = 0
        while not end.is_set():
            number += 1
            since = time.monotonic()
            status = 0
            with contextlib.suppress(OSError):
                headers = bearer(LAST_FAN, f"locked-payer-{caller}-{number}")
                status, _ = server.call("POST", server.dialect.tip, body, headers, seconds=60)
            self.answers[status] += 1
            self.longest = max(self.longest, time.monotonic() - since)
            end.wait(0.1)


@dataclass(frozen=True, kw_only=True)
class Stall:
    """Uniform tips of the others without and with the lock."""

    name: str
    free: Load
    locked: Load
    payer: Payer
    bad: str

    @property
    def stalled(self) -> bool:
        """Whether the lock reached those it does not concern."""
        return self.locked.rate < STALLED * self.free.rate

    def line(self) -> str:
        """The comparison, in one line."""
        return (
            f"  {self.name:16}{self.free.rate:8.0f} {self.locked.rate:8.0f} {self.locked.rate / self.free.rate:7.2f}"
            f" {self.free.p99 / 1000:10.1f} {self.locked.p99 / 1000:10.1f} {self.locked.longest / 1000:10.1f}"
            f" {self.locked.refused + self.locked.broken:6}"
            f"  payer: {dict(self.payer.answers)}, longest {self.payer.longest:.1f} s"
            + ("  STALLED" if self.stalled else "")
            + (f"  WRONG: {self.bad}" if self.bad else "")
        )


HEAD = (
    "\ntips of others while one payer's wallet is locked by another transaction\n"
    f"  {'':16}{'free/s':>8} {'locked/s':>8} {'ratio':>7} {'p99 free':>10} {'p99 locked':>10}"
    f" {'longest ms':>10} {'fail':>6}"
)


def stall(bench: Bench, target: Target) -> Stall:
    """Drive the tips of all other fans for some seconds without and some seconds with the lock."""
    books = bench.books(OPERATIONS["tip"].dataset(target.family), copy=True)
    payer, end = Payer(), threading.Event()
    with running(bench.server(target, books)) as server:
        _drive(bench, server, bench.plan.warmup)
        callers = [threading.Thread(target=payer.tip, args=(server, end, n)) for n in range(CALLERS)]
        for caller in callers:
            caller.start()
        free = _drive(bench, server, bench.plan.seconds)
        locked = _drive_locked(bench, server, books)
        end.set()
        for caller in callers:
            caller.join()
        bad = books.check()
    return Stall(name=target.name, free=free, locked=locked, payer=payer, bad=bad)


def _drive(bench: Bench, server: Server, seconds: int) -> Load:
    return load.wrk(
        "tip",
        server.dialect,
        server.port,
        seconds=seconds,
        connections=bench.plan.connections,
        last_fan=LAST_FAN - 1,
    )


def _drive_locked(bench: Bench, server: Server, books: Books) -> Load:
    hold = bench.postgres.hold(books.database, LOCK[books.dataset.family].format(user=LAST_FAN))
    try:
        if hold.rows == 0:
            raise SystemExit("the payer's wallet was not found: nothing was locked")
        return _drive(bench, server, bench.plan.seconds)
    finally:
        hold.let_go()
