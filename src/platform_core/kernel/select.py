"""A question to the store, as a value: which aggregates, in which order, how many.

Filters compare stored fields with constants. Rankings and joins are not expressed here; they get a port of their own.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from attrs import frozen

from platform_core.kernel.aggregate import Aggregate

A = TypeVar("A", bound=Aggregate)
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "prefix", "contains"]


@frozen
class Where:
    """A stored field compared with a constant.

    `in` takes a tuple, `prefix` the start of a text, `contains` a part of it.
    """

    field: str
    operator: Operator
    value: object


@frozen
class Select(Generic[A]):
    """Which aggregates.

    Args:
        kind: The aggregate class.
        where: Filters, all of which hold.
        order: Fields to sort by; a leading `-` sorts downwards. The id is the last key, in the direction of the one
            before it. None sorts before everything.
        after: The values of the order fields and the id of the last item seen; the page starts behind it.
        limit: At most this many.
        offset: How many to pass over first; for lists that are read by number. `after` costs less.
    """

    kind: type[A]
    where: tuple[Where, ...] = ()
    order: tuple[str, ...] = ()
    after: tuple[object, ...] | None = None
    limit: int = 100
    offset: int = 0


def sort_keys(order: tuple[str, ...]) -> tuple[str, ...]:
    """All the fields a selection sorts by, the id included."""
    return (*order, "-id" if order and order[-1].startswith("-") else "id")
