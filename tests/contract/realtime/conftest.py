"""A server with realtime for each test, and connections to it that end with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contract.realtime.scene import Sockets, with_realtime
from support.sockets import Socket
from unit.http.served import Served, served


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served(extend=with_realtime) as running:
        yield running


@pytest.fixture
async def socket(server: Served) -> AsyncIterator[Sockets]:
    made: list[Socket] = []

    def make() -> Socket:
        made.append(Socket(server.url))
        return made[-1]

    yield make
    for one in made:
        await one.close()
