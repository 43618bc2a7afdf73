"""A server for each test."""

from collections.abc import AsyncIterator

import pytest

from unit.http.served import Served, served


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """A server on an empty platform, with limits that nobody reaches."""
    async with served() as running:
        yield running
