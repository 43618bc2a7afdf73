"""A server for each test, in memory: these tests are about rows, not about stores."""

from collections.abc import AsyncIterator

import pytest

from support.stores import Stores
from support.world import World
from unit.http.served import Served, served


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory."""
    return memory_stores


@pytest.fixture
def speaks() -> str:
    """The dialect; tests over the rows of all dialects say which themselves."""
    return "teezu"


@pytest.fixture
async def server(world: World, speaks: str) -> AsyncIterator[Served]:
    """A server on an empty platform, with limits that nobody reaches."""
    async with served(world=world, speaks=speaks) as running:
        yield running
