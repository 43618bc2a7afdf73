"""What must hold of orders, refunds, transfers and debts, and of what the provider has."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.simulation.dealings import Call
from entrypoints.simulation.invariants import Invariant, Scene, first
from entrypoints.simulation.tokens import half_up
from entrypoints.simulation.world import FEES, World
from platform_core.ledger.ports import payable, psp, receivable, unmatched
from platform_core.marketplace.order import DisputeStanding, Order, OrderState
from platform_core.marketplace.payment import Fate, Payment, PaymentState
from platform_core.marketplace.refund import UNDER_WAY, UNKEPT, Refund, RefundState
from platform_core.payouts.debts import Debt
from platform_core.payouts.movement import TransferState
from platform_core.payouts.ports import AccountState, Done, Failed, Pending, transfer_id
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.seller import SellerAccount
from platform_core.payouts.transfer import Transfer
from platform_core.wallet.purchases import Purchase, PurchaseState

T = TransferState
CURRENCY = "EUR"


# ---- orders


def _orders(scene: Scene) -> Iterator[str]:
    for order in scene.world.all(Order):
        gross = sum(line.gross for line in order.lines)
        parts = sum(line.parts.net + line.parts.fee + line.parts.tax for line in order.lines)
        if not 0 <= order.refunded <= order.captured <= order.total or order.total != gross or gross != parts:
            yield f"{order.id}: {order.refunded} refunded, {order.captured} captured, {order.total} in all"
        if order.state is not _status(order):
            yield f"{order.id} is {order.state.value} and should be {_status(order).value}"
        if order.buyer in order.sellers:
            yield f"{order.id} is of oneself"
        for line in order.lines:
            if line.parts.fee != half_up(line.gross - line.parts.tax, FEES.rate("sale")):
                yield f"{order.id}: a fee of {line.parts.fee} on {line.gross - line.parts.tax}"


def _status(order: Order) -> OrderState:
    """What the facts say of an order."""
    if not order.captured:
        return order.unpaid
    if order.disputed is not DisputeStanding.NONE:
        return OrderState.CHARGED_BACK if order.disputed is DisputeStanding.LOST else OrderState.DISPUTED
    if order.refunded == order.captured:
        return OrderState.REFUNDED
    if order.refunded:
        return OrderState.PARTIALLY_REFUNDED
    return OrderState.FULFILLED if all(one.delivered for one in order.standing) else OrderState.PAID


def _refunds(scene: Scene) -> Iterator[str]:
    waiting: dict[str, int] = {}
    done: dict[str, int] = {}
    for refund in scene.world.all(Refund):
        if refund.cause in UNKEPT:
            continue
        if refund.state in UNDER_WAY:
            waiting[refund.order] = waiting.get(refund.order, 0) + refund.minor
        elif refund.state is RefundState.SUCCEEDED:
            done[refund.order] = done.get(refund.order, 0) + refund.minor
    for order in scene.world.all(Order):
        if (order.refunding, order.refunded) != (waiting.get(order.id, 0), done.get(order.id, 0)):
            yield (
                f"{order.id} says {order.refunding} on their way and {order.refunded} back; its refunds say "
                f"{waiting.get(order.id, 0)} and {done.get(order.id, 0)}"
            )
        if order.refunding + order.refunded > order.captured:
            yield f"{order.id}: {order.refunding} and {order.refunded} of {order.captured} go back"


def _charges(scene: Scene) -> Iterator[str]:
    kept: dict[str, int] = {}
    for payment in scene.world.all(Payment):
        for charge in payment.charges:
            kept[payment.order] = kept.get(payment.order, 0) + (charge.fate is Fate.KEPT)
            there = scene.world.provider.charges.get(charge.reference)
            if there is None or (there.money.minor, there.subject) != (charge.minor, payment.id):
                yield f"{payment.id} has a charge of {charge.minor} that nobody paid"
    for order in scene.world.all(Order):
        if kept.get(order.id, 0) != (1 if order.captured else 0):
            yield f"{order.id} has {order.captured} captured, and keeps {kept.get(order.id, 0)} charges"


def _reverted(scene: Scene) -> Iterator[str]:
    """A refund that failed after all has taken nothing."""
    for entry in scene.entries("refund", "refund_reverted"):
        sums = scene.taken.setdefault(entry.reference or "", {})
        for posting in entry.postings:
            purpose, _, rest = posting.account.partition(":")
            owner = f"seller:{rest}" if purpose in ("payable", "receivable") else posting.account
            sums[owner] = sums.get(owner, 0) + posting.amount
    for refund in scene.world.all(Refund):
        sums = scene.taken.get(refund.id, {})
        if refund.state is RefundState.REVERTED and any(sums.values()):
            yield f"{refund.id} failed after all, and took {sums}"
        if refund.state is not RefundState.SUCCEEDED and refund.state is not RefundState.REVERTED and sums:
            yield f"{refund.id} is {refund.state.value}, and took {sums}"


# ---- transfers


def _transfers(scene: Scene) -> Iterator[str]:
    world, wanted = scene.world, set[str]()
    for order in world.all(Order):
        if order.captured:
            wanted |= {transfer_id(order.id, seller) for seller in order.sellers}
    transfers = {transfer.id: transfer for transfer in world.all(Transfer)}
    if wanted != transfers.keys():
        yield f"transfers are missing, or too many: {', '.join(sorted(wanted ^ transfers.keys()))}"
    here: dict[tuple[str, str], int] = {}
    for transfer in transfers.values():
        whose = (transfer.seller, transfer.currency)
        here[whose] = here.get(whose, 0) + transfer.unsent + transfer.restored
        if not 0 <= transfer.reversed <= transfer.sent or transfer.unsent < 0 or transfer.restored < 0:
            yield f"{transfer.id}: {transfer.reversed} of {transfer.sent} came back, {transfer.unsent} are to be sent"
        if transfer.retry_count > transfer.limit:
            yield f"{transfer.id} was tried {transfer.retry_count} times of {transfer.limit}"
        if transfer.state is T.RETRY_WAIT and transfer.due_at is None and not transfer.held:
            yield f"{transfer.id} is tried again at no time"
    for (seller, currency), minor in here.items():
        if world.balance(payable(seller, currency).id) != minor:
            yield f"{seller} is owed {world.balance(payable(seller, currency).id)}, to be sent are {minor}"


def _debts(scene: Scene) -> Iterator[str]:
    for debt in scene.world.all(Debt):
        owed = -scene.world.balance(receivable(debt.seller, debt.currency).id)
        if debt.owed != owed or debt.coming < 0:
            yield f"{debt.seller} owes {owed} in the books and {debt.owed} by the debt"


def _netted(scene: Scene) -> Iterator[str]:
    """Whoever owes is not sent anything; what is sent again because nobody knows is not sent anew."""
    for sent in scene.world.store.sendings[scene.sendings :]:
        if sent.owed:
            yield f"{sent.attempt} sends money to somebody who owes {sent.owed}"
        if sent.too_early:
            yield f"{sent.attempt} sends money before its time"
        if sent.held:
            yield f"{sent.attempt} sends money of an order that is disputed"
    scene.sendings = len(scene.world.store.sendings)


def _keys(scene: Scene) -> Iterator[str]:
    """Under another key only after a definite failure, and never twice."""
    provider = scene.world.provider
    for call in provider.calls[scene.calls :]:
        last = scene.called.get((call.verb, call.subject))
        if last is not None and last.key != call.key and _may_be_done(scene.world, last):
            yield f"{call.verb} of {call.subject} was asked for under {last.key}, and then under {call.key}"
        scene.called[call.verb, call.subject] = call
    scene.calls = len(provider.calls)
    moved: dict[tuple[str, str], int] = {}
    for one in provider.moved.values():
        if not isinstance(one.answer, Failed):
            what = (one.call.verb, one.call.subject)
            moved[what] = moved.get(what, 0) + 1
            if moved[what] > 1:
                yield f"{what[0]} of {what[1]} was done {moved[what]} times"


def _may_be_done(world: World, call: Call) -> bool:
    """Whether the provider has taken what was asked under this key."""
    return any(one.call == call and isinstance(one.answer, (Done, Pending)) for one in world.provider.moved.values())


# ---- at rest


def _unkept(scene: Scene) -> Iterator[str]:
    """Money that bought nothing is back with the buyer, unless the provider refuses to give it back."""
    for payment in scene.world.all(Payment):
        there = [one for one in scene.world.provider.charges.values() if one.subject == payment.id]
        known = {charge.reference for charge in payment.charges}
        for charge in there:
            if charge.reference not in known:
                yield f"{charge.money} paid for {payment.order} belong to nobody"
        if there and payment.state in (PaymentState.FAILED, PaymentState.CANCELLED, PaymentState.CREATED):
            yield f"{payment.id} was paid and is {payment.state.value}"
        for kept in payment.charges:
            if kept.fate is Fate.OPEN:
                yield f"nobody has decided what becomes of {kept.reference}"
    refunds = {refund.charge: refund for refund in scene.world.all(Refund) if refund.cause in UNKEPT}
    for payment in scene.world.all(Payment):
        for one in payment.charges:
            if one.fate is not Fate.KEPT and one.reference not in refunds:
                yield f"{one.reference} bought nothing, and does not go back"


def _settled(scene: Scene) -> Iterator[str]:
    """Nothing is on its way any more."""
    world, now = scene.world, scene.world.clock.now()
    for refund in world.all(Refund):
        if refund.state in (RefundState.APPROVED, RefundState.SUBMITTED):
            yield f"{refund.id} is still {refund.state.value}"
    for order in world.all(Order):
        if order.state is OrderState.PENDING_PAYMENT and order.expires_at <= now:
            yield f"{order.id} still waits for its payment"
    yield from _moved(world)


UNSETTLED = (T.IN_FLIGHT, T.PROBING, T.RETRY_WAIT, T.SCHEDULED)


def _moved(world: World) -> Iterator[str]:
    accounts = {account.seller: account.state for account in world.all(SellerAccount)}
    for transfer in world.all(Transfer):
        state, account = transfer.state, accounts.get(transfer.seller)
        if transfer.uncertain:
            yield f"nobody knows what became of the last try of {transfer.id}"
        if state in UNSETTLED and not transfer.held:
            yield f"{transfer.id} is still {state.value}"
        if state is T.BLOCKED and account is not None:
            yield f"{transfer.id} is blocked: {transfer.reason}, and its seller {account.value}"
        if state is T.FAILED_PERMANENT and account is not AccountState.CLOSED:
            yield f"{transfer.id} has failed: {transfer.reason}, and its seller is {account and account.value}"
    for reversal in world.all(TransferReversal):
        if reversal.state in UNSETTLED or reversal.uncertain:
            yield f"{reversal.id} is still {reversal.state.value}"


def _cash(scene: Scene) -> Iterator[str]:
    """The provider has what the books say, but for what buyers of tokens paid without getting any."""
    world, provider = scene.world, scene.world.provider
    unbooked = sum(
        charge.money.minor
        for charge in provider.charges.values()
        if (purchase := world.get(Purchase, charge.subject)) is not None
        and (purchase.state is not PurchaseState.PAID or purchase.payment != charge.reference)
    )
    booked = -world.balance(psp(provider.name, CURRENCY).id)
    if provider.cash(CURRENCY) - unbooked != booked:
        yield f"the provider has {provider.cash(CURRENCY) - unbooked}, the books say {booked}"
    sent: dict[str, int] = {}
    for moved in provider.moved.values():
        if moved.call.verb == "transfer" and isinstance(moved.answer, Done):
            id = moved.call.subject.partition(".")[0]
            sent[id] = sent.get(id, 0) + moved.call.money.minor - moved.back
    for transfer in world.all(Transfer):
        if sent.get(transfer.id, 0) != transfer.sent - transfer.reversed:
            yield f"{transfer.id} sent {transfer.sent - transfer.reversed}, the provider {sent.get(transfer.id, 0)}"


def _apart(scene: Scene) -> Iterator[str]:
    """What buys nothing is kept apart until it is back; what a bank takes is taken from those who got that money."""
    world, apart = scene.world, 0
    standings: dict[str, set[str]] = {}
    for payment in world.all(Payment):
        for charge in payment.charges:
            there = world.provider.charges[charge.reference]
            if charge.fate is Fate.KEPT:
                standings[payment.order] = {state for state, _ in there.disputes.values()}
            else:
                gone = sum(minor for state, minor in there.disputes.values() if state != "won")
                # What went back beyond that is the platform's loss.
                apart += max(0, there.money.minor - there.refunded - gone)
    for order in world.all(Order):
        states = standings.get(order.id, set())
        standing = DisputeStanding.OPEN if "open" in states else DisputeStanding.NONE
        standing = DisputeStanding.LOST if "lost" in states else standing
        if order.disputed is not standing:
            yield f"{order.id} stands as {order.disputed.value}; of its money a dispute is {standing.value}"
    if world.balance(unmatched(CURRENCY).id) != apart:
        yield f"{world.balance(unmatched(CURRENCY).id)} are kept apart, {apart} should be"


ALWAYS = (
    Invariant("orders say what the facts say", (16, 18, 21, 27), lambda scene: first(_orders(scene))),
    Invariant("refunds do not exceed what was paid", (21, 23), lambda scene: first(_refunds(scene))),
    Invariant("an order keeps one charge", (22,), lambda scene: first(_charges(scene))),
    Invariant("a refund that failed took nothing", (24,), lambda scene: first(_reverted(scene))),
    Invariant("each seller of an order has one transfer", (29, 30, 32), lambda scene: first(_transfers(scene))),
    Invariant("debts are what the books say", (32, 35), lambda scene: first(_debts(scene))),
    Invariant("nothing is sent that should stay", (33, 35), lambda scene: first(_netted(scene))),
    Invariant("money moves once", (29, 31), lambda scene: first(_keys(scene))),
)
AT_REST = (
    Invariant("no money belongs to nobody", (22, 25), lambda scene: first(_unkept(scene)), at_rest=True),
    Invariant("what buys nothing is kept apart", (22, 25), lambda scene: first(_apart(scene)), at_rest=True),
    Invariant("nothing is stuck", (29, 31), lambda scene: first(_settled(scene)), at_rest=True),
    Invariant("the provider has what the books say", (25, 34, 38), lambda scene: first(_cash(scene)), at_rest=True),
)
