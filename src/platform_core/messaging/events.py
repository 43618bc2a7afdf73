"""What messaging tells the other contexts, and realtime."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class ConversationOpened(Event):
    """Two users have a conversation now."""

    name: ClassVar[str] = "messaging.conversation_opened"
    conversation: str
    opener: str
    other: str


@frozen
class MessageSent(Event):
    """A message stands in a conversation. Of one conversation these are delivered in the order of `sequence`.

    Args:
        sequence: Its place in the conversation: 1, 2, 3 and so on without a gap.
        amount: The tokens of a tip; None for other messages.
    """

    name: ClassVar[str] = "messaging.message_sent"
    conversation: str
    message: str
    sequence: int
    author: str
    recipient: str
    form: str
    content: str
    sent_at: datetime
    amount: int | None


@frozen
class ConversationRead(Event):
    """A member has read up to a message."""

    name: ClassVar[str] = "messaging.conversation_read"
    conversation: str
    reader: str
    sequence: int


@frozen
class UserBlocked(Event):
    """A user wants no more messages from another."""

    name: ClassVar[str] = "messaging.user_blocked"
    blocker: str
    blocked: str


@frozen
class UserUnblocked(Event):
    """A user takes messages from another again."""

    name: ClassVar[str] = "messaging.user_unblocked"
    blocker: str
    blocked: str
