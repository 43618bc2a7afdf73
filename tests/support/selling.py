"""Orders, refunds and sellers for tests of payouts, without a marketplace: what it would post, posted here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from entrypoints.worker.selling import send_transfers, take_money_back
from platform_core.kernel.actor import Actor, Role
from platform_core.kernel.errors import Stale
from platform_core.kernel.journal import Account, Posting
from platform_core.kernel.money import fee
from platform_core.kernel.select import Select
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp, receivable
from platform_core.payouts.debts import Debt
from platform_core.payouts.movement import AttemptState, TransferAttempt, TransferState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.ports import (
    PayoutPolicy,
    free_transfers,
    give_back,
    hold_transfers,
    schedule_transfer,
    take_back,
    transfer_id,
)
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.sending import RetriedTransfer, RetryTransfer
from platform_core.payouts.transfer import ENDED, Transfer
from support.world import OPERATOR, Person, World

T = TypeVar("T")
SYSTEM = Actor.system("worker")
EUR = "EUR"
ALL = 10_000


def as_it_ended(transfer: Transfer) -> TransferState:
    """How a transfer is to be told of which nothing is left to send."""
    if not transfer.sent:
        return TransferState.CANCELLED
    if transfer.reversed == transfer.sent:
        return TransferState.REVERSED
    return TransferState.PARTIALLY_REVERSED if transfer.reversed else TransferState.COMPLETED


class Shop:
    """Sellers and their orders on one platform.

    Args:
        world: The platform.
        policy: How money gets to sellers; the same as the platform's.
    """

    def __init__(self, world: World, policy: PayoutPolicy | None = None) -> None:
        self.world = world
        self.policy = policy or PayoutPolicy()
        self.received = 0
        self.sellers: dict[str, Person] = {}

    # ---- people

    async def seller(self, name: str = "sella", *, ready: bool = True) -> Person:
        """Somebody who sells; with an account that takes money, if `ready`."""
        person = await self.world.person(name, role=Role.CREATOR)
        self.sellers[person.id] = person
        if ready:
            await self.onboard(person)
        return person

    async def onboard(self, person: Person) -> None:
        """Have them go through the provider's pages."""
        await self.world.execute(StartOnboarding(), by=person.actor)
        await self.world.relay.drain()

    async def account(self, person: Person) -> str:
        """Their account at the provider."""
        return await self.world.merchant.open_account(
            seller="sel_" + person.id.partition("_")[2], email=f"{person.id}@example.org"
        )

    # ---- what a marketplace does

    async def unit(self, act: Callable[[Work], Awaitable[T]]) -> T:
        """Do something in one unit of work, anew whenever something it read has changed."""
        for _ in range(50):
            work = Work(
                store=self.world.store, actor=OPERATOR, now=self.world.clock.now(), ids=self.world.application.ids
            )
            done = await act(work)
            try:
                await work.commit()
            except Stale:
                continue
            return done
        raise AssertionError("never got through")

    async def paid(
        self, seller: Person, order: str = "ord_1", gross: int = 2999, *, available_at: datetime | None = None
    ) -> str:
        """An order is paid; the id of its transfer to this seller."""
        charged = fee(gross, 1000)
        net = gross - charged

        async def act(work: Work) -> None:
            await schedule_transfer(
                work,
                self.policy,
                order=order,
                seller=seller.id,
                gross=gross,
                fee=charged,
                net=net,
                currency=EUR,
                available_at=available_at or work.now,
            )
            self.post(work, "order", gross, [Posting(payable(seller.id, EUR).id, net)])

        await self.unit(act)
        self.received += gross
        return transfer_id(order, seller.id)

    async def refunded(self, seller: Person, amount: int, order: str = "ord_1", reference: str = "rfd_1") -> None:
        """The seller's part of a refund is taken back."""

        async def act(work: Work) -> None:
            legs = await take_back(
                work, order=order, seller=seller.id, amount=amount, currency=EUR, reference=reference
            )
            assert sum(leg.amount for leg in legs) == -amount
            self.post(work, "refund", -amount, legs)

        await self.unit(act)
        self.received -= amount

    async def unrefunded(self, seller: Person, amount: int, order: str = "ord_1", reference: str = "rfd_1") -> None:
        """The refund has failed after all."""

        async def act(work: Work) -> None:
            legs = await give_back(
                work, order=order, seller=seller.id, amount=amount, currency=EUR, reference=reference
            )
            assert sum(leg.amount for leg in legs) == amount
            self.post(work, "refund_failed", amount, legs)

        await self.unit(act)
        self.received += amount

    async def held(self, order: str = "ord_1") -> None:
        """The order is disputed."""
        await self.unit(lambda work: hold_transfers(work, order=order))

    async def freed(self, order: str = "ord_1") -> None:
        """The dispute is over."""
        await self.unit(lambda work: free_transfers(work, order=order))

    def post(self, work: Work, kind: str, cash: int, legs: list[Posting] | tuple[Posting, ...]) -> None:
        """What a marketplace posts: cash that came (or went), the sellers' legs, and the rest to the platform."""
        revenue = Account.of("revenue", "sys", EUR, floor=None)
        work.open(psp("fake", EUR), revenue)
        rest = cash - sum(leg.amount for leg in legs)
        postings = [Posting(psp("fake", EUR).id, -cash), *legs]
        if rest:
            postings.append(Posting(revenue.id, rest))
        work.post(kind, *postings)

    # ---- the platform

    async def work_off(self) -> None:
        """Do all that is due now."""
        while await take_money_back(self.world, 1) or await send_transfers(self.world, 1):
            pass

    async def until_due(self, id: str) -> None:
        """Wait until there is something to do about a transfer, and do it."""
        due = (await self.transfer(id)).due_at
        assert due is not None
        self.world.clock.advance(seconds=max(0.0, (due - self.world.clock.now()).total_seconds()))
        await self.work_off()

    async def retry(self, transfer: str, by: Actor | None = None, key: str | None = None) -> RetriedTransfer:
        """An admin has it tried again."""
        return await self.world.execute(RetryTransfer(transfer), by=by or OPERATOR, key=key)

    async def transfer(self, id: str) -> Transfer:
        """A transfer as it is kept."""
        found = await self.world.store.get(Transfer, id)
        assert found is not None
        return found

    async def transfers(self) -> list[Transfer]:
        """All of them."""
        return await self.world.store.find(Select(Transfer, limit=ALL))

    async def reversals(self) -> list[TransferReversal]:
        """All of them, oldest first."""
        return await self.world.store.find(Select(TransferReversal, order=("created_at",), limit=ALL))

    async def attempts(self, movement: str) -> list[TransferAttempt]:
        """All tries of one movement."""
        found = await self.world.store.find(Select(TransferAttempt, order=("number",), limit=ALL))
        return [attempt for attempt in found if attempt.movement == movement]

    async def balance(self, account: Account) -> int:
        """The balance of an account."""
        return (await self.world.store.balances([account.id]))[account.id]

    # ---- what must always hold

    async def check(self, *, settled: bool = False) -> None:
        """The books are those of their entries, and agree with the transfers, the debts and the provider.

        Args:
            settled: Whether nothing is under way, so that the provider's money is what the books say.
        """
        world = self.world
        await world.verified()
        transfers = await world.store.find(Select(Transfer, limit=ALL))
        debts = await world.store.find(Select(Debt, limit=ALL))
        reversals = await self.reversals()
        attempts = await world.store.find(Select(TransferAttempt, limit=ALL))
        for seller in self.sellers.values():
            theirs = [transfer for transfer in transfers if transfer.seller == seller.id]
            waiting = sum(transfer.unsent + transfer.restored for transfer in theirs)
            owed = sum(debt.owed for debt in debts if debt.seller == seller.id)
            assert await self.balance(payable(seller.id, EUR)) == waiting
            assert await self.balance(receivable(seller.id, EUR)) == -owed
            sent = sum(transfer.sent - transfer.reversed for transfer in theirs)
            account = await self.account(seller)
            if settled:
                assert world.merchant.paid_out(account, EUR) == sent
            coming = sum(
                reversal.amount
                for reversal in reversals
                if reversal.seller == seller.id and reversal.uncertain and reversal.state is not TransferState.COMPLETED
            )
            assert sum(debt.coming for debt in debts if debt.seller == seller.id) == coming
        sent = sum(transfer.sent - transfer.reversed for transfer in transfers)
        assert await self.balance(psp("fake", EUR)) == -(self.received - sent)
        for transfer in transfers:
            self._check(transfer, attempts)

    def _check(self, transfer: Transfer, attempts: list[TransferAttempt]) -> None:
        assert min(transfer.unsent, transfer.sent, transfer.reversed, transfer.restored, transfer.to_return) >= 0
        assert transfer.reversed <= transfer.sent
        assert transfer.state not in ENDED or transfer.state is as_it_ended(transfer)
        assert transfer.retry_count <= transfer.limit
        assert transfer.limit >= self.policy.max_attempts
        assert (transfer.next_retry_at is None) or transfer.state is TransferState.RETRY_WAIT
        mine = [attempt for attempt in attempts if attempt.movement == transfer.id]
        done = [attempt for attempt in mine if attempt.state is AttemptState.DONE]
        assert sum(attempt.amount for attempt in done) == transfer.sent
        assert sum(attempt.returned for attempt in done) == transfer.reversed
        assert all(attempt.returned <= attempt.asked_back <= attempt.amount for attempt in done)
        # One key is one try, or the same try again.
        for attempt in mine:
            same = [other for other in mine if other.key == attempt.key]
            assert {other.amount for other in same} == {attempt.amount}
