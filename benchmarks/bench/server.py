"""One server under test: started for one cell, spoken to, measured, stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench import machine
from bench.dialects import Dialect
from bench.places import cache, free_port

Answer = tuple[int, Any]
POOL = 10
"""Connections to the database of each peer, over all its processes: the default of node-postgres."""


class Server:
    """A process group that serves on 127.0.0.1."""

    def __init__(self, command: str, *, url: str, workers: int, dialect: Dialect, extra: Mapping[str, str]) -> None:
        self.port, self.dialect, self.workers = free_port(), dialect, workers
        pool = int(os.environ.get("POOL", POOL))
        environment = {
            **os.environ,
            **extra,
            "PORT": str(self.port),
            "DATABASE_URL": url,
            "WORKERS": str(workers),
            "POOL": str(max(1, pool // workers)),
            "POOL_TOTAL": str(pool),
        }
        environment.pop("PYTHONPATH", None)
        self.log = cache() / "server.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", command],
                env=environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def wait(self) -> None:
        """Return when the server answers; give up after a minute or when it ended."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.call("GET", self.dialect.ready)[0] == 200:
                    return
            time.sleep(0.1)
        raise SystemExit(f"the server did not start; the end of {self.log}:\n{self.log.read_text()[-3000:]}")

    def cpu(self) -> float:
        """Seconds of cpu the server has used, all processes together."""
        return machine.cpu_of(self._mine)

    def memory(self) -> int:
        """Resident bytes of the server, all processes together."""
        return machine.memory_of(self._mine)

    def pids(self) -> list[int]:
        """The processes of the server, for a profiler."""
        return machine.pids_of(self._mine)

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, seconds: float = 20
    ) -> Answer:
        """One request on a connection of its own: the status and the decoded body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        data = None if body is None else json.dumps(body)
        try:
            connection.request(
                method, path, data, {**({"Content-Type": "application/json"} if data else {}), **(headers or {})}
            )
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        try:
            return response.status, json.loads(raw) if raw else None
        except ValueError:
            return response.status, raw.decode(errors="replace")

    def together(self, path: str, calls: Sequence[tuple[object, Mapping[str, str]]]) -> list[Answer]:
        """Many POSTs at once, answers in the order of the calls."""
        answers: list[Answer] = [(0, None)] * len(calls)

        def one(index: int) -> None:
            answers[index] = self.call("POST", path, *calls[index])

        threads = [threading.Thread(target=one, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def stop(self) -> None:
        """End the server: kindly, then not."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _mine(self, _pid: int, _parent: int, session: int) -> bool:
        return session == self._process.pid


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server from its first answer to its end."""
    try:
        server.wait()
        yield server
    finally:
        server.stop()
