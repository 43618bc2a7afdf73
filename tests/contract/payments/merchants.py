"""The other side of each merchant, for the contract to play: its buyers, its sellers, and what goes wrong there."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from adapters.payments.fake_merchant import BUSY, TOO_LOW, FakeMerchant, Trouble
from adapters.payments.fake_merchant import Fault as FakeFault
from adapters.payments.stripe_api import StripeApi
from adapters.payments.stripe_connect import StripeConnect
from adapters.testing import ManualClock
from platform_core.kernel.money import Money
from platform_core.payouts.provider import AccountState, Done, Merchant, Pending
from support.stripe_connect import Account
from support.stripe_server import KEY, Session, StripeServer


class Fault(Enum):
    """What can go wrong with the next request that moves money."""

    NOT_HEARD = "not heard"
    """No answer, and nothing was done."""
    DONE_UNHEARD = "done unheard"
    """It was done, and the answer was lost."""
    BROKEN = "broken"
    """An answer that says nothing, given to this key for ever; nothing was done."""
    BROKEN_AFTER = "broken after"
    """The same, and it was done."""
    BUSY = "busy"
    """A refusal that passes."""
    LOW = "low"
    """The platform's balance is too low."""


#: What the server that plays Stripe calls them.
AT_STRIPE = {
    Fault.NOT_HEARD: "away early",
    Fault.DONE_UNHEARD: "lost",
    Fault.BROKEN: "stored 500",
    Fault.BROKEN_AFTER: "done 500",
    Fault.BUSY: "429",
    Fault.LOW: "balance_insufficient",
}
#: What the fake provider calls them.
AT_FAKE: dict[Fault, Trouble] = {
    Fault.NOT_HEARD: FakeFault.LOST,
    Fault.DONE_UNHEARD: FakeFault.UNHEARD,
    Fault.BROKEN: FakeFault.BROKEN,
    Fault.BROKEN_AFTER: FakeFault.BROKEN_AFTER,
    Fault.BUSY: BUSY,
    Fault.LOW: TOO_LOW,
}


class MerchantSide(Protocol):
    """What a merchant's own test support must offer for the contract to run over it."""

    def merchant(self) -> Merchant:
        """The adapter, to this one provider."""

    def paid(self, amount: Money) -> str:
        """The provider's id of a payment of this much."""

    async def seller(self, merchant: Merchant) -> str:
        """The provider's id of an account that takes money."""

    def spoil(self, verb: str, fault: Fault) -> None:
        """Let the next request that moves money go wrong: a `transfer`, a `reverse` or a `refund`."""

    def restrict(self, account: str) -> None:
        """Let the account take nothing for now."""

    def shut(self, account: str) -> None:
        """Close the account for good."""

    def let_refunds_wait(self) -> None:
        """Let refunds be taken, and their outcome be told later."""

    def spend(self, account: str) -> None:
        """Let the seller have nothing left there."""

    def moved(self) -> tuple[int, ...]:
        """How many refunds, transfers and reversals there were."""


class StripeMerchantSide:
    """Stripe, played by a server of our own."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = StripeServer(self.clock.now, only_posts=True)
        self._apis: list[StripeApi] = []

    def merchant(self, *, timeout: float = 60.0) -> StripeConnect:
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
        self.fund(Money(1_000_000, "EUR"))
        return id

    def account(self, id: str) -> Account:
        """An account as the server keeps it."""
        return self.server.connect.accounts[id]

    def fund(self, amount: Money) -> None:
        """Give the platform this much to send."""
        self.server.connect.balance[amount.currency.lower()] = amount.minor

    def spoil(self, verb: str, fault: Fault) -> None:
        self.server.faults.append(AT_STRIPE[fault])

    def restrict(self, account: str) -> None:
        found = self.account(account)
        found.transfers, found.payouts, found.disabled = False, False, "requirements.past_due"

    def shut(self, account: str) -> None:
        self.account(account).closed = True

    def let_refunds_wait(self) -> None:
        self.server.connect.refund_status = "pending"

    def spend(self, account: str) -> None:
        self.account(account).balance.clear()

    def moved(self) -> tuple[int, ...]:
        connect = self.server.connect
        return len(connect.refunds), len(connect.transfers), len(connect.reversals)

    async def close(self) -> None:
        """Stop the server and let go of every connection."""
        for api in self._apis:
            await api.close()
        await self.server.close()


class FakeMerchantSide:
    """The fake provider, which plays both sides itself."""

    def __init__(self) -> None:
        self._merchant = FakeMerchant(ManualClock())

    def merchant(self) -> FakeMerchant:
        return self._merchant

    def paid(self, amount: Money) -> str:
        return f"fpm_{amount.minor}"

    async def seller(self, merchant: Merchant) -> str:
        return await merchant.open_account(seller="sel_1", email="seller1@example.org")

    def spoil(self, verb: str, fault: Fault) -> None:
        self._merchant.script(verb, AT_FAKE[fault])

    def restrict(self, account: str) -> None:
        self._merchant.set_account(account, AccountState.RESTRICTED)

    def shut(self, account: str) -> None:
        self._merchant.set_account(account, AccountState.CLOSED)

    def let_refunds_wait(self) -> None:
        self._merchant.script("refund", FakeFault.PENDING)

    def spend(self, account: str) -> None:
        self._merchant.spend(account)

    def moved(self) -> tuple[int, ...]:
        answered = self._merchant._moved.items()
        verbs = [verb for (verb, _), moved in answered if isinstance(moved.answer, Done | Pending)]
        return tuple(verbs.count(verb) for verb in ("refund", "transfer", "reverse"))
