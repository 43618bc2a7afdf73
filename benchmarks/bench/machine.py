"""What the kernel says about the machine and its processes: cpu time, memory, quiet."""

from __future__ import annotations

import os
import pathlib
import resource
import time
from collections.abc import Callable, Iterator

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

Wanted = Callable[[int, int, int], bool]
"""Says of (pid, parent's pid, session) whether the process counts."""


def _processes(wanted: Wanted) -> Iterator[tuple[int, list[str]]]:
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(entry.name)
        if wanted(pid, int(fields[1]), int(fields[3])):
            yield pid, fields


def cpu_of(wanted: Wanted) -> float:
    """Seconds of cpu the wanted processes have used, their dead children included."""
    return sum(int(ticks) for _, fields in _processes(wanted) for ticks in fields[11:15]) / TICKS


def memory_of(wanted: Wanted) -> int:
    """Resident bytes of the wanted processes."""
    return sum(int(fields[21]) for _, fields in _processes(wanted)) * PAGE


def cpu_machine() -> float:
    """Seconds of cpu used by everybody since the machine started."""
    with pathlib.Path("/proc/stat").open(encoding="ascii") as stat:
        fields = [int(ticks) for ticks in stat.readline().split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICKS


def cpu_children() -> float:
    """Seconds of cpu of the driver's own ended children: the load generators."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_quiet(seconds: float, limit: float = 0.25) -> None:
    """Other work may share the machine: wait for a moment when it uses little, but no longer than so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before, since = cpu_machine(), time.monotonic()
        time.sleep(0.5)
        if (cpu_machine() - before) / (time.monotonic() - since) < limit:
            return


def pids_of(wanted: Wanted) -> list[int]:
    """The wanted processes."""
    return sorted(pid for pid, _ in _processes(wanted))
