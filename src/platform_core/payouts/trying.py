"""Asking the provider, and writing down what it said: what transfers and their reversals have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from platform_core.kernel.errors import Stale, Unavailable
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.movement import AttemptState, Movement, TransferAttempt, TransferState
from platform_core.payouts.provider import Answer, Done, Failed, Merchant, OutcomeUnknown, Pending
from platform_core.payouts.retry import PayoutPolicy

T = TypeVar("T")
M = TypeVar("M", bound=Movement)
Said = Answer | OutcomeUnknown | None
"""What the provider said of a try; None if it has never heard of it."""

UNDER_WAY = (TransferState.IN_FLIGHT, TransferState.PROBING)
"""Where the provider's word is waited for."""
RERUNS = 16
"""How often an answer is written down anew because what it is about had changed meanwhile."""


async def due(work: Work, merchant: Merchant, kind: type[M], limit: int) -> list[str]:
    """The movements to do something about now, longest due first; none while there is no payment provider."""
    if isinstance(merchant, NoMerchant):
        return []
    select = Select(kind, (Where("due_at", "<=", work.now),), order=("due_at",), limit=limit)
    return [movement.id for movement in await work.find(select)]


class Mover(ABC, Generic[M]):
    """The steps that all movements of money take, inside one use case.

    Args:
        work: Its unit of work.
        merchant: The payment provider.
        policy: How money gets to sellers, and back.
        kind: What moves.
    """

    def __init__(self, work: Work, merchant: Merchant, policy: PayoutPolicy, kind: type[M]) -> None:
        self._work = work
        self._merchant = merchant
        self._policy = policy
        self._kind = kind

    async def take_answer(self, movement: M, said: Said) -> bool:
        """Take what the provider said of the last try; whether that was news.

        What was done is always taken. What was not is taken only while it is waited for: somebody else has gone on
        otherwise.
        """
        if movement.state not in UNDER_WAY and not (movement.uncertain and isinstance(said, Done)):
            return False
        work, now, policy = self._work, self._work.now, self._policy
        attempt = await work.require(TransferAttempt, movement.attempt)
        if isinstance(said, OutcomeUnknown):
            if movement.state is TransferState.PROBING:
                movement.ask_later(now, policy)
            else:
                movement.lose_sight(now, policy, answered=said.answered)
        elif isinstance(said, Done):
            note(attempt, said, work)
            await self._complete(movement, attempt)
        elif isinstance(said, Pending):
            note(attempt, said, work)
            movement.await_word(now, policy)
        elif isinstance(said, Failed):
            note(attempt, said, work)
            await self._fail(movement, said)
        else:
            movement.found_nothing(now, policy)
            if not movement.uncertain:
                note(attempt, None, work)
            await self._miss(movement)
        work.save(movement)
        return True

    async def _record(self, id: str, number: int, said: Said) -> M:
        """Write down what was said of this try, unless there has been another since."""

        async def write() -> M:
            movement = await self._work.require(self._kind, id)
            if movement.attempts == number:
                await self.take_answer(movement, said)
            return movement

        return await recorded(self._work, write)

    @abstractmethod
    async def _complete(self, movement: M, attempt: TransferAttempt) -> None:
        """This try has moved the money."""

    @abstractmethod
    async def _fail(self, movement: M, failed: Failed) -> None:
        """The try was definitely not done."""

    @abstractmethod
    async def _miss(self, movement: M) -> None:
        """The provider has never heard of the try; it may still be on its way if the movement is uncertain."""


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
