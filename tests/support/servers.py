"""`platform-core serve` as a process of its own: started, watched, killed, and started again on the same data.

Memory and children are read from `/proc`, so these tests need Linux.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol

from entrypoints.loading import variable

HOST = "127.0.0.1"
API = "/teezu/api/v1"
MIB = 2**20
COMMAND = (sys.executable, "-c", "import sys; from entrypoints.cli import main; sys.exit(main())")
#: Seconds that anything may take that must come about, on a machine that is slow, busy, and stands still now and then.
#: Only a test that fails waits so long; one that waits for something to stay away, or to be late, counts for itself.
PATIENCE = 90.0

#: What tests of load set: no limit of theirs is to be met by accident, and passwords cost next to nothing.
GENEROUS: Mapping[str, object] = {
    "limits.default_per_minute": 10_000_000,
    "limits.money_per_minute": 10_000_000,
    "limits.auth_per_minute": 10_000_000,
    "limits.register_per_minute": 10_000_000,
    "limits.messages_per_10_seconds": 10_000_000,
    "limits.uploads_per_minute": 10_000_000,
    "passwords.memory_kib": 8,
    "passwords.passes": 1,
    "server.connections_per_ip": 0,
    "secret_key": "sealed for tests, and long enough for it",
    "webhook_secret": "signed for tests, and long enough for it",
}


def free_port() -> int:
    """A port nobody uses, out of the range from which the system gives connections theirs.

    Else one of a test's many connections could come to sit on the port of a server that is just being started again.
    """
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


async def until(condition: Callable[[], bool], *, within: float = PATIENCE, what: str = "it") -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It does not hold in time.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {within:.0f} s")
        await asyncio.sleep(0.01)


class Server:
    """A `platform-core serve` of a test's own.

    Args:
        folder: Where it works; servers that share data share it.
        database_url: Where everything is kept; an SQLite file in the folder by default.
        workers: Server processes.
        settings: Settings by their dotted names, on top of `GENEROUS`.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{folder}/data.db"
        given = {**GENEROUS, "database_url": self.database_url, "server.workers": workers, **(settings or {})}
        self._environment = {**os.environ, **{variable(name): str(value) for name, value in given.items()}}
        self._log = folder / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Where its Teezu API is."""
        return self.root + API

    @property
    def log(self) -> str:
        """Everything it has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether that process lives."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process, without waiting for what comes of it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--host", HOST, "--port", str(self.port)],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> float:
        """Start it and wait until it answers; the seconds that took.

        One that does not answer is not left behind: it would trouble whatever test comes next.
        """
        began = time.monotonic()
        self.launch()
        while not self.answers():
            if not self.is_running:
                raise RuntimeError(f"the server ended before it answered:\n{self.log[-4000:]}")
            if time.monotonic() - began > PATIENCE:
                self.kill()
                raise TimeoutError(f"the server does not answer:\n{self.log[-4000:]}")
            time.sleep(0.01)
        return time.monotonic() - began

    def answers(self, path: str = "/healthz", *, within: float = 10.0) -> bool:
        """Whether it answers a GET with 200."""
        connection = HTTPConnection(HOST, self.port, timeout=within)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, within: float = PATIENCE) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(within)

    def kill(self) -> None:
        """End it at once and with it every process it has made, as a power cut would."""
        if self._process is None:
            return
        family = [*children(self.pid), self.pid] if self.is_running else []
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def cli(self, *arguments: str) -> dict[str, Any]:
        """What a command says with `--json`, run beside the server; its exit code is under `exit`."""
        run = subprocess.run(
            [*COMMAND, *arguments, "--json"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        said: dict[str, Any] = json.loads(run.stdout or b"{}")
        return {**said, "exit": run.returncode, "stderr": run.stderr.decode()}

    def verify(self) -> None:
        """Let `platform-core ledger verify` find nothing wrong."""
        said = self.cli("ledger", "verify")
        assert (said["exit"], said.get("ok")) == (0, True), said


class Serve(Protocol):
    """Makes servers that work in the test's own folder."""

    def __call__(
        self,
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
    ) -> Server:
        """A server, not started yet."""


def children(pid: int) -> list[int]:
    """The processes below a process."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *children(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there, and be it that nobody has asked yet how it ended."""
    return Path(f"/proc/{pid}").exists()


def forget_peak(pid: int) -> None:
    """Begin anew to watch for the most memory that a process holds."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def memory(pid: int, *, peak: bool = False) -> int:
    """The bytes of memory that a process holds, or has held at most."""
    name = "VmHWM" if peak else "VmRSS"
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert match is not None, status
    return int(match[1]) * 1024
