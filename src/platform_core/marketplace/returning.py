"""The books of money that goes back to a buyer, by a refund or by their bank, and that comes back after all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from platform_core.kernel.errors import Conflict
from platform_core.kernel.journal import Posting
from platform_core.kernel.money import allocate
from platform_core.kernel.work import Work
from platform_core.ledger.ports import psp, sales_revenue, tax
from platform_core.marketplace.order import Order
from platform_core.marketplace.parts import Parts
from platform_core.marketplace.payment import Taken
from platform_core.payouts.ports import give_back, take_back


def shared(minor: int, lefts: Mapping[int, int]) -> dict[int, int]:
    """An amount over lines, in proportion to what is left of each; no line gets more than that, nor nothing.

    Args:
        minor: Minor units.
        lefts: Line number to what is left of it.
    """
    weights = {number: left for number, left in lefts.items() if left > 0}
    minor = min(minor, sum(weights.values()))
    if not minor:
        return {}
    parts = allocate(minor, list(weights.values()))
    return {number: part for number, part in zip(weights, parts, strict=True) if part}


def taken_of(shares: Mapping[int, int], parts: Mapping[int, Parts]) -> tuple[Taken, ...]:
    """What was taken, as it is kept."""
    return tuple(Taken(line=number, minor=minor, parts=parts[number]) for number, minor in shares.items())


async def take(
    work: Work, order: Order, taken: Sequence[Taken], *, minor: int, kind: str, provider: str, reference: str
) -> str:
    """Post that money went back to the buyer: from the sellers, the platform's fees and the taxes.

    What the lines have nothing left for is the platform's loss.

    Args:
        work: The unit of work.
        order: The order.
        taken: What of each line.
        minor: How much went back in all.
        kind: The entry's kind.
        provider: Through whom.
        reference: The refund's or dispute's id, by which it can be given back.

    Returns:
        The entry's id.
    """
    return await _post(work, order, taken, -minor, kind=kind, provider=provider, reference=reference)


async def give(
    work: Work, order: Order, taken: Sequence[Taken], *, minor: int, kind: str, provider: str, reference: str
) -> str:
    """Post that it came back after all: the exact opposite of `take` (invariant 24)."""
    return await _post(work, order, taken, minor, kind=kind, provider=provider, reference=reference)


async def _post(
    work: Work,
    order: Order,
    taken: Iterable[Taken],
    minor: int,
    *,
    kind: str,
    provider: str,
    reference: str,
) -> str:
    """An entry of `minor` that comes (positive) or goes."""
    sign, move = (1, give_back) if minor > 0 else (-1, take_back)
    amounts: dict[str, int] = {}
    legs: list[Posting] = []
    net: dict[str, int] = {}
    whole = 0
    revenue = sales_revenue(order.currency)
    for one in taken:
        line = order.line(one.line)
        net[line.seller] = net.get(line.seller, 0) + one.parts.net
        amounts[revenue.id] = amounts.get(revenue.id, 0) + one.parts.fee
        whole += one.parts.gross
        if one.parts.tax:
            account = tax(line.tax_country, order.currency)
            work.open(account)
            amounts[account.id] = amounts.get(account.id, 0) + one.parts.tax
    amounts[revenue.id] = amounts.get(revenue.id, 0) + abs(minor) - whole
    for seller, part in net.items():
        if part:
            legs += await move(
                work, order=order.id, seller=seller, amount=part, currency=order.currency, reference=reference
            )
    cash = psp(provider, order.currency)
    work.open(cash, revenue)
    legs += [Posting(account, sign * amount) for account, amount in amounts.items() if amount]
    legs.append(Posting(cash.id, -minor))
    if sum(leg.amount for leg in legs):
        raise Conflict("what was taken from the seller is not what the order says")
    details = {"for": reference}
    return work.post(kind, *legs, reference=order.id, details=details, despite_freeze=True).id
