"""What the provider says by itself of transfers, of their reversals and of sellers' accounts."""

from __future__ import annotations

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.events import TransferUnmatched
from platform_core.payouts.movement import Movement, TransferState
from platform_core.payouts.provider import Done, Merchant
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.reversing import Reverser
from platform_core.payouts.seller import SellerAccount
from platform_core.payouts.sending import Sender
from platform_core.payouts.transfer import Transfer
from platform_core.payouts.trying import UNDER_WAY


async def heed_transfer(
    work: Work, event: PaymentEvent, merchant: Merchant, policy: PayoutPolicy, directory: Directory
) -> str:
    """What a message does to the transfer it is about; the state it is in then.

    Word of what is known already changes nothing, and neither does word of an earlier sending. Word that contradicts
    what is known here is told as an event: no money is moved in the books on it.

    Raises:
        NotFound: There is no such transfer, or it went through another provider.
    """
    transfer = await work.require(Transfer, event.subject.partition(".")[0])
    if transfer.provider is not None and transfer.provider != event.provider:
        raise NotFound("the transfer went through another provider")
    if event.outcome is PaymentOutcome.REVERSED:
        if not await _look_at_reversals(work, transfer):
            _tell(work, transfer, event)
    elif event.subject == transfer.subject:
        if event.outcome is PaymentOutcome.SUCCEEDED:
            news = await Sender(work, merchant, policy, directory).take_answer(transfer, Done(event.reference))
            if not news and transfer.sent == 0:
                _tell(work, transfer, event)
        else:
            _look_now(work, transfer)
    return transfer.state.value


async def heed_reversal(work: Work, event: PaymentEvent, merchant: Merchant, policy: PayoutPolicy) -> str:
    """What a message does to the reversal it is about; the state it is in then.

    Raises:
        NotFound: There is no such reversal, or it went through another provider.
    """
    reversal = await work.require(TransferReversal, event.subject)
    if reversal.provider is not None and reversal.provider != event.provider:
        raise NotFound("the reversal went through another provider")
    if event.outcome is PaymentOutcome.SUCCEEDED:
        await Reverser(work, merchant, policy).take_answer(reversal, Done(event.reference))
    else:
        _look_now(work, reversal)
    return reversal.state.value


async def heed_account(work: Work, event: PaymentEvent, merchant: Merchant) -> str:
    """Have a look at a seller's account because there is word of it; what it can do then.

    Messages come late and out of order, so they are taken as a hint only: the provider is asked.

    Raises:
        NotFound: There is no such account here, or it is at another provider.
        Unavailable: The provider does not answer.
    """
    account = await work.require(SellerAccount, event.subject)
    if account.provider != event.provider or account.provider != merchant.name or account.account is None:
        raise NotFound("the account is at another provider")
    if event.reference not in ("", account.account):
        raise NotFound("this seller has another account")
    if account.heed(await merchant.account(account=account.account), work.now):
        work.save(account)
    return account.state.value


def _look_now(work: Work, movement: Movement) -> None:
    """Have the provider asked at once: a failure that is told late may be that of an earlier try."""
    if movement.state in UNDER_WAY:
        movement.due_at = work.now
        work.save(movement)


def _tell(work: Work, transfer: Transfer, event: PaymentEvent) -> None:
    transfer.record(TransferUnmatched(transfer.id, event.outcome.value, event.reference))
    work.save(transfer)


async def _look_at_reversals(work: Work, transfer: Transfer) -> bool:
    """Have the reversals under way looked at now; whether there is any that the message can be about."""
    found = await work.find(Select(TransferReversal, (Where("transfer", "=", transfer.id),), limit=1000))
    for reversal in found:
        _look_now(work, reversal)
    return any(reversal.state in (*UNDER_WAY, TransferState.COMPLETED) for reversal in found)
