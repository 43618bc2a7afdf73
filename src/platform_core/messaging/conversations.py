"""Conversations: all there is between two users, in one aggregate.

Sends, reads and blocks of one pair meet in its version, so that sequences have no gap, counts are right and nothing is
sent past a block, whoever comes at once. Only two people write to it, a few messages a second at most, so nobody waits
long; a counter of its own would need a lock or leave gaps.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Forbidden, NotFound
from platform_core.kernel.work import Work
from platform_core.messaging.content import MessageForm, preview
from platform_core.messaging.events import (
    ConversationOpened,
    ConversationRead,
    MessageSent,
    UserBlocked,
    UserUnblocked,
)
from platform_core.messaging.messages import Message


def conversation_id(one: str, other: str) -> str:
    """The id of the one conversation of a pair, whoever asks: two who open it at once make the same."""
    digest = blake2b("\0".join(sorted((one, other))).encode(), digest_size=16, person=b"conversation")
    return f"conv_{digest.hexdigest()}"


@define(eq=False, kw_only=True)
class Conversation(Aggregate):
    """What two users have between them. Which of them is `first` means nothing: their ids are in order.

    Args:
        first: One member.
        second: The other.
        created_at: When the pair first had to do with each other.
        first_moved_at: When something last happened that puts it on top of the first member's list; None while it is
            not in it. Opening shows it to the opener, the first message to both.
        second_moved_at: The same for the second.
        sequence: How many messages it has; the last one's sequence.
        by_first: How many of them the first member wrote.
        first_read: Up to which sequence the first member has read.
        second_read: The same for the second.
        first_seen: How many messages of the second the first member has read.
        second_seen: How many messages of the first the second member has read.
        first_blocks_since: Since when the first member blocks the second, if they do.
        second_blocks_since: The same the other way round.
        last_preview: How the last message begins.
        last_sent_at: When it was sent.
    """

    kind: ClassVar[str] = "conversation"

    first: str
    second: str
    created_at: datetime
    first_moved_at: datetime | None = None
    second_moved_at: datetime | None = None
    sequence: int = 0
    by_first: int = 0
    first_read: int = 0
    second_read: int = 0
    first_seen: int = 0
    second_seen: int = 0
    first_blocks_since: datetime | None = None
    second_blocks_since: datetime | None = None
    last_preview: str | None = None
    last_sent_at: datetime | None = None

    @classmethod
    def between(cls, one: str, other: str, now: datetime) -> Conversation:
        """What is between two users who had nothing to do with each other."""
        first, second = sorted((one, other))
        return cls(id=conversation_id(one, other), first=first, second=second, created_at=now)

    # ---- looking

    def other(self, member: str) -> str:
        """The one they talk to."""
        return self.second if member == self.first else self.first

    def moved_at(self, member: str) -> datetime | None:
        """When it last moved for this member; None while it is not in their list, or they are no member."""
        if member == self.first:
            return self.first_moved_at
        return self.second_moved_at if member == self.second else None

    def blocks_since(self, member: str) -> datetime | None:
        """Since when this member blocks the other, if they do."""
        return self.first_blocks_since if member == self.first else self.second_blocks_since

    @property
    def is_open(self) -> bool:
        """Whether a member has opened it. Before that there is nothing between them but a block."""
        return self.first_moved_at is not None or self.second_moved_at is not None

    @property
    def is_blocked(self) -> bool:
        """Whether either blocks the other."""
        return self.first_blocks_since is not None or self.second_blocks_since is not None

    def unread(self, member: str) -> int:
        """How many messages of the other this member has not read. Their own count as nothing, read or not."""
        if member == self.first:
            return self.sequence - self.by_first - self.first_seen
        return self.by_first - self.second_seen

    def check_open_to(self, member: str) -> None:
        """Refuse a member between whom and the other stands a block.

        Raises:
            Forbidden: One does.
        """
        if self.blocks_since(member) is not None:
            raise Forbidden("you have blocked this user")
        if self.is_blocked:
            raise Forbidden("this user takes no messages from you")

    # ---- acting

    def show_to(self, member: str, now: datetime) -> None:
        """Put it in the member's list.

        Raises:
            Forbidden: A block stands between them.
        """
        self.check_open_to(member)
        if not self.is_open:
            self.record(ConversationOpened(self.id, member, self.other(member)))
        if member == self.first:
            self.first_moved_at = self.first_moved_at or now
        else:
            self.second_moved_at = self.second_moved_at or now

    def post(
        self,
        *,
        id: str,
        author: str,
        form: MessageForm,
        content: str,
        now: datetime,
        amount: int | None = None,
        transaction: str | None = None,
    ) -> Message:
        """The next message of one of the members, whose content has been checked.

        Raises:
            Forbidden: A block stands between them.
        """
        self.check_open_to(author)
        # Clocks of several machines may differ a little; what comes later is never dated earlier.
        sent_at = max(now, self.last_sent_at or now)
        self.sequence += 1
        self.by_first += author == self.first
        self.first_moved_at = self.second_moved_at = self.last_sent_at = sent_at
        self.last_preview = preview(content)
        self.record(
            MessageSent(
                conversation=self.id,
                message=id,
                sequence=self.sequence,
                author=author,
                recipient=self.other(author),
                form=form.value,
                content=content,
                sent_at=sent_at,
                amount=amount,
            )
        )
        return Message(
            id=id,
            conversation=self.id,
            sequence=self.sequence,
            by_first=self.by_first,
            author=author,
            form=form,
            content=content,
            sent_at=sent_at,
            amount=amount,
            transaction=transaction,
        )

    def read(self, member: str, message: Message) -> bool:
        """Mark what the member has read, up to a message of this conversation; whether that was news.

        Marks only go forward: word of an earlier message that comes late changes nothing.
        """
        if member == self.first:
            if message.sequence <= self.first_read:
                return False
            self.first_read, self.first_seen = message.sequence, message.sequence - message.by_first
        else:
            if message.sequence <= self.second_read:
                return False
            self.second_read, self.second_seen = message.sequence, message.by_first
        self.record(ConversationRead(self.id, member, message.sequence))
        return True

    def block(self, member: str, now: datetime) -> bool:
        """Let nothing more pass between them, by the member's wish; whether that was news."""
        if self.blocks_since(member) is not None:
            return False
        self._set_block(member, now)
        self.record(UserBlocked(member, self.other(member)))
        return True

    def unblock(self, member: str) -> bool:
        """Take the member's block back; whether there was one."""
        if self.blocks_since(member) is None:
            return False
        self._set_block(member, None)
        self.record(UserUnblocked(member, self.other(member)))
        return True

    def _set_block(self, member: str, since: datetime | None) -> None:
        if member == self.first:
            self.first_blocks_since = since
        else:
            self.second_blocks_since = since


async def own_conversation(work: Work, id: str) -> Conversation:
    """The conversation, for one of its members.

    Raises:
        NotFound: There is none, or none the actor is in (CHAT-04): nobody else learns that it is there.
    """
    found = await work.get(Conversation, id)
    if found is None or not found.is_open or work.actor.id not in (found.first, found.second):
        raise NotFound("there is no such conversation")
    return found
