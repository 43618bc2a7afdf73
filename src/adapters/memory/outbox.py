"""The outbox in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import define, evolve

from platform_core.kernel.events import Backlog, Envelope


@define
class _Waiting:
    envelope: Envelope
    not_before: datetime | None = None
    leased_by: str | None = None
    parked: bool = False


class MemoryOutbox:
    """Events committed and not yet delivered."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Waiting] = {}
        self._last = 0

    def put(self, envelopes: Sequence[Envelope]) -> None:
        """Take committed events in."""
        for envelope in envelopes:
            self._last += 1
            self._waiting[self._last] = _Waiting(evolve(envelope, position=self._last))

    async def claim(self, worker: str, *, now: datetime, lease: int, limit: int) -> list[Envelope]:
        """Events due for delivery, oldest first, leased to one worker for `lease` seconds."""
        blocked: set[str] = set()
        claimed: list[Envelope] = []
        for waiting in self._waiting.values():
            subject = waiting.envelope.subject
            if waiting.parked or subject in blocked:
                continue
            is_mine = waiting.leased_by == worker  # Asking again for what it has not told of yet.
            if waiting.not_before is not None and now < waiting.not_before and not is_mine:
                blocked.add(subject)
                continue
            waiting.leased_by, waiting.not_before = worker, now + timedelta(seconds=lease)
            claimed.append(waiting.envelope)
            if len(claimed) == limit:
                break
        return claimed

    async def skip(self, worker: str, *, now: datetime, lease: int, limit: int) -> int:
        """Forget the oldest events that are not parked; how many."""
        claimed = await self.claim(worker, now=now, lease=lease, limit=limit)
        await self.delivered([envelope.position for envelope in claimed])
        return len(claimed)

    async def delivered(self, positions: Sequence[int]) -> None:
        """These were handled; forget them."""
        for position in positions:
            self._waiting.pop(position, None)

    async def failed(self, position: int, *, error: str, retry_at: datetime | None) -> None:
        """Try again at `retry_at`, or park it; those of its subject that were claimed behind it wait again."""
        failed = self._waiting.get(position)
        if failed is None:
            return  # Another worker has delivered it since this one's lease ran out.
        failed.envelope = evolve(failed.envelope, attempts=failed.envelope.attempts + 1, error=error)
        failed.not_before, failed.leased_by, failed.parked = retry_at, None, retry_at is None
        for later, waiting in self._waiting.items():
            if later > position and waiting.envelope.subject == failed.envelope.subject:
                waiting.not_before, waiting.leased_by = None, None

    async def parked(self, limit: int = 100) -> list[Envelope]:
        """Events given up on, oldest first."""
        return [waiting.envelope for waiting in self._waiting.values() if waiting.parked][:limit]

    async def retry_parked(self, positions: Sequence[int]) -> None:
        """Put parked events back in line."""
        for position in positions:
            waiting = self._waiting.get(position)
            if waiting is not None and waiting.parked:
                waiting.parked, waiting.not_before = False, None
                waiting.envelope = evolve(waiting.envelope, attempts=0)

    async def pending(self) -> int:
        """How many events wait for delivery."""
        return sum(not waiting.parked for waiting in self._waiting.values())

    async def backlog(self) -> Backlog:
        """How much waits, and since when."""
        moments = [waiting.envelope.at for waiting in self._waiting.values() if not waiting.parked]
        return Backlog(len(moments), len(self._waiting) - len(moments), min(moments, default=None))
