"""What becomes of a refund: the money is back with the buyer, or will not be, or is not after all."""

from __future__ import annotations

from platform_core.kernel.errors import NotFound
from platform_core.kernel.work import Work
from platform_core.marketplace import papers
from platform_core.marketplace.disputing import booking_anew
from platform_core.marketplace.events import RefundUnmatched
from platform_core.marketplace.order import Order
from platform_core.marketplace.payment import Payment
from platform_core.marketplace.refund import SENT, UNDER_WAY, UNKEPT, Refund, RefundState
from platform_core.marketplace.returning import give, take, taken_of
from platform_core.marketplace.reviews import settle_rights
from platform_core.marketplace.unkept import post_return, send_back_rest
from platform_core.payments.ports import PaymentEvent, PaymentOutcome


async def heed_refund(work: Work, event: PaymentEvent) -> str:
    """What a message does to the refund it is about; the state it is in then.

    Raises:
        NotFound: There is no such refund, or it was sent through another provider.
    """
    refund = await work.require(Refund, event.subject)
    if refund.provider != event.provider:
        raise NotFound("the refund was sent through another provider")
    if event.outcome is PaymentOutcome.SUCCEEDED and refund.state in SENT and not refund.trusts(event.reference):
        refund.look_now(work.now)
        work.save(refund)
    elif event.outcome is PaymentOutcome.SUCCEEDED:
        await succeeded(work, refund, event.reference)
    elif event.outcome in (PaymentOutcome.FAILED, PaymentOutcome.CANCELLED):
        await _failed(work, refund, event)
    return str(refund.state.value)


async def _failed(work: Work, refund: Refund, event: PaymentEvent) -> None:
    error = event.detail or "the provider could not give it back"
    if refund.reference == event.reference and refund.state is RefundState.SUBMITTED:
        await failed(work, refund, error)
    elif refund.reference == event.reference and refund.state is RefundState.SUCCEEDED:
        await _reverted(work, refund, error)
    elif refund.state is RefundState.SUBMITTED:
        # It may be word of an earlier try: the provider is asked what became of the last one.
        refund.doubt(work.now)
        work.save(refund)


async def succeeded(work: Work, refund: Refund, reference: str) -> None:
    """The money is back with the buyer: it is taken from those who got it. Twice changes nothing."""
    if refund.state not in UNDER_WAY:
        if refund.reference != reference or refund.state is not RefundState.SUCCEEDED:
            _tell_unmatched(work, refund, reference)
        return
    if refund.cause in UNKEPT:
        payment = await work.require(Payment, refund.payment)
        post_return(work, payment, refund.charge, refund.minor, kind="refund", about=refund.id)
        refund.succeed(reference, (), work.now)
        work.save(refund)
        return
    order = await work.require(Order, refund.order)
    async with booking_anew(work, order, await work.require(Payment, refund.payment)):
        refund.succeed(reference, taken_of(refund.by_line, order.refund(refund.by_line)), work.now)
        work.save(refund)
        work.save(order)
        await take(
            work, order, refund.taken, minor=refund.minor, kind="refund", provider=refund.provider, reference=refund.id
        )
    await settle_rights(work, order)
    await papers.on_refunded(work, refund)


def _tell_unmatched(work: Work, refund: Refund, reference: str) -> None:
    """Money went back that by all we know should not have: somebody must look at it."""
    if refund.state in (RefundState.SUCCEEDED, RefundState.REVERTED) and refund.reference == reference:
        return
    work.emit(RefundUnmatched(refund.id, refund.order, reference, refund.state.value), subject=refund.id)


async def failed(work: Work, refund: Refund, error: str) -> None:
    """It will never be done: what was set aside for it can be refunded again."""
    refund.fail(error, work.now)
    work.save(refund)
    if refund.cause in UNKEPT:
        payment = await work.require(Payment, refund.payment)
        if payment.charge(refund.charge).left < refund.minor:
            # The buyer's bank has taken some of it meanwhile: the rest can still go back.
            work.guard(payment)
            await send_back_rest(work, payment, refund.charge)
    await release(work, refund)


async def _reverted(work: Work, refund: Refund, error: str) -> None:
    """It failed after all: exactly what it took is there again (invariant 24)."""
    taken = refund.taken
    refund.revert(error, work.now)
    work.save(refund)
    if refund.cause in UNKEPT:
        payment = await work.require(Payment, refund.payment)
        post_return(work, payment, refund.charge, -refund.minor, kind="refund_reverted", about=refund.id)
        return
    order = await work.require(Order, refund.order)
    async with booking_anew(work, order, await work.require(Payment, refund.payment)):
        order.unrefund(refund.by_line, {one.line: one.parts for one in taken})
        work.save(order)
        await give(
            work,
            order,
            taken,
            minor=refund.minor,
            kind="refund_reverted",
            provider=refund.provider,
            reference=refund.id,
        )
    await settle_rights(work, order)
    await papers.on_reverted(work, refund)


async def release(work: Work, refund: Refund) -> None:
    """What was set aside for a refund can be refunded again."""
    if refund.shares:
        order = await work.require(Order, refund.order)
        order.release(refund.by_line)
        work.save(order)
