"""Where things lie: this folder, the cache outside the repository, and how a command is run."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
from collections.abc import Mapping

HERE = pathlib.Path(__file__).resolve().parents[1]
REPOSITORY = HERE.parent
CACHE_VARIABLE = "BENCH_CACHE"


def cache() -> pathlib.Path:
    """The folder for everything the benchmark installs, builds and stores; never inside the repository."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        folder = pathlib.Path(named)
    elif os.geteuid() == 0:  # root's home is closed to the user that must run PostgreSQL
        folder = pathlib.Path("/var/cache/platform-core-bench")
    else:
        folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "platform-core-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


class CommandFailed(Exception):
    """A command of the driver ended badly; carries what it said."""


def sh(
    *command: str | pathlib.Path,
    cwd: pathlib.Path | None = None,
    env: Mapping[str, str] | None = None,
    given: str | None = None,
) -> str:
    """Run a command to its end and give its standard output."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, text=True, capture_output=True, cwd=cwd, env={**os.environ, **(env or {})}, input=given, check=False
    )
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(words[:6])} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def free_port() -> int:
    """A port of the loopback that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
