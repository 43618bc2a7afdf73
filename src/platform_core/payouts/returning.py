"""Money that goes back to a buyer is taken from the seller, and given to them again if it came back after all.

Called by the marketplace inside its own unit of work, at "refund succeeded" and "dispute opened", and at a refund that
fails after it had succeeded or a dispute that is won. Which account it is taken from depends on where the money is
(postings of a refund before and after the transfer); the answer is the seller's legs of the caller's own entry.

Several of these may be called in one unit, for one seller too.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.journal import Posting
from platform_core.kernel.money import amount as checked
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, receivable
from platform_core.payouts.debts import debt_of
from platform_core.payouts.movement import AttemptState, TransferAttempt, TransferState
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.transfer import Transfer, transfer_id


@define(eq=False, kw_only=True)
class Taking(Aggregate):
    """How an amount was taken from a seller, so that it can be given back.

    Args:
        transfer: The transfer of the order to the seller.
        reference: For which refund or dispute.
        payable: What was taken of money that was here.
        receivable: What the seller was made to owe.
        given_back: Whether it was given back.
    """

    kind: ClassVar[str] = "taking"

    transfer: str
    reference: str
    payable: int
    receivable: int
    given_back: bool = False


def taking_id(transfer: str, reference: str) -> str:
    """The id of what was taken for a refund or a dispute."""
    return "tkg_" + blake2b(f"{transfer}\n{reference}".encode(), digest_size=16).hexdigest()


async def take_back(
    work: Work, *, order: str, seller: str, amount: int, currency: str, reference: str
) -> tuple[Posting, ...]:
    """Take a seller's part of money that went back to a buyer.

    What is still here is taken from the transfer, which is lowered, or cancelled at nothing. What was sent, or may have
    been, the seller owes; it is asked back from their account at the provider, and netted from later earnings.

    Args:
        work: The caller's unit of work.
        order: The order.
        seller: The seller's user id.
        amount: Their part, in smallest units.
        currency: ISO code.
        reference: The refund's or dispute's id.

    Returns:
        The legs to post: payable or receivable less, or both. Together they take exactly `amount`.

    Raises:
        NotFound: This seller has no transfer of this order.
        Conflict: It was taken for this reference already.
    """
    checked(amount)
    transfer = await _transfer(work, order, seller)
    taking_key = taking_id(transfer.id, reference)
    if await work.current(Taking, taking_key) is not None:
        raise Conflict("this was taken from the seller already")
    here = min(amount, transfer.unsent) if transfer.is_here else 0
    # What was given back and still waits for its turn is here, whatever becomes of the rest.
    waiting = min(amount - here, transfer.restored)
    owed = amount - here - waiting
    if here:
        transfer.lower(here, "refund")
    transfer.restored -= waiting
    if owed:
        debt = await debt_of(work, seller, currency)
        debt.owe(owed)
        work.save(debt)
        if transfer.uncertain:
            transfer.to_return += owed
        else:
            await plan_reversals(work, transfer, owed)
    work.save(transfer)
    work.add(Taking(id=taking_key, transfer=transfer.id, reference=reference, payable=here + waiting, receivable=owed))
    work.open(payable(seller, currency), receivable(seller, currency))
    legs = ((payable(seller, currency).id, -(here + waiting)), (receivable(seller, currency).id, -owed))
    return tuple(Posting(account, minor) for account, minor in legs if minor)


async def give_back(
    work: Work, *, order: str, seller: str, amount: int, currency: str, reference: str
) -> tuple[Posting, ...]:
    """Give a seller again what was taken with the same reference: their debt is gone first, the rest is sent.

    Args:
        work: The caller's unit of work.
        order: The order.
        seller: The seller's user id.
        amount: The same as was taken.
        currency: ISO code.
        reference: The same as it was taken with.

    Returns:
        The legs to post; together they give exactly `amount`.

    Raises:
        NotFound: Nothing was taken with this reference.
        Conflict: Another amount was taken, or it was given back already.
    """
    transfer = await _transfer(work, order, seller)
    taking = await work.current(Taking, taking_id(transfer.id, reference))
    if taking is None:
        raise NotFound("nothing was taken from the seller for this")
    if taking.given_back or amount != taking.payable + taking.receivable:
        raise Conflict("this is not what was taken from the seller")
    taking.given_back = True
    work.save(taking)
    forgiven = 0
    if taking.receivable:
        debt = await debt_of(work, seller, currency)
        # Some of it may have come back or been netted meanwhile: then that is paid out, not owed to a debtor.
        forgiven = debt.repay(taking.receivable)
        work.save(debt)
        if transfer.uncertain:
            transfer.to_return -= min(transfer.to_return, forgiven)
        else:
            await _unplan(work, transfer, forgiven)
    if amount > forgiven:
        transfer.restore(amount - forgiven, work.now)
    work.save(transfer)
    legs = ((payable(seller, currency).id, amount - forgiven), (receivable(seller, currency).id, forgiven))
    return tuple(Posting(account, minor) for account, minor in legs if minor)


async def _transfer(work: Work, order: str, seller: str) -> Transfer:
    found = await work.current(Transfer, transfer_id(order, seller))
    if found is None:
        raise NotFound("there is no transfer of this order to this seller")
    return found


async def plan_reversals(work: Work, transfer: Transfer, amount: int, *, fresh: Sequence[TransferAttempt] = ()) -> None:
    """Plan to take this much of what was sent back from the seller's account, the last sending first.

    Args:
        work: The unit of work.
        transfer: The transfer.
        amount: Smallest units.
        fresh: Attempts that were done in this very unit.
    """
    if transfer.sent == 0:
        return
    done = await work.find_current(
        Select(
            TransferAttempt,
            (Where("movement", "=", transfer.id), Where("state", "=", AttemptState.DONE)),
            order=("-number",),
            limit=1000,
        )
    )
    for attempt in (*fresh, *done):
        part = min(amount, attempt.amount - attempt.asked_back)
        if part and attempt.reference is not None:
            attempt.asked_back += part
            work.save(attempt)
            work.add(reversal_of(transfer, attempt, part, work))
            amount -= part


def reversal_of(transfer: Transfer, attempt: TransferAttempt, amount: int, work: Work) -> TransferReversal:
    """A reversal, planned."""
    return TransferReversal(
        id=work.new_id("trr"),
        transfer=transfer.id,
        sending=attempt.id,
        reference=attempt.reference or "",
        seller=transfer.seller,
        order=transfer.order,
        currency=transfer.currency,
        amount=amount,
        created_at=work.now,
        state=TransferState.SCHEDULED,
        due_at=work.now,
        limit=transfer.limit,
    )


async def _unplan(work: Work, transfer: Transfer, amount: int) -> None:
    """What is forgiven is not asked back; what is being asked back at this moment comes, and is paid out again."""
    where = (Where("transfer", "=", transfer.id), Where("state", "=", TransferState.SCHEDULED))
    for reversal in await work.find_current(Select(TransferReversal, where, limit=1000)):
        part = min(amount, reversal.amount)
        attempt = await work.current(TransferAttempt, reversal.sending)
        if part and attempt is not None:
            reversal.lower(part)
            attempt.asked_back -= part
            amount -= part
            work.save(reversal)
            work.save(attempt)
