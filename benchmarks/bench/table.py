"""The one table: what each server did, and how it compares."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.cells import GROWTH, OPERATIONS, Result

Rounds = dict[int, Result]
Cells = dict[str, Rounds]
HEAD = (
    f"  {'':16}{'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'app us':>7} {'pg us':>7}"
    f" {'/Fastify':>9} {'/gin':>7} {'/pgbench':>9} {'/x100':>7} {'/FastAPI':>9}"
    f" {'cpu/Fy':>7} {'fail':>6} {'others':>7}  rounds"
)


def table(results: Sequence[Result]) -> str:
    """Every operation with its servers, medians over the rounds; ratios are medians of pairs of the same round."""
    lines: list[str] = []
    for op in OPERATIONS:
        cells = _cells(results, op)
        if cells:
            lines += ["", op, HEAD, *(_line(name, cells) for name in cells)]
            lines += _growth(op, cells, results)
    lines += [
        "",
        "Medians over the rounds. app, pg: cpu microseconds of the server and of PostgreSQL for one request.",
        "/Fastify: against the better of Fastify's variants with as many processes or fewer; cpu/Fy: cpu a request",
        "against the same. gin uses every core as one process. others: cores used by work that is not this benchmark.",
    ]
    return "\n".join(lines)


def line(result: Result) -> str:
    """One cell, as it ends."""
    return (
        f"round {result.round} {result.op:9} {result.name:16} {result.rate:8.0f}/s p50 {result.p50 / 1000:7.2f}"
        f" p99 {result.p99 / 1000:7.2f} ms app {result.app_us:5.0f} pg {result.pg_us:5.0f} us"
        f" others {result.others:.2f}"
        + (f" failed {result.failed}" if result.failed else "")
        + (f" WRONG: {result.bad}" if result.bad else "")
    )


def _cells(results: Iterable[Result], op: str) -> Cells:
    cells: Cells = {}
    for result in results:
        if result.op == op:
            cells.setdefault(result.name, {})[result.round] = result
    return cells


def _median(rounds: Rounds, of: str) -> float:
    return float(statistics.median(getattr(result, of) for result in rounds.values()))


def _ratio(rounds: Rounds, to: Rounds, of: str = "rate") -> str:
    pairs = [getattr(result, of) / (getattr(to[n], of) or 1) for n, result in rounds.items() if n in to]
    return f"{statistics.median(pairs):.2f}" if pairs else "-"


def _processes(name: str) -> int:
    return int(name.partition(":")[2] or 1)


def _best_fastify(name: str, cells: Mapping[str, Rounds]) -> Rounds:
    names = [n for n in cells if n.startswith("fastify") and _processes(n) <= _processes(name)]
    return max((cells[n] for n in names), key=lambda rounds: _median(rounds, "rate"), default={})


def _line(name: str, cells: Cells) -> str:
    rounds, fastify = cells[name], _best_fastify(name, cells)
    rate, p50, p99, app, pg = (_median(rounds, of) for of in ("rate", "p50", "p99", "app_us", "pg_us"))
    to = {key: _ratio(rounds, cells.get(key, {})) for key in ("gin", "pgbench", "pgbench-x100", "fastapi")}
    wrong = "; ".join(result.bad for result in rounds.values() if result.bad)
    return (
        f"  {name:16}{rate:8.0f} {p50 / 1000:8.2f} {p99 / 1000:8.2f} {app:7.0f} {pg:7.0f}"
        f" {_ratio(rounds, fastify):>9} {to['gin']:>7} {to['pgbench']:>9} {to['pgbench-x100']:>7} {to['fastapi']:>9}"
        f" {_ratio(rounds, fastify, 'cpu_us'):>7} {_median(rounds, 'failed'):6.0f} {_median(rounds, 'others'):7.2f}  "
        + " ".join(f"{result.rate:.0f}" for result in rounds.values())
        + (f"  WRONG: {wrong}" if wrong else "")
    )


def _growth(op: str, cells: Cells, results: Sequence[Result]) -> list[str]:
    """A cell with ten times the history beside the same cell without."""
    if op not in GROWTH:
        return []
    short = _cells(results, GROWTH[op])
    return [
        f"  {name}: ten times the history costs x{_ratio(rounds, short[name], 'cpu_us')} cpu"
        f" (server x{_ratio(rounds, short[name], 'app_us')}, PostgreSQL x{_ratio(rounds, short[name], 'pg_us')}),"
        f" rate x{_ratio(rounds, short[name])}"
        for name, rounds in cells.items()
        if name in short
    ]
