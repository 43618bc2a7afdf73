"""Lists a page at a time: where a page begins, and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")

#: Where in its order a list goes on: the sort keys of the last item seen. Deliveries give it to clients as a cursor.
Position = tuple[str | int | float | datetime | None, ...]

DEFAULT_LIMIT = 50
MOST = 100


def bounded(limit: int) -> int:
    """A page's length as it will be: at least 1, at most `MOST`."""
    return max(1, min(MOST, limit))


@frozen
class Page(Generic[T]):
    """A part of a list.

    Args:
        items: In the list's order.
        limit: How many it could have held.
        next: Where the next page begins; None when this is the last.
    """

    items: Sequence[T]
    limit: int
    next: Position | None


@frozen
class Part(Generic[T]):
    """A part of a list told by number.

    Args:
        items: In the list's order.
        total: How many the whole list has.
    """

    items: Sequence[T]
    total: int
