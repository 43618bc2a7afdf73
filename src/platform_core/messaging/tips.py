"""A tip given in a conversation, told there: the wallet's word, which nobody can write themself (CHAT-03)."""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.work import Work
from platform_core.messaging.content import MessageForm
from platform_core.messaging.conversations import Conversation, conversation_id
from platform_core.messaging.messages import Message
from platform_core.wallet.events import TipSent


def tip_message_id(transaction: str) -> str:
    """The id of the message that tells of a tip: the same each time, so that it is written once (invariant 38)."""
    return "msg_tip_" + blake2b(transaction.encode(), digest_size=16, person=b"tip message").hexdigest()


@frozen
class TellTip(Command[str | None]):
    """Write a tip into the conversation it was given in. The platform does so when it hears of the tip.

    Args:
        transaction: The tip's journal entry.
        payer: Who gave it.
        payee: Who got it.
        amount: Whole tokens.
        conversation: What the payer named.
    """

    policy: ClassVar[Policy] = PLATFORM

    transaction: str
    payer: str
    payee: str
    amount: int
    conversation: str


async def tell_tip(command: TellTip, work: Work) -> str | None:
    """Write it once, however often it is heard of; the message's id, or None where there is nothing to write to:
    another's conversation, none at all, or one with a block. The tip itself stands in any case.
    """
    payer = command.payer
    if command.conversation != conversation_id(payer, command.payee):
        return None
    id = tip_message_id(command.transaction)
    if await work.get(Message, id) is not None:
        return id
    conversation = await work.get(Conversation, command.conversation)
    if conversation is None or not conversation.is_open or conversation.is_blocked:
        return None
    message = conversation.post(
        id=id,
        author=payer,
        form=MessageForm.TIP,
        content=f"{command.amount} TZT",
        now=work.now,
        amount=command.amount,
        transaction=command.transaction,
    )
    work.add(message)
    work.save(conversation)
    return id


def on_tip(tip: TipSent) -> TellTip | None:
    """What messaging does about a tip: nothing, unless it was given in a chat that was named."""
    if tip.context != "chat" or tip.context_id is None:
        return None
    return TellTip(tip.transaction, tip.payer, tip.payee, tip.amount, tip.context_id)
