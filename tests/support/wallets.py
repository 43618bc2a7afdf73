"""What is known of wallets by whoever keeps their books in plain dicts."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import floor

from attrs import Factory, define

from support.world import Person


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    return floor(value + Fraction(1, 2))


@define
class Purse:
    """What the oracle knows of a person."""

    person: Person
    available: int = 0
    held: int = 0
    banned: bool = False


@define
class Held:
    """What the oracle knows of a hold."""

    id: str
    payer: str
    amount: int
    deadline: datetime
    state: str = "ACTIVE"


@define
class Booked:
    """What the oracle knows of an entry that can be undone: who gave, who got, how much of it was fee."""

    id: str
    giver: str | None
    taker: str
    gross: int
    net: int
    undone: int = 0


@define
class Asked:
    """A tip under a key, and what came of it."""

    body: tuple[str, int]
    outcome: object


@define
class Oracle:
    """The books in plain dicts."""

    purses: dict[str, Purse] = Factory(dict)
    holds: dict[str, Held] = Factory(dict)
    entries: dict[str, Booked] = Factory(dict)
    asked: dict[tuple[str, str], Asked] = Factory(dict)
    issued: int = 0
    revenue: int = 0
