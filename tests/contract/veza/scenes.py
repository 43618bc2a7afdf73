"""What must be there for each operation to be asked for, and who may ask: for tests that go through all rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from entrypoints.http.kit.rows import Row
from unit.http.served import Guest, Served

#: What those who may not, although they are signed in, are told; who is not listed may. The owner, a viewer, is whom
#: the path is about.
DENIED: Mapping[str, Mapping[str, int]] = {}
#: By the tag of a row: how its requests are made ready, where it takes more than the owner.
SCENES: Mapping[str, Callable[[Served, Row, Guest], Awaitable[tuple[str, dict[str, Any] | None]]]] = {}


async def prepare(server: Served, row: Row, owner: Guest) -> tuple[str, dict[str, Any] | None]:
    """The path and the body of a request about the owner in which everything is right."""
    if (of_its_own := SCENES.get(row.tag)) is not None:
        return await of_its_own(server, row, owner)
    return row.path.replace("{id}", owner.id), None if row.example is None else dict(row.example)
