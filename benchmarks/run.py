#!/usr/bin/env python3
"""Our server beside the peers a user would pick instead: same operations, data, machine, minutes; one table.

python benchmarks/run.py                         three interleaved rounds of 10 s a cell, about an hour
python benchmarks/run.py --quick                 one round of 3 s a cell, some minutes
python benchmarks/run.py --only ours,gin --ops hot
python benchmarks/run.py --check-only            only the contract every server must keep
python benchmarks/run.py --soak 10               ten minutes of hot tips on ours: memory stays flat
"""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import pathlib
import sys

from bench import soak, stall, table, targets
from bench.cells import GROWTH, OPERATIONS, Bench, Plan, Result, save
from bench.places import CACHE_VARIABLE, cache
from bench.postgres import Postgres
from bench.targets import Target

SERVERS = "ours,ours:2,fastify,fastify-prep,fastify:2,fastify-prep:2,fastapi,gin,pgbench"
QUICK_SERVERS = "ours,ours:2,fastify,fastify-prep,fastapi,gin,pgbench"
OPS = "hot,tip,wallet,tip-1M,wallet-1M,stall"
QUICK = Plan(seconds=3, warmup=1, rounds=1, tries=1, quiet=2)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Everything it installs and stores lies in one cache folder; {CACHE_VARIABLE} names another.",
    )
    known = ", ".join([*OPERATIONS, "stall"])
    parser.add_argument("--quick", action="store_true", help="one short round: a smoke test, not a measurement")
    parser.add_argument("--only", help=f"servers, NAME or NAME:PROCESSES (default {SERVERS})")
    parser.add_argument("--ops", default=OPS, help=f"of {known} (default {OPS})")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of a cell")
    parser.add_argument("--warmup", type=int, help="seconds before it")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--tries", type=int, help="at most so many runs of a cell that other work disturbed")
    parser.add_argument("--ours", metavar="COMMAND", help="how platform-core is called (default: found or installed)")
    parser.add_argument("--check-only", action="store_true", help="only the contract")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="hot tips on ours, watching its memory")
    parser.add_argument("--out", type=pathlib.Path, help="JSON of the cells (default: results.json in the cache)")
    return parser.parse_args()


def plan(asked: argparse.Namespace) -> Plan:
    """The defaults of the mode, changed by what was asked for."""
    names = (field.name for field in dataclasses.fields(Plan))
    given = {name: getattr(asked, name) for name in names if getattr(asked, name, None) is not None}
    return dataclasses.replace(QUICK if asked.quick else Plan(), **given)


def chosen(asked: argparse.Namespace, command: str) -> list[Target]:
    """The servers to measure, without those that cannot be installed here."""
    wanted = (asked.only or (QUICK_SERVERS if asked.quick else SERVERS)).split(",")
    if asked.soak:
        wanted = [name for name in wanted if name.startswith("ours")] if asked.only else ["ours"]
    missing = targets.install({name.partition(":")[0] for name in wanted})
    known = {target.name: target for target in [targets.ours(command), *targets.peers()]}
    found = []
    for name in wanted:
        stem, _, workers = name.partition(":")
        if stem in known and stem not in missing:
            found.append(known[stem].times(int(workers or 1)))
        elif stem != "pgbench" and stem not in missing:
            raise SystemExit(f"there is no server {stem!r}: choose of {', '.join([*known, 'pgbench'])}")
    return found


def contracts(bench: Bench, servers: list[Target]) -> bool:
    """Whether every server keeps the contract; what is wrong is printed."""
    right = True
    for target in servers:
        if "tip" not in target.kinds:
            continue
        wrong = bench.contract(target)
        right = right and not wrong
        print(f"contract {target.name}: " + ("ok" if not wrong else "WRONG\n  " + "\n  ".join(wrong)), flush=True)
    return right


def measure(bench: Bench, servers: list[Target], asked: argparse.Namespace) -> bool:
    """All cells, the lock and the table; whether the books were right everywhere and ours did not stall."""
    ops = asked.ops.split(",")
    if unknown := set(ops) - {*OPERATIONS, "stall"}:
        raise SystemExit(f"there is no operation {', '.join(sorted(unknown))}")
    ops = [op for op in ops if op not in GROWTH or any(target.ours for target in servers)]
    results: list[Result] = []
    limits = "pgbench" in (asked.only or SERVERS).split(",")
    for result in bench.rounds(servers, [op for op in ops if op != "stall"], limits=limits):
        results.append(result)
        print(table.line(result), flush=True)
        save(results, asked.out or cache() / "results.json")
    stalls = [stall.stall(bench, target) for target in servers if "stall" in ops and "tip" in target.kinds]
    print(table.table(results))
    if stalls:
        print("\n".join([stall.HEAD, *(each.line() for each in stalls)]))
    ours_stalled = any(each.stalled and each.name.startswith("ours") for each in stalls)
    wrong = any(result.bad for result in results) or any(each.bad for each in stalls)
    return not (wrong or ours_stalled)


def main() -> None:
    """Set up, measure, and end with 1 when something is wrong."""
    asked = options()
    with (cache() / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"another benchmark uses {cache()}: wait for it, or set {CACHE_VARIABLE}") from None
        command = targets.our_command(asked.ours) if "ours" in (asked.only or SERVERS) or asked.soak else ""
        servers = chosen(asked, command)
        postgres = Postgres()
        postgres.start()
        try:
            bench = Bench(postgres, command, plan(asked))
            right = contracts(bench, servers)
            if right and asked.soak:
                right = all(soak.soak(bench, target, asked.soak) for target in servers)
            elif right and not asked.check_only:
                right = measure(bench, servers, asked)
        finally:
            postgres.stop()
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
