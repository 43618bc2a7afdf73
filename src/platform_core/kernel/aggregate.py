"""The unit of consistency: guards its rules, changes itself, records what happened."""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from platform_core.kernel.events import Event


@define(eq=False, kw_only=True)
class Aggregate:
    """A thing with an identity, a version and rules of its own.

    Subclasses name their `kind`, and the fields whose values no two of them share. A verb guards, then changes, then
    records; one that refuses leaves nothing half done.

    Args:
        id: Prefixed, sortable by time.
        version: The version it was read at; 0 for one not stored yet.
    """

    kind: ClassVar[str]
    unique: ClassVar[tuple[str, ...]] = ()

    id: str
    version: int = 0
    _recorded: list[Event] = field(factory=list, init=False, repr=False)

    def record(self, event: Event) -> None:
        """Remember that something happened."""
        self._recorded.append(event)

    def take_events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._recorded = self._recorded, []
        return events
