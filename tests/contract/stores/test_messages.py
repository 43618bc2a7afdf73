"""Conversations on every store: one per pair, no gap, right counts, nothing past a block, whoever comes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Actor
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.events import Envelope
from platform_core.kernel.page import MOST, Position
from platform_core.kernel.select import Select, Where
from platform_core.messaging.blocks import BlockUser, ListBlocks, UnblockUser
from platform_core.messaging.content import MessageForm
from platform_core.messaging.conversations import Conversation, conversation_id
from platform_core.messaging.events import MessageSent
from platform_core.messaging.inbox import ConversationView, ListConversations, OpenConversation
from platform_core.messaging.messages import Message, MessageView
from platform_core.messaging.payments import TellPayment, payment_message_id
from platform_core.messaging.writing import MarkRead, ReadHistory, SendMessage
from platform_core.wallet.tips import SendTip, TipContext
from support.builders import counted
from support.world import OPERATOR, Person, World


async def at_once(*acts: Awaitable[Any]) -> list[Any]:
    """What comes of acts begun together."""
    results: list[Any] = await asyncio.gather(*acts, return_exceptions=True)
    return results


async def talking(world: World, tokens: int = 0) -> tuple[Person, Person, str]:
    """Two people and their conversation, opened by the first."""
    anna, ben = await world.person("anna", tokens), await world.person("benn")
    return anna, ben, (await world.execute(OpenConversation(ben.id), by=anna.actor)).id


async def say(world: World, who: Person, conversation: str, content: str = "Hi", **more: Any) -> MessageView:
    """Send a message, a second after the one before."""
    world.clock.advance(seconds=1)
    return await world.execute(SendMessage(conversation, content, **more), by=who.actor)


async def inbox(world: World, who: Person) -> list[ConversationView]:
    """Somebody's conversations."""
    return list((await world.execute(ListConversations(), by=who.actor)).items)


async def history(world: World, who: Person, conversation: str) -> list[MessageView]:
    """All messages, the newest first, however many pages that takes."""
    found: list[MessageView] = []
    after: Position | None = None
    while True:
        page = await world.execute(ReadHistory(conversation, after, MOST), by=who.actor)
        found += page.items
        if page.next is None:
            return found
        after = page.next


async def test_a_conversation_from_opening_to_reading(world: World) -> None:
    anna, ben, id = await talking(world)
    assert [view.id for view in await inbox(world, anna)] == [id]
    assert await inbox(world, ben) == []

    sent = await say(world, anna, id, "Hello! 👋\u202e")
    await say(world, ben, id, "https://cdn.example/a.png", form=MessageForm.IMAGE)
    await say(world, ben, id, "?")

    assert (sent.content, sent.sequence, sent.author) == ("Hello! 👋", 1, anna.id)
    [for_anna], [for_ben] = await inbox(world, anna), await inbox(world, ben)
    assert (for_anna.participant.username, for_anna.unread) == ("benn", 2)
    assert (for_ben.participant.username, for_ben.unread) == ("anna", 1)
    assert for_anna.last_message is not None
    assert (for_anna.last_message.content, for_anna.last_message.sent_at) == ("?", world.clock.now())
    shown = await history(world, anna, id)
    assert [message.sequence for message in shown] == [3, 2, 1]
    assert [message.form for message in shown] == [MessageForm.TEXT, MessageForm.IMAGE, MessageForm.TEXT]

    mark = await world.execute(MarkRead(id, shown[1].id), by=anna.actor)
    assert mark.unread == 1
    assert (await world.execute(MarkRead(id, shown[0].id), by=anna.actor)).unread == 0
    assert (await world.execute(MarkRead(id, shown[2].id), by=anna.actor)).unread == 0
    assert [view.unread for view in await inbox(world, ben)] == [1]


async def test_those_who_open_at_once_find_one_conversation(world: World) -> None:
    anna, ben = await world.person("anna"), await world.person("benn")
    acts = [
        world.execute(OpenConversation(other.id), by=who.actor)
        for _ in range(4)
        for who, other in ((anna, ben), (ben, anna))
    ]
    results = await at_once(*acts)

    assert counted(results) == {"ok": 8}
    assert {view.id for view in results} == {conversation_id(anna.id, ben.id)}
    assert len(await world.store.find(Select(Conversation))) == 1
    assert (len(await inbox(world, anna)), len(await inbox(world, ben))) == (1, 1)


async def test_sends_at_once_leave_no_gap_and_counts_are_right(world: World) -> None:
    anna, ben, id = await talking(world)
    await say(world, anna, id)
    results = await at_once(*(world.execute(SendMessage(id, f"{i}"), by=(anna, ben)[i % 2].actor) for i in range(12)))

    assert counted(results) == {"ok": 12}
    shown = await history(world, ben, id)
    assert [message.sequence for message in shown] == [*range(13, 0, -1)]
    assert sorted(message.sequence for message in results) == [*range(2, 14)]
    assert [view.unread for view in await inbox(world, anna)] == [6]
    assert [view.unread for view in await inbox(world, ben)] == [7]


async def test_reads_that_meet_sends_lose_no_message(world: World) -> None:
    anna, ben, id = await talking(world)
    marked = [await say(world, ben, id, f"{i}") for i in range(4)]
    acts: list[Awaitable[Any]] = [world.execute(SendMessage(id, "more"), by=ben.actor) for _ in range(5)]
    acts += [world.execute(MarkRead(id, message.id), by=anna.actor) for message in reversed(marked)]
    results = await at_once(*acts)

    assert counted(results) == {"ok": 9}
    [view] = await inbox(world, anna)
    assert view.unread == 5
    last = (await history(world, anna, id))[0]
    assert (await world.execute(MarkRead(id, last.id), by=anna.actor)).unread == 0


async def test_nothing_sent_has_a_place_behind_the_block(world: World) -> None:
    anna, ben, id = await talking(world)
    acts: list[Awaitable[Any]] = [world.execute(SendMessage(id, "x"), by=ben.actor) for _ in range(3)]
    await say(world, anna, id)
    acts.insert(1, world.execute(BlockUser(ben.id), by=anna.actor))
    results = await at_once(*acts)

    assert counted(results).keys() <= {"ok", "FORBIDDEN"}
    before = await history(world, anna, id)
    for who in (anna, ben):
        with pytest.raises(Forbidden):
            await say(world, who, id)
        with pytest.raises(Forbidden):
            await world.execute(OpenConversation((ben if who is anna else anna).id), by=who.actor)
    assert await history(world, anna, id) == before == await history(world, ben, id)
    assert [message.sequence for message in before] == [*range(len(before), 0, -1)]
    assert [view.id for view in await inbox(world, anna)] == [id]


async def test_a_block_needs_no_conversation_and_opens_none(world: World) -> None:
    anna, ben = await world.person("anna"), await world.person("benn")
    blocked = await world.execute(BlockUser(ben.id), by=anna.actor)
    world.clock.advance(seconds=9)
    again = await world.execute(BlockUser(ben.id), by=anna.actor)

    assert (blocked.user.username, blocked) == ("benn", again)
    assert await inbox(world, anna) == []
    for who in (anna, ben):
        with pytest.raises(NotFound):
            await history(world, who, conversation_id(anna.id, ben.id))
    with pytest.raises(Forbidden):
        await world.execute(OpenConversation(anna.id), by=ben.actor)
    assert list((await world.execute(ListBlocks(), by=anna.actor)).items) == [blocked]
    assert list((await world.execute(ListBlocks(), by=ben.actor)).items) == []

    for _ in range(2):
        await world.execute(UnblockUser(ben.id), by=anna.actor)
    opened = await world.execute(OpenConversation(anna.id), by=ben.actor)
    assert (await say(world, ben, opened.id)).sequence == 1


async def test_whom_one_cannot_talk_to(world: World) -> None:
    anna, ben, id = await talking(world)
    await say(world, anna, id)
    with pytest.raises(Invalid):
        await world.execute(OpenConversation(anna.id), by=anna.actor)
    with pytest.raises(Invalid):
        await world.execute(BlockUser(anna.id), by=anna.actor)
    for command in (OpenConversation("usr_nobody"), BlockUser("usr_nobody"), UnblockUser("usr_nobody")):
        with pytest.raises(NotFound):
            await world.execute(command, by=anna.actor)

    await world.execute(BanUser(ben.id), by=OPERATOR)

    with pytest.raises(NotFound):
        await world.execute(OpenConversation(ben.id), by=anna.actor)
    for who in (anna, ben):
        with pytest.raises(Forbidden):
            await say(world, who, id)
    assert len(await history(world, anna, id)) == 1
    assert [view.participant.username for view in await inbox(world, anna)] == ["benn"]


async def test_chat_04_others_find_nothing(world: World) -> None:
    anna, ben, id = await talking(world)
    message = await say(world, anna, id)
    eve = await world.person("evee")
    other = (await world.execute(OpenConversation(ben.id), by=eve.actor)).id
    told = set()
    for which in (id, "conv_none"):
        for asked in (SendMessage(which, "x"), ReadHistory(which), MarkRead(which, message.id)):
            with pytest.raises(NotFound) as refused:
                await world.execute(asked, by=eve.actor)
            told.add(refused.value.message)
    assert told == {"there is no such conversation"}
    with pytest.raises(NotFound):
        await world.execute(MarkRead(other, message.id), by=eve.actor)
    assert [view.id for view in await inbox(world, eve)] == [other]


async def test_pages_of_both_lists_fit_without_gap_or_repeat(world: World) -> None:
    me = await world.person("mmmm")
    ids = []
    for number in range(7):
        friend = await world.person(f"friend{number}")
        opener, other = (me, friend) if number % 2 else (friend, me)
        id = (await world.execute(OpenConversation(other.id), by=opener.actor)).id
        # Two move at the same moment: their ids decide.
        world.clock.advance(seconds=number % 3)
        await world.execute(SendMessage(id, f"{number}"), by=opener.actor)
        ids.append(id)
    conversations = {id: await world.store.get(Conversation, id) for id in ids}
    moved = {id: conversation.last_sent_at for id, conversation in conversations.items() if conversation is not None}
    for limit in (1, 2, 3, 7, 10):
        seen: list[str] = []
        after: Position | None = None
        while True:
            page = await world.execute(ListConversations(after, limit), by=me.actor)
            assert len(page.items) <= page.limit == limit
            seen += [view.id for view in page.items]
            if (after := page.next) is None:
                break
        assert seen == sorted(ids, key=lambda id: (moved[id], id), reverse=True)


@pytest.mark.parametrize(("limit", "taken"), [(-1, 1), (0, 1), (MOST, MOST), (10**9, MOST)])
async def test_a_page_is_of_1_to_100(world: World, limit: int, taken: int) -> None:
    anna, _, id = await talking(world)

    assert (await world.execute(ReadHistory(id, limit=limit), by=anna.actor)).limit == taken
    assert (await world.execute(ListConversations(limit=limit), by=anna.actor)).limit == taken


async def test_a_tip_given_in_a_conversation_is_told_there_once(world: World) -> None:
    anna, ben, id = await talking(world, tokens=100)
    told: list[MessageSent] = []

    async def hear(envelope: Envelope) -> None:
        assert isinstance(envelope.event, MessageSent)
        assert envelope.subject == id
        told.append(envelope.event)

    world.on(MessageSent, hear)
    receipt = await world.execute(SendTip(ben.id, 30, TipContext.CHAT, id), by=anna.actor)
    await world.relay.drain()
    again = TellPayment(MessageForm.TIP, receipt.transaction, anna.id, ben.id, 30, id)
    results = await at_once(*(world.execute(again, by=Actor.system()) for _ in range(4)))
    await world.relay.drain()

    assert results == [payment_message_id(receipt.transaction)] * 4
    [message] = await history(world, ben, id)
    assert (message.form, message.author, message.amount, message.transaction, message.content) == (
        MessageForm.TIP,
        anna.id,
        30,
        receipt.transaction,
        "30 TZT",
    )
    assert [(event.form, event.amount, event.sequence) for event in told] == [("tip", 30, 1)]
    assert [view.unread for view in await inbox(world, ben)] == [1]


async def test_a_tip_given_elsewhere_is_told_nowhere(world: World) -> None:
    anna, ben, id = await talking(world, tokens=100)
    eve = await world.person("evee", 100)
    for who, payee, context, named in (
        (anna, ben, TipContext.STREAM, id),
        (anna, ben, TipContext.CHAT, None),
        (anna, ben, TipContext.CHAT, "conv_none"),
        (eve, ben, TipContext.CHAT, id),
        (eve, ben, TipContext.CHAT, conversation_id(eve.id, ben.id)),
        (anna, eve, TipContext.CHAT, id),
    ):
        await world.execute(SendTip(payee.id, 1, context, named), by=who.actor)
    await world.relay.drain()
    await world.execute(BlockUser(anna.id), by=ben.actor)
    await world.execute(SendTip(ben.id, 1, TipContext.CHAT, id), by=anna.actor)
    await world.relay.drain()

    assert await world.store.find(Select(Message, (Where("conversation", "!=", ""),))) == []
    assert await world.store.outbox.parked() == []
    assert (await world.wallet(ben.id)).balance == 6


@pytest.mark.parametrize("form", [MessageForm.TIP, MessageForm.UNLOCK])
async def test_chat_03_only_the_wallet_says_that_tokens_moved(world: World, form: MessageForm) -> None:
    anna, _, id = await talking(world)

    with pytest.raises(Invalid) as refused:
        await say(world, anna, id, "1000 TZT", form=form)

    assert [detail.field for detail in refused.value.details] == ["form"]
    with pytest.raises(Forbidden):
        await world.execute(TellPayment(MessageForm.TIP, "txn_1", anna.id, anna.id, 5, id), by=anna.actor)


async def test_a_message_under_a_key_is_sent_once(world: World) -> None:
    anna, _, id = await talking(world)
    results = await at_once(*(world.execute(SendMessage(id, "Hi"), by=anna.actor, key="k") for _ in range(6)))

    assert counted(results) == {"ok": 6}
    assert all(result == results[0] for result in results)
    assert len(await history(world, anna, id)) == 1
