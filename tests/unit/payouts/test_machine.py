"""Any business with transfers in any order, against money in plain numbers: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from attrs import Factory, define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.store import MemoryStore
from adapters.payments.fake_merchant import BUSY, CLOSED, RESTRICTED, REUSED, SPENT, TOO_LOW, Fault
from platform_core.identity.users import People
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, receivable
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.movement import Movement, TransferState
from platform_core.payouts.onboarding import RefreshSellerAccount
from platform_core.payouts.provider import AccountState
from platform_core.payouts.words import heed_transfer
from support.fragile import FragileStore, Fuse, make_fragile
from support.selling import EUR, SYSTEM, Shop
from support.steady import STEADY
from support.world import Person, World

T = TypeVar("T")
#: Most of the time all goes well.
TROUBLES = st.lists(st.sampled_from([BUSY, TOO_LOW, RESTRICTED, CLOSED, REUSED, *Fault, *Fault]), max_size=2)
REVERSE_TROUBLES = st.lists(st.sampled_from([BUSY, SPENT, CLOSED, *Fault]), max_size=2)
ASKING = st.lists(st.just(Fault.LOST), max_size=1)
STEPS = st.one_of(st.just(10_000), st.just(10_000), st.integers(0, 40))
GROSS = st.sampled_from([1, 5, 100, 999, 2999, 50_000])


@define
class Sold:
    """What the oracle knows of an order.

    Args:
        net: What the seller was to get of it.
        taken: What was taken back for each refund that stands.
        held: Whether it is disputed.
    """

    seller: int
    net: int
    taken: dict[str, int] = Factory(dict)
    held: bool = False

    @property
    def left(self) -> int:
        """What the seller is to have of it."""
        return self.net - sum(self.taken.values())


class PayoutMachine(RuleBasedStateMachine):
    """Orders, refunds, disputes, faults, killed workers and the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.fuse = Fuse()
        store: Any = FragileStore(MemoryStore(), self.fuse)
        self.shop = Shop(World(store))
        make_fragile(self.shop.world.merchant, self.fuse)
        self.sellers: list[Person] = []
        self.orders: dict[str, Sold] = {}
        self.references = 0

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(act)

    def teardown(self) -> None:
        try:
            self.run(self.settle())
        finally:
            self.runner.close()

    @initialize()
    def begin(self) -> None:
        self.sellers = [self.run(self.shop.seller(f"seller{n}", ready=n == 0)) for n in range(2)]

    # ---- what happens

    @rule(gross=GROSS, seller=st.integers(0, 1), days=st.sampled_from([0, 0, 0, 3]))
    def sell(self, gross: int, seller: int, days: int) -> None:
        order = f"ord_{len(self.orders)}"
        now = self.shop.world.clock.now()
        id = self.run(self.shop.paid(self.sellers[seller], order, gross, available_at=now + timedelta(days=days)))
        self.orders[order] = Sold(seller, self.run(self.shop.transfer(id)).net)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(sorted(self.orders)))
        sold = self.orders[order]
        if sold.left == 0:
            return
        self._refund(order, data.draw(st.one_of(st.just(sold.left), st.integers(1, sold.left))))

    @rule(gross=GROSS, sends=TROUBLES, share=st.integers(1, 3), later=st.booleans())
    def refund_what_is_under_way(self, gross: int, sends: list[Any], share: int, later: bool) -> None:
        """An order is paid, its transfer goes wrong, and part of it is refunded before that is known."""
        self.sell(gross, 0, 0)
        self.a_worker_works(sends, [], [], 10_000)
        order = f"ord_{len(self.orders) - 1}"
        self._refund(order, self.orders[order].left * share // 3)
        if later:
            self.shop.world.clock.advance(minutes=5)
            self.a_worker_works([], [], [], 10_000)

    @rule(gross=GROSS, reverses=REVERSE_TROUBLES, share=st.integers(1, 3), fails=st.booleans())
    def refund_what_was_sent(self, gross: int, reverses: list[Any], share: int, fails: bool) -> None:
        """An order is paid and sent, part of it is refunded, taking that back goes wrong, and the refund may fail."""
        self.sell(gross, 0, 0)
        self.a_worker_works([], [], [], 10_000)
        order = f"ord_{len(self.orders) - 1}"
        reference = self._refund(order, self.orders[order].left * share // 3)
        self.a_worker_works([], reverses, [], 10_000)
        if reference is not None and fails:
            sold = self.orders[order]
            self.run(self.shop.unrefunded(self.sellers[0], sold.taken.pop(reference), order, reference))

    def _refund(self, order: str, amount: int) -> str | None:
        if amount == 0:
            return None
        sold = self.orders[order]
        self.references += 1
        reference = f"rfd_{self.references}"
        self.run(self.shop.refunded(self.sellers[sold.seller], amount, order, reference))
        sold.taken[reference] = amount
        return reference

    @precondition(lambda self: any(sold.taken for sold in self.orders.values()))
    @rule(data=st.data())
    def refund_fails_after_all(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(sorted(order for order, sold in self.orders.items() if sold.taken)))
        sold = self.orders[order]
        reference = data.draw(st.sampled_from(sorted(sold.taken)))
        self.run(self.shop.unrefunded(self.sellers[sold.seller], sold.taken.pop(reference), order, reference))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def dispute_or_end_it(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(sorted(self.orders)))
        sold = self.orders[order]
        sold.held = not sold.held
        self.run(self.shop.held(order) if sold.held else self.shop.freed(order))

    @rule(seller=st.integers(0, 1), state=st.sampled_from([AccountState.READY, AccountState.RESTRICTED]))
    def account_changes(self, seller: int, state: AccountState) -> None:
        person = self.sellers[seller]
        self.shop.world.merchant.set_account(self.run(self.shop.account(person)), state)
        self.run(self.refreshed(person))

    @rule(seller=st.integers(0, 1))
    def onboard(self, seller: int) -> None:
        self.run(self.shop.onboard(self.sellers[seller]))

    @rule(sends=TROUBLES, reverses=REVERSE_TROUBLES, asks=ASKING, steps=STEPS)
    def a_worker_works(self, sends: list[Any], reverses: list[Any], asks: list[Any], steps: int) -> None:
        """It may be told nonsense, and be killed at any step."""
        merchant = self.shop.world.merchant
        merchant.unscript()
        merchant.script("transfer", *sends)
        merchant.script("reverse", *reverses)
        merchant.script("find_transfer", *asks)
        merchant.script("find_reversal", *asks)
        with self.fuse.lit(steps):
            self.run(self.shop.work_off())

    @rule(data=st.data(), sends=TROUBLES, steps=STEPS)
    def something_is_due(self, data: st.DataObject, sends: list[Any], steps: int) -> None:
        """Time passes until there is something to do, and it is done."""
        due = sorted({one.due_at for one in self.run(self.movements()) if one.due_at is not None})
        if not due:
            return
        moment = data.draw(st.sampled_from(due))
        clock = self.shop.world.clock
        clock.advance(seconds=max(0.0, (moment - clock.now()).total_seconds()))
        self.a_worker_works(sends, [], [], steps)

    @rule()
    def what_is_late_arrives(self) -> None:
        self.shop.world.merchant.let_arrive()

    @rule(seconds=st.sampled_from([1, 60, 240, 3600, 6 * 3600, 25 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.shop.world.clock.advance(seconds=seconds)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), steps=st.one_of(st.just(1000), st.integers(0, 30)))
    def an_admin_retries(self, data: st.DataObject, steps: int) -> None:
        transfers = self.run(self.shop.transfers())
        failed = [one for one in transfers if one.status == "failed"] or transfers
        id = data.draw(st.sampled_from(sorted(transfer.id for transfer in failed)))
        with suppress(PlatformError), self.fuse.lit(steps):
            self.run(self.shop.retry(id))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def what_was_pending_is_told(self, data: st.DataObject) -> None:
        transfers = self.run(self.shop.transfers())
        transfer = data.draw(st.sampled_from(sorted(transfers, key=lambda one: one.id)))
        merchant = self.shop.world.merchant
        if merchant.scripted("find_transfer"):
            return
        if self.run(merchant.find_transfer(subject=transfer.subject, group=transfer.order)) is None:
            return
        reference = merchant.settle("transfer", transfer.subject)
        for _ in range(2):
            self.run(
                self.heard(PaymentEvent("evt", transfer.subject, reference, PaymentOutcome.SUCCEEDED, None, "", "fake"))
            )

    # ---- what must always hold

    @invariant()
    def books_are_right(self) -> None:
        if not self.sellers:
            return
        self.run(self.shop.check())
        for number, seller in enumerate(self.sellers):
            self.run(self.has_what_is_theirs(number, seller))

    async def has_what_is_theirs(self, number: int, seller: Person) -> None:
        """What they were sent, are owed and owe is what is left of their orders, wherever it is."""
        theirs = sum(sold.left for sold in self.orders.values() if sold.seller == number)
        transfers = [one for one in await self.shop.transfers() if one.seller == seller.id]
        sent = sum(one.sent - one.reversed for one in transfers)
        owed = await self.shop.balance(payable(seller.id, EUR))
        owes = await self.shop.balance(receivable(seller.id, EUR))
        assert owes <= 0
        assert sent + owed + owes == theirs

    async def movements(self) -> list[Movement]:
        return [*await self.shop.transfers(), *await self.shop.reversals()]

    async def heard(self, event: PaymentEvent) -> None:
        world = self.shop.world

        async def act(work: Work) -> str:
            return await heed_transfer(work, event, world.merchant, self.shop.policy, People(world.store))

        await self.shop.unit(act)

    async def refreshed(self, person: Person) -> None:
        await self.shop.world.execute(RefreshSellerAccount(person.id), by=SYSTEM)
        await self.shop.world.relay.drain()

    async def settle(self) -> None:
        """All goes well from now on: then everybody has what is theirs, and the provider has moved just that."""
        merchant = self.shop.world.merchant
        merchant.forgive()
        for order, sold in self.orders.items():
            if sold.held:
                await self.shop.freed(order)
        for person in self.sellers:
            await self.shop.onboard(person)
            merchant.set_account(await self.shop.account(person), AccountState.READY)
            await self.refreshed(person)
        for _ in range(12):
            for transfer in await self.shop.transfers():
                if transfer.state is TransferState.FAILED_PERMANENT:
                    await self.shop.retry(transfer.id)
            await self.shop.work_off()
            self.shop.world.clock.advance(hours=12)
        await self.shop.check(settled=True)
        for number, person in enumerate(self.sellers):
            await self.has_what_is_theirs(number, person)
            assert await self.shop.balance(payable(person.id, EUR)) == 0, await self.shop.transfers()


def test_any_business_with_transfers() -> None:
    run_state_machine_as_test(PayoutMachine, settings=settings(STEADY, max_examples=100, stateful_step_count=25))
