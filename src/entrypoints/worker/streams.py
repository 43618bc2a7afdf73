"""Looking after streams: those whose time has run out move on, and viewers who are gone are forgotten."""

from __future__ import annotations

from contextlib import suppress

from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.platform import Platform
from platform_core.streams.upkeep import DueStreams, ForgetViewers, LapseStream


async def look_after_streams(platform: Platform, batch: int) -> bool:
    """Do a batch of each.

    Returns:
        Whether there may be more.
    """
    system = Actor.system("worker")
    due = await platform.execute(DueStreams(batch), by=system)
    for stream in due:
        # A heartbeat may have come meanwhile, or another process been quicker.
        with suppress(Conflict, NotFound):
            await platform.execute(LapseStream(stream), by=system)
    forgotten = await platform.execute(ForgetViewers(batch), by=system)
    return batch in (len(due), forgotten)
