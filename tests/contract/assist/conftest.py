"""A server of models for each test."""

from collections.abc import AsyncIterator

import pytest

from contract.assist.model_server import ModelServer, model_server


@pytest.fixture
async def models() -> AsyncIterator[ModelServer]:
    """A server that answers well until it is told otherwise."""
    async with model_server() as server:
        yield server
