"""A user's conversations: opening one, and the list of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Card, Directory, Face
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.page import DEFAULT_LIMIT, Page, Position, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.messaging.conversations import Conversation, conversation_id


@frozen
class LastMessage:
    """The last message of a conversation.

    Args:
        content: How it begins.
        sent_at: When it was sent.
    """

    content: str
    sent_at: datetime


@frozen
class ConversationView:
    """A conversation as one of its members sees it.

    Args:
        participant: The other member.
        last_message: None while there is none.
        unread: How many messages of the other the member has not read.
    """

    id: str
    participant: Face
    last_message: LastMessage | None
    unread: int


def _view(conversation: Conversation, member: str, cards: Mapping[str, Card]) -> ConversationView:
    last = None
    if conversation.last_preview is not None and conversation.last_sent_at is not None:
        last = LastMessage(conversation.last_preview, conversation.last_sent_at)
    other = cards[conversation.other(member)]
    return ConversationView(conversation.id, other.face, last, conversation.unread(member))


@frozen
class OpenConversation(Command[ConversationView]):
    """Open the conversation with another user, or find the one there is."""

    policy: ClassVar[Policy] = USERS

    user: str


async def open_conversation(command: OpenConversation, work: Work, people: Directory) -> ConversationView:
    """Put it in the caller's list; the other learns of it with the first message.

    Raises:
        Invalid: It is the caller.
        NotFound: There is no such user, or they are banned.
        Forbidden: One of them blocks the other, or the caller is banned.
    """
    me, other = work.actor.id, command.user
    if me == other:
        raise Invalid.field("user", "must be somebody else")
    cards = await people.cards((me, other))
    if other not in cards or cards[other].banned:
        raise NotFound("there is no such user")
    if me not in cards or cards[me].banned:
        raise Forbidden("you are shut out")
    conversation = await work.get(Conversation, conversation_id(me, other))
    if conversation is None:
        conversation = Conversation.between(me, other, work.now)
        conversation.show_to(me, work.now)
        work.add(conversation)
    elif conversation.moved_at(me) is None:
        conversation.show_to(me, work.now)
        work.save(conversation)
    else:
        conversation.check_open_to(me)
    return _view(conversation, me, cards)


@frozen
class ListConversations(Query[Page[ConversationView]]):
    """The caller's conversations, the latest first.

    Args:
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = USERS

    after: Position | None = None
    limit: int = DEFAULT_LIMIT


async def list_conversations(query: ListConversations, work: Work, people: Directory) -> Page[ConversationView]:
    """The conversations that are in their list, those with a block too."""
    me, limit = work.actor.id, bounded(query.limit)
    found = await both_sides(work, "moved_at", after=query.after, limit=limit)
    cards = await people.cards([conversation.other(me) for conversation in found[:limit]])
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        [_view(conversation, me, cards) for conversation in found[:limit]],
        limit,
        None if last is None else (last.moved_at(me), last.id),
    )


async def both_sides(work: Work, moment: str, *, after: Position | None, limit: int) -> list[Conversation]:
    """The conversations in which the actor's moment of this name is set, the latest first; one more than the limit.

    The actor is `first` in some and `second` in others: two reads along an index each, merged.

    Args:
        work: Whose actor.
        moment: `moved_at` or `blocks_since`.
        after: The moment and the id of the last one seen.
        limit: How many.
    """
    found: list[Conversation] = []
    for side in ("first", "second"):
        name = f"{side}_{moment}"
        where = (Where(side, "=", work.actor.id), Where(name, "!=", None))
        found += await work.find(Select(Conversation, where, order=(f"-{name}",), after=after, limit=limit + 1))
    look = Conversation.moved_at if moment == "moved_at" else Conversation.blocks_since

    def place(conversation: Conversation) -> tuple[datetime, str]:
        at = look(conversation, work.actor.id)
        return at or conversation.created_at, conversation.id

    return sorted(found, key=place, reverse=True)[: limit + 1]
