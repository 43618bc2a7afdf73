"""Sending refunds: by the worker, when they are due.

Around each call of the provider: the claim is committed first, with a lease; then the provider is called; then its
answer is committed. Whoever is killed in between leaves a lease that runs out, and what became of the refund is then
asked before anything else is sent. The key is the same until a definite failure (invariant 31).
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.marketplace.order import DisputeStanding, Order
from platform_core.marketplace.refund import UNKEPT, Refund, RefundState
from platform_core.marketplace.settling import failed, succeeded
from platform_core.payouts.ports import (
    Answer,
    Done,
    Failed,
    Failure,
    Merchant,
    OutcomeUnknown,
    PayoutPolicy,
    Pending,
    asked,
    recorded,
)

DISPUTED = Failed(Failure.PERMANENT, "charge_disputed", "the buyer's bank takes the money back")


@frozen
class DueRefunds(Query[list[str]]):
    """The refunds to send, or to ask about, now; longest due first."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_refunds(query: DueRefunds, work: Work) -> list[str]:
    """Their ids."""
    due = Select(Refund, (Where("due_at", "<=", work.now),), ("due_at",), limit=query.limit)
    return [refund.id for refund in await work.find(due)]


@frozen
class AdvanceRefund(Command[RefundState]):
    """Do to a refund what is due: send it, or ask the provider what became of it.

    Args:
        refund: Which.
    """

    policy: ClassVar[Policy] = PLATFORM

    refund: str


async def advance_refund(command: AdvanceRefund, work: Work, merchant: Merchant, policy: PayoutPolicy) -> RefundState:
    """Do it; the state it is in then.

    Raises:
        NotFound: There is no such refund.
        Conflict: Nothing is due.
    """
    refund = await work.require(Refund, command.refund)
    if not refund.is_due(work.now):
        raise Conflict("nothing is due")
    if refund.provider != merchant.name:
        # It can be sent only through the provider that has the money; there is word when that one is back.
        refund.wait(work.now)
        work.save(refund)
        return refund.state
    disputed = await _is_disputed(work, refund)
    if refund.state is RefundState.APPROVED and disputed:
        await failed(work, refund, DISPUTED.code)
        return refund.state
    ask_first = refund.claim(work.now, policy)
    work.save(refund)
    await work.commit()
    said = await _ask(refund, merchant, work, policy, may_be_sent=not disputed) if ask_first else None
    said = said or _Said(await asked(_send(refund, merchant)), refund.generation)
    return await recorded(work, lambda: _written(work, refund, said, policy))


async def _is_disputed(work: Work, refund: Refund) -> bool:
    """Whether the buyer's bank takes the money back by itself: then nobody gives it back besides."""
    if refund.cause in UNKEPT:
        return False
    order = await work.require(Order, refund.order)
    return order.disputed is not DisputeStanding.NONE


@frozen
class _Said:
    """What the provider said, and under which generation of the key it was asked for.

    Args:
        answer: What it said.
        generation: The number in the key of the last try.
    """

    answer: Answer | OutcomeUnknown
    generation: int


async def _ask(
    refund: Refund, merchant: Merchant, work: Work, policy: PayoutPolicy, *, may_be_sent: bool
) -> _Said | None:
    """What became of a refund that may have been sent before; None if it is to be sent now."""
    found = await asked(merchant.find_refund(subject=refund.id, payment=refund.charge))
    if found is not None:
        return _Said(found, refund.generation)
    is_over = refund.needs_next_key(work.now, policy)
    if not may_be_sent:
        # It may still be on its way, until the provider has forgotten its key.
        unknown = OutcomeUnknown("the provider has not heard of it yet")
        return _Said(DISPUTED if is_over else unknown, refund.generation)
    if is_over:
        # The provider has never heard of it, and the key is used up, or forgotten by now.
        refund.next_key(work.now)
        work.save(refund)
        await work.commit()
    return None


def _send(refund: Refund, merchant: Merchant) -> Awaitable[Answer]:
    return merchant.refund(subject=refund.id, key=refund.key, payment=refund.charge, amount=refund.amount)


async def _written(work: Work, asked_for: Refund, said: _Said, policy: PayoutPolicy) -> RefundState:
    refund = await work.require(Refund, asked_for.id)
    answer = said.answer
    if isinstance(answer, Done):
        await succeeded(work, refund, answer.reference)
    elif refund.state is not RefundState.SUBMITTED or refund.generation != said.generation:
        return refund.state  # Its word came meanwhile.
    elif isinstance(answer, Pending):
        refund.await_word(answer.reference, work.now)
        work.save(refund)
    elif isinstance(answer, Failed):
        if refund.put_off(answer, work.now, policy):
            work.save(refund)
        else:
            await failed(work, refund, f"{answer.code}: {answer.reason}")
    else:
        refund.lose_sight(work.now, policy, answered=answer.answered)
        work.save(refund)
    return refund.state
