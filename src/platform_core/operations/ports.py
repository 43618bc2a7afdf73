"""What operations asks of the outside: somebody who looks at the parts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from attrs import Factory, frozen


class Condition(Enum):
    """How a part is."""

    OK = "ok"
    UNUSED = "unused"
    """It is not set up here, and nobody misses it."""
    LOW = "low"
    """It works, and will not for long."""
    DOWN = "down"
    """It does not answer, or not in time."""


@frozen
class Finding:
    """What a look at a part showed.

    Args:
        condition: How it is.
        details: Figures about it that may be shown.
    """

    condition: Condition
    details: Mapping[str, float] = Factory(dict)


#: The part without which nothing works.
DATABASE = "database"


class Vitals(Protocol):
    """Looks at the parts of the platform, all at once and briefly."""

    @property
    def config(self) -> Mapping[str, bool | float]:
        """How the platform is set up, in figures and booleans that may be shown."""

    async def parts(self) -> Mapping[str, Finding]:
        """How each part is, `database` among them. What was seen some seconds ago may be told again."""

    async def soon(self) -> Mapping[str, Finding]:
        """The same within a quarter of a second, for who decides whether requests are sent here."""
