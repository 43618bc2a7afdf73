"""How a seller gets an account at the payment provider, and what follows when it can take money."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, USERS, Policy, Scope
from platform_core.kernel.command import Command
from platform_core.kernel.errors import NotFound
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work
from platform_core.payouts.events import SellerAccountChanged
from platform_core.payouts.movement import TransferState
from platform_core.payouts.provider import AccountState, Merchant
from platform_core.payouts.retry import PayoutPolicy
from platform_core.payouts.seller import SellerAccount, seller_account_id
from platform_core.payouts.transfer import Transfer

BATCH = 100


@frozen
class Onboarding:
    """Where a seller goes on.

    Args:
        url: The provider's page, for this seller only.
        expires_at: Until when it works.
        state: What the account can do already.
    """

    url: str
    expires_at: datetime
    state: AccountState


@frozen
class StartOnboarding(Command[Onboarding]):
    """Get a link at which the provider asks a seller who they are; the account is made if there is none."""

    policy: ClassVar[Policy] = USERS.for_keys(Scope.SELL)


async def start_onboarding(
    command: StartOnboarding,
    work: Work,
    merchant: Merchant,
    policy: PayoutPolicy,
    directory: Directory,
) -> Onboarding:
    """Keep the account here, have one there, and make a link. Asked again, the account is the same and the link new.

    Raises:
        Unavailable: There is no provider, or it does not answer; the same request may be sent again.
    """
    seller = work.actor.id
    email = await directory.email(seller)
    if email is None:
        raise NotFound("there is no such user")
    account = await work.get(SellerAccount, id := seller_account_id(seller))
    if account is None:
        account = SellerAccount(id=id, seller=seller, provider=merchant.name, created_at=work.now, changed_at=work.now)
        work.add(account)
        await work.commit()
    elif account.provider != merchant.name:
        account.move(merchant.name, work.now)
    if account.account is None:
        account.account = await merchant.open_account(seller=account.id, email=email)
        work.save(account)
    link = await merchant.onboarding(account=account.account, return_url=policy.return_url)
    if account.heed(await merchant.account(account=account.account), work.now):
        work.save(account)
    return Onboarding(link.url, link.expires_at, account.state)


@frozen
class RefreshSellerAccount(Command[AccountState | None]):
    """Ask the provider what a seller's account can do, in case its word has not come.

    Args:
        seller: The seller's user id.
    """

    policy: ClassVar[Policy] = PLATFORM

    seller: str


async def refresh_seller_account(command: RefreshSellerAccount, work: Work, merchant: Merchant) -> AccountState | None:
    """What it can do; None if there is none.

    Raises:
        Unavailable: The provider does not answer.
    """
    account = await work.get(SellerAccount, seller_account_id(command.seller))
    if account is None or account.account is None or account.provider != merchant.name:
        return None
    if account.heed(await merchant.account(account=account.account), work.now):
        work.save(account)
    return account.state


@frozen
class UnblockTransfers(Command[int]):
    """Let a seller's blocked transfers go on, for their account takes money again.

    Args:
        seller: The seller's user id.
    """

    policy: ClassVar[Policy] = PLATFORM

    seller: str


async def unblock_transfers(command: UnblockTransfers, work: Work) -> int:
    """How many went on. If the account takes nothing by now, none do."""
    account = await work.get(SellerAccount, seller_account_id(command.seller))
    if account is None or not account.is_ready:
        return 0
    where = (Where("seller", "=", command.seller), Where("state", "=", TransferState.BLOCKED))
    unblocked = 0
    while found := await work.find(Select(Transfer, where, order=("created_at",), limit=BATCH)):
        for transfer in found:
            transfer.unblock()
            work.save(transfer)
        await work.commit()
        unblocked += len(found)
    return unblocked


def on_account_changed(event: SellerAccountChanged) -> UnblockTransfers | None:
    """What follows when a seller's account can do something else than before."""
    return UnblockTransfers(event.seller) if event.state == AccountState.READY.value else None
