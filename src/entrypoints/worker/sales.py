"""Looking after sales: refunds are sent, orders nobody paid end, payments nobody told of are asked about."""

from __future__ import annotations

from entrypoints.worker.selling import sweep
from platform_core.marketplace.reconciling import DueOrders, ExpireOrder, ReconcilePayment, StuckPayments
from platform_core.marketplace.sending import AdvanceRefund, DueRefunds
from platform_core.platform import Platform


async def send_refunds(platform: Platform, batch: int) -> bool:
    """Send, retry or ask about a batch of refunds; whether there may be more."""
    return await sweep(platform, DueRefunds(batch), lambda id, by: platform.execute(AdvanceRefund(id), by=by), batch)


async def ask_about_payments(platform: Platform, batch: int) -> bool:
    """Ask the provider about a batch of payments; whether there may be more."""
    return await sweep(
        platform, StuckPayments(batch), lambda id, by: platform.execute(ReconcilePayment(id), by=by), batch
    )


async def expire_orders(platform: Platform, batch: int) -> bool:
    """End a batch of orders that were not paid in time; whether there may be more."""
    return await sweep(platform, DueOrders(batch), lambda id, by: platform.execute(ExpireOrder(id), by=by), batch)
