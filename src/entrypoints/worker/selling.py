"""Looking after what sellers are owed: transfers are sent, tried again and asked about, and money is taken back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from platform_core.kernel.actor import Actor
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Conflict, NotFound
from platform_core.payouts.reversing import AdvanceReversal, DueReversals
from platform_core.payouts.sending import AdvanceTransfer, DueTransfers
from platform_core.platform import Platform

logger = logging.getLogger("platform_core.worker")


async def send_transfers(platform: Platform, batch: int) -> bool:
    """Do a batch of what is due to transfers; whether there may be more."""
    return await sweep(
        platform, DueTransfers(batch), lambda id, by: platform.execute(AdvanceTransfer(id), by=by), batch
    )


async def take_money_back(platform: Platform, batch: int) -> bool:
    """Do a batch of what is due to reversals of transfers; whether there may be more."""
    return await sweep(
        platform, DueReversals(batch), lambda id, by: platform.execute(AdvanceReversal(id), by=by), batch
    )


async def sweep(
    platform: Platform, due: Query[list[str]], act: Callable[[str, Actor], Awaitable[object]], batch: int
) -> bool:
    """Act on each thing that is due; whether there may be more.

    Raises:
        Exception: What the last of those that failed failed with; the others were seen to all the same.
    """
    system = Actor.system("worker")
    found = await platform.execute(due, by=system)
    acted, failure = 0, None
    for id in found:
        try:
            # Another process, or an admin, may have been quicker.
            with suppress(Conflict, NotFound):
                await act(id, system)
                acted += 1
        except Exception as error:
            # One that cannot be done must not hold up those behind it; it stays due, or its lease runs out.
            logger.exception("%s could not be looked after", id)
            failure = error
    if failure is not None:
        raise failure
    return acted == batch
