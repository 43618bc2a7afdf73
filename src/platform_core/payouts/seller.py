"""A seller's account at the payment provider: where their money goes, and whether it can."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.machine import Machine
from platform_core.payouts.events import SellerAccountChanged
from platform_core.payouts.provider import AccountState

# A closed account stays closed; the others follow the provider's word.
ACCOUNTS: Machine[AccountState] = Machine(
    "seller account",
    {
        AccountState.ONBOARDING: frozenset({AccountState.READY, AccountState.RESTRICTED, AccountState.CLOSED}),
        AccountState.READY: frozenset({AccountState.ONBOARDING, AccountState.RESTRICTED, AccountState.CLOSED}),
        AccountState.RESTRICTED: frozenset({AccountState.ONBOARDING, AccountState.READY, AccountState.CLOSED}),
        AccountState.CLOSED: frozenset(),
    },
)


def seller_account_id(seller: str) -> str:
    """The id of a user's seller account."""
    return "sel_" + seller.rpartition("_")[2]


@define(eq=False, kw_only=True)
class SellerAccount(Aggregate):
    """One user's account at the provider.

    Args:
        seller: Whose it is.
        provider: The payment provider.
        account: The provider's id of it, once the provider has said.
        state: What it can do.
        created_at: When the seller began.
        changed_at: When what it can do changed last.
    """

    kind: ClassVar[str] = "seller_account"

    seller: str
    provider: str
    created_at: datetime
    changed_at: datetime
    account: str | None = None
    state: AccountState = AccountState.ONBOARDING

    @property
    def is_ready(self) -> bool:
        """Whether money can be sent to it."""
        return self.account is not None and self.state is AccountState.READY

    def heed(self, state: AccountState, now: datetime) -> bool:
        """Take the provider's word; whether anything changed. Word of a closed account changes nothing any more."""
        if state is self.state or ACCOUNTS.is_final(self.state):
            return False
        self.state = ACCOUNTS.move(self.state, state)
        self.changed_at = now
        self.record(SellerAccountChanged(self.id, self.seller, state.value))
        return True

    def move(self, provider: str, now: datetime) -> None:
        """The platform has another payment provider now: begin there anew."""
        self.provider, self.account = provider, None
        self.state, self.changed_at = AccountState.ONBOARDING, now
        self.record(SellerAccountChanged(self.id, self.seller, self.state.value))
