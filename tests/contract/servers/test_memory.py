"""A server that has worked holds no more than one that has worked less."""

from __future__ import annotations

import pytest

from support.load import Booked, Load
from support.servers import MIB, PATIENCE, Serve, memory

pytestmark = pytest.mark.usefixtures("turn")

ROUND = 4000
"""Tips in one round of load; everything that is bounded is full after a round or two."""
ROUNDS = 8


async def test_after_some_rounds_of_tips_another_takes_no_more_memory(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url)
    server.start()
    load = await Load.on(server)

    held: list[int] = []
    async with load.running():
        # Who keeps a KiB for each tip takes 4 MiB in every round; who fills something, or has luck with the pages that
        # the system gives, does not.
        while len(held) < 3 or (held[-1] - held[-2] > 4 and len(held) < ROUNDS):
            await load.reach(ROUND, within=2 * PATIENCE)
            held.append(memory(server.pid) // MIB)

    assert held[-1] - held[-2] <= 4, held
    assert not load.wrong
    (await Booked.under(load)).hold_all(load)
