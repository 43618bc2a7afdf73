"""Events of a server that was killed do not wait long for the next one."""

from __future__ import annotations

import asyncio
import time

from support.servers import Load, Serve, beside


async def test_events_go_on_soon_after_a_killed_server_is_back(serve: Serve) -> None:
    server = serve()
    server.start()
    load = await Load.on(server)
    async with load.running():
        await load.reach(300)
        server.kill()
        await load.gone()
    server.start()
    await load.ask_again()

    deadline = time.monotonic() + 15
    async with beside(server.database_url) as platform:
        while await platform.store.outbox.pending():
            assert time.monotonic() < deadline, "the dead server's lease keeps its events back"
            await asyncio.sleep(0.1)
