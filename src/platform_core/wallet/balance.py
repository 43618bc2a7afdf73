"""Reading wallets, and what operators may do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, SIGNED_IN, USERS, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.journal import Balances, PostedLine
from platform_core.kernel.page import OPERATORS, bounded
from platform_core.kernel.ports import Books
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.ledger.ports import ISSUANCE, FeePolicy, Hold, HoldState, escrow, user_accounts, wallet
from platform_core.wallet.events import TokensCredited
from platform_core.wallet.wallet import Wallet

LONGEST_HOLD = 400 * 24 * 3600
"""Seconds a hold may last when it is placed: over a year."""


async def _wallet_of(owner: str, work: Work, people: Directory) -> Wallet:
    if await people.card(owner) is None:
        raise NotFound("there is no such user")
    return Wallet.of(owner, await work.balances(wallet(owner), escrow(owner)))


@frozen
class GetWallet(Query[Wallet]):
    """The caller's own wallet."""

    policy: ClassVar[Policy] = USERS


async def get_wallet(query: GetWallet, work: Work) -> Wallet:
    """Balance, held and available, as last committed."""
    owner = work.actor.id
    return Wallet.of(owner, await work.balances(wallet(owner), escrow(owner)))


@frozen
class ShowWallet(Query[Wallet]):
    """Any user's wallet, for operators."""

    policy: ClassVar[Policy] = PLATFORM

    owner: str


async def show_wallet(query: ShowWallet, work: Work, people: Directory) -> Wallet:
    """Balance, held and available of a user."""
    return await _wallet_of(query.owner, work, people)


@frozen
class Statement(Query[list[PostedLine]]):
    """The lines of a wallet, newest first: the caller's own, or anybody's for admins.

    Args:
        owner: The user whose wallet it is.
        before: Only lines with a sequence below this.
        limit: At most this many, 1 to 200.
    """

    policy: ClassVar[Policy] = SIGNED_IN
    target: ClassVar[tuple[str, ...]] = ("owner",)

    owner: str
    before: int | None = None
    limit: int = 50

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """The owner and admins may."""
        if target["owner"] != work.actor.id and not work.actor.is_admin:
            raise Forbidden("this is somebody else's wallet")


async def statement(query: Statement, work: Work, books: Books) -> list[PostedLine]:
    """The lines of the wallet account."""
    return await books.statement(wallet(query.owner), before=query.before, limit=bounded(query.limit, 200))


@frozen
class CreditWallet(Command[Wallet]):
    """Issue tokens to a user. Only the platform's operators may.

    Args:
        owner: Who gets them.
        amount: Tokens, 1 to 10^15.
        reason: Why, for the statement.
    """

    policy: ClassVar[Policy] = PLATFORM

    owner: str
    amount: int
    reason: str = ""


async def credit_wallet(command: CreditWallet, work: Work, people: Directory) -> Callable[[Balances], Wallet]:
    """Issue the tokens; the wallet afterwards."""
    reason = text(command.reason, "reason", most=500)
    legs = (await _wallet_of(command.owner, work, people)).credit(command.amount)
    work.open(*user_accounts(command.owner), ISSUANCE)
    entry = work.post("credit", *legs, reference=command.owner, details={"reason": reason})
    work.observe(escrow(command.owner))
    work.emit(TokensCredited(entry.id, command.owner, command.amount), subject=command.owner)
    return lambda balances: Wallet.of(command.owner, balances)


@frozen
class PlaceHold(Command[str]):
    """Set a user's tokens aside. Only the platform may; users' holds come from what they book.

    Args:
        owner: Whose tokens.
        amount: Tokens, 1 to 10^15.
        purpose: What for.
        seconds: How long it lasts, 1 to `LONGEST_HOLD`, unless it is resolved before.
    """

    policy: ClassVar[Policy] = PLATFORM

    owner: str
    amount: int
    purpose: str
    seconds: int = 24 * 3600


async def place_hold(command: PlaceHold, work: Work, people: Directory) -> str:
    """Place the hold; its id."""
    if type(command.seconds) is not int or not 1 <= command.seconds <= LONGEST_HOLD:
        raise Invalid.field("seconds", f"must be from 1 to {LONGEST_HOLD}")
    purpose = text(command.purpose, "purpose", most=200)
    purse = await _wallet_of(command.owner, work, people)
    deadline = work.now + timedelta(seconds=command.seconds)
    return purse.hold(work, command.amount, purpose=purpose, deadline=deadline).id


@frozen
class CaptureHold(Command[int]):
    """Pay a hold, or part of it, to a user; the rest returns to the payer. Only the platform may.

    Args:
        hold: The hold.
        payee: Who gets it.
        amount: Tokens; all of it when None.
    """

    policy: ClassVar[Policy] = PLATFORM

    hold: str
    payee: str
    amount: int | None = None


async def capture_hold(command: CaptureHold, work: Work, people: Directory, fees: FeePolicy) -> int:
    """Capture; what the payee gets, in tokens."""
    hold = await work.require(Hold, command.hold)
    if await people.card(command.payee) is None:
        raise NotFound("there is no such user")
    amount = hold.amount if command.amount is None else command.amount
    return hold.capture(work, amount, payee=command.payee, basis_points=fees.rate("capture"))


@frozen
class ReleaseHold(Command[None]):
    """Give a hold back to its payer. Only the platform may."""

    policy: ClassVar[Policy] = PLATFORM

    hold: str
    reason: str | None = None


async def release_hold(command: ReleaseHold, work: Work) -> None:
    """Release it."""
    reason = None if command.reason is None else text(command.reason, "reason", most=500)
    (await work.require(Hold, command.hold)).release(work, reason)


@frozen
class ExtendHold(Command[None]):
    """Move a hold's deadline to a later moment. Only the platform may."""

    policy: ClassVar[Policy] = PLATFORM

    hold: str
    deadline: datetime


async def extend_hold(command: ExtendHold, work: Work) -> None:
    """Extend it."""
    (await work.require(Hold, command.hold)).extend(work, command.deadline)


@frozen
class ExpireHold(Command[None]):
    """Give back a hold whose deadline has passed. The worker sweeps; anybody of the platform may."""

    policy: ClassVar[Policy] = PLATFORM

    hold: str


async def expire_hold(command: ExpireHold, work: Work) -> None:
    """Expire it."""
    (await work.require(Hold, command.hold)).expire(work)


@frozen
class DueHolds(Query[list[str]]):
    """The active holds whose deadline has passed, oldest first, for the sweep (invariant 15)."""

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_holds(query: DueHolds, work: Work) -> list[str]:
    """Their ids."""
    due = Select(
        Hold,
        where=(Where("state", "=", HoldState.ACTIVE), Where("deadline", "<=", work.now)),
        order=("deadline",),
        limit=query.limit,
    )
    return [hold.id for hold in await work.find(due)]


@frozen
class ListHolds(Query[list[Hold]]):
    """A user's holds, oldest first. Only the platform may.

    Args:
        owner: Whose tokens are held.
        active: Only those that are active, or that have ended; all when None.
        limit: At most this many, 1 to 1000.
    """

    policy: ClassVar[Policy] = PLATFORM

    owner: str
    active: bool | None = None
    limit: int = 100


async def list_holds(query: ListHolds, work: Work) -> list[Hold]:
    """The holds."""
    where = [Where("payer", "=", query.owner)]
    if query.active is not None:
        where.append(Where("state", "=" if query.active else "!=", HoldState.ACTIVE))
    return await work.find(
        Select(Hold, where=tuple(where), order=("created_at",), limit=bounded(query.limit, OPERATORS))
    )
