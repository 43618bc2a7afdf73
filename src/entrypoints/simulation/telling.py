"""What must hold of answers, messages and events: a request has one effect, a message too, each change is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from entrypoints.simulation.invariants import Invariant, Scene, first
from entrypoints.simulation.world import Asked
from platform_core.booking.booking import BOOKINGS, Booking, BookingState
from platform_core.kernel.machine import Machine
from platform_core.kernel.sync import run_sync
from platform_core.ledger.holds import HOLDS, Hold, HoldState
from platform_core.marketplace.order import ORDERS, Order, OrderState
from platform_core.marketplace.refund import REFUNDS, Refund, RefundState
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.payouts.reversal import REVERSALS, TransferReversal
from platform_core.payouts.transfer import Transfer
from platform_core.wallet.purchases import PURCHASES, Purchase, PurchaseState

MACHINES: tuple[tuple[type[Any], Machine[Any]], ...] = (
    (Hold, HOLDS),
    (Booking, BOOKINGS),
    (Purchase, PURCHASES),
    (Order, ORDERS),
    (Refund, REFUNDS),
    (TransferReversal, REVERSALS),
)
BOOKED = {
    BookingState.DECLINED: {"BookingDeclined"},
    BookingState.EXPIRED: {"BookingExpired"},
    BookingState.CANCELLED: {"BookingCancelled", "DisputeResolved", "DisputeLapsed"},
    BookingState.COMPLETED: {"BookingCompleted", "DisputeResolved"},
}
HELD = {
    HoldState.CAPTURED: {"HoldCaptured"},
    HoldState.RELEASED: {"HoldReleased"},
    HoldState.EXPIRED: {"HoldExpired"},
}
GIVEN_BACK = {
    RefundState.SUCCEEDED: {"RefundSucceeded"},
    RefundState.FAILED: {"RefundFailed"},
    RefundState.REJECTED: {"RefundRejected"},
    RefundState.REVERTED: {"RefundReverted"},
}


def _finals(scene: Scene) -> Iterator[str]:
    for kind, machine in MACHINES:
        for one in scene.world.all(kind):
            known = scene.final.get((kind.kind, one.id))
            if known is not None and one.state is not known:
                yield f"{one.id} was {known} and is {one.state}"
            if machine.is_final(one.state):
                scene.final[kind.kind, one.id] = one.state


def _answers(scene: Scene) -> Iterator[str]:
    used: set[tuple[str, str]] = scene.keys
    for written in scene.fresh:
        if written.key is not None:
            if written.key in used:
                yield f"the key {written.key[1]} had an effect twice"
            used.add(written.key)
    for number in scene.answered:
        problem = _contradiction(scene.world.asked[number])
        if problem is not None:
            yield f"step {number} under one key: {problem}"
    for entry in scene.entries("tip"):
        nonce = entry.details.get("contextId", "")
        if nonce in scene.nonces:
            yield f"the tip of {nonce} was given twice"
        scene.nonces.add(nonce)


def _contradiction(asked: Asked) -> str | None:
    if any(answer != asked.answers[0] for answer in asked.answers):
        return f"it was answered {asked.answers[0]}, and then otherwise"
    stated = {refusal.code for refusal in asked.refusals if refusal.sticks or refusal.replayed}
    if stated and asked.answers:
        return f"it was refused with {', '.join(sorted(stated))}, and answered"
    return f"it was refused with {', '.join(sorted(stated))}" if len(stated) > 1 else None


def _order(scene: Scene) -> Iterator[str]:
    for envelope in scene.unheard:
        last = scene.places.get(envelope.subject, 0)
        if envelope.position > last:
            scene.places[envelope.subject] = envelope.position
        elif envelope.position not in scene.delivered:
            yield f"{type(envelope.event).__name__} of {envelope.subject} came after what happened later"
        scene.delivered.add(envelope.position)


# ---- at rest


def _told(scene: Scene) -> Iterator[str]:
    """Every change that stands in the store was told."""
    heard: dict[str, set[str]] = {}
    for envelope in scene.world.heard:
        heard.setdefault(envelope.subject, set()).add(type(envelope.event).__name__)
    for one, wanted in _tellable(scene):
        if not wanted & heard.get(one, set()):
            yield f"nobody was told of {one}: {' or '.join(sorted(wanted))}"


def _tellable(scene: Scene) -> Iterator[tuple[str, set[str]]]:
    """What somebody must have been told of, and by which of several events."""
    world = scene.world
    for hold in world.all(Hold):
        yield hold.id, {"HoldPlaced"}
        yield hold.id, HELD.get(hold.state, {"HoldPlaced"})
    for booking in world.all(Booking):
        yield booking.id, {"BookingRequested"}
        yield booking.id, BOOKED.get(booking.state, {"BookingRequested"})
    for purchase in world.all(Purchase):
        if purchase.state is PurchaseState.PAID:
            yield purchase.id, {"PurchaseSettled"}
    yield from _tellable_of_sales(scene)


def _tellable_of_sales(scene: Scene) -> Iterator[tuple[str, set[str]]]:
    for order in scene.world.all(Order):
        yield order.id, {"OrderPlaced"}
        if order.captured:
            yield order.id, {"OrderPaid"}
        elif order.state is not OrderState.PENDING_PAYMENT:
            yield order.id, {"OrderEnded"}
    for refund in scene.world.all(Refund):
        if refund.state in GIVEN_BACK:
            yield refund.id, GIVEN_BACK[refund.state]
    for transfer in scene.world.all(Transfer):
        yield transfer.id, {"TransferScheduled"}
        if transfer.sent:
            yield transfer.id, {"TransferCompleted"}


def _outbox(scene: Scene) -> Iterator[str]:
    outbox = scene.world.store.outbox
    pending, parked = run_sync(outbox.pending()), run_sync(outbox.parked())
    if pending:
        yield f"{pending} events wait"
    for envelope in parked:
        yield f"{type(envelope.event).__name__} of {envelope.subject} was given up on: {envelope.error}"


def _messages(scene: Scene) -> Iterator[str]:
    for webhook in scene.world.all(Webhook):
        if webhook.state is not WebhookState.DONE:
            yield f"the message {webhook.event} of {webhook.subject} is {webhook.state.value}: {webhook.error}"


def _purchases(scene: Scene) -> Iterator[str]:
    """What the provider has of a purchase decides where it ends, in whatever order word of it came."""
    for purchase in scene.world.all(Purchase):
        charges = [one for one in scene.world.provider.charges.values() if one.subject == purchase.id]
        known = {purchase.payment, *purchase.unmatched}
        for charge in charges:
            if charge.reference not in known:
                yield f"{charge.money} paid for {purchase.id} belong to nobody"
        fitting = [charge for charge in charges if charge.money == purchase.price]
        if purchase.state is PurchaseState.PENDING and (charges or purchase.expires_at < scene.world.clock.now()):
            yield f"{purchase.id} is still pending"
        if (purchase.state is PurchaseState.PAID) is not (purchase.payment in {one.reference for one in fitting}):
            yield f"{purchase.id} is {purchase.state.value}, paid by {purchase.payment}"
        if charges and purchase.state not in (PurchaseState.PAID, PurchaseState.NEEDS_ATTENTION):
            yield f"{purchase.id} was paid and is {purchase.state.value}"


def _tokens_at_rest(scene: Scene) -> Iterator[str]:
    now = scene.world.clock.now()
    for hold in scene.world.all(Hold):
        if hold.state is HoldState.ACTIVE and hold.deadline <= now:
            yield f"{hold.id} was over at {hold.deadline} and is still active"
    for booking in scene.world.all(Booking):
        if booking.due_at is not None and booking.due_at <= now:
            yield f"{booking.id} is {booking.state.value}, and was due at {booking.due_at}"


ALWAYS = (
    Invariant("what has ended has ended", (13, 39), lambda scene: first(_finals(scene))),
    Invariant("a request has one effect and one answer", (36, 37), lambda scene: first(_answers(scene))),
    Invariant("events come in order", (40,), lambda scene: first(_order(scene))),
)
AT_REST = (
    Invariant("every event was delivered", (40,), lambda scene: first(_outbox(scene)), at_rest=True),
    Invariant("every change was told", (40,), lambda scene: first(_told(scene)), at_rest=True),
    Invariant("every message was applied", (38,), lambda scene: first(_messages(scene)), at_rest=True),
    Invariant("purchases end as they were paid", (25, 26, 38), lambda scene: first(_purchases(scene)), at_rest=True),
    Invariant("no hold and no booking is overdue", (15,), lambda scene: first(_tokens_at_rest(scene)), at_rest=True),
)
