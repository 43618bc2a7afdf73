"""Looking at the parts of a running platform: all at once, each for a bounded time, and not again for some seconds."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from platform_core.operations.ports import DATABASE, Condition, Finding

logger = logging.getLogger("platform_core.vitals")

#: Seconds for which what was seen is told again.
FRESH = 5.0
#: Seconds that a part may take to answer.
PATIENCE = 1.0
#: Seconds within which `soon` answers.
SOON = 0.25
#: Less free room than this on the disk is low.
LOW_GB = 1.0

Look = Callable[[], Coroutine[Any, Any, Finding]]
Closes = Callable[[], Awaitable[None]]


class WatchedVitals:
    """Looks at parts.

    Args:
        looks: How to look at each part, `database` among them.
        config: How the platform is set up, in figures and booleans that may be shown.
        fresh: Seconds for which what was seen is told again.
        closes: Lets go of what the looks hold.
    """

    def __init__(
        self,
        looks: Mapping[str, Look],
        config: Mapping[str, bool | float],
        *,
        fresh: float = FRESH,
        closes: Closes | None = None,
    ) -> None:
        self.config = config
        self._looks = looks
        self._fresh = fresh
        self._closes = closes
        self._asked: dict[str, asyncio.Future[Finding]] = {}
        self._looking: asyncio.Task[Mapping[str, Finding]] | None = None
        self._seen: Mapping[str, Finding] = {}
        self._until = 0.0

    async def parts(self) -> Mapping[str, Finding]:
        """How each part is. However many ask, one looks."""
        return await asyncio.shield(self._look())

    async def soon(self) -> Mapping[str, Finding]:
        """The same within a quarter of a second. A database that takes longer counts as away: nobody wants to wait."""
        looking = self._look()
        await asyncio.wait({looking}, timeout=SOON)
        if looking.done():
            return looking.result()
        return {**self._seen, DATABASE: Finding(Condition.DOWN)}

    async def close(self) -> None:
        """Let go of everything."""
        if self._closes is not None:
            await self._closes()

    def _look(self) -> asyncio.Task[Mapping[str, Finding]]:
        now = asyncio.get_running_loop().time()
        if self._looking is None or (self._looking.done() and now >= self._until):
            self._until = now + self._fresh
            self._looking = asyncio.ensure_future(self._look_at_all())
        return self._looking

    async def _look_at_all(self) -> Mapping[str, Finding]:
        findings = await asyncio.gather(*(self._bounded(name, look) for name, look in self._looks.items()))
        self._seen = dict(zip(self._looks, findings, strict=True))
        return self._seen

    async def _bounded(self, name: str, look: Look) -> Finding:
        # A part that hangs is asked once, however often we look: a thread that waits for it cannot be called back.
        asked = self._asked.get(name)
        if asked is None or asked.done():
            asked = self._asked[name] = asyncio.ensure_future(look())
        await asyncio.wait({asked}, timeout=PATIENCE)
        if not asked.done():
            logger.warning("%s does not answer in time", name)
            return Finding(Condition.DOWN)
        try:
            return asked.result()
        except Exception as error:  # noqa: BLE001  # whatever it is, the part cannot be used
            # What exactly is wrong is for the log alone (OPS-01).
            logger.warning("%s is away: %s", name, error)
            return Finding(Condition.DOWN)


def answers(ask: Callable[[], Awaitable[object]]) -> Look:
    """A look at a part that answers, or raises."""

    async def look() -> Finding:
        await ask()
        return Finding(Condition.OK)

    return look


async def unused() -> Finding:
    """A look at a part that is not set up here."""
    return Finding(Condition.UNUSED)


def disk(folder: Path, *, shown: bool) -> Look:
    """A look at the room on the disk of a folder.

    Args:
        folder: Which; the nearest one above it that there is.
        shown: Whether its figures may be shown.
    """

    async def look() -> Finding:
        free = await asyncio.to_thread(_free_gb, folder)
        details = {"free_gb": round(free, 1)} if shown else {}
        return Finding(Condition.LOW if free < LOW_GB else Condition.OK, details)

    return look


def _free_gb(folder: Path) -> float:
    for place in (folder, *folder.parents):
        if place.exists():
            return shutil.disk_usage(place).free / 1e9
    return shutil.disk_usage("/").free / 1e9
