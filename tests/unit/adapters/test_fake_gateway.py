"""The fake provider's payment page."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.payments.fake import CheckoutExpired, FakeCheckout, FakeGateway
from adapters.testing import ManualClock
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentOutcome


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def gateway(clock: ManualClock) -> FakeGateway:
    return FakeGateway(secret="whsec", clock=clock, base_url="https://pay.example/")


async def token_of(gateway: FakeGateway) -> str:
    checkout = await gateway.open_checkout(
        subject="pur_1", amount=Money(999, "EUR"), method="ideal", description="100 tökens / now"
    )
    return checkout.url.removeprefix("https://pay.example/pay/")


async def test_the_page_shows_what_was_asked_for(gateway: FakeGateway) -> None:
    shown = gateway.checkout(await token_of(gateway))

    assert shown == FakeCheckout(
        subject="pur_1",
        payment=shown.payment,
        amount=Money(999, "EUR"),
        method="ideal",
        description="100 tökens / now",
        expires_at=datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
    )


async def test_the_token_is_one_part_of_an_address(gateway: FakeGateway) -> None:
    token = await token_of(gateway)

    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


async def test_it_keeps_nothing(gateway: FakeGateway, clock: ManualClock) -> None:
    token = await token_of(gateway)

    assert FakeGateway(secret=b"whsec", clock=clock).checkout(token) == gateway.checkout(token)


async def test_a_page_expires_and_says_so(gateway: FakeGateway, clock: ManualClock) -> None:
    token = await token_of(gateway)
    clock.advance(minutes=29, seconds=59)
    gateway.checkout(token)
    clock.advance(seconds=1)

    with pytest.raises(CheckoutExpired) as refusal:
        gateway.checkout(token)
    assert isinstance(refusal.value, Conflict)


async def test_word_of_a_payment_made_in_time_can_come_late(gateway: FakeGateway, clock: ManualClock) -> None:
    token = await token_of(gateway)
    clock.advance(days=3)
    webhook = gateway.answer(token, PaymentOutcome.SUCCEEDED)

    assert gateway.read_event(webhook.body, webhook.headers) is not None


async def test_an_answer_given_again_is_the_same_event_signed_anew(gateway: FakeGateway, clock: ManualClock) -> None:
    token = await token_of(gateway)
    first = gateway.answer(token, PaymentOutcome.FAILED)
    again = gateway.answer(token, PaymentOutcome.FAILED, at=clock.now() + timedelta(seconds=9))

    assert first.body == again.body
    assert first.headers != again.headers


async def test_no_character_of_a_token_can_be_changed(gateway: FakeGateway) -> None:
    token = await token_of(gateway)
    for place, old in enumerate(token):
        changed = token[:place] + ("A" if old != "A" else "B") + token[place + 1 :]
        with pytest.raises(NotFound):
            gateway.checkout(changed)
        with pytest.raises(NotFound):
            gateway.answer(changed, PaymentOutcome.SUCCEEDED)


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "..", "WyJ4Il0", "é.é", "\udcff.\udcff", "a" * 10_000])
def test_what_is_no_token_is_not_found(gateway: FakeGateway, token: str) -> None:
    with pytest.raises(NotFound):
        gateway.checkout(token)


async def test_a_page_of_another_installation_is_not_found(gateway: FakeGateway, clock: ManualClock) -> None:
    with pytest.raises(NotFound):
        FakeGateway(secret="another", clock=clock).checkout(await token_of(gateway))


async def test_pages_stay_good_while_the_secret_is_rotated(gateway: FakeGateway, clock: ManualClock) -> None:
    token = await token_of(gateway)
    rotated = FakeGateway(secret="new", clock=clock, previous=["whsec"])

    assert rotated.checkout(token) == gateway.checkout(token)


def test_an_empty_secret_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="empty"):
        FakeGateway(secret="", clock=clock)
    with pytest.raises(ValueError, match="empty"):
        FakeGateway(secret="whsec", clock=clock, previous=[b""])
