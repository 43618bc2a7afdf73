"""What the provider says of payments, and what that does to the orders they pay.

Each thing that follows from it (money kept, a dispute opened or won) is a unit of work of its own. Whoever is killed
between two leaves the message unapplied; applied again, it goes on where it stood.
"""

from __future__ import annotations

from hashlib import blake2b

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import NotFound
from platform_core.kernel.journal import Posting
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp, sales_revenue, tax, unmatched
from platform_core.marketplace import papers
from platform_core.marketplace.events import DisputeClosed, OrderDisputed, PaymentUnkept
from platform_core.marketplace.order import DisputeStanding, Order, OrderState
from platform_core.marketplace.payment import Charge, Dispute, DisputeState, Fate, Payment
from platform_core.marketplace.ports import SalesPolicy
from platform_core.marketplace.product import Product
from platform_core.marketplace.refund import Refund, RefundCause, RefundState
from platform_core.marketplace.returning import give, shared, take, taken_of
from platform_core.marketplace.reviews import settle_rights
from platform_core.payouts.ports import PayoutPolicy, free_transfers, hold_transfers, schedule_transfer
from platform_core.wallet.ports import PaymentEvent

_CAUSES = {
    Fate.MISMATCH: RefundCause.MISMATCH,
    Fate.EXTRA: RefundCause.EXTRA,
    Fate.LATE: RefundCause.LATE,
}


async def heed_payment(
    work: Work, event: PaymentEvent, people: Directory, payouts: PayoutPolicy, rules: SalesPolicy
) -> str:
    """What a message does to the payment it is about, and to its order; the state the payment is in then.

    Raises:
        NotFound: There is no such payment, or it is made through another provider.
        AmountMissing: It tells of money and not how much.
    """
    payment = await work.require(Payment, event.subject)
    if payment.provider != event.provider:
        raise NotFound("the payment is made through another provider")
    await Cashier(work, people, payouts, rules).take_word(payment, event)
    return str(payment.state.value)


class Cashier:
    """What is done with money that comes, stays and goes again.

    Args:
        work: The unit of work.
        people: Names, and who is banned.
        payouts: How money gets to sellers.
        rules: How long an order that has ended can still be paid.
    """

    def __init__(self, work: Work, people: Directory, payouts: PayoutPolicy, rules: SalesPolicy) -> None:
        self._work = work
        self._people = people
        self._payouts = payouts
        self._rules = rules

    async def take_word(self, payment: Payment, event: PaymentEvent) -> None:
        """Do what a provider's word comes to."""
        if payment.hear(event):
            self._work.save(payment)
        order: Order | None = None
        for charge in payment.charges:
            if charge.fate is Fate.OPEN:
                order = order or await self._work.require(Order, payment.order)
                await self._decide(order, payment, charge)
        if payment.disputes and payment.kept is not None:
            await self._settle_disputes(order or await self._work.require(Order, payment.order), payment)

    # ---- money that came

    async def _decide(self, order: Order, payment: Payment, charge: Charge) -> None:
        fate = await self._fate(order, charge)
        payment.decide(charge.reference, fate)
        self._work.save(payment)
        if fate is Fate.KEPT:
            await self._keep(order, payment)
        else:
            self._send_back(order, payment, charge, fate)

    async def _fate(self, order: Order, charge: Charge) -> Fate:
        if (charge.minor, charge.currency) != (order.total, order.currency):
            return Fate.MISMATCH
        if order.captured:
            return Fate.EXTRA
        if order.state is OrderState.PENDING_PAYMENT:
            return Fate.KEPT
        in_time = self._work.now <= order.expires_at + self._rules.late_payments
        return Fate.KEPT if in_time and await self._can_be_had(order) else Fate.LATE

    async def _can_be_had(self, order: Order) -> bool:
        ids = tuple(line.product for line in order.lines)
        products = await self._work.find(Select(Product, (Where("id", "in", ids),), limit=len(ids)))
        cards = await self._people.cards(order.sellers)
        banned = any(seller not in cards or cards[seller].banned for seller in order.sellers)
        return not banned and len(products) == len(ids) and all(product.is_on_sale for product in products)

    async def _keep(self, order: Order, payment: Payment) -> None:
        """The order is paid: each seller's share is theirs, and is planned to be sent."""
        work = self._work
        order.payment = payment.id
        order.pay(work.now)
        work.save(order)
        cash, revenue = psp(payment.provider, order.currency), sales_revenue(order.currency)
        work.open(cash, revenue)
        amounts = {cash.id: -order.total}
        for line in order.lines:
            parts, owed, due = line.parts, payable(line.seller, order.currency), tax(line.tax_country, order.currency)
            work.open(owed, *([due] if parts.tax else []))
            for account, minor in ((owed, parts.net), (revenue, parts.fee), (due, parts.tax)):
                amounts[account.id] = amounts.get(account.id, 0) + minor
        legs = [Posting(account, minor) for account, minor in amounts.items() if minor]
        # The buyer has paid: a freeze meanwhile keeps nobody from owning what is theirs.
        work.post("sale", *legs, reference=order.id, details={"payment": payment.id}, despite_freeze=True)
        for seller, parts in order.parts_by_seller().items():
            await schedule_transfer(
                work,
                self._payouts,
                order=order.id,
                seller=seller,
                gross=parts.net + parts.fee,
                fee=parts.fee,
                net=parts.net,
                currency=order.currency,
                available_at=work.now + self._payouts.delay,
            )
        await settle_rights(work, order)
        await papers.on_paid(work, order, self._people)

    def _send_back(self, order: Order, payment: Payment, charge: Charge, fate: Fate) -> None:
        """Money that buys nothing is kept apart, and goes back (invariants 22 and 25)."""
        work = self._work
        if fate is Fate.MISMATCH and not order.captured and order.state is not OrderState.NEEDS_ATTENTION:
            order.end(OrderState.NEEDS_ATTENTION)
            work.save(order)
        cash, apart = psp(payment.provider, charge.currency), unmatched(charge.currency)
        work.open(cash, apart)
        legs = Posting(cash.id, -charge.minor), Posting(apart.id, charge.minor)
        work.post("unmatched", *legs, reference=order.id, details={"payment": payment.id, "why": fate.value})
        refund = Refund(
            id=unkept_refund(payment.id, charge.reference),
            order=order.id,
            payment=payment.id,
            charge=charge.reference,
            provider=payment.provider,
            cause=_CAUSES[fate],
            by=work.actor.id,
            minor=charge.minor,
            currency=charge.currency,
            shares=(),
            reason=fate.value,
            details="",
            created_at=work.now,
            state=RefundState.APPROVED,
            due_at=work.now,
        )
        work.add(refund)
        refund.record(PaymentUnkept(order.id, payment.id, refund.id, fate.value, charge.minor, charge.currency))

    # ---- money that a buyer's bank takes

    async def _settle_disputes(self, order: Order, payment: Payment) -> None:
        unsettled = [one for one in payment.disputes if one.posted is (one.state is DisputeState.WON)]
        if order.disputed is DisputeStanding.NONE and any(not one.posted for one in unsettled):
            # Transfers that were planned just now can be kept here only once they are there.
            await self._work.commit()
            await hold_transfers(self._work, order=order.id)
            self._stand(order, DisputeStanding.OPEN)
            await self._work.commit()
        for dispute in unsettled:
            if dispute.state is DisputeState.WON:
                await self._give_back(order, payment, dispute)
            else:
                await self._take_back(order, payment, dispute)
            await settle_rights(self._work, order)
            await self._work.commit()
        standing = _standing(payment)
        if standing is not order.disputed:
            if standing is not DisputeStanding.OPEN:
                await free_transfers(self._work, order=order.id)
            self._stand(order, standing)
            for dispute in payment.disputes:
                if dispute.state is DisputeState.LOST:
                    self._work.emit(DisputeClosed(order.id, dispute.id, won=False), subject=order.id)

    def _stand(self, order: Order, standing: DisputeStanding) -> None:
        order.dispute(standing)
        self._work.save(order)

    async def _take_back(self, order: Order, payment: Payment, dispute: Dispute) -> None:
        """What the bank takes is taken from those who got it."""
        minor = payment.minor if dispute.minor is None else dispute.minor
        shares = shared(minor, {line.number: order.kept(line) for line in order.lines})
        taken = taken_of(shares, order.charge_back(shares))
        payment.book(dispute, taken)
        reference = _reference(payment, dispute)
        await take(
            self._work, order, taken, minor=minor, kind="dispute", provider=payment.provider, reference=reference
        )
        self._work.save(order)
        self._work.save(payment)
        self._work.emit(OrderDisputed(order.id, dispute.id, minor, payment.currency), subject=order.id)

    async def _give_back(self, order: Order, payment: Payment, dispute: Dispute) -> None:
        """The bank has given it back: it goes where it was taken from."""
        minor, taken = payment.minor if dispute.minor is None else dispute.minor, dispute.taken
        order.win_back({one.line: one.minor for one in taken}, {one.line: one.parts for one in taken})
        payment.unbook(dispute)
        reference = _reference(payment, dispute)
        await give(
            self._work, order, taken, minor=minor, kind="dispute_won", provider=payment.provider, reference=reference
        )
        self._work.save(order)
        self._work.save(payment)
        self._work.emit(DisputeClosed(order.id, dispute.id, won=True), subject=order.id)


def unkept_refund(payment: str, charge: str) -> str:
    """The id of the refund of money that buys nothing: the same each time."""
    return "rfd_" + blake2b(f"{payment}\n{charge}".encode(), digest_size=16).hexdigest()


def _standing(payment: Payment) -> DisputeStanding:
    states = {dispute.state for dispute in payment.disputes}
    if DisputeState.LOST in states:
        return DisputeStanding.LOST
    return DisputeStanding.OPEN if DisputeState.OPEN in states else DisputeStanding.NONE


def _reference(payment: Payment, dispute: Dispute) -> str:
    return f"{payment.id}:{dispute.id}"
