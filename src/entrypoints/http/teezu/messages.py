"""Conversations between two users, their messages, and blocking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.cursors import Seal
from entrypoints.http.kit.rows import (
    Answer,
    Ask,
    Caller,
    Moment,
    NextCursor,
    PageAsk,
    Row,
    delete,
    listing,
    moment,
    nothing,
    post,
)
from platform_core.identity.ports import Face
from platform_core.kernel.page import DEFAULT_LIMIT, Page
from platform_core.messaging import inbox
from platform_core.messaging.blocks import BlockUser, BlockView, ListBlocks, UnblockUser
from platform_core.messaging.content import MOST_BYTES, MOST_CHARACTERS, PREVIEW, MessageForm
from platform_core.messaging.messages import MessageView
from platform_core.messaging.writing import MarkRead, ReadHistory, ReadMark, SendMessage

ConversationId = Annotated[str, Meta(description="A conversation the caller is in.", examples=["conv_abc"])]
MessageId = Annotated[str, Meta(max_length=64, examples=["msg_001"])]
OtherId = Annotated[str, Meta(min_length=1, max_length=64, description="Another user's id.", examples=["usr_xyz"])]
MessageType = Literal["text", "image", "tip", "unlock"]


class Participant(Struct, frozen=True):
    """Another user, at a glance."""

    id: Annotated[str, Meta(examples=["usr_xyz"])]
    username: Annotated[str, Meta(examples=["jane"])]
    avatarUrl: Annotated[str | None, Meta(examples=["https://cdn.example/avatars/jane.webp"])]


class LastMessage(Struct, frozen=True):
    """The last message of a conversation."""

    content: Annotated[str, Meta(description=f"Its first {PREVIEW} characters.", examples=["Hey!"])]
    sentAt: Moment


class Conversation(Answer, frozen=True):
    """A conversation as the caller sees it."""

    id: ConversationId
    participant: Participant
    lastMessage: Annotated[LastMessage | None, Meta(description="Null while there is none.")]
    unreadCount: Annotated[int, Meta(description="Messages of the other that were not read.", examples=[2])]


class Conversations(Answer, frozen=True):
    """The caller's conversations, the latest first. `nextCursor` comes when there are more."""

    conversations: list[Conversation]
    nextCursor: Annotated[str, Meta(description="Where the next page begins.")] | UnsetType = UNSET
    limit: Annotated[int, Meta(description="The page's length, where it is not the usual.")] | UnsetType = UNSET


class ConversationsAsk(PageAsk, frozen=True):
    """Which conversations."""

    def command(self, caller: Caller) -> inbox.ListConversations:
        """What the core is asked."""
        return inbox.ListConversations(caller.position, self.limit)


class OpenAsk(Ask, frozen=True):
    """Whom to talk to."""

    names: ClassVar[Mapping[str, str]] = {"user": "userId"}

    userId: OtherId

    def command(self, _: Caller) -> inbox.OpenConversation:
        """What the core is asked."""
        return inbox.OpenConversation(self.userId)


class HistoryAsk(PageAsk, frozen=True):
    """Which messages."""

    names: ClassVar[Mapping[str, str]] = {"conversation": "conversationId"}

    conversationId: ConversationId

    def command(self, caller: Caller) -> ReadHistory:
        """What the core is asked."""
        return ReadHistory(self.conversationId, caller.position, self.limit)


class SendAsk(Ask, frozen=True):
    """A message."""

    names: ClassVar[Mapping[str, str]] = {"conversation": "conversationId", "form": "type"}

    conversationId: ConversationId
    content: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MOST_CHARACTERS,
            description=f"At most {MOST_BYTES} bytes; of an image its https address. It is data: show it as text.",
            examples=["Hello! 👋"],
        ),
    ]
    type: Annotated[
        Literal["text", "image"], Meta(description="`tip` and `unlock` are written by the wallet only.")
    ] = "text"

    def command(self, _: Caller) -> SendMessage:
        """What the core is asked."""
        return SendMessage(self.conversationId, self.content, MessageForm(self.type))


class Sent(Answer, frozen=True):
    """A message as it was kept."""

    messageId: MessageId
    conversationId: ConversationId
    content: Annotated[str, Meta(examples=["Hello! 👋"])]
    type: MessageType
    sentAt: Moment


class Message(Struct, frozen=True):
    """A message in a conversation's history. `amount` and `transactionId` come with tips."""

    messageId: MessageId
    conversationId: ConversationId
    senderId: Annotated[str, Meta(examples=["usr_xyz"])]
    content: str
    type: MessageType
    sentAt: Moment
    amount: Annotated[int, Meta(description="Whole tokens.", examples=[100])] | UnsetType = UNSET
    transactionId: Annotated[str, Meta(examples=["txn_tip_001"])] | UnsetType = UNSET


class History(Answer, frozen=True):
    """Messages of a conversation, the newest first."""

    messages: list[Message]
    nextCursor: NextCursor
    limit: int


class ReadAsk(Ask, frozen=True):
    """How far the caller has read."""

    names: ClassVar[Mapping[str, str]] = {"conversation": "conversationId", "message": "messageId"}

    conversationId: ConversationId
    messageId: MessageId

    def command(self, _: Caller) -> MarkRead:
        """What the core is asked."""
        return MarkRead(self.conversationId, self.messageId)


class Marked(Answer, frozen=True):
    """How far the caller has read."""

    conversationId: ConversationId
    messageId: MessageId
    unreadCount: Annotated[int, Meta(examples=[0])]


class BlockAsk(Ask, frozen=True):
    """Whom to block."""

    names: ClassVar[Mapping[str, str]] = {"user": "userId"}

    userId: OtherId

    def command(self, _: Caller) -> BlockUser:
        """What the core is asked."""
        return BlockUser(self.userId)


class UnblockAsk(Ask, frozen=True):
    """Whom to block no more."""

    names: ClassVar[Mapping[str, str]] = {"user": "userId"}

    userId: Annotated[str, Meta(description="Another user's id.", examples=["usr_xyz"])]

    def command(self, _: Caller) -> UnblockUser:
        """What the core is asked."""
        return UnblockUser(self.userId)


class BlocksAsk(PageAsk, frozen=True):
    """Which blocks."""

    def command(self, caller: Caller) -> ListBlocks:
        """What the core is asked."""
        return ListBlocks(caller.position, self.limit)


class Block(Answer, frozen=True):
    """Somebody the caller blocks."""

    user: Participant
    blockedAt: Moment


class Blocks(Answer, frozen=True):
    """Whom the caller blocks, the latest first."""

    blocks: list[Block]
    nextCursor: NextCursor
    limit: int


def _participant(user: Face) -> Participant:
    return Participant(user.id, user.username, user.avatar_url)


def show_conversation(conversation: inbox.ConversationView) -> Conversation:
    """A conversation."""
    last = conversation.last_message
    return Conversation(
        conversation.id,
        _participant(conversation.participant),
        None if last is None else LastMessage(last.content, moment(last.sent_at)),
        conversation.unread,
    )


def show_conversations(page: Page[inbox.ConversationView], seal: Seal) -> Conversations:
    """A page of conversations; of the usual length and the only one it is exactly as the document has it."""
    return Conversations(
        [show_conversation(conversation) for conversation in page.items],
        seal(page.next) or UNSET,
        UNSET if page.limit == DEFAULT_LIMIT else page.limit,
    )


def show_sent(message: MessageView) -> Sent:
    """A message just sent."""
    return Sent(message.id, message.conversation, message.content, message.form.value, moment(message.sent_at))


def _message(message: MessageView) -> Message:
    return Message(
        messageId=message.id,
        conversationId=message.conversation,
        senderId=message.author,
        content=message.content,
        type=message.form.value,
        sentAt=moment(message.sent_at),
        amount=UNSET if message.amount is None else message.amount,
        transactionId=UNSET if message.transaction is None else message.transaction,
    )


def show_history(page: Page[MessageView], seal: Seal) -> History:
    """A page of messages."""
    return History([_message(message) for message in page.items], seal(page.next), page.limit)


def show_mark(mark: ReadMark) -> Marked:
    """How far somebody has read."""
    return Marked(mark.conversation, mark.message, mark.unread)


def show_block(block: BlockView) -> Block:
    """A block."""
    return Block(_participant(block.user), moment(block.since))


def show_blocks(page: Page[BlockView], seal: Seal) -> Blocks:
    """A page of blocks."""
    return Blocks([show_block(block) for block in page.items], seal(page.next), page.limit)


_JANE = {"id": "usr_xyz", "username": "jane", "avatarUrl": "https://cdn.example/avatars/jane.webp"}
_CONVERSATION = {
    "id": "conv_abc",
    "participant": _JANE,
    "lastMessage": {"content": "Hey!", "sentAt": "2026-04-14T18:30:00Z"},
    "unreadCount": 2,
}
_MESSAGE = {
    "messageId": "msg_001",
    "conversationId": "conv_abc",
    "content": "Hello! 👋",
    "type": "text",
    "sentAt": "2026-04-15T09:10:00Z",
}
_BLOCK = {"user": _JANE, "blockedAt": "2026-04-15T09:10:00Z"}

ROWS: tuple[Row, ...] = (
    listing(
        "/messages/conversations",
        ConversationsAsk,
        show_conversations,
        id="list_conversations",
        summary="List one's conversations, the latest message first",
        tag="messages",
        answers={"conversations": [_CONVERSATION]},
    ),
    post(
        "/messages/conversations",
        OpenAsk,
        show_conversation,
        id="open_conversation",
        summary="Open the conversation with a user, or find the one there is",
        tag="messages",
        example={"userId": "usr_xyz"},
        answers={**_CONVERSATION, "lastMessage": None, "unreadCount": 0},
    ),
    post(
        "/messages/blocks",
        BlockAsk,
        show_block,
        id="block_user",
        summary="Block a user",
        tag="messages",
        example={"userId": "usr_xyz"},
        answers=_BLOCK,
    ),
    listing(
        "/messages/blocks",
        BlocksAsk,
        show_blocks,
        id="list_blocks",
        summary="List whom one blocks",
        tag="messages",
        answers={"blocks": [_BLOCK], "nextCursor": None, "limit": DEFAULT_LIMIT},
    ),
    delete(
        "/messages/blocks/{userId}",
        UnblockAsk,
        nothing,
        id="unblock_user",
        summary="Block a user no more",
        tag="messages",
        status=204,
    ),
    listing(
        "/messages/{conversationId}",
        HistoryAsk,
        show_history,
        id="get_conversation_messages",
        summary="Read a conversation's messages, the newest first",
        tag="messages",
        answers={"messages": [{**_MESSAGE, "senderId": "usr_xyz"}], "nextCursor": None, "limit": DEFAULT_LIMIT},
    ),
    post(
        "/messages/{conversationId}",
        SendAsk,
        show_sent,
        id="send_message",
        summary="Send a message in a conversation",
        tag="messages",
        status=201,
        limit="messages",
        example={"content": "Hello! 👋", "type": "text"},
        answers=_MESSAGE,
    ),
    post(
        "/messages/{conversationId}/read",
        ReadAsk,
        show_mark,
        id="mark_read",
        summary="Mark a conversation as read up to a message",
        tag="messages",
        example={"messageId": "msg_001"},
        answers={"conversationId": "conv_abc", "messageId": "msg_001", "unreadCount": 0},
    ),
)
