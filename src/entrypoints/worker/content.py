"""Looking after content: videos and sounds are processed, files of deleted items purged, crashed uploads swept up."""

from __future__ import annotations

from contextlib import suppress

from platform_core.content.upkeep import DueContent, DueUploads, SweepUpload, TendContent
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import NotFound
from platform_core.platform import Platform


async def look_after_content(platform: Platform, batch: int) -> bool:
    """Do a batch of each.

    Returns:
        Whether there may be more.

    Raises:
        Unavailable: The media store does not answer; what is due stays due.
    """
    system = Actor.system("worker")
    due = await platform.execute(DueContent(batch), by=system)
    done = 0
    for item in due:
        with suppress(NotFound):
            done += await platform.execute(TendContent(item), by=system) in ("purged", "ready", "failed")
    uploads = await platform.execute(DueUploads(batch), by=system)
    for upload in uploads:
        # Another process may have been quicker.
        with suppress(NotFound):
            await platform.execute(SweepUpload(upload), by=system)
    return batch in (done, len(uploads))
