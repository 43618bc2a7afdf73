"""A private PostgreSQL with production's durability, and byte-for-byte copies of seeded databases."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

from bench import machine
from bench.places import CommandFailed, cache, free_port, sh

CONFIGURATION = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 1GB
max_wal_size = 4GB
checkpoint_timeout = 30min
fsync = on
synchronous_commit = on
full_page_writes = on
"""
RUN = "bench_run"


def programs() -> pathlib.Path | None:
    """The folder that holds initdb, pg_ctl, psql and pgbench, or None."""
    named = os.environ.get("PG_BIN")
    folders = [pathlib.Path(named)] if named else []
    folders += sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders += [pathlib.Path(found).parent] if found else []
    return next((f for f in folders if all((f / p).exists() for p in ("initdb", "pg_ctl", "psql", "pgbench"))), None)


class Postgres:
    """One cluster under the cache, run as the user postgres when the driver is root."""

    def __init__(self) -> None:
        found = programs()
        if found is None:
            raise SystemExit("PostgreSQL's initdb, pg_ctl, psql and pgbench are needed: set PG_BIN to their folder")
        self.bin = found
        self.home = cache() / "postgres"
        self.data = self.home / "data"
        self.port = 0

    def url(self, database: str) -> str:
        """Where a database of this cluster is reached."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster if there is none, and start it on a free port."""
        if not self.data.exists():
            self.home.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(self.home, "postgres")
            initdb = ("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
            self._own(*initdb)
            with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
                conf.write(CONFIGURATION)
        with contextlib.suppress(CommandFailed):  # one left over from a run that was killed
            self._own("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")
        for attempt in range(5):  # a free port may be taken by another between the look and the start
            self.port = free_port()
            options = f"-p {self.port} -k {self.home}"
            try:
                self._own("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.home / "log"), "-o", options, "start")
            except CommandFailed:
                if attempt == 4:
                    raise
                time.sleep(1)
            else:
                return

    def stop(self) -> None:
        """Stop the cluster; its databases stay for the next run."""
        with contextlib.suppress(CommandFailed):
            self._own("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def sql(self, database: str, *arguments: str, given: str | None = None) -> str:
        """Run psql and give its bare output."""
        bare = ("-XqAt", "-v", "ON_ERROR_STOP=1")
        return sh(self.bin / "psql", self.url(database), *bare, *arguments, given=given)

    def ask(self, database: str, query: str) -> list[str]:
        """The first row of a query, as text."""
        return (self.sql(database, "-c", query).splitlines() or [""])[0].split("|")

    def databases(self) -> set[str]:
        """The names of the databases there are."""
        return set(self.sql("postgres", "-c", "SELECT datname FROM pg_database").split())

    def create(self, database: str) -> None:
        """Make an empty database, in place of one of the same name."""
        self.drop(database)
        self.sql("postgres", "-c", f"CREATE DATABASE {database}")

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self.sql("postgres", "-c", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def copy(self, template: str) -> str:
        """A byte-for-byte copy of a seeded database, so that every writing cell starts from the same state."""
        self.drop(RUN)
        self.sql("postgres", "-c", f"CREATE DATABASE {RUN} TEMPLATE {template} STRATEGY file_copy", "-c", "CHECKPOINT")
        return RUN

    def cpu(self) -> float:
        """Seconds of cpu the whole cluster has used."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        return machine.cpu_of(lambda pid, parent, _: postmaster in (pid, parent))

    def hold(self, database: str, query: str) -> Hold:
        """Run a query that locks rows, in a transaction that stays open until the hold is let go."""
        return Hold([str(self.bin / "psql"), self.url(database), "-XqAt", "-v", "ON_ERROR_STOP=1"], query)

    def _own(self, program: str, *arguments: str) -> None:
        command = [str(self.bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        log = self.home / "pg_ctl.log"
        with log.open("ab") as out:  # not a pipe: the server would inherit it and keep it open
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", check=False)
        if done.returncode != 0:
            raise CommandFailed(f"{program} ended with {done.returncode}; see {log}")


class Hold:
    """Another client's open transaction with row locks in it."""

    def __init__(self, psql: list[str], query: str) -> None:
        self._psql = subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(f"BEGIN;\n{query};\n\\echo held\n")
        assert self._psql.stdout is not None
        self.rows = 0
        for line in self._psql.stdout:
            if line.strip() == "held":
                return
            self.rows += 1
        raise CommandFailed("the row lock could not be taken")

    def let_go(self) -> None:
        """End the transaction, and with it the locks."""
        self._say("ROLLBACK;\n\\q\n")
        self._psql.communicate()

    def _say(self, text: str) -> None:
        assert self._psql.stdin is not None
        self._psql.stdin.write(text)
        self._psql.stdin.flush()
