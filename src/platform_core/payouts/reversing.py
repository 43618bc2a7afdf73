"""Taking money of sent transfers back from sellers' accounts, as the worker does when it is due.

What a seller owes shrinks when it has come back, and not before. While it is on its way it is not netted; what cannot
be had back stays owed, and is netted from later earnings (invariants 32 and 35).
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict
from platform_core.kernel.journal import Posting
from platform_core.kernel.money import Money
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp, receivable
from platform_core.payouts.debts import Debt, debt_of
from platform_core.payouts.events import TransferReversalRefused, TransferReversed
from platform_core.payouts.movement import TransferAttempt, TransferState
from platform_core.payouts.provider import Failed, Merchant
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.transfer import Transfer
from platform_core.payouts.trying import Mover, asked, due

S = TransferState


@frozen
class DueReversals(Query[list[str]]):
    """The reversals to do something about now, longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_reversals(query: DueReversals, work: Work, merchant: Merchant) -> list[str]:
    """Their ids; none while there is no payment provider."""
    return await due(work, merchant, TransferReversal, query.limit)


@frozen
class AdvanceReversal(Command[TransferState]):
    """Do to a reversal what is due: ask for the money, again, or what became of it.

    Args:
        reversal: The reversal.
    """

    policy: ClassVar[Policy] = PLATFORM

    reversal: str


async def advance_reversal(
    command: AdvanceReversal, work: Work, merchant: Merchant, policy: PayoutPolicy
) -> TransferState:
    """Do it; the state it is in then.

    Raises:
        NotFound: There is no such reversal.
        Conflict: Nothing is due.
        Unavailable: There is no payment provider.
    """
    reversal = await work.require(TransferReversal, command.reversal)
    if not reversal.is_due(work.now):
        raise Conflict("nothing is due")
    reverser = Reverser(work, merchant, policy)
    if reversal.state in (S.SCHEDULED, S.RETRY_WAIT):
        if reversal.uncertain and reversal.is_forgotten(work.now, policy):
            return (await reverser.ask(reversal)).state
        return (await reverser.send(reversal)).state
    return (await reverser.ask(reversal)).state


class Reverser(Mover[TransferReversal]):
    """The steps of one reversal, inside one use case.

    Args:
        work: Its unit of work.
        merchant: The payment provider.
        policy: How money gets to sellers, and back.
    """

    def __init__(self, work: Work, merchant: Merchant, policy: PayoutPolicy) -> None:
        super().__init__(work, merchant, policy, TransferReversal)

    async def send(self, reversal: TransferReversal) -> TransferReversal:
        """Claim it, ask for the money, and write down what came of that."""
        attempt = await self._claim(reversal)
        if attempt is None:
            return reversal
        said = await asked(
            self._merchant.reverse(
                subject=attempt.subject,
                key=attempt.key,
                transfer=reversal.reference,
                amount=Money(attempt.amount, reversal.currency),
            )
        )
        return await self._record(reversal.id, attempt.number, said)

    async def ask(self, reversal: TransferReversal) -> TransferReversal:
        """Ask what became of the last try, and write that down."""
        work = self._work
        reversal.ask_first(work.now, self._policy)
        work.save(reversal)
        await work.commit()
        said = await asked(self._merchant.find_reversal(subject=reversal.subject, transfer=reversal.reference))
        return await self._record(reversal.id, reversal.attempts, said)

    async def _claim(self, reversal: TransferReversal) -> TransferAttempt | None:
        """Commit an attempt at it, for no more than is still owed; None if that is nothing."""
        work = self._work
        if not reversal.uncertain:
            debt = await debt_of(work, reversal.seller, reversal.currency)
            excess = reversal.amount - min(reversal.amount, debt.free)
            if excess:
                # It was netted, or given back, meanwhile.
                reversal.lower(excess)
                sending = await work.require(TransferAttempt, reversal.sending)
                sending.asked_back -= excess
                work.save(sending)
            if reversal.state is S.CANCELLED:
                work.save(reversal)
                await work.commit()
                return None
            debt.coming += reversal.amount
            work.save(debt)
        attempt = reversal.begin(
            work.now, amount=reversal.amount, provider=self._merchant.name, by=work.actor.id, policy=self._policy
        )
        work.save(reversal)
        work.add(attempt)
        await work.commit()
        return attempt

    async def _complete(self, reversal: TransferReversal, _: TransferAttempt) -> None:
        work, amount = self._work, reversal.amount
        transfer = await work.require(Transfer, reversal.transfer)
        sending = await work.require(TransferAttempt, reversal.sending)
        debt = await debt_of(work, reversal.seller, reversal.currency)
        debt.coming -= amount
        repaid = debt.repay(amount)
        cash = psp(reversal.provider or self._merchant.name, reversal.currency)
        theirs = payable(reversal.seller, reversal.currency)
        work.open(cash)
        legs = (
            (cash.id, -amount),
            (receivable(reversal.seller, reversal.currency).id, repaid),
            (theirs.id, amount - repaid),
        )
        work.post(
            "transfer_reversal",
            *(Posting(account, minor) for account, minor in legs if minor),
            reference=transfer.id,
            details={"order": reversal.order, "reversal": reversal.id},
            despite_freeze=True,
        )
        reversal.complete(work.now)
        sending.returned += amount
        transfer.come_back(amount)
        if amount > repaid:
            # It was forgiven while it was on its way: it goes out again.
            transfer.restore(amount - repaid, work.now)
        event = TransferReversed(transfer.id, reversal.id, transfer.order, transfer.seller, amount, transfer.currency)
        transfer.record(event)
        for changed in (debt, sending, transfer):
            work.save(changed)

    async def _fail(self, reversal: TransferReversal, failed: Failed) -> None:
        reversal.fail(failed, self._work.now, self._policy)
        await self._not_coming(reversal)

    async def _miss(self, reversal: TransferReversal) -> None:
        if reversal.uncertain and reversal.retry_count + 1 >= reversal.limit:
            # It cannot be called refused while it may still arrive.
            reversal.ask_later(self._work.now, self._policy)
        else:
            reversal.retry_later(self._work.now, self._policy)
            await self._not_coming(reversal)

    async def _not_coming(self, reversal: TransferReversal) -> None:
        """It is known not to be on its way: what is owed can be netted again."""
        if reversal.uncertain:
            return
        work = self._work
        debt: Debt = await debt_of(work, reversal.seller, reversal.currency)
        debt.coming -= reversal.amount
        work.save(debt)
        if reversal.state is S.FAILED_PERMANENT:
            sending = await work.require(TransferAttempt, reversal.sending)
            sending.asked_back -= reversal.amount
            work.save(sending)
            event = TransferReversalRefused(
                reversal.transfer,
                reversal.id,
                reversal.order,
                reversal.seller,
                reversal.amount,
                reversal.currency,
                reversal.reason or "",
            )
            reversal.record(event)
