"""A cell: one server, one operation, some seconds; and the interleaved rounds of cells."""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from bench import load, machine
from bench.contract import contract
from bench.datasets import CONTENT, LONG_HISTORY, SHORT_CONTENT, Dataset
from bench.load import Limit, Load
from bench.money import Books
from bench.postgres import Postgres
from bench.server import Server, running
from bench.targets import Target


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is asked of every server in one row of cells."""

    kind: str
    """The load script's name of it."""
    writes: bool
    history: int = 100_000
    content: int = CONTENT
    limits: tuple[Limit, ...] = ()
    everybody: bool = True
    """Whether the peers take part, or only ours."""

    def dataset(self, family: str) -> Dataset:
        """The seed of the operation, for a family of servers."""
        return Dataset(family=family, history=self.history, content=self.content if family == "peers" else 0)


def pgbench(script: str) -> Limit:
    """The database alone, one transaction a request."""
    return Limit(name="pgbench", script=script)


OPERATIONS: dict[str, Operation] = {
    "hot": Operation(
        kind="hot",
        writes=True,
        limits=(pgbench("hot"), Limit(name="pgbench-x100", script="hot100", tips=100, clients=2)),
    ),
    "tip": Operation(kind="tip", writes=True, limits=(pgbench("tip"),)),
    "wallet": Operation(kind="wallet", writes=False, limits=(pgbench("wallet"),)),
    "feed200k": Operation(kind="feed", writes=False, limits=(pgbench("feed"),)),
    "feed2k": Operation(kind="feed", writes=False, content=SHORT_CONTENT, limits=(pgbench("feed"),)),
    "hello": Operation(kind="hello", writes=False),
    "tip-1M": Operation(kind="tip", writes=True, history=LONG_HISTORY, everybody=False),
    "wallet-1M": Operation(kind="wallet", writes=False, history=LONG_HISTORY, everybody=False),
}
GROWTH = {"tip-1M": "tip", "wallet-1M": "wallet"}
"""Cells with ten times the history, and those they are compared with."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, how often, how many."""

    seconds: int = 10
    warmup: int = 3
    rounds: int = 3
    connections: int = 48
    tries: int = 3
    """At most so many runs of a cell that other work of the machine disturbed."""
    quiet: float = 20.0
    """Seconds to wait for a quiet machine before a cell."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one cell gave; times in microseconds."""

    op: str
    name: str
    round: int
    rate: float
    p50: float
    p99: float
    failed: int
    app_us: float
    pg_us: float
    others: float
    """Cores that neither server, database nor load used."""
    bad: str

    @property
    def cpu_us(self) -> float:
        """Cpu of server and database for one request."""
        return self.app_us + self.pg_us


@dataclass(frozen=True)
class Bench:
    """The machine, the database and our command, as every cell needs them."""

    postgres: Postgres
    ours: str
    plan: Plan

    def books(self, dataset: Dataset, *, copy: bool) -> Books:
        """A seeded database, as its own copy when it will be written to."""
        database = dataset.ensure(self.postgres, self.ours)
        return Books(self.postgres, self.postgres.copy(database) if copy else database, dataset, self.ours)

    def server(self, target: Target, books: Books) -> Server:
        """A server of the target on those books."""
        return Server(
            target.command,
            url=self.postgres.url(books.database),
            workers=target.workers,
            dialect=target.dialect,
            extra=target.environment,
        )

    def contract(self, target: Target) -> list[str]:
        """What is wrong with the target's behaviour."""
        books = self.books(OPERATIONS["tip"].dataset(target.family), copy=True)
        with running(self.server(target, books)) as server:
            return contract(server, books, content=target.family == "peers")

    def measure(self, target: Target, name: str, round_: int) -> Result:
        """One cell of a server."""
        op, plan = OPERATIONS[name], self.plan
        books = self.books(op.dataset(target.family), copy=op.writes)
        with running(self.server(target, books)) as server:

            def drive(seconds: int) -> Load:
                return load.wrk(
                    op.kind,
                    target.dialect,
                    server.port,
                    seconds=seconds,
                    connections=plan.connections,
                    rows=op.content,
                )

            warm = drive(plan.warmup)
            meter = Meter(self.postgres, server)
            seen = drive(plan.seconds)
            used = meter.read(seen)
            time.sleep(0.3)
            accepted = warm.accepted + seen.accepted
            bad = books.check(accepted, 2 * plan.connections) if op.writes else ""
        return _result(name, target.name, round_, seen=seen, used=used, bad=bad)

    def limit(self, limit: Limit, name: str, round_: int) -> Result:
        """One cell of the database alone."""
        op = OPERATIONS[name]
        books = self.books(op.dataset("peers"), copy=op.writes)
        load.pgbench(self.postgres, limit, books.database, seconds=self.plan.warmup, rows=op.content)
        meter = Meter(self.postgres, None)
        seen = load.pgbench(self.postgres, limit, books.database, seconds=self.plan.seconds, rows=op.content)
        used = meter.read(seen)
        bad = books.check() if op.writes else ""
        return _result(name, limit.name, round_, seen=seen, used=used, bad=bad)

    def rounds(self, targets: Sequence[Target], names: Sequence[str], *, limits: bool) -> Iterator[Result]:
        """All cells, round by round, the order turned by one each round."""
        for round_ in range(self.plan.rounds):
            for name in names:
                jobs = self._jobs(targets, name, round_, limits=limits)
                turn = round_ % max(1, len(jobs))
                for job in (*jobs[turn:], *jobs[:turn]):
                    yield self._undisturbed(job)

    def _jobs(self, targets: Sequence[Target], name: str, round_: int, *, limits: bool) -> list[Callable[[], Result]]:
        op = OPERATIONS[name]
        present = [t for t in targets if op.kind in t.kinds and (op.everybody or t.ours)]
        jobs: list[Callable[[], Result]] = [partial(self.measure, target, name, round_) for target in present]
        if limits:
            jobs += [partial(self.limit, limit, name, round_) for limit in op.limits]
        return jobs

    def _undisturbed(self, job: Callable[[], Result]) -> Result:
        tries: list[Result] = []
        while len(tries) < self.plan.tries:
            machine.wait_quiet(self.plan.quiet)
            tries.append(job())
            if tries[-1].others < 0.4 or tries[-1].bad:
                break
        return min(tries, key=lambda result: (not result.bad, result.others))


class Meter:
    """Cpu used by server, database and others between now and the reading."""

    def __init__(self, postgres: Postgres, server: Server | None) -> None:
        self._postgres, self._server = postgres, server
        self._then = self._now()

    def read(self, seen: Load) -> tuple[float, float, float]:
        """Microseconds of server and of database for an accepted request, and the cores that others used."""
        machine_, load_, postgres, server = (now - then for now, then in zip(self._now(), self._then, strict=True))
        others = (machine_ - load_ - postgres - server) / (seen.elapsed / 1e6)
        each = 1e6 / max(1, seen.accepted)
        return (server if self._server else load_) * each, postgres * each, others

    def _now(self) -> tuple[float, float, float, float]:
        server = self._server.cpu() if self._server else 0.0
        return machine.cpu_machine(), machine.cpu_children(), self._postgres.cpu(), server


def save(results: Sequence[Result], path: pathlib.Path) -> None:
    """Keep the cells so far as JSON."""
    path.write_text(json.dumps([asdict(result) for result in results], indent=1))


def _result(op: str, name: str, round_: int, *, seen: Load, used: tuple[float, float, float], bad: str) -> Result:
    app_us, pg_us, others = used
    return Result(
        op=op,
        name=name,
        round=round_,
        rate=seen.rate,
        p50=seen.p50,
        p99=seen.p99,
        failed=seen.refused + seen.broken,
        app_us=app_us,
        pg_us=pg_us,
        others=others,
        bad=bad,
    )
