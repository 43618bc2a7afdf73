"""What waits for its time: which round of a worker has something to do, and when there will be something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from entrypoints.simulation.world import World
from platform_core.booking.booking import Booking, BookingState
from platform_core.kernel.sync import run_sync
from platform_core.ledger.holds import Hold, HoldState
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.payment import Payment
from platform_core.marketplace.refund import Refund
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.payouts.reversal import TransferReversal
from platform_core.payouts.transfer import Transfer
from platform_core.streams.stream import Stream
from platform_core.wallet.purchases import Purchase, PurchaseState


def moments(world: World) -> Iterator[tuple[str, datetime]]:
    """Rounds of workers, each with a moment at which it has something to do."""
    for hold in world.all(Hold):
        if hold.state is HoldState.ACTIVE:
            yield "expire-holds", hold.deadline
    for order in world.all(Order):
        if order.state is OrderState.PENDING_PAYMENT:
            yield "expire-orders", order.expires_at
    asked: list[tuple[str, datetime | None]] = [
        *(("apply-webhooks", one.next_at) for one in world.all(Webhook) if one.state is WebhookState.PENDING),
        *(("ask-about-purchases", one.ask_at) for one in world.all(Purchase) if one.state is PurchaseState.PENDING),
        *(("ask-about-payments", one.ask_at) for one in world.all(Payment)),
        *((name, one.due_at) for name, kind in _BY_DUE_AT for one in world.all(kind)),
    ]
    for name, at in asked:
        if at is not None:
            yield name, at


_BY_DUE_AT: tuple[tuple[str, type[Booking | Refund | Stream | Transfer | TransferReversal]], ...] = (
    ("advance-bookings", Booking),
    ("send-refunds", Refund),
    ("lapse-streams", Stream),
    ("send-transfers", Transfer),
    ("take-money-back", TransferReversal),
)


def busy_rounds(world: World) -> list[str]:
    """The rounds that have something to do now, once each."""
    now = world.clock.now()
    found = dict.fromkeys(name for name, at in moments(world) if at <= now)
    if run_sync(world.store.outbox.pending()):
        found["deliver"] = None
    return list(found)


def coming(world: World) -> list[int]:
    """How many seconds away the moments are at which something begins or must be done."""
    now = world.clock.now()
    begin = (booking.starts_at for booking in world.all(Booking) if booking.state is BookingState.CONFIRMED)
    ahead = (*(at for _, at in moments(world)), *begin)
    return sorted({int((at - now).total_seconds()) for at in ahead if at > now})
