"""Counting, so that it costs next to nothing and that any process of a server can tell what all of them have counted.

The counters of all processes lie in one piece of memory that they share, each process writing to a part of its own.
There is nothing to lock, nothing to send, and nothing is lost when a process dies: the one that takes its place goes on
where it ended. A counter never falls while the server runs.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from mmap import mmap

from attrs import frozen

#: Upper bounds of the classes of latencies, in seconds; what is slower is in one more.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Upper bounds of the classes of batches, in units of work.
UNITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
#: The statuses that are told apart; any other is told as 0.
STATUSES = (
    *(200, 201, 202, 204, 206, 302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 415, 416, 421, 422, 429),
    *(500, 502, 503, 0),
)
#: An operation is its API (empty outside of any) and its id there (empty for a request that is for no operation).
Operation = tuple[str, str]
#: Where requests go that belong to no operation known here.
OTHER: Operation = ("", "other")

_CELL = 8
_PROCESS, _WAITING, _IN_USE, _MOST, _BATCHES = range(5)
_FIRST_STATUS = 2 + len(SECONDS)
_STATUS_AT = {status: _FIRST_STATUS + number for number, status in enumerate(STATUSES)}
_REST = _STATUS_AT[0]
_PER_OPERATION = _FIRST_STATUS + len(STATUSES)
_OPERATIONS = _BATCHES + 2 + len(UNITS)


@frozen
class Classes:
    """How observations are spread over classes.

    Args:
        counts: How many are in each class, smallest first; the last has no upper bound.
        total: The sum of what was observed.
    """

    counts: tuple[float, ...]
    total: float


@frozen
class State:
    """What one process is at.

    Args:
        process: Its system's number for it; 0 when it has not begun yet.
        waiting: Units of work queued behind a batch.
        in_use: Connections to the database at work.
        most: How many there may be.
    """

    process: int
    waiting: float
    in_use: float
    most: float


class Measures:
    """The counters of all processes of a server. Make it before the processes are forked.

    Args:
        operations: Every operation that is told apart.
        processes: How many processes count.
    """

    def __init__(self, operations: Sequence[Operation], processes: int = 1) -> None:
        known = dict.fromkeys((*operations, OTHER))
        self.operations = tuple(known)
        self.processes = processes
        places = {operation: _OPERATIONS + number * _PER_OPERATION for number, operation in enumerate(known)}
        self._size = _OPERATIONS + len(known) * _PER_OPERATION
        # Anonymous memory is shared with every child. Pages nobody writes to take no room.
        self._cells = memoryview(mmap(-1, self._size * processes * _CELL)).cast("d")
        self._places = places

    def counter(self, number: int = 0) -> Counter:
        """The part of one process, for it to count in.

        Args:
            number: Which, from 0. A process that takes another's place takes its number.
        """
        return Counter(self._part(number), self._places)

    def answers(self, operation: Operation) -> Iterator[tuple[int, int]]:
        """The statuses an operation has answered with, and how often in all processes."""
        for status in STATUSES:
            count = self._sum(self._places[operation] + _STATUS_AT[status])
            if count:
                yield status, int(count)

    def latencies(self, operation: Operation) -> Classes:
        """How long an operation took, in seconds."""
        return self._classes(self._places[operation], len(SECONDS))

    def batches(self) -> Classes:
        """How many units of work were committed at once."""
        return self._classes(_BATCHES, len(UNITS))

    def states(self) -> list[State]:
        """What each process is at."""
        parts = [self._part(number) for number in range(self.processes)]
        return [State(int(part[_PROCESS]), part[_WAITING], part[_IN_USE], part[_MOST]) for part in parts]

    def _part(self, number: int) -> memoryview[float]:
        return self._cells[number * self._size : (number + 1) * self._size]

    def _sum(self, place: int) -> float:
        return sum(self._cells[place + number * self._size] for number in range(self.processes))

    def _classes(self, place: int, bounds: int) -> Classes:
        counts = tuple(self._sum(place + 1 + number) for number in range(bounds + 1))
        return Classes(counts, self._sum(place))


class Counter:
    """What one process counts.

    Args:
        cells: Its part of the memory.
        places: Where in it each operation is.
    """

    def __init__(self, cells: memoryview[float], places: dict[Operation, int]) -> None:
        self._cells = cells
        self._places = places
        self._other = places[OTHER]

    def begin(self) -> None:
        """Say which process this is."""
        self._cells[_PROCESS] = os.getpid()

    def answered(self, api: str, operation: str, status: int, seconds: float) -> None:
        """Count an answer."""
        cells, place = self._cells, self._places.get((api, operation), self._other)
        cells[place] += seconds
        cells[place + 1 + bisect_left(SECONDS, seconds)] += 1
        cells[place + _STATUS_AT.get(status, _REST)] += 1

    def committed(self, units: int) -> None:
        """Count a batch of commits."""
        cells = self._cells
        cells[_BATCHES] += units
        cells[_BATCHES + 1 + bisect_left(UNITS, units)] += 1

    def tell(self, *, waiting: int, in_use: int, most: int) -> None:
        """Say what this process is at."""
        self._cells[_WAITING], self._cells[_IN_USE], self._cells[_MOST] = waiting, in_use, most
