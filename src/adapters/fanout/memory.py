"""Within one process: no other need hear anything."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable

from adapters.fanout.port import KEPT, KEPT_SECONDS, Missed, Place, Word

MOST_ROOMS = 100_000
MOST_IDS = 100_000


class LocalFanout:
    """Words of one process, kept in bounded memory.

    Args:
        now: Seconds on a clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hear: Callable[[Word], None] | None = None
        #: In the order they were last used, so that the oldest are found first.
        self._rooms: dict[str, _Room] = {}
        self._told: dict[tuple[str, str], None] = {}

    async def open(self, hear: Callable[[Word], None]) -> None:
        """Begin to listen."""
        self._hear = hear

    async def close(self) -> None:
        """Stop listening."""
        self._hear = None

    async def use(self, room: str) -> Place:
        """Keep what is told in a room from now on; where its order stands."""
        self._forget()
        found = self._rooms.pop(room, None) or _Room()
        self._rooms[room] = found
        found.used_at = self._now()
        return found.head

    async def is_used(self, room: str) -> bool:
        """Whether anybody could hear, now or later, what is told in a room."""
        return room in self._rooms

    async def tell(self, room: str, body: bytes, *, id: str) -> None:
        """Say something that is kept, once for each id; nothing in a room that nobody uses."""
        found = self._rooms.get(room)
        if found is None or (room, id) in self._told:
            return
        self._told[room, id] = None
        if len(self._told) > MOST_IDS:
            del self._told[next(iter(self._told))]
        self._rooms[room] = self._rooms.pop(room)
        found.used_at = self._now()
        found.head = Place(found.head.epoch, found.head.number + 1)
        word = Word(room, body, found.head)
        found.words.append(word)
        self._say(word)

    async def pass_on(self, room: str, body: bytes) -> None:
        """Say something of the moment."""
        self._say(Word(room, body, None))

    async def missed(self, room: str, after: Place) -> Missed:
        """What was told in a room after a place."""
        await self.use(room)
        found = self._rooms[room]
        if after.epoch != found.head.epoch or after.number > found.head.number:
            return Missed(tuple(found.words), found.head, gap=True)
        wanted = found.head.number - after.number
        words = list(found.words)[len(found.words) - min(wanted, len(found.words)) :]
        return Missed(words, found.head, gap=len(words) < wanted)

    def _say(self, word: Word) -> None:
        if self._hear is not None:
            self._hear(word)

    def _forget(self) -> None:
        """Forget rooms nobody has used for long, and the oldest when there are too many."""
        until = self._now() - KEPT_SECONDS
        while self._rooms:
            oldest = next(iter(self._rooms))
            if self._rooms[oldest].used_at > until and len(self._rooms) < MOST_ROOMS:
                return
            del self._rooms[oldest]


class _Room:
    __slots__ = ("head", "used_at", "words")

    def __init__(self) -> None:
        self.head = Place(secrets.token_hex(4), 0)
        self.words: deque[Word] = deque(maxlen=KEPT)
        self.used_at = 0.0
