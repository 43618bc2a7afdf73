"""A server for each test, on each store in turn."""

from collections.abc import AsyncIterator

import pytest

from support.world import World
from unit.http.served import Served, served


@pytest.fixture
async def server(world: World) -> AsyncIterator[Served]:
    """A server on an empty platform, with limits that nobody reaches; its guests speak Veza."""
    async with served(world=world, speaks="veza") as running:
        yield running
