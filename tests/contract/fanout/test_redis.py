"""What only happens between processes: Redis goes away, and connections to it break."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from adapters.fanout.redis import RedisFanout
from contract.fanout.conftest import Ears
from platform_core.kernel.errors import Unavailable


async def test_connections_that_break_again_and_again_lose_nothing_told(redis_url: str) -> None:
    listening, telling = Ears(RedisFanout(redis_url, retry_after=0.01)), RedisFanout(redis_url)
    await listening.fanout.open(listening.hear)
    await listening.fanout.use("r")

    async with Redis.from_url(redis_url) as operator:
        for number in range(300):
            if number % 50 == 0:
                for kind in ("normal", "pubsub"):
                    await operator.client_kill_filter(_type=kind, skipme=True)
            while True:
                with suppress(Unavailable):
                    await telling.tell("r", b"%d" % number, id=f"e{number}")
                    break

    assert await listening.bodies("r", 300) == [b"%d" % number for number in range(300)]
    await telling.pass_on("r", b"and it hears what is passed on")
    await telling.close()
    await listening.fanout.close()


async def test_without_redis_everything_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # It is ours, and nobody listens to it.
        fanout = RedisFanout(f"redis://127.0.0.1:{closed.getsockname()[1]}/0")
        for asked in (
            fanout.open(lambda _: None),
            fanout.use("r"),
            fanout.is_used("r"),
            fanout.tell("r", b"", id="e"),
            fanout.pass_on("r", b""),
        ):
            with pytest.raises(Unavailable):
                await asked
        await fanout.close()


async def test_processes_that_come_later_hear_what_is_told_then(redis_url: str) -> None:
    telling = RedisFanout(redis_url)
    await telling.use("r")
    await telling.tell("r", b"before", id="e1")
    late = Ears(RedisFanout(redis_url))
    await late.fanout.open(late.hear)
    await telling.tell("r", b"after", id="e2")

    assert await late.bodies("r", 1) == [b"after"]
    await telling.close()
    await late.fanout.close()


async def test_more_at_once_than_there_are_connections_wait_their_turn(redis_url: str) -> None:
    fanout = RedisFanout(redis_url)
    await fanout.use("r")

    await asyncio.gather(*(fanout.tell("r", b"x", id=f"e{number}") for number in range(500)))

    assert (await fanout.use("r")).number == 500
    await fanout.close()
