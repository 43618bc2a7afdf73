"""A server that has worked holds no more than one that has worked half as long."""

from __future__ import annotations

from support.load import Booked, Load
from support.servers import MIB, Serve, memory

ROUND = 4000
"""Tips in one round of load; everything that is bounded is full after a round or two."""


async def test_a_second_round_of_tips_takes_no_more_memory_than_the_first(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url)
    server.start()
    load = await Load.on(server)

    held = []
    async with load.running():
        for _ in range(3):
            await load.reach(ROUND, within=120)
            held.append(memory(server.pid) // MIB)

    assert held[2] - held[1] <= 4, held
    assert not load.wrong
    (await Booked.under(load)).hold_all(load)
