import pytest

from adapters.memory.store import MemoryStore
from support.market import Market, market_on


@pytest.fixture
def market() -> Market:
    """A market in memory that takes ten per cent."""
    return market_on(MemoryStore())
