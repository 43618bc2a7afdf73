"""A program that embeds the platform and notes each event it is given; it can be made to die right after one.

    python subscriber.py DATABASE_URL FILE [DIE_AFTER]

Events about the content `poison` it cannot handle. Its clock runs ahead, so that no retry is long in coming.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.testing import ManualClock
from platform_core.kernel.events import Envelope, Event
from platform_core.wallet.events import TipSent
from support.clients import beside


async def main(database_url: str, file: Path, die_after: int) -> None:
    """Deliver whatever there is, and what fails again and again until it is given up on."""
    clock = ManualClock(datetime.now(UTC))
    left = die_after

    async def note(envelope: Envelope) -> None:
        nonlocal left
        if isinstance(envelope.event, TipSent) and envelope.event.context_id == "poison":
            raise ValueError("this cannot be handled")
        with file.open("a") as notes:
            notes.write(json.dumps([envelope.position, envelope.subject]) + "\n")
            notes.flush()
            os.fsync(notes.fileno())
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    async with beside(database_url, clock=clock) as platform:
        platform.on(Event, note)
        for _ in range(10):
            await platform.relay.drain()
            clock.advance(hours=2)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int((sys.argv[3:] or ["0"])[0])))
