"""The examples of the page about the command line run, in order, on one database."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]

PAGE = Path(__file__).parents[3] / "docs/cli.md"
#: These go on until they are stopped, change how this very process logs, or need what no command makes; they have tests
#: of their own.
ELSEWHERE = (
    "serve",
    "worker",
    "bookings",
    "content",
    "streams",
    "invoices",
    "transfers",
    "payouts",
    "products",
    "orders",
)
A_HOLD = re.compile(r"hld_[0-9a-z]{26}")
AN_ENTRY = re.compile(r"txn_[0-9a-z]{26}")


def _examples() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_examples_run_in_order(run: Run) -> None:
    hold, entry = "", ""
    for example in _examples():
        feeding, _, command = example.rpartition("platform-core ")
        arguments = shlex.split(AN_ENTRY.sub(entry, A_HOLD.sub(hold, command)))
        if arguments[0] in ELSEWHERE:
            continue
        typed = shlex.split(feeding.rstrip(" |"))[-1] if feeding else None
        result = run(*arguments, typed=typed)
        assert result.exit_code == 0, f"{example}\n{result.output}"
        if arguments[:2] == ["wallets", "hold"]:
            [hold] = A_HOLD.findall(result.stdout)
        if arguments[:2] == ["wallets", "statement"]:
            [entry] = AN_ENTRY.findall(result.stdout)
    assert hold
    assert entry


def test_the_worker_example_runs(run: Run, folder: Path) -> None:
    assert "platform-core worker --once" in _examples()
    assert run("db", "upgrade").exit_code == 0
    subprocess.run([sys.executable, "-m", "entrypoints.cli", "worker", "--once"], check=True, timeout=300)
