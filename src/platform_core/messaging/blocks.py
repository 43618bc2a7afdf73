"""Blocking: nothing more is sent between two users, whichever of them wants that; what was said stays readable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory, Face
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Invalid, NotFound
from platform_core.kernel.page import DEFAULT_LIMIT, Page, Position, bounded
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.messaging.conversations import Conversation, conversation_id
from platform_core.messaging.inbox import both_sides


@frozen
class BlockView:
    """Somebody the caller blocks, and since when."""

    user: Face
    since: datetime


@frozen
class BlockUser(Command[BlockView]):
    """Block a user: neither can open a conversation with the other or write in one. Blocking twice is blocking once."""

    policy: ClassVar[Policy] = USERS

    user: str


async def block_user(command: BlockUser, work: Work, people: Directory) -> BlockView:
    """Block them, whether or not there is a conversation.

    Raises:
        Invalid: It is the caller.
        NotFound: There is no such user.
    """
    me = work.actor.id
    if command.user == me:
        raise Invalid.field("user", "must be somebody else")
    card = await people.card(command.user)
    if card is None:
        raise NotFound("there is no such user")
    conversation = await work.get(Conversation, conversation_id(me, card.id))
    if conversation is None:
        conversation = Conversation.between(me, card.id, work.now)
        work.add(conversation)
    if conversation.block(me, work.now):
        work.save(conversation)
    return BlockView(card.face, conversation.blocks_since(me) or work.now)


@frozen
class UnblockUser(Command[None]):
    """Take one's block of a user back; the other's own stays. Unblocking who is not blocked changes nothing."""

    policy: ClassVar[Policy] = USERS

    user: str


async def unblock_user(command: UnblockUser, work: Work, people: Directory) -> None:
    """Unblock them.

    Raises:
        NotFound: There is no such user.
    """
    me = work.actor.id
    if await people.card(command.user) is None:
        raise NotFound("there is no such user")
    conversation = await work.get(Conversation, conversation_id(me, command.user))
    if conversation is not None and conversation.unblock(me):
        work.save(conversation)


@frozen
class ListBlocks(Query[Page[BlockView]]):
    """Whom the caller blocks, the latest first.

    Args:
        after: Where the page begins, as the page before told.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = USERS

    after: Position | None = None
    limit: int = DEFAULT_LIMIT


async def list_blocks(query: ListBlocks, work: Work, people: Directory) -> Page[BlockView]:
    """A page of them."""
    me, limit = work.actor.id, bounded(query.limit)
    found = await both_sides(work, "blocks_since", after=query.after, limit=limit)
    shown = found[:limit]
    cards = await people.cards([conversation.other(me) for conversation in shown])
    views = [
        BlockView(cards[conversation.other(me)].face, conversation.blocks_since(me) or conversation.created_at)
        for conversation in shown
    ]
    last = shown[-1] if len(found) > limit else None
    return Page(views, limit, None if last is None else (last.blocks_since(me), last.id))


class KeptBlocks:
    """Who blocks whom, for other contexts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def between(self, one: str, other: str) -> bool:
        """Whether either of two users blocks the other."""
        if one == other:
            return False
        found = await self._store.peek(Conversation, conversation_id(one, other))
        return found is not None and found.is_blocked

    async def among(self, user: str, others: Sequence[str]) -> Collection[str]:
        """Those of the others between whom and the user stands a block."""
        pairs = {conversation_id(user, other): other for other in others if other != user}
        if not pairs:
            return ()
        select = Select(Conversation, (Where("id", "in", tuple(pairs)),), limit=len(pairs))
        return {pairs[found.id] for found in await self._store.find(select) if found.is_blocked}
