"""Lists a page at a time: where a page begins, and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from attrs import frozen

from platform_core.kernel.errors import Invalid

T = TypeVar("T")

#: Where in its order a list goes on: the sort keys of the last item seen. Deliveries give it to clients as a cursor.
Position = tuple[str | int | float | datetime | None, ...]

DEFAULT_LIMIT = 50
MOST = 100
FARTHEST = 100_000
"""How far a list is read by number: whoever reads on past this is better served by a search."""


OPERATORS = 1000
"""The most a list for operators has."""


def bounded(limit: int, most: int = MOST) -> int:
    """A page's length as it will be: at least 1, at most `most`."""
    return max(1, min(most, limit))


def check_offset(offset: int) -> None:
    """Refuse to pass over fewer than none, or more than `FARTHEST`.

    Raises:
        Invalid: It is out of bounds.
    """
    _check("offset", offset, 0, FARTHEST)


def check_page(limit: int, offset: int) -> None:
    """Refuse a page that is none.

    Raises:
        Invalid: One of them is out of bounds.
    """
    _check("limit", limit, 1, MOST)
    check_offset(offset)


def _check(name: str, value: int, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise Invalid.field(name, f"must be from {least} to {most}")


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
