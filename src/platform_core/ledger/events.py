"""What the ledger tells the other contexts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class HoldPlaced(Event):
    """Tokens were set aside."""

    name: ClassVar[str] = "ledger.hold_placed"
    hold: str
    payer: str
    amount: int
    purpose: str


@frozen
class HoldCaptured(Event):
    """Held tokens went to the payee, less the fee."""

    name: ClassVar[str] = "ledger.hold_captured"
    hold: str
    payer: str
    payee: str
    amount: int
    fee: int


@frozen
class HoldReleased(Event):
    """Held tokens went back to the payer."""

    name: ClassVar[str] = "ledger.hold_released"
    hold: str
    payer: str
    amount: int


@frozen
class HoldExtended(Event):
    """A hold lasts longer."""

    name: ClassVar[str] = "ledger.hold_extended"
    hold: str
    payer: str
    deadline: datetime


@frozen
class HoldExpired(Event):
    """Held tokens went back to the payer because nobody claimed them in time."""

    name: ClassVar[str] = "ledger.hold_expired"
    hold: str
    payer: str
    amount: int


@frozen
class EntryReversed(Event):
    """A journal entry was undone, wholly or in part."""

    name: ClassVar[str] = "ledger.entry_reversed"
    entry: str
    reversal: str
