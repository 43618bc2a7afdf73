from collections.abc import AsyncIterator

import pytest

from contract.payments.merchants import FakeMerchantSide, MerchantSide, StripeMerchantSide
from contract.payments.providers import FakeProvider, Provider, StripeProvider


@pytest.fixture(params=["fake", "stripe"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    """The other side of each gateway in turn."""
    if request.param == "fake":
        yield FakeProvider()
        return
    stripe = StripeProvider()
    await stripe.server.start()
    yield stripe
    await stripe.close()


@pytest.fixture
async def stripe() -> AsyncIterator[StripeProvider]:
    """Stripe's side by itself."""
    made = StripeProvider()
    await made.server.start()
    yield made
    await made.close()


@pytest.fixture
async def connect() -> AsyncIterator[StripeMerchantSide]:
    """The selling side of Stripe by itself."""
    made = StripeMerchantSide()
    await made.server.start()
    yield made
    await made.close()


@pytest.fixture(params=["fake", "stripe"])
async def side(request: pytest.FixtureRequest) -> AsyncIterator[MerchantSide]:
    """The other side of each merchant in turn."""
    if request.param == "fake":
        yield FakeMerchantSide()
        return
    stripe = StripeMerchantSide()
    await stripe.server.start()
    yield stripe
    await stripe.close()
