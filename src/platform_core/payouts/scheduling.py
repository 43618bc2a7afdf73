"""What an order does to its transfers: they are planned when it is paid, and kept here while it is disputed.

These are called by the marketplace inside its own unit of work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from platform_core.kernel.errors import Conflict, Invalid
from platform_core.kernel.money import amount as checked
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, receivable
from platform_core.payouts.debts import debt_of
from platform_core.payouts.events import TransferScheduled
from platform_core.payouts.movement import TransferState
from platform_core.payouts.provider import AccountState
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.seller import SellerAccount, seller_account_id
from platform_core.payouts.transfer import Transfer, transfer_id

NOT_ONBOARDED = "not_onboarded"
MOST_SELLERS = 1000
"""More sellers than one order can have."""


def blocked_by(account: SellerAccount | None, provider: str | None = None) -> str | None:
    """Why money cannot be sent to a seller's account; None if it can.

    Args:
        account: The account.
        provider: The payment provider in use, if that matters now.
    """
    if account is None or account.account is None or account.state is AccountState.ONBOARDING:
        return NOT_ONBOARDED
    if provider is not None and account.provider != provider:
        return NOT_ONBOARDED
    return None if account.state is AccountState.READY else f"account_{account.state.value}"


async def schedule_transfer(
    work: Work,
    policy: PayoutPolicy,
    *,
    order: str,
    seller: str,
    gross: int,
    fee: int,
    net: int,
    currency: str,
    available_at: datetime,
) -> None:
    """Plan the transfer of an order's share to a seller, in the unit that credits their payable account with `net`.

    Called once for each seller of an order, when it is paid; called again for the same two, it changes nothing. A
    seller who sells for nothing after fees is sent nothing. The accounts that postings of this module use are opened.

    Args:
        work: The caller's unit of work.
        policy: How money gets to sellers.
        order: The order's id.
        seller: The seller's user id.
        gross: What was paid for their lines, without tax, in smallest units; nothing where a cent is all tax.
        fee: The platform's share of that.
        net: The seller's: gross less fee.
        currency: ISO code.
        available_at: Not to be sent before this.

    Raises:
        Invalid: The sums do not add up (invariant 18).
    """
    if gross:
        checked(gross, "gross")
    if net < 0 or fee < 0 or net + fee != gross:
        raise Invalid.field("net", "must be gross less fee")
    id = transfer_id(order, seller)
    if await work.current(Transfer, id) is not None:
        return
    work.open(payable(seller, currency), receivable(seller, currency))
    await debt_of(work, seller, currency)
    account = await work.get(SellerAccount, seller_account_id(seller))
    transfer = Transfer(
        id=id,
        order=order,
        seller=seller,
        currency=currency,
        gross=gross,
        fee=fee,
        net=net,
        unsent=net,
        created_at=work.now,
        available_at=available_at,
        due_at=available_at,
        limit=policy.max_attempts,
    )
    reason = blocked_by(account)
    if net == 0:
        transfer.state, transfer.due_at, transfer.reason = TransferState.CANCELLED, None, "nothing_to_send"
    elif reason is not None:
        # The account may become ready at this very moment, unseen from here; the look later finds it.
        transfer.state, transfer.reason = TransferState.BLOCKED, reason
        transfer.due_at = max(available_at, work.now + timedelta(seconds=policy.recheck_seconds))
    transfer.record(TransferScheduled(id, order, seller, net, currency, transfer.state.value, available_at))
    work.add(transfer)


async def hold_transfers(work: Work, *, order: str) -> None:
    """Keep here what of an order is not on its way yet: it is disputed."""
    for transfer in await _of(work, order):
        if not transfer.held:
            transfer.hold()
            work.save(transfer)


async def free_transfers(work: Work, *, order: str) -> None:
    """Let the transfers of an order go on: the dispute is over."""
    for transfer in await _of(work, order):
        if transfer.held:
            transfer.free(work.now)
            work.save(transfer)


async def _of(work: Work, order: str) -> list[Transfer]:
    found = await work.find_current(Select(Transfer, (Where("order", "=", order),), limit=MOST_SELLERS))
    if len(found) == MOST_SELLERS:
        raise Conflict("this order has more sellers than an order can have")
    return found
