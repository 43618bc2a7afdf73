"""What sellers have: what can be sent to them, what waits, and what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

from platform_core.kernel.actor import ADMINS, USERS, Policy, Scope
from platform_core.kernel.command import Query
from platform_core.kernel.errors import NotFound
from platform_core.kernel.page import MOST, bounded
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable
from platform_core.payouts.debts import Debt
from platform_core.payouts.provider import AccountState
from platform_core.payouts.seller import SellerAccount, seller_account_id
from platform_core.payouts.transfer import OPEN, Transfer

BATCH = 500


@frozen
class CurrencyBalance:
    """What a seller has in one currency, in smallest units.

    Args:
        currency: ISO code.
        available: What is sent, or can be sent, now: what the seller is owed, without what is pending, less what the
            seller owes. Never below 0.
        pending: What is not to be sent yet: its time has not come, or a dispute keeps it.
        owed: What the seller owes, for money that had to go back to buyers after it was sent.
        next_release_at: When the next of what is pending can be sent; None if nothing waits for its time.
    """

    currency: str
    available: int
    pending: int
    owed: int
    next_release_at: datetime | None


@frozen
class SellerBalance:
    """What a seller has.

    Args:
        seller: Their user id.
        connected: Whether money can be sent to their account.
        state: What the account can do; None if there is none.
        account: The provider's id of it.
        currencies: One for each currency they have ever sold in, by code.
    """

    seller: str
    connected: bool
    state: AccountState | None = None
    account: str | None = None
    currencies: Sequence[CurrencyBalance] = field(factory=list)


@frozen
class GetSellerBalance(Query[SellerBalance]):
    """What the caller has as a seller; empty for somebody who has sold nothing."""

    policy: ClassVar[Policy] = USERS.for_keys(Scope.READ)


async def get_seller_balance(query: GetSellerBalance, work: Work) -> SellerBalance:
    """It."""
    return await _balance(work, work.actor.id)


@frozen
class ShowSeller(Query[SellerBalance]):
    """What any seller has. Admins only.

    Args:
        seller: Their user id.
    """

    policy: ClassVar[Policy] = ADMINS

    seller: str


async def show_seller(query: ShowSeller, work: Work) -> SellerBalance:
    """It.

    Raises:
        NotFound: This user has never sold anything, nor begun to.
    """
    found = await _balance(work, query.seller)
    if found.state is None and not found.currencies:
        raise NotFound("there is no such seller")
    return found


@frozen
class ListSellers(Query[list[SellerBalance]]):
    """Who sells, by their id. Admins only.

    Args:
        state: Only those whose account is in this state; with any other, those who have sold without having one too.
        after: Only those whose id comes behind this one.
        limit: At most this many, 1 to 100.
    """

    policy: ClassVar[Policy] = ADMINS

    state: AccountState | None = None
    after: str | None = None
    limit: int = MOST


async def list_sellers(query: ListSellers, work: Work) -> list[SellerBalance]:
    """They."""
    limit = bounded(query.limit)
    behind = () if query.after is None else (Where("seller", ">", query.after),)
    of_state = () if query.state is None else (Where("state", "=", query.state),)
    accounts = await work.find(Select(SellerAccount, (*behind, *of_state), order=("seller",), limit=limit))
    sellers = {account.seller for account in accounts}
    if query.state is None:
        # A seller has a row of debt for each currency; few have more than one.
        debts = await work.find(Select(Debt, behind, order=("seller",), limit=limit))
        sellers |= {debt.seller for debt in debts}
    return [await _balance(work, seller) for seller in sorted(sellers)[:limit]]


async def _balance(work: Work, seller: str) -> SellerBalance:
    account = await work.get(SellerAccount, seller_account_id(seller))
    debts = await work.find(Select(Debt, (Where("seller", "=", seller),), order=("currency",), limit=1000))
    balances = await work.balances(*(payable(seller, debt.currency).id for debt in debts))
    pending, releases = await _pending(work, seller)
    currencies = []
    for debt in debts:
        waiting = pending.get(debt.currency, 0)
        here = balances[payable(seller, debt.currency).id]
        currencies.append(
            CurrencyBalance(
                debt.currency, max(0, here - waiting - debt.owed), waiting, debt.owed, releases.get(debt.currency)
            )
        )
    if account is None:
        return SellerBalance(seller, connected=False, currencies=currencies)
    return SellerBalance(seller, account.is_ready, account.state, account.account, currencies)


async def _pending(work: Work, seller: str) -> tuple[dict[str, int], dict[str, datetime]]:
    """What is not to be sent yet, and when the next of it is, per currency."""
    pending: dict[str, int] = {}
    releases: dict[str, datetime] = {}
    after: tuple[object, ...] | None = None
    where = (Where("seller", "=", seller), Where("state", "in", tuple(sorted(OPEN, key=lambda state: state.value))))
    while found := await work.find(Select(Transfer, where, order=("created_at",), after=after, limit=BATCH)):
        for transfer in found:
            if not transfer.is_pending(work.now):
                continue
            currency = transfer.currency
            pending[currency] = pending.get(currency, 0) + transfer.unsent + transfer.restored
            if not transfer.held:
                releases[currency] = min(releases.get(currency, transfer.available_at), transfer.available_at)
        after = (found[-1].created_at, found[-1].id)
        if len(found) < BATCH:
            break
    return pending, releases
