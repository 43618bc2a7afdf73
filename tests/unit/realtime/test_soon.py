"""Work that many ask for is done once."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from entrypoints.realtime.soon import Soon
from platform_core.kernel.errors import Unavailable


async def test_however_many_ask_it_is_done_once_and_then_once_more() -> None:
    done: list[str] = []
    began, go_on = asyncio.Event(), asyncio.Event()

    async def work(key: str) -> None:
        done.append(key)
        began.set()
        await go_on.wait()

    soon = Soon(work, 0.0)
    for _ in range(5):
        soon.ask("a")
    await began.wait()
    assert done == ["a"]
    for _ in range(5):
        soon.ask("a")
    soon.ask("b")
    go_on.set()
    await asyncio.gather(*soon.tasks)

    assert sorted(done) == ["a", "a", "b"], "what was asked for meanwhile is done after"
    assert soon.tasks == []


async def test_two_times_are_so_far_apart_and_keys_do_not_wait_for_each_other() -> None:
    times: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()

    async def work(key: str) -> None:
        times.append((key, loop.time()))
        if len(times) < 4:
            soon.ask("a")

    soon = Soon(work, 0.05)
    soon.ask("a")
    await asyncio.sleep(0)
    soon.ask("b")
    await asyncio.gather(*soon.tasks)

    of_a = [at for key, at in times if key == "a"]
    assert all(later - earlier >= 0.049 for earlier, later in pairwise(of_a))
    assert times[1][0] == "b"


async def test_what_cannot_be_done_now_is_let_go() -> None:
    async def work(_: str) -> None:
        raise Unavailable("away")

    soon = Soon(work, 0.0)
    soon.ask("a")
    await asyncio.gather(*soon.tasks)
    assert soon.tasks == []
