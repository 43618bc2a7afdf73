"""The other side of each merchant, for the contract to play: its buyers, its sellers, and what goes wrong there."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from adapters.payments.stripe_api import StripeApi
from adapters.payments.stripe_connect import StripeConnect
from adapters.testing import ManualClock
from platform_core.kernel.money import Money
from platform_core.payouts.provider import Merchant
from support.stripe_connect import Account
from support.stripe_server import KEY, Session, StripeServer


class Fault(Enum):
    """What can go wrong with the next request that moves money."""

    NOT_HEARD = "not heard"
    """No answer, and nothing was done."""
    DONE_UNHEARD = "done unheard"
    """It was done, and the answer was lost."""
    BUSY = "busy"
    """A refusal that passes."""


FAULTS = {Fault.NOT_HEARD: "away early", Fault.DONE_UNHEARD: "lost", Fault.BUSY: "429"}
"""What the server that plays Stripe calls them."""


class MerchantSide(Protocol):
    """What a merchant's own test support must offer for the contract to run over it."""

    def merchant(self) -> Merchant:
        """The adapter, to this one provider."""

    def paid(self, amount: Money) -> str:
        """The provider's id of a payment of this much."""

    async def seller(self, merchant: Merchant) -> str:
        """The provider's id of an account that takes money."""

    def fund(self, amount: Money) -> None:
        """Give the platform this much to send."""

    def spoil(self, fault: Fault) -> None:
        """Let the next request that moves money go wrong."""

    def restrict(self, account: str) -> None:
        """Let the account take nothing for now."""

    def shut(self, account: str) -> None:
        """Close the account for good."""

    def let_refunds_wait(self) -> None:
        """Let refunds be taken, and their outcome be told later."""

    def spend(self, account: str) -> None:
        """Let the seller have nothing left there."""

    def moved(self) -> tuple[int, int, int]:
        """How many refunds, transfers and reversals there were."""


class StripeMerchantSide:
    """Stripe, played by a server of our own."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = StripeServer(self.clock.now, only_posts=True)
        self._apis: list[StripeApi] = []

    def merchant(self, *, timeout: float = 5.0) -> StripeConnect:
        api = StripeApi(KEY, api_url=self.server.url, timeout=timeout)
        self._apis.append(api)
        return StripeConnect(api)

    def paid(self, amount: Money) -> str:
        made = Session(f"cs_test_{len(self.server.sessions) + 1}", {}, 0, "complete", "paid", "succeeded")
        made.total, made.currency = amount.minor, amount.currency.lower()
        self.server.sessions[made.id] = made
        return made.id

    async def seller(self, merchant: Merchant) -> str:
        number = len(self.server.connect.accounts) + 1
        id = await merchant.open_account(seller=f"sel_{number}", email=f"seller{number}@example.org")
        account = self.account(id)
        account.told = account.transfers = account.payouts = True
        return id

    def account(self, id: str) -> Account:
        """An account as the server keeps it."""
        return self.server.connect.accounts[id]

    def fund(self, amount: Money) -> None:
        self.server.connect.balance[amount.currency.lower()] = amount.minor

    def spoil(self, fault: Fault) -> None:
        self.server.faults.append(FAULTS[fault])

    def restrict(self, account: str) -> None:
        found = self.account(account)
        found.transfers, found.payouts, found.disabled = False, False, "requirements.past_due"

    def shut(self, account: str) -> None:
        self.account(account).closed = True

    def let_refunds_wait(self) -> None:
        self.server.connect.refund_status = "pending"

    def spend(self, account: str) -> None:
        self.account(account).balance.clear()

    def moved(self) -> tuple[int, int, int]:
        connect = self.server.connect
        return len(connect.refunds), len(connect.transfers), len(connect.reversals)

    async def close(self) -> None:
        """Stop the server and let go of every connection."""
        for api in self._apis:
            await api.close()
        await self.server.close()
