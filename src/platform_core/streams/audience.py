"""Who watches: one entry for each viewer of a stream, which runs out by itself.

A viewer counts while their entry has not run out. That is the one definition, for every answer and event. The entry's
id is made of stream and viewer, so joining again, from another tab or another process, finds the same entry and counts
nobody twice (STR-05). Entries share nothing: those who join a stream at once never wait for each other, nor for tips
to its host.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work

WATCHING = timedelta(seconds=45)
"""How long a viewer counts after they were last heard of."""

RENEWED = timedelta(seconds=5)
"""How old an entry must be before it is written again: a client that calls all the time costs no more than others."""


@define(eq=False, kw_only=True)
class Viewer(Aggregate):
    """Somebody who watches a stream.

    Args:
        stream: Which.
        user: Who.
        joined_at: Since when.
        expires_at: When they count no longer, unless they are heard of before.
    """

    kind: ClassVar[str] = "viewer"

    stream: str
    user: str
    joined_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, *, stream: str, user: str, now: datetime) -> Viewer:
        """A viewer who has just come."""
        return cls(id=pair_id("vwr", stream, user), stream=stream, user=user, joined_at=now, expires_at=now + WATCHING)

    def is_there(self, now: datetime) -> bool:
        """Whether they count."""
        return now < self.expires_at

    def beat(self, now: datetime) -> bool:
        """They are still there, or there again; whether that changed anything."""
        if not self.is_there(now):
            self.joined_at = now
        elif self.expires_at - now > WATCHING - RENEWED:
            return False
        self.expires_at = now + WATCHING
        return True


def pair_id(prefix: str, stream: str, user: str) -> str:
    """The id of the one thing of its kind that a stream and a user share."""
    # Neither may hold a NUL, so no two pairs read the same.
    pair = f"{stream}\0{user}".encode()
    return f"{prefix}_{blake2b(pair, digest_size=16).hexdigest()}"


async def viewers(work: Work, streams: Collection[str]) -> Mapping[object, int]:
    """How many watch each of these streams now; a stream that nobody watches is not in it."""
    if not streams:
        return {}
    there = (Where("stream", "in", tuple(streams)), Where("expires_at", ">", work.now))
    return await work.counts(Select(Viewer, where=there), by="stream")
