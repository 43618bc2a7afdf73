"""Money that came and buys nothing: it is kept apart until it is back with its payer (invariants 22 and 25).

It goes back by a refund of its own, or the buyer's bank takes it: then the refund is for no more than the bank leaves.
What goes back beyond what came is the platform's loss.
"""

from __future__ import annotations

from hashlib import blake2b

from platform_core.kernel.journal import Posting
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import psp, sales_revenue, unmatched
from platform_core.marketplace.events import PaymentUnkept
from platform_core.marketplace.payment import Charge, Dispute, Fate, Payment
from platform_core.marketplace.refund import UNDER_WAY, Refund, RefundCause, RefundState

MOST = 1000

_CAUSES = {
    Fate.MISMATCH: RefundCause.MISMATCH,
    Fate.EXTRA: RefundCause.EXTRA,
    Fate.LATE: RefundCause.LATE,
}


def keep_apart(work: Work, payment: Payment, reference: str) -> None:
    """Keep money apart that has come, and have it go back."""
    charge = payment.charge(reference)
    cash, apart = psp(payment.provider, charge.currency), unmatched(charge.currency)
    work.open(cash, apart)
    legs = Posting(cash.id, -charge.minor), Posting(apart.id, charge.minor)
    work.post("unmatched", *legs, reference=payment.order, details={"payment": payment.id, "why": charge.fate.value})
    _plan(work, payment, charge, charge.minor)


async def send_back_rest(work: Work, payment: Payment, reference: str) -> None:
    """Have go back what is there of money that buys nothing, and is not on its way: the bank gave it back, or a refund
    was refused for more than the bank had left.
    """
    charge = payment.charge(reference)
    where = Where("order", "=", payment.order), Where("payment", "=", payment.id), Where("charge", "=", reference)
    refunds = await work.find_current(Select(Refund, where, limit=MOST))
    rest = charge.left - sum(refund.minor for refund in refunds if refund.state in UNDER_WAY)
    if rest > 0:
        _plan(work, payment, charge, rest, number=len(refunds))


def _plan(work: Work, payment: Payment, charge: Charge, minor: int, *, number: int = 0) -> None:
    refund = Refund(
        id=unkept_refund(payment.id, charge.reference, number),
        order=payment.order,
        payment=payment.id,
        charge=charge.reference,
        provider=payment.provider,
        cause=_CAUSES[charge.fate],
        by=work.actor.id,
        minor=minor,
        currency=charge.currency,
        shares=(),
        reason=charge.fate.value,
        details="",
        created_at=work.now,
        state=RefundState.APPROVED,
        due_at=work.now,
    )
    work.add(refund)
    refund.record(PaymentUnkept(payment.order, payment.id, refund.id, charge.fate.value, minor, charge.currency))


def unkept_refund(payment: str, charge: str, number: int = 0) -> str:
    """The id of the refund of money that buys nothing: the same each time.

    Args:
        payment: The payment's id.
        charge: The provider's id of the money.
        number: How many refunds of it there were before.
    """
    name = f"{payment}\n{charge}" + (f"\n{number}" if number else "")
    return "rfd_" + blake2b(name.encode(), digest_size=16).hexdigest()


# ---- the books


def post_return(work: Work, payment: Payment, reference: str, minor: int, *, kind: str, about: str) -> None:
    """Post that money which buys nothing is back with its payer, or, below zero, that it came back after all.

    What went back in all, by refunds and by the bank, is taken of what came; only what is beyond that is the platform's
    loss. So in whatever order all that is told, the books end the same.

    Args:
        work: The unit of work.
        payment: Its payment.
        reference: The provider's id of it.
        minor: How much went, in minor units.
        kind: The entry's kind.
        about: The refund's or dispute's id.
    """
    currency = payment.charge(reference).currency
    cash, apart, revenue = psp(payment.provider, currency), unmatched(currency), sales_revenue(currency)
    work.open(cash, apart, revenue)
    here = payment.return_unkept(reference, minor)
    legs = (cash, minor), (apart, -here), (revenue, here - minor)
    postings = [Posting(account.id, amount) for account, amount in legs if amount]
    work.post(kind, *postings, reference=payment.order, details={"for": about}, despite_freeze=True)
    work.save(payment)


# ---- the buyer's bank


async def take_disputed(work: Work, payment: Payment, dispute: Dispute, charge: Charge) -> None:
    """The bank takes it; what it leaves still goes back."""
    _post_disputed(work, payment, dispute, charge, 1, kind="dispute")
    payment.book(dispute, charge.reference, ())
    await send_back_rest(work, payment, charge.reference)


async def give_disputed(work: Work, payment: Payment, dispute: Dispute, charge: Charge) -> None:
    """The bank gives it back: then it goes back as other money does that buys nothing."""
    _post_disputed(work, payment, dispute, charge, -1, kind="dispute_won")
    payment.unbook(dispute)
    await send_back_rest(work, payment, charge.reference)


def _post_disputed(work: Work, payment: Payment, dispute: Dispute, charge: Charge, sign: int, *, kind: str) -> None:
    minor = charge.minor if dispute.minor is None else dispute.minor
    about = f"{payment.id}:{dispute.id}"
    post_return(work, payment, charge.reference, sign * minor, kind=kind, about=about)
