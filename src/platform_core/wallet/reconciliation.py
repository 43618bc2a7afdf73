"""Asking the provider about purchases it should have told us of: a message that never came must not cost the buyer."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.payments.ports import PaymentGateway
from platform_core.wallet.purchases import Purchase, PurchaseState


@frozen
class UnsettledPurchases(Query[list[str]]):
    """The pending purchases that no message has settled in time, longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def unsettled_purchases(query: UnsettledPurchases, work: Work) -> list[str]:
    """Their ids."""
    where = (Where("state", "=", PurchaseState.PENDING), Where("ask_at", "<=", work.now))
    found = await work.find(Select(Purchase, where=where, order=("ask_at",), limit=query.limit))
    return [purchase.id for purchase in found]


@frozen
class ReconcilePurchase(Command[str]):
    """Ask the provider what came of a pending purchase, and take its word.

    Args:
        purchase: The purchase.
    """

    policy: ClassVar[Policy] = PLATFORM

    purchase: str


async def reconcile_purchase(command: ReconcilePurchase, work: Work, gateway: PaymentGateway) -> str:
    """Settle or fail it, or ask again later; the state it is in now.

    A purchase for which no payment page was ever made was never offered to its buyer: it ends with its time.

    Raises:
        NotFound: There is no such purchase.
        Unavailable: The provider does not answer; nothing is changed.
    """
    purchase = await work.require(Purchase, command.purchase)
    if purchase.state is PurchaseState.PENDING:
        await _ask(purchase, work, gateway)
    return str(purchase.state.value)


async def _ask(purchase: Purchase, work: Work, gateway: PaymentGateway) -> None:
    if purchase.provider != gateway.name:
        purchase.ask_later(work)
    elif purchase.reference is None:
        if work.now >= purchase.expires_at:
            purchase.fail(work, PurchaseState.EXPIRED)
        else:
            purchase.ask_later(work)
    else:
        try:
            told = await gateway.status(subject=purchase.id, reference=purchase.reference)
        except NotFound:
            told = None
        if told is None:
            purchase.ask_later(work)
        else:
            purchase.heed(work, told)
