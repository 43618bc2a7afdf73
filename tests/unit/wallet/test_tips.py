"""Tips, and what a wallet says of itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_core.identity.staff import BanUser, UnbanUser
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import (
    AccountFrozen,
    Forbidden,
    InsufficientFunds,
    Invalid,
    KeyReused,
    NotFound,
    StoredRefusal,
    Unauthenticated,
)
from platform_core.kernel.money import LIMIT
from platform_core.kernel.sync import run_sync
from platform_core.ledger.fees import FeePolicy
from platform_core.wallet.balance import CreditWallet, GetWallet, ShowWallet, Statement
from platform_core.wallet.events import TipSent, TokensCredited
from platform_core.wallet.tips import SendTip, TipContext
from platform_core.wallet.wallet import Wallet
from support.steady import STEADY
from support.world import OPERATOR, Person, World, memory_world


async def two(tokens: int = 100, rate: int = 0) -> tuple[World, Person, Person]:
    """A world with somebody who has tokens, and somebody who has none."""
    world = memory_world(fees=FeePolicy({"tip": rate}))
    return world, await world.person("anna", tokens), await world.person("benn")


async def happened(world: World) -> list[object]:
    """The events of the wallet."""
    claimed = await world.store.outbox.claim("a", now=world.clock.now(), lease=60, limit=100)
    return [envelope.event for envelope in claimed if envelope.event.name.startswith("wallet.")]


async def test_a_tip_moves_tokens_and_the_receipt_says_what_is_left() -> None:
    world, anna, ben = await two()
    await world.hold(anna, 10)
    receipt = await world.execute(SendTip(ben.id, 30, TipContext.STREAM, "str_1"), by=anna.actor)

    assert (receipt.balance, receipt.payee, receipt.payee_name) == (70, ben.id, "benn")
    assert receipt.transaction.startswith("txn_tip")
    assert ((await world.wallet(anna.id)).available, (await world.wallet(ben.id)).balance) == (60, 30)
    entry = await world.store.entry(receipt.transaction)
    assert entry is not None
    assert (entry.kind, dict(entry.details)) == ("tip", {"context": "stream", "contextId": "str_1"})
    tip = TipSent(receipt.transaction, anna.id, ben.id, 30, 0, "stream", "str_1")
    assert (await happened(world))[-1] == tip


@settings(STEADY, max_examples=50)
@given(st.integers(1, LIMIT), st.integers(0, 10_000))
def test_what_the_payee_gets_and_the_fee_are_the_tip(amount: int, rate: int) -> None:
    """Invariant 18."""

    async def story() -> None:
        world, anna, ben = await two(amount, rate)
        receipt = await world.tip(anna, ben, amount)
        revenue = (await world.store.balances(["revenue:sys:TZT"]))["revenue:sys:TZT"]
        assert (await world.wallet(ben.id)).balance + revenue == amount
        assert revenue == (amount * rate + 5000) // 10_000
        assert receipt.balance == 0
        await world.verified()

    run_sync(story())


@pytest.mark.parametrize("rate", [0, 1000])
@pytest.mark.parametrize(
    "amount", [0, -1, 1.5, "10", True, None, [], LIMIT + 1, 2**63, 10**30, float("nan"), float("inf")], ids=repr
)
async def test_a_tip_is_of_an_amount_whatever_the_fee(amount: int, rate: int) -> None:
    """MON-01: no trace, and the key stays free."""
    world, anna, ben = await two(rate=rate)

    with pytest.raises(Invalid) as refused:
        await world.tip(anna, ben, amount, key="k")
    assert [detail.field for detail in refused.value.details] == ["amount"]
    assert (await world.tip(anna, ben, 10, key="k")).balance == 90


async def test_nobody_tips_themselves_or_nobody_or_somebody_banned() -> None:
    """MON-03."""
    world, anna, ben = await two()
    with pytest.raises(Invalid):
        await world.tip(anna, anna, 1)
    for payee in ("usr_none", "", "\x00"):
        with pytest.raises(NotFound):
            await world.execute(SendTip(payee, 1, TipContext.CHAT), by=anna.actor)
    await world.execute(BanUser(ben.id), by=OPERATOR)
    with pytest.raises(NotFound):
        await world.tip(anna, ben, 1)

    assert (await world.wallet(anna.id)).balance == 100
    assert [type(event) for event in await happened(world)] == [TokensCredited]


async def test_a_banned_payer_spends_nothing_until_they_are_unbanned() -> None:
    world, anna, ben = await two()
    await world.execute(BanUser(anna.id), by=OPERATOR)
    with pytest.raises(AccountFrozen):
        await world.tip(anna, ben, 1)
    with pytest.raises(AccountFrozen):
        await world.credit(anna.id, 1)
    await world.execute(UnbanUser(anna.id), by=OPERATOR)

    assert (await world.tip(anna, ben, 1)).balance == 99


async def test_held_tokens_cannot_be_tipped() -> None:
    world, anna, ben = await two()
    await world.hold(anna, 60)

    with pytest.raises(InsufficientFunds):
        await world.tip(anna, ben, 41)
    assert (await world.tip(anna, ben, 40)).balance == 60


@pytest.mark.parametrize("context_id", ["x" * 129, "\x00", "\ud800"])
async def test_a_context_is_named_by_a_short_text(context_id: str) -> None:
    world, anna, ben = await two()

    with pytest.raises(Invalid) as refused:
        await world.execute(SendTip(ben.id, 1, TipContext.CHAT, context_id), by=anna.actor)
    assert refused.value.details[0].field == "context_id"


async def test_a_refused_tip_stays_refused_under_its_key_and_a_fresh_key_tries_again() -> None:
    """Invariant 36: a refusal is an answer too."""
    world, anna, ben = await two(5)
    with pytest.raises(InsufficientFunds):
        await world.tip(anna, ben, 10, key="k")
    await world.credit(anna.id, 100)

    with pytest.raises(StoredRefusal):
        await world.tip(anna, ben, 10, key="k")
    assert (await world.tip(anna, ben, 10, key="k2")).balance == 95


async def test_a_changed_amount_under_a_used_key_moves_nothing_and_the_first_answer_stays() -> None:
    """MON-05."""
    world, anna, ben = await two(1000)
    first = await world.tip(anna, ben, 100, key="k")
    with pytest.raises(KeyReused) as reused:
        await world.tip(anna, ben, 101, key="k")

    assert [detail.field for detail in reused.value.details] == ["amount"]
    assert await world.tip(anna, ben, 100, key="k") == first
    assert (await world.wallet(anna.id)).balance == 900


async def test_a_replayed_tip_is_told_to_nobody_again() -> None:
    world, anna, ben = await two()
    for _ in range(3):
        await world.tip(anna, ben, 10, key="k")

    assert [type(event) for event in await happened(world)].count(TipSent) == 1


async def test_everybody_sees_their_own_wallet_and_operators_any() -> None:
    world, anna, ben = await two()
    await world.hold(anna, 30)

    assert await world.execute(GetWallet(), by=anna.actor) == Wallet(anna.id, 100, 30)
    assert await world.execute(GetWallet(), by=ben.actor) == Wallet(ben.id)
    assert await world.execute(ShowWallet(anna.id), by=OPERATOR) == Wallet(anna.id, 100, 30)
    with pytest.raises(Unauthenticated):
        await world.execute(GetWallet(), by=ANONYMOUS)
    with pytest.raises(Forbidden):
        await world.execute(ShowWallet(anna.id), by=ben.actor)
    with pytest.raises(NotFound):
        await world.execute(ShowWallet("usr_none"), by=OPERATOR)


async def test_a_statement_is_for_the_owner_and_admins() -> None:
    world, anna, ben = await two()
    await world.tip(anna, ben, 10)

    lines = await world.execute(Statement(anna.id), by=anna.actor)
    assert [(line.kind, line.amount, line.balance) for line in lines] == [("tip", -10, 90), ("credit", 100, 100)]
    assert await world.execute(Statement(anna.id, limit=1), by=OPERATOR) == lines[:1]
    assert await world.execute(Statement(anna.id, before=2, limit=0), by=OPERATOR) == lines[1:]
    with pytest.raises(Forbidden):
        await world.execute(Statement(anna.id), by=ben.actor)


async def test_a_credit_is_from_operators_to_somebody_with_a_reason() -> None:
    world, anna, _ = await two()
    with pytest.raises(Forbidden):
        await world.execute(CreditWallet(anna.id, 5), by=anna.actor)
    with pytest.raises(NotFound):
        await world.credit("usr_none", 5)
    with pytest.raises(Invalid):
        await world.execute(CreditWallet(anna.id, 5, "x" * 501), by=OPERATOR)

    wallet = await world.execute(CreditWallet(anna.id, 5, "welcome ü"), by=OPERATOR)
    assert wallet == Wallet(anna.id, 105)
    [line] = await world.execute(Statement(anna.id, limit=1), by=OPERATOR)
    assert dict(line.details) == {"reason": "welcome ü"}


def test_a_wallet_guards_what_is_available_and_changes_itself() -> None:
    wallet = Wallet("usr_1", 100, 30)
    with pytest.raises(InsufficientFunds):
        wallet.tip("usr_2", 71)
    assert wallet.available == 70

    assert sum(leg.amount for leg in wallet.tip("usr_2", 70, 7)) == 0
    assert (wallet.balance, wallet.available) == (30, 0)
    wallet.credit(5)
    assert wallet.available == 5
