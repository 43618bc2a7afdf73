"""Writing in a conversation, reading its history, and marking what has been read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden, NotFound
from platform_core.kernel.page import DEFAULT_LIMIT, Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.messaging.content import MessageForm, check_form, cleaned
from platform_core.messaging.conversations import own_conversation
from platform_core.messaging.messages import Message, MessageView, view


@frozen
class SendMessage(Command[MessageView]):
    """Send a message in a conversation.

    Args:
        conversation: Which.
        content: 1 to 4000 characters and at most 8192 bytes; for an image its https address.
        form: Text or image.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    content: str
    form: MessageForm = MessageForm.TEXT

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """For the members, as long as no block stands between them (CHAT-02, CHAT-04)."""
        (await own_conversation(work, target["conversation"])).check_open_to(work.actor.id)


async def send_message(command: SendMessage, work: Work, people: Directory) -> MessageView:
    """Write the message.

    Raises:
        NotFound: There is no such conversation of the caller.
        Forbidden: A block stands between the two, or one of them is banned.
        Invalid: The content breaks a rule, or the form is the wallet's (CHAT-03).
    """
    me = work.actor.id
    conversation = await own_conversation(work, command.conversation)
    cards = await people.cards((conversation.first, conversation.second))
    if any(user not in cards or cards[user].banned for user in (conversation.first, conversation.second)):
        raise Forbidden("one of you is shut out")
    check_form(command.form)
    content = cleaned(command.content, command.form)
    message = conversation.post(id=work.new_id("msg"), author=me, form=command.form, content=content, now=work.now)
    work.add(message)
    work.save(conversation)
    return view(message)


@frozen
class ReadHistory(Query[Page[MessageView]]):
    """The messages of a conversation, the newest first.

    Args:
        conversation: Which.
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    after: Position | None = None
    limit: int = DEFAULT_LIMIT

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """For the members, blocked or not (CHAT-04)."""
        await own_conversation(work, target["conversation"])


async def read_history(query: ReadHistory, work: Work) -> Page[MessageView]:
    """A page of them.

    Raises:
        NotFound: There is no such conversation of the caller.
    """
    limit = bounded(query.limit)
    where = (Where("conversation", "=", query.conversation),)
    found = await work.find(Select(Message, where, order=("-sequence",), after=query.after, limit=limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    return Page([view(message) for message in found[:limit]], limit, None if last is None else (last.sequence, last.id))


@frozen
class ReadMark:
    """How far a member has read.

    Args:
        conversation: Which conversation.
        message: The message that was named.
        unread: How many messages of the other are unread still.
    """

    conversation: str
    message: str
    unread: int


@frozen
class MarkRead(Command[ReadMark]):
    """Mark a conversation as read up to a message.

    Args:
        conversation: Which.
        message: The last message that was read.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    message: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """For the members, blocked or not (CHAT-04)."""
        await own_conversation(work, target["conversation"])


async def mark_read(command: MarkRead, work: Work) -> ReadMark:
    """Mark it; an earlier message than was marked before changes nothing.

    Raises:
        NotFound: There is no such conversation of the caller, or no such message in it.
    """
    conversation = await own_conversation(work, command.conversation)
    message = await work.get(Message, command.message)
    if message is None or message.conversation != conversation.id:
        raise NotFound("there is no such message in this conversation")
    if conversation.read(work.actor.id, message):
        work.save(conversation)
    return ReadMark(conversation.id, message.id, conversation.unread(work.actor.id))
