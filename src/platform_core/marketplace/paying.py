"""What the provider says of payments, and what that does to the orders they pay.

Each thing that follows from it (money kept, a dispute opened or won) is a unit of work of its own. Whoever is killed
between two leaves the message unapplied; applied again, it goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable

from platform_core.identity.ports import Directory
from platform_core.kernel.errors import NotFound
from platform_core.kernel.journal import Posting
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp, sales_revenue, tax
from platform_core.marketplace import papers
from platform_core.marketplace.disputing import booking_anew, charge_back, minor_of, win_back
from platform_core.marketplace.events import DisputeClosed, OrderDisputed
from platform_core.marketplace.order import DisputeStanding, Order, OrderState
from platform_core.marketplace.payment import Charge, Dispute, DisputeState, Fate, Payment
from platform_core.marketplace.ports import SalesPolicy
from platform_core.marketplace.product import Product
from platform_core.marketplace.reviews import settle_rights
from platform_core.marketplace.unkept import give_disputed, keep_apart, send_back_rest, take_disputed
from platform_core.payments.ports import PaymentEvent, PaymentOutcome
from platform_core.payouts.ports import PayoutPolicy, free_transfers, hold_transfers, schedule_transfer


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
        news = payment.hear(event)
        if news:
            self._work.save(payment)
        order: Order | None = None
        for charge in payment.charges:
            if charge.fate is Fate.OPEN:
                order = order or await self._work.require(Order, payment.order)
                await self._decide(order, payment, charge)
        if payment.disputes and payment.charges:
            await self._settle_disputes(order or await self._work.require(Order, payment.order), payment)
        if news and event.outcome is PaymentOutcome.DISPUTE_LOST:
            await self._send_back_rests(payment)

    # ---- money that came

    async def _decide(self, order: Order, payment: Payment, charge: Charge) -> None:
        fate = await self._fate(order, charge)
        payment.decide(charge.reference, fate)
        self._work.save(payment)
        if fate is Fate.KEPT:
            await self._keep(order, payment)
        else:
            if fate is Fate.MISMATCH and not order.captured and order.state is not OrderState.NEEDS_ATTENTION:
                order.end(OrderState.NEEDS_ATTENTION)
                self._work.save(order)
            keep_apart(self._work, payment, charge.reference)

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

    # ---- money that a buyer's bank takes

    async def _settle_disputes(self, order: Order, payment: Payment) -> None:
        work = self._work
        unsettled = [one for one in payment.disputes if _is_unsettled(payment, one)]
        if unsettled:
            # What was planned just now, transfers and refunds, can be kept here only once it is there.
            await work.commit()
        taken = [payment.disputed(one) for one in unsettled]
        if order.disputed is DisputeStanding.NONE and any(charge and charge.fate is Fate.KEPT for charge in taken):
            await hold_transfers(work, order=order.id)
            self._stand(order, DisputeStanding.OPEN)
            await work.commit()
        for one in unsettled:
            # One before it may have had it booked anew.
            dispute = payment.dispute(one.id)
            charge = payment.disputed(dispute)
            if dispute.charge is not None:
                await self._give_back(order, payment, dispute, payment.charge(dispute.charge))
            if charge is not None:
                await self._take_back(order, payment, dispute, charge)
            await settle_rights(work, order)
            await work.commit()
        if payment.kept is not None:
            await self._close(order, payment)

    async def _close(self, order: Order, payment: Payment) -> None:
        """Have the order stand as the disputes of its money do."""
        disputes = [one for one in payment.disputes if payment.disputed(one) is payment.kept]
        standing = _standing(disputes)
        if standing is order.disputed:
            return
        if standing is not DisputeStanding.OPEN:
            await free_transfers(self._work, order=order.id)
        self._stand(order, standing)
        for dispute in disputes:
            if dispute.state is DisputeState.LOST:
                self._work.emit(DisputeClosed(order.id, dispute.id, won=False), subject=order.id)

    async def _send_back_rests(self, payment: Payment) -> None:
        """What the bank leaves of money that buys nothing may go back now, if that was refused before."""
        disputed = [payment.disputed(dispute) for dispute in payment.disputes]
        for charge in payment.charges:
            if charge in disputed and charge.fate is not Fate.KEPT:
                await send_back_rest(self._work, payment, charge.reference)

    def _stand(self, order: Order, standing: DisputeStanding) -> None:
        order.dispute(standing)
        self._work.save(order)

    async def _take_back(self, order: Order, payment: Payment, dispute: Dispute, charge: Charge) -> None:
        """What the bank takes is taken from those who got it."""
        if charge.fate is not Fate.KEPT:
            await take_disputed(self._work, payment, dispute, charge)
            return
        await charge_back(self._work, order, payment, dispute)
        minor = minor_of(payment, dispute)
        self._work.emit(OrderDisputed(order.id, dispute.id, minor, payment.currency), subject=order.id)

    async def _give_back(self, order: Order, payment: Payment, dispute: Dispute, charge: Charge) -> None:
        """The bank has given it back, or never took this: it goes where it was taken from."""
        if charge.fate is not Fate.KEPT:
            await give_disputed(self._work, payment, dispute, charge)
            return
        async with booking_anew(self._work, order, payment, but=dispute.id):
            await win_back(self._work, order, payment, dispute)
        self._work.emit(DisputeClosed(order.id, dispute.id, won=True), subject=order.id)


def _is_unsettled(payment: Payment, dispute: Dispute) -> bool:
    """Whether the books have another money as taken than the bank has."""
    charge = payment.disputed(dispute)
    return dispute.charge != (None if charge is None else charge.reference)


def _standing(disputes: Iterable[Dispute]) -> DisputeStanding:
    states = {dispute.state for dispute in disputes}
    if DisputeState.LOST in states:
        return DisputeStanding.LOST
    return DisputeStanding.OPEN if DisputeState.OPEN in states else DisputeStanding.NONE
