"""What becomes of the payment provider's messages."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event

# Names stay for good, wherever their events stand: outboxes and those who listen have them.


@frozen
class WebhookAltered(Event):
    """A provider's message came again saying something else; it is kept, and only the first counts."""

    name: ClassVar[str] = "wallet.webhook_altered"
    webhook: str
    first: str
    provider: str


@frozen
class WebhookGivenUp(Event):
    """A provider's message could not be applied; it is kept until an operator has it tried again."""

    name: ClassVar[str] = "wallet.webhook_given_up"
    webhook: str
    provider: str
    error: str
