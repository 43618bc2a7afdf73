"""Tips: tokens from one user to another, in the context of a stream, a chat or a content item."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import USERS, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.errors import NotFound
from platform_core.kernel.journal import Balances
from platform_core.kernel.money import amount as checked
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.ledger.ports import REVENUE, FeePolicy, escrow, user_accounts
from platform_core.wallet.events import TipSent
from platform_core.wallet.wallet import Wallet, tip_legs


class TipContext(Enum):
    """Where a tip was given."""

    STREAM = "stream"
    CHAT = "chat"
    CONTENT = "content"


@frozen
class TipReceipt:
    """A tip as it was booked.

    Args:
        transaction: The journal entry's id.
        balance: The payer's balance right after the tip, held tokens included, in commit order.
        payee: Who got it.
        payee_name: Their username.
    """

    transaction: str
    balance: int
    payee: str
    payee_name: str


@frozen
class SendTip(Command[TipReceipt]):
    """Give tokens to another user.

    Args:
        payee: The user who gets them.
        amount: Whole tokens, 1 to 10^15.
        context: Where it was given.
        context_id: The stream, conversation or item, if the caller names one.
    """

    policy: ClassVar[Policy] = USERS

    payee: str
    amount: int
    context: TipContext
    context_id: str | None = None


async def send_tip(
    command: SendTip, work: Work, people: Directory, fees: FeePolicy
) -> Callable[[Balances], TipReceipt]:
    """Post the tip; the receipt's balance is known when the entry is.

    The wallets are not read here: their floors are checked where the entry is applied, so that thousands may tip one
    creator at once and nobody waits for anybody's read.

    Raises:
        Invalid: The amount is none, the context's id is too long, or payer and payee are one (MON-01, MON-03).
        NotFound: There is no such payee, or they are banned.
        InsufficientFunds: Less is available.
    """
    payer, payee = work.actor.id, command.payee
    fee = fees.fee("tip", checked(command.amount))
    legs = tip_legs(payer, payee, command.amount, fee)
    card = await people.card(payee)
    if card is None or card.banned:
        raise NotFound("there is no such user")
    work.open(*user_accounts(payer), user_accounts(payee)[0])
    if fee:
        work.open(REVENUE)
    details = {"context": command.context.value}
    if command.context_id is not None:
        details["contextId"] = text(command.context_id, "context_id", most=128)
    entry = work.post("tip", *legs, id=work.new_id("txn_tip"), reference=payee, details=details)
    work.observe(escrow(payer))
    work.emit(
        TipSent(entry.id, payer, payee, command.amount, fee, command.context.value, command.context_id), subject=payee
    )
    return lambda balances: TipReceipt(entry.id, Wallet.of(payer, balances).balance, payee, card.username)
