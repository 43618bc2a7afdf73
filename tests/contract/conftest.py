"""Every store there is, through one fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from platform_core.platform import Storage
from support.stores import MemoryStores, PostgresStores, SqliteStores, Stores
from support.world import World

if TYPE_CHECKING:
    from conftest import PostgresServer


@pytest.fixture(scope="session")
def memory_stores() -> Stores:
    return MemoryStores()


@pytest.fixture(scope="session")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return SqliteStores(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_stores(postgres_server: PostgresServer) -> Iterator[Stores]:
    with postgres_server.database() as url:
        yield PostgresStores(url)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """The stores of each kind in turn."""
    made: Stores = request.getfixturevalue(f"{request.param}_stores")
    return made


@pytest.fixture
async def store(stores: Stores) -> AsyncIterator[Storage]:
    """An empty store."""
    made = stores.new()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def world(store: Storage) -> World:
    """A platform on the store."""
    return World(store)
