"""Between processes, over one Redis.

What is told goes into a stream of its room, for those who catch up, and into one stream that every process reads from
where it was: a connection that breaks loses nothing, which publish/subscribe would. That is for what is of the moment.
Both are written in one step with the room's order, so that there is one order without a gap, whoever tells at once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from adapters.fanout.port import KEPT, KEPT_SECONDS, Missed, Place, Word
from platform_core.kernel.errors import Unavailable

logger = logging.getLogger("platform_core.realtime")

R = TypeVar("R")

ON_THE_WAY = 20_000
"""How many of the last words of all rooms wait for a process that could not read them at once."""
TIMEOUT = 2.0
BLOCK = 1.0
"""Seconds a read waits for something new."""

_USE = """
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
redis.call('HSETNX', KEYS[1], 'number', 0)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return redis.call('HMGET', KEYS[1], 'epoch', 'number')
"""

_TELL = """
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return 0 end
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[3]) then return 0 end
local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], number .. '-0', 'body', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*',
    'room', ARGV[1], 'epoch', epoch, 'number', number, 'body', ARGV[2])
return 1
"""

_MISSED = """
local stands = redis.call('HMGET', KEYS[1], 'epoch', 'number')
local head, after = tonumber(stands[2]), tonumber(ARGV[2])
if stands[1] ~= ARGV[1] or after > head then after = -1 end
local wanted = math.min(head - math.max(after, 0), tonumber(ARGV[3]))
local words = {}
if wanted > 0 then words = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', wanted) end
return {stands[1], head, after, words}
"""


class RedisFanout:
    """Words of all processes that use one Redis.

    Args:
        url: `redis://host:port/0`.
        prefix: Goes before every key.
        retry_after: Seconds until a broken connection is tried again.

    Raises:
        ValueError: The address is none.
    """

    def __init__(self, url: str, prefix: str = "platform-core:realtime:", retry_after: float = 0.2) -> None:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=16, timeout=TIMEOUT, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
        )
        self._redis = Redis.from_pool(pool)
        # These two wait for what comes, each on a connection of its own.
        self._ears = Redis.from_url(url, socket_timeout=BLOCK + TIMEOUT, socket_connect_timeout=TIMEOUT)
        self._use, self._tell, self._missed = map(self._redis.register_script, (_USE, _TELL, _MISSED))
        self._prefix = prefix
        self._retry_after = retry_after
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def _room(self, room: str) -> list[str]:
        return [f"{self._prefix}room:{room}", f"{self._prefix}words:{room}"]

    async def open(self, hear: Callable[[Word], None]) -> None:
        """Begin to listen.

        Raises:
            Unavailable: Redis does not answer.
        """
        last = await _asked(self._last())
        heard = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._forever(_Tail(self, hear, last).read)),
            asyncio.create_task(self._forever(lambda: self._listen(hear, heard))),
        ]
        await heard.wait()

    async def close(self) -> None:
        """Stop listening and let go of the connections."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ears.aclose()
        await self._redis.aclose()

    async def use(self, room: str) -> Place:
        """Keep what is told in a room from now on; where its order stands."""
        epoch, number = await _asked(self._use(keys=self._room(room), args=[secrets.token_hex(4), KEPT_SECONDS]))
        return Place(epoch.decode(), int(number))

    async def is_used(self, room: str) -> bool:
        """Whether anybody could hear, now or later, what is told in a room."""
        return bool(await _asked(self._redis.exists(self._room(room)[0])))

    async def tell(self, room: str, body: bytes, *, id: str) -> None:
        """Say something that is kept, once for each id; nothing in a room that nobody uses."""
        keys = [*self._room(room), f"{self._prefix}told:{room}:{id}", f"{self._prefix}all"]
        await _asked(self._tell(keys=keys, args=[room, body, KEPT_SECONDS, KEPT, ON_THE_WAY]))

    async def pass_on(self, room: str, body: bytes) -> None:
        """Say something of the moment."""
        await _asked(self._redis.publish(f"{self._prefix}now", room.encode() + b"\0" + body))

    async def missed(self, room: str, after: Place) -> Missed:
        """What was told in a room after a place."""
        await self.use(room)
        asked = self._missed(keys=self._room(room), args=[after.epoch, after.number, KEPT])
        told_epoch, head, known, found = await _asked(asked)
        epoch = told_epoch.decode()
        words = [Word(room, fields[1], Place(epoch, int(id.partition(b"-")[0]))) for id, fields in reversed(found)]
        return Missed(words, Place(epoch, head), gap=known < 0 or len(words) < head - known)

    async def _last(self) -> bytes:
        newest = cast("list[tuple[bytes, Any]]", await self._redis.xrevrange(f"{self._prefix}all", count=1))
        return newest[0][0] if newest else b"0-0"

    async def _listen(self, hear: Callable[[Word], None], heard: asyncio.Event) -> None:
        async with self._ears.pubsub(ignore_subscribe_messages=True) as ears:
            await ears.subscribe(f"{self._prefix}now")
            heard.set()
            while not self._closing:
                message = await ears.get_message(timeout=BLOCK)
                if message is not None:
                    room, _, body = message["data"].partition(b"\0")
                    hear(Word(room.decode(), body, None))

    async def _forever(self, listen: Callable[[], Coroutine[Any, Any, None]]) -> None:
        quiet = False
        # Asked each time: a cancellation can get lost where a client waits for an answer and its own timeout at once.
        while not self._closing:
            try:
                await listen()
                quiet = False
            except (RedisError, OSError) as error:
                if not quiet:
                    logger.warning("Redis is away: %s", type(error).__name__)
                quiet = True
                await asyncio.sleep(self._retry_after)


class _Tail:
    """Reads on from the last word that was heard, over however many connections that takes."""

    def __init__(self, fanout: RedisFanout, hear: Callable[[Word], None], last: bytes) -> None:
        self._redis = fanout._ears  # noqa: SLF001  # a part of it
        self._stream = f"{fanout._prefix}all"  # noqa: SLF001  # as above
        self._hear = hear
        self._last = last

    async def read(self) -> None:
        """Hear what there is, or wait a while for something."""
        answer = await self._redis.xread({self._stream: self._last}, count=500, block=int(BLOCK * 1000))
        for _, words in cast("list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]", answer or []):
            for id, word in words:
                self._last = id
                place = Place(word[b"epoch"].decode(), int(word[b"number"]))
                self._hear(Word(word[b"room"].decode(), word[b"body"], place))


async def _asked(answer: Awaitable[R]) -> R:
    try:
        return await answer
    except (RedisError, OSError) as error:
        raise Unavailable("realtime is not possible just now", retry_after=1) from error
