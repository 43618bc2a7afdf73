"""Servers that end with the test that started them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from filelock import FileLock

from support.mortal import Postgres
from support.servers import Serve, Server


@pytest.fixture
def turn(run_folder: Path) -> Iterator[None]:
    """Tests that measure how a server bears a load take turns, also with those of other workers."""
    with FileLock(run_folder / "servers.lock"):
        yield


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    made: list[Server] = []

    def make(
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
    ) -> Server:
        made.append(Server(tmp_path, database_url, workers=workers, settings=settings))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that servers can come back to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def own_postgres(run_folder: Path, postgres_server: object) -> Iterator[Postgres]:
    """A PostgreSQL that may be killed; asking for the run's own first has it pick its folder for sockets."""
    folder = run_folder / f"mortal-{uuid4().hex[:4]}"
    postgres = Postgres(folder)
    yield postgres
    postgres.kill()
    shutil.rmtree(folder)
