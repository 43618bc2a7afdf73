"""Asking the provider, and writing down what it said: what transfers and their reversals have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from platform_core.kernel.errors import Stale, Unavailable
from platform_core.kernel.work import Work
from platform_core.payouts.movement import AttemptState, TransferAttempt
from platform_core.payouts.provider import Answer, Done, Failed, OutcomeUnknown, Pending

T = TypeVar("T")

RERUNS = 16
"""How often an answer is written down anew because what it is about had changed meanwhile."""


async def asked(call: Awaitable[T]) -> T | OutcomeUnknown:
    """What the provider answers; that it did not, as a value."""
    try:
        return await call
    except OutcomeUnknown as unknown:
        return unknown
    except Unavailable as unknown:
        # It may have been reached all the same.
        return OutcomeUnknown(unknown.message)


async def recorded(work: Work, write: Callable[[], Awaitable[T]]) -> T:
    """Write an answer down and commit it, from fresh reads each time that somebody else was quicker.

    The provider's answer is not to be had again by running the use case again, so this is not left to the application.

    Raises:
        Unavailable: Too many others change the same thing; the lease runs out, and the provider is asked.
    """
    for _ in range(RERUNS):
        written = await write()
        try:
            await work.commit()
        except Stale:
            continue
        return written
    raise Unavailable("too many others change the same thing just now", retry_after=1)


def note(attempt: TransferAttempt, answer: Answer | None, work: Work) -> None:
    """Keep what became of an attempt; None if the provider has never heard of it."""
    if isinstance(answer, (Done, Pending)):
        attempt.reference = answer.reference
    if isinstance(answer, Done):
        attempt.state = AttemptState.DONE
    elif isinstance(answer, Failed):
        attempt.state, attempt.failure = AttemptState.FAILED, answer.failure
        attempt.code, attempt.reason = answer.code[:100], answer.reason[:500]
    elif answer is None:
        attempt.state = AttemptState.NOTHING
    if not isinstance(answer, Pending):
        attempt.answered_at = work.now
    work.save(attempt)
