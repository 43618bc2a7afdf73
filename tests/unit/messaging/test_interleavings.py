"""Conversations whose acts meet in many orders: no gap, no lost message, nothing past a block."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from platform_core.kernel.actor import Actor
from platform_core.kernel.select import Select
from platform_core.messaging.blocks import BlockUser
from platform_core.messaging.content import MessageForm
from platform_core.messaging.conversations import Conversation
from platform_core.messaging.inbox import ListConversations, OpenConversation
from platform_core.messaging.messages import Message
from platform_core.messaging.payments import TellPayment
from platform_core.messaging.writing import MarkRead, SendMessage
from support.builders import codes, counted
from support.interleaving import InterleavedStore, at_once
from support.world import Person, World

pytestmark = pytest.mark.parametrize("seed", range(25))


async def two(seed: int) -> tuple[World, Person, Person]:
    """A world where every step lets others go first."""
    world = World(InterleavedStore(seed))
    return world, await world.person("anna"), await world.person("benn")


async def test_a_pair_has_one_conversation_whatever_meets(seed: int) -> None:
    world, anna, ben = await two(seed)
    results = await at_once(
        world.execute(OpenConversation(ben.id), by=anna.actor),
        world.execute(OpenConversation(anna.id), by=ben.actor),
        world.execute(BlockUser(anna.id), by=ben.actor),
        world.execute(OpenConversation(ben.id), by=anna.actor),
    )

    assert set(codes(results)) <= {"ok", "FORBIDDEN"}
    [conversation] = await world.store.find(Select(Conversation))
    assert conversation.is_blocked


async def test_sends_reads_tips_and_a_block(seed: int) -> None:
    world, anna, ben = await two(seed)
    id = (await world.execute(OpenConversation(ben.id), by=anna.actor)).id
    first = await world.execute(SendMessage(id, "first"), by=ben.actor)
    acts: list[Awaitable[Any]] = [world.execute(SendMessage(id, f"{i}"), by=(anna, ben)[i % 2].actor) for i in range(6)]
    acts += [world.execute(MarkRead(id, first.id), by=anna.actor)]
    tip = TellPayment(MessageForm.TIP, "txn_1", ben.id, anna.id, 5, id)
    acts += [world.execute(tip, by=Actor.system()) for _ in range(2)]
    acts += [world.execute(BlockUser(ben.id), by=anna.actor)]
    results = await at_once(*acts)

    assert set(codes(results[:6])) <= {"ok", "FORBIDDEN"}
    assert codes(results[6:]) == ["ok"] * 4
    messages = await world.store.find(Select(Message, order=("sequence",)))
    assert [message.sequence for message in messages] == [*range(1, len(messages) + 1)]
    tips = [message for message in messages if message.transaction]
    assert len(messages) == 1 + counted(results[:6]).get("ok", 0) + len(tips)
    assert len(tips) <= 1
    [view] = (await world.execute(ListConversations(), by=anna.actor)).items
    assert view.unread == sum(message.author == ben.id for message in messages) - 1
