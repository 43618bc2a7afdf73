"""Servers that end with the test that started them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from support.servers import Serve, Server


@pytest.fixture(autouse=True)
def turn(run_folder: Path) -> Iterator[None]:
    """These tests take turns, also those of other workers: each needs the machine for itself and its servers."""
    with FileLock(run_folder / "servers.lock"):
        yield


@pytest.fixture
def serve(tmp_path: Path, turn: None) -> Iterator[Serve]:
    made: list[Server] = []

    def make(
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
        before: Callable[[], None] | None = None,
    ) -> Server:
        made.append(Server(tmp_path, database_url, workers=workers, settings=settings, before=before))
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
