"""The books of disputes about money that pays an order: what the buyer's bank takes is taken from those who got it.

A bank takes of what refunds have left, whichever was told first, and what the lines have nothing left for is the
platform's loss, for as long as that is so. So whatever else goes back or comes back, refunds and disputes, does it as
if no dispute were booked, and then those are booked anew: the order of what is told does not matter (invariant 38).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import evolve

from platform_core.kernel.work import Work
from platform_core.marketplace.order import Order
from platform_core.marketplace.payment import Dispute, Payment
from platform_core.marketplace.returning import give, shared, take, taken_of


def minor_of(payment: Payment, dispute: Dispute) -> int:
    """How much the bank takes, in minor units."""
    return payment.minor if dispute.minor is None else dispute.minor


async def charge_back(work: Work, order: Order, payment: Payment, dispute: Dispute) -> None:
    """The bank takes it."""
    kept, minor = payment.kept, minor_of(payment, dispute)
    shares = shared(minor, {line.number: order.kept(line) for line in order.lines})
    taken = taken_of(shares, order.charge_back(shares))
    payment.book(dispute, kept.reference if kept else "", taken)
    reference = _reference(payment, dispute)
    await take(work, order, taken, minor=minor, kind="dispute", provider=payment.provider, reference=reference)
    work.save(order)
    work.save(payment)


async def win_back(work: Work, order: Order, payment: Payment, dispute: Dispute, *, kind: str = "dispute_won") -> None:
    """It is there again: exactly what was taken goes where it was taken from."""
    minor, taken = minor_of(payment, dispute), dispute.taken
    order.win_back({one.line: one.minor for one in taken}, {one.line: one.parts for one in taken})
    payment.unbook(dispute)
    reference = _reference(payment, dispute)
    await give(work, order, taken, minor=minor, kind=kind, provider=payment.provider, reference=reference)
    work.save(order)
    work.save(payment)


@asynccontextmanager
async def booking_anew(work: Work, order: Order, payment: Payment, *, but: str = "") -> AsyncIterator[None]:
    """Have done what is done inside as if the buyer's bank had taken nothing; then it takes of what is left.

    Args:
        work: The unit of work.
        order: The order.
        payment: The payment whose money pays it.
        but: The id of a dispute that is left as it is.
    """
    kept = payment.kept
    booked = [one for one in payment.disputes if kept is not None and one.charge == kept.reference and one.id != but]
    for dispute in booked:
        await win_back(work, order, payment, dispute, kind="dispute_rebooked")
    yield
    for dispute in booked:
        await charge_back(work, order, payment, evolve(dispute, booked_anew=dispute.booked_anew + 1))


def _reference(payment: Payment, dispute: Dispute) -> str:
    again = f":{dispute.booked_anew}" if dispute.booked_anew else ""
    return f"{payment.id}:{dispute.id}{again}"
