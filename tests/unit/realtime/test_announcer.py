"""What happened is told as long as it is worth telling, and holds up nothing after that."""

from __future__ import annotations

from adapters.fanout.memory import LocalFanout
from adapters.fanout.port import Word
from entrypoints.realtime.announcer import WORTH_TELLING, Announcer
from entrypoints.realtime.rooms import own, spoken
from platform_core.kernel.errors import Unavailable
from support.world import World, memory_world


class Away(LocalFanout):
    """Other processes that cannot be reached, for as long as the test wants."""

    is_away = True

    async def is_used(self, room: str) -> bool:
        if self.is_away:
            raise Unavailable("away")
        return await super().is_used(room)


async def _given(fanout: LocalFanout) -> tuple[World, list[Word]]:
    heard: list[Word] = []
    world = memory_world()
    Announcer(world, fanout).attach()
    payer, payee = await world.person("payer", tokens=10), await world.person("payee")
    await world.relay.drain()
    await fanout.open(heard.append)
    await fanout.use(own(payee.id))
    await world.tip(payer, payee, 5)
    return world, heard


async def test_what_could_not_be_told_is_told_later() -> None:
    fanout = Away()
    fanout.is_away = False
    world, heard = await _given(fanout)
    fanout.is_away = True
    await world.relay.drain()
    assert (heard, await world.store.outbox.pending()) == ([], 1)

    fanout.is_away = False
    world.clock.advance(seconds=1)
    await world.relay.drain()

    assert [spoken(word.body)[0] for word in heard] == ["tip", ".wallet"]
    assert await world.store.outbox.pending() == 0


async def test_old_news_hold_nothing_up() -> None:
    fanout = Away()
    fanout.is_away = False
    world, heard = await _given(fanout)
    fanout.is_away = True
    world.clock.advance(seconds=WORTH_TELLING.total_seconds())

    await world.relay.drain()

    assert (heard, await world.store.outbox.pending(), await world.store.outbox.parked()) == ([], 0, [])
