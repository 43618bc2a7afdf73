"""A server for each test, on each store in turn, of a platform that keeps ten per cent of what is sold."""

from collections.abc import AsyncIterator

import pytest

from contract.veza.trade import SALES, Trade
from platform_core.platform import Storage
from support.world import World
from unit.http.served import Served, served


@pytest.fixture
def world(store: Storage) -> World:
    """A platform on the store."""
    return World(store, fees=SALES)


@pytest.fixture
async def server(world: World) -> AsyncIterator[Served]:
    """A server on an empty platform, with limits that nobody reaches; its guests speak Veza."""
    async with served(world=world, speaks="veza") as running:
        yield running


@pytest.fixture
def trade(server: Served) -> Trade:
    """Buying and selling on that server."""
    return Trade(server)
