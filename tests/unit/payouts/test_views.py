"""What sellers and admins see: balances, lists with every filter, one transfer, and onboarding."""

from datetime import timedelta

import pytest

from adapters.payments.fake_merchant import BUSY, SPENT
from platform_core.identity.staff import CreateUser
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.balances import CurrencyBalance, GetSellerBalance, ListSellers, ShowSeller
from platform_core.payouts.onboarding import RefreshSellerAccount, StartOnboarding
from platform_core.payouts.provider import AccountState
from platform_core.payouts.sending import AdvanceTransfer, DueTransfers
from platform_core.payouts.views import GetTransfer, ListAllTransfers, ListTransfers, statuses
from platform_core.platform import Platform
from support.selling import EUR, SYSTEM, Shop
from support.world import OPERATOR, PASSWORD, Person, memory_world

ADMIN = Actor("usr_admin", Role.ADMIN, Via.SESSION, "ses_1")


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_world())


async def balance(shop: Shop, seller: Person) -> list[CurrencyBalance]:
    return list((await shop.world.execute(GetSellerBalance(), by=seller.actor)).currencies)


async def test_a_balance_is_what_can_be_sent_and_what_waits(shop: Shop) -> None:
    seller = await shop.seller()
    empty = await shop.world.execute(GetSellerBalance(), by=seller.actor)
    assert (empty.connected, empty.state, list(empty.currencies)) == (True, AccountState.READY, [])
    soon, later = (shop.world.clock.now() + timedelta(days=n) for n in (1, 2))
    await shop.paid(seller, "ord_1", 1000)
    await shop.paid(seller, "ord_2", 500, available_at=later)
    await shop.paid(seller, "ord_3", 100, available_at=soon)
    assert await balance(shop, seller) == [CurrencyBalance(EUR, 900, 540, 0, soon)]
    await shop.work_off()
    assert await balance(shop, seller) == [CurrencyBalance(EUR, 0, 540, 0, soon)]
    shop.world.clock.advance(days=1)
    # It is due, and not sent yet: it waits for nothing.
    assert await balance(shop, seller) == [CurrencyBalance(EUR, 90, 450, 0, later)]


async def test_what_fails_or_is_blocked_stays_available(shop: Shop) -> None:
    seller = await shop.seller(ready=False)
    await shop.paid(seller)
    before = await shop.world.execute(GetSellerBalance(), by=seller.actor)
    assert (before.connected, before.state) == (False, None)
    assert list(before.currencies) == [CurrencyBalance(EUR, 2699, 0, 0, None)]
    shop.world.merchant.script("transfer", BUSY)
    await shop.onboard(seller)
    await shop.work_off()
    assert await balance(shop, seller) == [CurrencyBalance(EUR, 2699, 0, 0, None)]


async def test_what_is_owed_is_told_and_never_makes_less_than_nothing(shop: Shop) -> None:
    seller = await shop.seller()
    await shop.paid(seller)
    await shop.work_off()
    shop.world.merchant.script("reverse", SPENT)
    await shop.refunded(seller, 900)
    await shop.work_off()
    assert await balance(shop, seller) == [CurrencyBalance(EUR, 0, 0, 900, None)]


async def test_somebody_who_sells_nothing_has_nothing(shop: Shop) -> None:
    anna = await shop.world.person("anna")
    nothing = await shop.world.execute(GetSellerBalance(), by=anna.actor)
    assert (nothing.connected, list(nothing.currencies)) == (False, [])
    with pytest.raises(NotFound):
        await shop.world.execute(ShowSeller(anna.id), by=OPERATOR)
    for nobody, refusal in ((ANONYMOUS, Unauthenticated), (OPERATOR, Forbidden)):
        with pytest.raises(refusal):
            await shop.world.execute(GetSellerBalance(), by=nobody)


async def test_admins_list_sellers(shop: Shop) -> None:
    first, second = await shop.seller("anna"), await shop.seller("benn", ready=False)
    await shop.paid(second)
    found = await shop.world.execute(ListSellers(), by=ADMIN)
    assert [one.seller for one in found] == sorted([first.id, second.id])
    ready = await shop.world.execute(ListSellers(AccountState.READY), by=ADMIN)
    assert [one.seller for one in ready] == [first.id]
    behind = await shop.world.execute(ListSellers(after=first.id, limit=1), by=ADMIN)
    assert [one.seller for one in behind] == [second.id]
    assert (await shop.world.execute(ShowSeller(second.id), by=ADMIN)).currencies[0].available == 2699
    with pytest.raises(Forbidden):
        await shop.world.execute(ListSellers(), by=first.actor)


async def test_lists_have_every_filter_and_a_total(shop: Shop) -> None:
    anna, ben = await shop.seller("anna"), await shop.seller("benn")
    ids = []
    for n in range(5):
        ids.append(await shop.paid(anna if n % 2 == 0 else ben, f"ord_{n}"))
        shop.world.clock.advance(days=1)
    shop.world.merchant.script("transfer", BUSY)
    await shop.work_off()

    async def all_of(**filters: object) -> tuple[list[str], int]:
        found = await shop.world.execute(ListAllTransfers(**filters), by=ADMIN)  # type: ignore[arg-type]  # any of them
        return [one.id for one in found.items], found.total

    newest = list(reversed(ids))
    assert await all_of() == (newest, 5)
    assert await all_of(limit=2) == (newest[:2], 5)
    assert await all_of(limit=2, offset=4) == (newest[4:], 5)
    assert await all_of(offset=5) == ([], 5)
    assert await all_of(limit=0) == (newest[:1], 5)
    assert await all_of(status="failed") == (ids[:1], 1)
    assert await all_of(status="retry_wait") == (ids[:1], 1)
    assert await all_of(status="completed") == (newest[:4], 4)
    assert await all_of(seller=ben.id) == ([ids[3], ids[1]], 2)
    assert await all_of(seller=ben.id, status="failed") == ([], 0)
    assert await all_of(seller="usr_none") == ([], 0)
    assert await all_of(order="ord_2") == ([ids[2]], 1)
    day = (await shop.transfer(ids[0])).created_at
    assert await all_of(start=day + timedelta(days=3)) == (newest[:2], 2)
    assert await all_of(end=day) == (ids[:1], 1)
    assert await all_of(start=day + timedelta(days=1), end=day + timedelta(days=2)) == ([ids[2], ids[1]], 2)
    for wrong, field in (
        ({"status": "none"}, "status"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**7}, "offset"),
        ({"start": day, "end": day - timedelta(seconds=1)}, "to"),
    ):
        with pytest.raises(Invalid) as refused:
            await all_of(**wrong)
        assert refused.value.details[0].field == field
    assert set(statuses()) >= {"pending", "failed", "completed", "retry_wait", "unknown"}

    own = await shop.world.execute(ListTransfers(status="completed"), by=ben.actor)
    assert ([one.id for one in own.items], own.total) == ([ids[3], ids[1]], 2)
    with pytest.raises(Forbidden):
        await shop.world.execute(ListAllTransfers(), by=ben.actor)


async def test_a_transfer_is_for_its_seller_and_for_admins(shop: Shop) -> None:
    seller, other = await shop.seller(), await shop.seller("other")
    id = await shop.paid(seller)
    shop.world.merchant.script("transfer", BUSY)
    await shop.work_off()
    own = await shop.world.execute(GetTransfer(id), by=seller.actor)
    assert (own.transfer.id, own.transfer.status, list(own.attempts)) == (id, "failed", [])
    assert own.transfer.next_retry_at is not None
    by_admin = await shop.world.execute(GetTransfer(id), by=ADMIN)
    [attempt] = by_admin.attempts
    assert (attempt.key, attempt.state, attempt.failure, attempt.code) == (
        f"transfer:{id}:1",
        "failed",
        "retryable",
        "lock_timeout",
    )
    for by, which in ((other.actor, id), (ADMIN, "trf_none")):
        with pytest.raises(NotFound):
            await shop.world.execute(GetTransfer(which), by=by)


async def test_onboarding_asked_again_is_the_same_account(shop: Shop) -> None:
    seller = await shop.seller(ready=False)
    first = await shop.world.execute(StartOnboarding(), by=seller.actor)
    second = await shop.world.execute(StartOnboarding(), by=seller.actor)
    assert first == second
    assert first.url.startswith("https://shop.example?onboarding=done&account=acct_")
    assert first.state is AccountState.READY
    with pytest.raises(Forbidden):
        await shop.world.execute(StartOnboarding(), by=OPERATOR)


async def named(shop: Shop, local: str) -> Person:
    """A seller with this address."""
    made = await shop.world.execute(
        CreateUser(f"{local}@example.org", local.partition("+")[0], PASSWORD, Role.CREATOR), by=OPERATOR
    )
    return Person(made.id, Actor(made.id, Role.CREATOR, Via.SESSION, "ses_1"))


async def test_an_address_can_make_the_fake_provider_difficult(shop: Shop) -> None:
    """What a person does by hand to see two failures and a success."""
    seller = await named(shop, "sella+fail2")
    await shop.onboard(seller)
    id = await shop.paid(seller)
    await shop.work_off()
    for _ in range(2):
        assert (await shop.transfer(id)).status == "failed"
        await shop.until_due(id)
    done = await shop.transfer(id)
    assert (done.status, done.retry_count, done.sent) == ("completed", 2, 2699)


async def test_an_account_that_is_not_ready_is_asked_about(shop: Shop) -> None:
    seller = await named(shop, "sella+unready")
    started = await shop.world.execute(StartOnboarding(), by=seller.actor)
    assert started.state is AccountState.ONBOARDING
    assert await shop.world.execute(RefreshSellerAccount(seller.id), by=SYSTEM) is AccountState.ONBOARDING
    assert await shop.world.execute(RefreshSellerAccount("usr_none"), by=SYSTEM) is None


async def test_without_a_provider_what_is_due_waits() -> None:
    shop = Shop(memory_world())
    seller = await shop.seller()
    id = await shop.paid(seller)
    world = shop.world
    bare = Platform(
        store=world.store,
        clock=world.clock,
        ids=world.application.ids,
        passwords=None,  # type: ignore[arg-type]  # nobody signs in
        gateway=world.gateway,
    )
    assert isinstance(bare.merchant, NoMerchant)
    assert await bare.execute(DueTransfers(), by=SYSTEM) == []
    with pytest.raises(Unavailable):
        await bare.execute(StartOnboarding(), by=seller.actor)
    await bare.execute(AdvanceTransfer(id), by=SYSTEM)
    assert (await shop.transfer(id)).reason == "not_onboarded"
