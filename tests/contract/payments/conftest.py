import pytest

from contract.payments.providers import FakeProvider, Provider


@pytest.fixture(params=[FakeProvider])
def provider(request: pytest.FixtureRequest) -> Provider:
    """The other side of each gateway in turn."""
    made: Provider = request.param()
    return made
