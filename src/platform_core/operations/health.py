"""Whether the platform lives, can work, and is well in every part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import ClassVar, Protocol

from attrs import frozen

from platform_core.kernel.actor import ANYONE, Policy
from platform_core.kernel.command import Query
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.work import Work
from platform_core.operations.ports import DATABASE, Condition, Finding, Vitals


class Health(Enum):
    """How the platform is as a whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """It works, but for what needs a part that is away."""
    UNHEALTHY = "unhealthy"
    """It can answer nearly nothing."""


@frozen
class Report:
    """What a look at every part showed.

    Args:
        health: The sum of it.
        at: When this was told.
        parts: What was found of each part.
        config: How the platform is set up, in figures and booleans.
    """

    health: Health
    at: datetime
    parts: Mapping[str, Finding]
    config: Mapping[str, bool | float]


def judged(parts: Mapping[str, Finding]) -> Health:
    """How the whole is when its parts are so."""
    if parts[DATABASE].condition is Condition.DOWN:
        return Health.UNHEALTHY
    if any(finding.condition in (Condition.DOWN, Condition.LOW) for finding in parts.values()):
        return Health.DEGRADED
    return Health.HEALTHY


@frozen
class CheckPulse(Query[None]):
    """Whether the process answers at all. Nothing is looked at."""

    policy: ClassVar[Policy] = ANYONE


async def check_pulse(query: CheckPulse, work: Work) -> None:
    """It does."""


@frozen
class CheckReadiness(Query[Health]):
    """Whether requests may be sent here."""

    policy: ClassVar[Policy] = ANYONE


async def check_readiness(query: CheckReadiness, work: Work, vitals: Vitals) -> Health:
    """How the whole is, within a quarter of a second."""
    return judged(await vitals.soon())


@frozen
class CheckHealth(Query[Report]):
    """How each part is, and how the platform is set up. It is for operators, as the delivery sees to."""

    policy: ClassVar[Policy] = ANYONE


async def check_health(query: CheckHealth, work: Work, vitals: Vitals) -> Report:
    """The report."""
    parts = await vitals.parts()
    return Report(judged(parts), work.now, parts, vitals.config)


class Pings(Protocol):
    """Something that can be asked whether it is there."""

    async def ping(self) -> None:
        """Make sure it answers.

        Raises:
            Unavailable: It does not.
        """


class StoreVitals:
    """Looks at the store alone: for platforms that nobody has told more about.

    Args:
        store: The store.
    """

    config: Mapping[str, bool | float] = {}

    def __init__(self, store: Pings) -> None:
        self._store = store

    async def parts(self) -> Mapping[str, Finding]:
        """Whether the store answers."""
        try:
            await self._store.ping()
        except Unavailable:
            return {DATABASE: Finding(Condition.DOWN)}
        return {DATABASE: Finding(Condition.OK)}

    soon = parts
