"""Business that meets, in many orders: every token is somewhere, once."""

import pytest

from platform_core.kernel.select import Select
from platform_core.ledger.reversals import ReverseEntry
from platform_core.payments.ports import PaymentOutcome
from platform_core.wallet.balance import CaptureHold, ExpireHold, ExtendHold, ReleaseHold
from platform_core.wallet.purchases import Purchase, PurchaseTokens, SettlePurchase
from support.builders import codes, counted
from support.interleaving import InterleavedStore, at_once
from support.world import OPERATOR, Person, World

pytestmark = pytest.mark.parametrize("seed", range(25))


async def two(seed: int, tokens: int = 100) -> tuple[World, Person, Person]:
    """A world where every step lets others go first."""
    world = World(InterleavedStore(seed))
    return world, await world.person("anna", tokens), await world.person("benn")


async def test_a_hold_ends_once(seed: int) -> None:
    world, anna, ben = await two(seed)
    id = await world.hold(anna, 30, seconds=60)
    later = world.clock.now().replace(year=2027)
    results = await at_once(
        world.execute(CaptureHold(id, ben.id, 10), by=OPERATOR),
        world.execute(ReleaseHold(id), by=OPERATOR),
        world.execute(ExtendHold(id, later), by=OPERATOR),
        world.execute(CaptureHold(id, ben.id), by=OPERATOR),
        world.execute(ExpireHold(id), by=OPERATOR),
    )

    ends = codes([results[0], results[1], results[3]])
    assert ends.count("ok") == 1
    assert set(ends) <= {"ok", "ALREADY_CAPTURED", "ALREADY_RELEASED"}
    assert (await world.wallet(anna.id)).balance + (await world.wallet(ben.id)).balance == 100
    await world.verified()


async def test_equal_requests_under_a_key_have_one_effect(seed: int) -> None:
    world, anna, ben = await two(seed)
    results = await at_once(*(world.tip(anna, ben, 10, key="k") for _ in range(6)))

    assert counted(results) == {"ok": 6}
    assert all(result == results[0] for result in results)
    assert (await world.wallet(ben.id)).balance == 10


async def test_a_capture_under_a_key_is_answered_alike_however_often_it_comes(seed: int) -> None:
    world, anna, ben = await two(seed)
    id = await world.hold(anna, 30)
    results = await at_once(*(world.execute(CaptureHold(id, ben.id), by=OPERATOR, key="k") for _ in range(6)))

    assert results == [30] * 6


async def test_partial_reversals_never_exceed_the_whole(seed: int) -> None:
    world, anna, ben = await two(seed)
    tip = await world.tip(anna, ben, 100)
    results = await at_once(*(world.execute(ReverseEntry(tip.transaction, 60), by=OPERATOR) for _ in range(3)))

    assert counted(results) == {"CONFLICT": 2, "ok": 1}
    await world.verified()


async def test_a_payment_told_many_times_and_a_page_asked_for_twice_are_one_purchase(seed: int) -> None:
    world, anna, _ = await two(seed)
    request = PurchaseTokens("pkg_100", "card")
    offers = await at_once(*(world.execute(request, by=anna.actor, key="buy") for _ in range(3)))
    assert counted(offers) == {"ok": 3}
    [purchase] = await world.store.find(Select(Purchase))
    paid = SettlePurchase(purchase.id, "pay_1", PaymentOutcome.SUCCEEDED, 999, "EUR")
    failed = SettlePurchase(purchase.id, "pay_1", PaymentOutcome.FAILED, 999, "EUR")
    results = await at_once(*(world.execute(word, by=OPERATOR) for word in (paid, failed, paid, failed)))

    assert counted(results) == {"ok": 4}
    assert (await world.wallet(anna.id)).balance == 200
    await world.verified()


async def test_what_is_spent_at_once_is_there(seed: int) -> None:
    world, anna, ben = await two(seed)
    results = await at_once(*(world.tip(anna, ben, 30) for _ in range(3)), *(world.hold(anna, 30) for _ in range(3)))

    assert counted(results) == {"INSUFFICIENT_FUNDS": 3, "ok": 3}
    assert (await world.wallet(anna.id)).available == 10
    await world.verified()
