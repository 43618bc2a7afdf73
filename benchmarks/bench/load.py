"""What makes the load: wrk against a server, pgbench against the database alone."""

from __future__ import annotations

import json
import pathlib
import re
import tempfile
import time
from dataclasses import dataclass

from bench.dialects import FIRST_FAN, LAST_FAN, Dialect
from bench.places import HERE, sh
from bench.postgres import Postgres


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the load generator saw; times in microseconds."""

    accepted: int
    refused: int
    """Answers that were not 2xx."""
    broken: int
    """Connections that failed and requests that timed out."""
    elapsed: float
    p50: float
    p99: float
    longest: float

    @property
    def rate(self) -> float:
        """Accepted requests a second."""
        return self.accepted / self.elapsed * 1e6


def wrk(
    kind: str, dialect: Dialect, port: int, *, seconds: int, connections: int, rows: int = 0, last_fan: int = LAST_FAN
) -> Load:
    """A closed loop of so many connections from one thread."""
    environment = {
        **dialect.environment(),
        "OP": kind,
        "ROWS": str(rows),
        "SALT": str(time.time_ns() // 1000),
        "FANS": f"{FIRST_FAN} {last_fan}",
    }
    out = sh(
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / "wrk/load.lua",
        f"http://127.0.0.1:{port}/", env=environment,
    )  # fmt: skip
    seen: dict[str, int] = json.loads(out.rpartition("JSON ")[2])
    return Load(
        accepted=seen["requests"] - seen["status"],
        refused=seen["status"],
        broken=seen["socket"],
        elapsed=seen["us"],
        p50=seen["p50"],
        p99=seen["p99"],
        longest=seen["max"],
    )


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A pgbench script: the same statements with no application around them."""

    name: str
    script: str
    tips: int = 1
    """How many requests one transaction stands for."""
    clients: int = 16


def pgbench(postgres: Postgres, limit: Limit, database: str, *, seconds: int, rows: int = 0) -> Load:
    """The closed loop of pgbench's clients over one script."""
    with tempfile.TemporaryDirectory() as folder:
        out = sh(
            postgres.bin / "pgbench", "-n", "-M", "prepared", "-h", "127.0.0.1", "-p", str(postgres.port),
            "-U", "postgres", "-c", str(limit.clients), "-j", "1", "-D", f"rows={rows}",
            "-f", HERE / "pgbench" / f"{limit.script}.sql", "-T", str(seconds),
            "-l", f"--log-prefix={folder}/latency", database,
        )  # fmt: skip
        latencies: list[int] = []
        for log in pathlib.Path(folder).iterdir():
            lines = log.read_text().splitlines()
            latencies += [int(line.split()[2]) for line in lines if line.split()[2].isdigit()]
    latencies.sort()
    failed = re.search(r"number of failed transactions: (\d+)", out)
    rate = float(out.rpartition("tps = ")[2].split()[0])
    done = len(latencies)
    return Load(
        accepted=done * limit.tips,
        refused=int(failed[1]) * limit.tips if failed else 0,
        broken=0,
        elapsed=done / rate * 1e6,
        p50=latencies[done // 2],
        p99=latencies[int(done * 0.99)],
        longest=latencies[-1],
    )
