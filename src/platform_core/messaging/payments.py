"""Tips given in a conversation and items unlocked, told there: the wallet's word, which nobody can write themself
(CHAT-03).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

from attrs import frozen

from platform_core.content.events import ContentUnlocked
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.work import Work
from platform_core.messaging.content import MessageForm
from platform_core.messaging.conversations import Conversation, conversation_id
from platform_core.messaging.messages import Message
from platform_core.wallet.events import TipSent


def payment_message_id(transaction: str) -> str:
    """The id of the message that tells of a payment: the same each time, so that it is written once (invariant 38)."""
    return "msg_pay_" + blake2b(transaction.encode(), digest_size=16, person=b"payment message").hexdigest()


@frozen
class TellPayment(Command[str | None]):
    """Write a payment into a conversation of those it was between. The platform does so when it hears of it.

    Args:
        form: What was paid for: a tip, or an item unlocked.
        transaction: The journal entry.
        payer: Who gave it.
        payee: Who got it.
        amount: Whole tokens.
        conversation: Where.
    """

    policy: ClassVar[Policy] = PLATFORM

    form: MessageForm
    transaction: str
    payer: str
    payee: str
    amount: int
    conversation: str


async def tell_payment(command: TellPayment, work: Work) -> str | None:
    """Write it once, however often it is heard of; the message's id, or None where there is nothing to write to:
    another's conversation, none at all, or one with a block. The payment itself stands in any case.
    """
    payer = command.payer
    if command.conversation != conversation_id(payer, command.payee):
        return None
    id = payment_message_id(command.transaction)
    if await work.get(Message, id) is not None:
        return id
    conversation = await work.get(Conversation, command.conversation)
    if conversation is None or not conversation.is_open or conversation.is_blocked:
        return None
    message = conversation.post(
        id=id,
        author=payer,
        form=command.form,
        content=f"{command.amount} TZT",
        now=work.now,
        amount=command.amount,
        transaction=command.transaction,
    )
    work.add(message)
    work.save(conversation)
    return id


def on_tip(tip: TipSent) -> TellPayment | None:
    """What messaging does about a tip: nothing, unless it was given in a chat that was named."""
    if tip.context != "chat" or tip.context_id is None:
        return None
    return TellPayment(MessageForm.TIP, tip.transaction, tip.payer, tip.payee, tip.amount, tip.context_id)


def on_unlock(unlock: ContentUnlocked) -> TellPayment:
    """What messaging does about an item unlocked: tell it to its creator, where the two talk with each other."""
    conversation = conversation_id(unlock.user, unlock.creator)
    return TellPayment(MessageForm.UNLOCK, unlock.transaction, unlock.user, unlock.creator, unlock.amount, conversation)
