"""Messages: written once, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.messaging.content import MessageForm


@define(eq=False, kw_only=True)
class Message(Aggregate):
    """A message in a conversation.

    Args:
        conversation: Which.
        sequence: Its place there: 1, 2, 3 and so on without a gap.
        by_first: How many of the messages up to and including this one were written by the conversation's first member.
            It tells what a member who has read up to here has read of the other, without counting.
        author: Who wrote it, or paid it.
        form: What it is.
        content: As it is kept; shown as text, never as markup.
        sent_at: When; never before the message in front of it.
        amount: The tokens of a tip.
        transaction: The journal entry behind it.
    """

    kind: ClassVar[str] = "message"

    conversation: str
    sequence: int
    by_first: int
    author: str
    form: MessageForm
    content: str
    sent_at: datetime
    amount: int | None = None
    transaction: str | None = None


@frozen
class MessageView:
    """A message as its members see it; see `Message`."""

    id: str
    conversation: str
    sequence: int
    author: str
    form: MessageForm
    content: str
    sent_at: datetime
    amount: int | None
    transaction: str | None


def view(message: Message) -> MessageView:
    """The message, for a member."""
    return MessageView(
        message.id,
        message.conversation,
        message.sequence,
        message.author,
        message.form,
        message.content,
        message.sent_at,
        message.amount,
        message.transaction,
    )
