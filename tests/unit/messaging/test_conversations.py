"""One conversation: its counts against plain counting, its marks and its blocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.testing import START
from platform_core.kernel.errors import Forbidden
from platform_core.messaging.content import MessageForm
from platform_core.messaging.conversations import Conversation, conversation_id
from platform_core.messaging.events import (
    ConversationOpened,
    ConversationRead,
    MessageSent,
    UserBlocked,
    UserUnblocked,
)
from platform_core.messaging.messages import Message
from support.steady import STEADY

ANNA, BEN = "usr_a", "usr_b"


def talk() -> Conversation:
    """A conversation that Anna has opened."""
    conversation = Conversation.between(BEN, ANNA, START)
    conversation.show_to(ANNA, START)
    conversation.take_events()
    return conversation


def say(conversation: Conversation, author: str, text: str = "Hi", seconds: int = 0) -> Message:
    """A message."""
    return conversation.post(
        id=f"msg_{conversation.sequence + 1}",
        author=author,
        form=MessageForm.TEXT,
        content=text,
        now=START + timedelta(seconds=seconds),
    )


def test_a_pair_has_one_id_whoever_asks() -> None:
    assert conversation_id(ANNA, BEN) == conversation_id(BEN, ANNA)
    assert conversation_id(ANNA, BEN) != conversation_id(ANNA, "usr_c")
    assert conversation_id("usr_a", "busr_b") != conversation_id("usr_ab", "usr_b")
    assert Conversation.between(ANNA, BEN, START).first == Conversation.between(BEN, ANNA, START).first == ANNA


def test_opening_shows_it_to_the_opener_and_the_first_message_to_both() -> None:
    conversation = Conversation.between(ANNA, BEN, START)
    conversation.show_to(BEN, START)

    assert (conversation.moved_at(ANNA), conversation.moved_at(BEN)) == (None, START)
    assert conversation.moved_at("usr_c") is None
    say(conversation, BEN, seconds=5)
    assert conversation.moved_at(ANNA) == conversation.moved_at(BEN) == START + timedelta(seconds=5)
    opened, sent = conversation.take_events()
    assert opened == ConversationOpened(conversation.id, BEN, ANNA)
    assert isinstance(sent, MessageSent)
    assert (sent.sequence, sent.author, sent.recipient, sent.content) == (1, BEN, ANNA, "Hi")


def test_sequences_and_times_only_rise_though_clocks_differ() -> None:
    conversation = talk()
    messages = [
        say(conversation, ANNA, seconds=10),
        say(conversation, BEN, seconds=3),
        say(conversation, BEN, seconds=12),
    ]

    assert [message.sequence for message in messages] == [1, 2, 3]
    assert [(message.sent_at - START).seconds for message in messages] == [10, 10, 12]
    assert conversation.last_sent_at == messages[-1].sent_at


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from([ANNA, BEN]), st.just(0)),
        st.tuples(st.just("read"), st.sampled_from([ANNA, BEN]), st.integers(0, 30)),
    ),
    max_size=40,
)


@settings(STEADY, max_examples=200)
@given(ACTS)
def test_unread_is_what_plain_counting_says(acts: list[tuple[str, str, int]]) -> None:
    conversation = talk()
    messages: list[Message] = []
    marks = {ANNA: 0, BEN: 0}
    for act, member, which in acts:
        if act == "say":
            messages.append(say(conversation, member))
        elif messages:
            message = messages[which % len(messages)]
            news = conversation.read(member, message)
            assert news == (message.sequence > marks[member])
            marks[member] = max(marks[member], message.sequence)
        for one in (ANNA, BEN):
            unread = [said for said in messages if said.author != one and said.sequence > marks[one]]
            assert conversation.unread(one) == len(unread)


def test_reading_goes_forward_only_and_is_told_once() -> None:
    conversation = talk()
    first, second = say(conversation, BEN), say(conversation, BEN)
    conversation.take_events()

    assert conversation.read(ANNA, second)
    assert not conversation.read(ANNA, first)
    assert not conversation.read(ANNA, second)
    assert conversation.take_events() == [ConversationRead(conversation.id, ANNA, 2)]


@pytest.mark.parametrize("first_blocks", [False, True])
@pytest.mark.parametrize("second_blocks", [False, True])
@pytest.mark.parametrize("actor", [ANNA, BEN])
def test_nothing_is_sent_while_either_blocks(first_blocks: bool, second_blocks: bool, actor: str) -> None:
    conversation = talk()
    for member, blocks in ((ANNA, first_blocks), (BEN, second_blocks)):
        if blocks:
            assert conversation.block(member, START)
            assert not conversation.block(member, START + timedelta(seconds=1))
            assert conversation.blocks_since(member) == START
    told = conversation.take_events()

    assert told == [
        UserBlocked(a, b) for a, b, is_so in ((ANNA, BEN, first_blocks), (BEN, ANNA, second_blocks)) if is_so
    ]
    if not first_blocks and not second_blocks:
        assert say(conversation, actor).sequence == 1
        return
    with pytest.raises(Forbidden):
        say(conversation, actor)
    with pytest.raises(Forbidden):
        conversation.show_to(actor, START)
    assert (conversation.sequence, conversation.last_preview, conversation.take_events()) == (0, None, [])


def test_an_unblock_takes_back_ones_own_block_only() -> None:
    conversation = talk()
    conversation.block(ANNA, START)
    conversation.block(BEN, START)
    conversation.take_events()

    assert conversation.unblock(ANNA)
    assert not conversation.unblock(ANNA)
    with pytest.raises(Forbidden):
        say(conversation, ANNA)
    assert conversation.unblock(BEN)
    assert say(conversation, ANNA).sequence == 1
    assert conversation.take_events()[:2] == [UserUnblocked(ANNA, BEN), UserUnblocked(BEN, ANNA)]
