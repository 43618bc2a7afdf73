"""Sending transfers: by the worker when they are due, and by an admin.

Around each call of the provider: the attempt is committed first, under its key and with a lease; then the provider is
called; then its answer is committed. Whoever is killed in between leaves a lease that runs out, and what became of the
attempt is then asked before anything else is sent (invariant 31).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import ADMINS, PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict
from platform_core.kernel.journal import Posting
from platform_core.kernel.money import Money
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp, receivable
from platform_core.payouts.debts import debt_of
from platform_core.payouts.movement import TransferAttempt, TransferState
from platform_core.payouts.provider import AccountState, Failed, Merchant
from platform_core.payouts.retry import Follows, PayoutPolicy
from platform_core.payouts.returning import plan_reversals
from platform_core.payouts.scheduling import blocked_by
from platform_core.payouts.seller import SellerAccount, seller_account_id
from platform_core.payouts.transfer import Transfer
from platform_core.payouts.trying import Mover, Said, asked, due, note

S = TransferState


class NotRetryable(Conflict):
    """This transfer is not one to try again now."""

    code = "TRANSFER_NOT_RETRYABLE"


@frozen
class DueTransfers(Query[list[str]]):
    """The transfers to do something about now, longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_transfers(query: DueTransfers, work: Work, merchant: Merchant) -> list[str]:
    """Their ids; none while there is no payment provider."""
    return await due(work, merchant, Transfer, query.limit)


@frozen
class AdvanceTransfer(Command[TransferState]):
    """Do to a transfer what is due: send it, try it again, ask what became of it, or see whether it is still blocked.

    Args:
        transfer: The transfer.
    """

    policy: ClassVar[Policy] = PLATFORM

    transfer: str


async def advance_transfer(
    command: AdvanceTransfer, work: Work, merchant: Merchant, policy: PayoutPolicy, directory: Directory
) -> TransferState:
    """Do it; the state it is in then.

    Raises:
        NotFound: There is no such transfer.
        Conflict: Nothing is due.
        Unavailable: There is no payment provider.
    """
    transfer = await work.require(Transfer, command.transfer)
    if not transfer.is_due(work.now):
        raise Conflict("nothing is due")
    sender = Sender(work, merchant, policy, directory)
    if transfer.state is S.BLOCKED:
        await sender.look_again(transfer)
        return transfer.state
    if transfer.state in (S.SCHEDULED, S.RETRY_WAIT) or not transfer.uncertain:
        if transfer.held or (transfer.uncertain and transfer.is_forgotten(work.now, policy)):
            return (await sender.ask(transfer, and_send=not transfer.held)).state
        return (await sender.send(transfer)).state
    return (await sender.ask(transfer)).state


@frozen
class RetriedTransfer:
    """What became of a transfer that an admin had tried again.

    Args:
        id: The transfer's.
        status: Where it is, for those outside.
        state: Where it is.
        retry_count: How many tries were used.
        amount: How much goes, or went, to the seller.
        currency: Of which currency.
    """

    id: str
    status: str
    state: TransferState
    retry_count: int
    amount: int
    currency: str


@frozen
class RetryTransfer(Command[RetriedTransfer]):
    """Try a failed transfer again now. Admins only; it uses a try, and is granted one when all are used up.

    Args:
        transfer: The transfer.
    """

    policy: ClassVar[Policy] = ADMINS
    target: ClassVar[tuple[str, ...]] = ("transfer",)

    transfer: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Any admin may, of any transfer there is."""
        await work.require(Transfer, target["transfer"])


async def retry_transfer(
    command: RetryTransfer, work: Work, merchant: Merchant, policy: PayoutPolicy, directory: Directory
) -> RetriedTransfer:
    """Try it, after asking what became of the last try if nobody knows.

    Raises:
        NotFound: There is no such transfer.
        NotRetryable: It has not failed, is being tried at this moment, or its seller's account takes nothing (MON-13).
    """
    transfer = await work.require(Transfer, command.transfer)
    if transfer.state not in (S.FAILED_PERMANENT, S.RETRY_WAIT):
        raise NotRetryable(f"this transfer is {transfer.state.value}: only a failed one is tried again")
    if transfer.held:
        raise NotRetryable("this transfer waits for a dispute to end")
    sender = Sender(work, merchant, policy, directory)
    reason = await sender.obstacle(transfer)
    if reason is not None and not transfer.uncertain:
        raise NotRetryable(f"the seller's account takes nothing: {reason}")
    transfer.ask_for()
    if transfer.uncertain:
        transfer = await sender.ask(transfer, and_send=True)
    else:
        transfer = await sender.send(transfer)
    return RetriedTransfer(
        transfer.id, transfer.status, transfer.state, transfer.retry_count, transfer.amount, transfer.currency
    )


class Sender(Mover[Transfer]):
    """The steps of sending, inside one use case.

    Args:
        work: Its unit of work.
        merchant: The payment provider.
        policy: How money gets to sellers.
        directory: Who is banned.
    """

    def __init__(self, work: Work, merchant: Merchant, policy: PayoutPolicy, directory: Directory) -> None:
        super().__init__(work, merchant, policy, Transfer)
        self._directory = directory

    async def obstacle(self, transfer: Transfer) -> str | None:
        """Why its seller's account takes nothing now; None if it does."""
        account = await self._work.get(SellerAccount, seller_account_id(transfer.seller))
        if account is not None:
            self._work.guard(account)
        return await self._reason(transfer, account)

    async def _reason(self, transfer: Transfer, account: SellerAccount | None) -> str | None:
        reason = blocked_by(account, self._merchant.name)
        if reason is None:
            card = await self._directory.card(transfer.seller)
            if card is not None and card.banned:
                reason = "seller_banned"
        return reason

    async def send(self, transfer: Transfer) -> Transfer:
        """Claim it, send it, and write down what came of that."""
        attempt = await self._claim(transfer)
        if attempt is None:
            return transfer
        account = await self._work.require(SellerAccount, seller_account_id(transfer.seller))
        said = await asked(
            self._merchant.transfer(
                subject=attempt.subject,
                key=attempt.key,
                account=account.account or "",
                amount=Money(attempt.amount, transfer.currency),
                group=transfer.order,
            )
        )
        return await self._record(transfer.id, attempt.number, said)

    async def ask(self, transfer: Transfer, *, and_send: bool = False) -> Transfer:
        """Ask what became of the last try, and write that down.

        Args:
            transfer: The transfer.
            and_send: Send it at once if that try came to nothing. It was counted when it was lost sight of.
        """
        work, number = self._work, transfer.attempts
        transfer.ask_first(work.now, self._policy)
        work.save(transfer)
        await work.commit()
        said = await asked(self._merchant.find_transfer(subject=transfer.subject, group=transfer.order))
        if and_send and (said is None or _may_follow(transfer, said)):
            transfer = await work.require(Transfer, transfer.id)
            if transfer.state is not S.PROBING or transfer.attempts != number:
                return transfer
            if isinstance(said, Failed):
                note(await work.require(TransferAttempt, transfer.attempt), said, work)
                transfer.found_failed()
            else:
                transfer.found_nothing(work.now, self._policy)
            await self._settle_taken(transfer)
            work.save(transfer)
            await work.commit()
            return await self.send(transfer) if transfer.unsent else transfer
        return await self._record(transfer.id, number, said)

    async def look_again(self, transfer: Transfer) -> None:
        """See whether it is still blocked: ask the provider about the account, in case its word got lost."""
        work = self._work
        account = await work.get(SellerAccount, seller_account_id(transfer.seller))
        if account is not None and account.account is not None and account.provider == self._merchant.name:
            state = await asked(self._merchant.account(account=account.account))
            if isinstance(state, AccountState) and account.heed(state, work.now):
                work.save(account)
        self._blocked(transfer, account, await self._reason(transfer, account))
        work.save(transfer)

    def _blocked(self, transfer: Transfer, account: SellerAccount | None, reason: str | None) -> None:
        if reason is None:
            transfer.unblock()
        elif account is not None and account.state is AccountState.CLOSED:
            transfer.reason = reason
            transfer.give_up()
        else:
            transfer.block(reason, self._work.now, self._policy)

    async def _claim(self, transfer: Transfer) -> TransferAttempt | None:
        """Commit an attempt at it; None if there is nothing to send after all."""
        work = self._work
        reason = await self.obstacle(transfer)
        debt = await debt_of(work, transfer.seller, transfer.currency)
        if debt.version:
            work.guard(debt)
        if not transfer.uncertain:
            if reason is not None:
                account = await work.get(SellerAccount, seller_account_id(transfer.seller))
                self._blocked(transfer, account, reason)
            elif netted := min(debt.free, transfer.unsent):
                # What the seller owes is paid before anything is sent to them (invariant 35).
                debt.repay(netted)
                work.save(debt)
                transfer.lower(netted, "netted")
                _net(work, transfer, netted)
            if reason is not None or transfer.unsent == 0:
                work.save(transfer)
                await work.commit()
                return None
        attempt = transfer.begin(
            work.now, amount=transfer.unsent, provider=self._merchant.name, by=work.actor.id, policy=self._policy
        )
        work.save(transfer)
        work.add(attempt)
        await work.commit()
        return attempt

    async def _complete(self, transfer: Transfer, attempt: TransferAttempt) -> None:
        work, back = self._work, transfer.to_return
        transfer.to_return = 0
        amount = transfer.complete(work.now)
        cash = psp(transfer.provider or self._merchant.name, transfer.currency)
        owed = payable(transfer.seller, transfer.currency)
        work.open(cash, owed)
        work.post(
            "transfer",
            Posting(owed.id, -amount),
            Posting(cash.id, amount),
            reference=transfer.id,
            details={"order": transfer.order, "transfer": attempt.reference or ""},
            despite_freeze=True,
        )
        if back:
            await plan_reversals(work, transfer, back, fresh=(attempt,))

    async def _fail(self, transfer: Transfer, failed: Failed) -> None:
        work = self._work
        if transfer.fail(failed, work.now, self._policy) is Follows.WAIT:
            account = await work.get(SellerAccount, seller_account_id(transfer.seller))
            # The other transfers need not find out one by one.
            if account is not None and account.heed(AccountState.RESTRICTED, work.now):
                work.save(account)
        await self._settle_taken(transfer)

    async def _miss(self, transfer: Transfer) -> None:
        if transfer.held and transfer.uncertain:
            transfer.ask_later(self._work.now, self._policy)
        else:
            transfer.not_received(self._work.now, self._policy)
            await self._settle_taken(transfer)

    async def _settle_taken(self, transfer: Transfer) -> None:
        """What was taken back while nobody knew is here after all: it pays what the seller was made to owe."""
        if transfer.uncertain or not transfer.to_return:
            return
        debt = await debt_of(self._work, transfer.seller, transfer.currency)
        amount = min(transfer.to_return, debt.free, transfer.unsent)
        transfer.to_return = 0
        if amount:
            debt.repay(amount)
            self._work.save(debt)
            transfer.lower(amount, "refund")
            _net(self._work, transfer, amount)


def _may_follow(transfer: Transfer, said: Said) -> bool:
    """Whether a try that is found to have failed long ago may be followed by another at once."""
    if not isinstance(said, Failed):
        return False
    return transfer.asked_for or transfer.follows[said.failure] in (Follows.RETRY, Follows.RETRY_LATE)


def _net(work: Work, transfer: Transfer, amount: int) -> None:
    """What is owed to the seller pays what the seller owes."""
    work.post(
        "netting",
        Posting(payable(transfer.seller, transfer.currency).id, -amount),
        Posting(receivable(transfer.seller, transfer.currency).id, amount),
        reference=transfer.id,
        details={"order": transfer.order},
        despite_freeze=True,
    )
