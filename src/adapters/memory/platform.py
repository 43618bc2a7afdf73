"""A whole platform in this process's memory, in one line: for tests, scripts and embedding."""

from __future__ import annotations

from datetime import datetime

from adapters.assist import local_assistant
from adapters.documents import local_typesetter
from adapters.media.checker import WordChecker
from adapters.media.links import SignedLinks
from adapters.memory.media import MemoryMedia, PlainStudio
from adapters.memory.passwords import QuickPasswords
from adapters.memory.store import MemoryStore
from adapters.payments.fake import FakeGateway, SignedWebhook
from adapters.payments.fake_merchant import FakeMerchant
from adapters.testing import START, ManualClock, SeededIds
from platform_core.assist.ports import Assistant
from platform_core.content.ports import Media
from platform_core.kernel.actor import Actor
from platform_core.kernel.secret import Secret
from platform_core.kernel.sync import run_sync
from platform_core.ledger.fees import FeePolicy
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import Webhook
from platform_core.payments.webhooks import TakeWebhook
from platform_core.payouts.ports import PayoutPolicy
from platform_core.platform import Platform
from platform_core.wallet.packages import Catalogue


class MemoryPlatform(Platform):
    """A platform with a clock that is moved by hand, ids from a seed and a fake payment provider.

    Nothing in it ever waits, so `run`, `deliver` and `pay` need no event loop.
    """

    store: MemoryStore
    clock: ManualClock
    gateway: FakeGateway
    merchant: FakeMerchant

    def actor(self, token: Secret) -> Actor:
        """Who acts with the token that `Register` and `Login` answer.

        Raises:
            Unauthenticated: Nobody, or not any more.
        """
        return run_sync(self.doorkeeper.actor(token.reveal()))

    def deliver(self) -> None:
        """Take every event that is due to the handlers given to `on`.

        Raises:
            RuntimeError: A handler waits for something and needs an event loop; use `await relay.drain()` there.
        """
        run_sync(self.relay.drain())

    def pay(self, checkout_url: str, outcome: PaymentOutcome = PaymentOutcome.SUCCEEDED) -> str:
        """Play the buyer, and deliver the provider's webhook at once; the state of the purchase or payment then.

        Call it again for a webhook that comes twice, or later, even after the page has expired, for one that comes
        late.

        Args:
            checkout_url: The payment page, as `PurchaseTokens` or `PlaceOrder` gave it.
            outcome: What comes of it.

        Raises:
            NotFound: There is no such page.
        """
        return self.tell(self.gateway.answer(checkout_url.rpartition("/")[2], outcome))

    def tell(self, webhook: SignedWebhook) -> str:
        """Deliver a webhook of the provider's; the state of what it is about once it was applied, or where it waits."""
        by = Actor.system(self.gateway.name)
        taken = self.run(TakeWebhook(webhook.body, webhook.headers), by=by)
        run_sync(self.apply_webhook(taken.id, by=by))
        kept = run_sync(self.store.get(Webhook, taken.id))
        return taken.state.value if kept is None else kept.result or kept.state.value


def memory_platform(
    *,
    start: datetime | None = None,
    seed: int = 0,
    catalogue: Catalogue | None = None,
    fees: FeePolicy | None = None,
    assist: Assistant | None = None,
    payouts: PayoutPolicy | None = None,
) -> MemoryPlatform:
    """A platform of its own, empty and ready.

    Args:
        start: The moment its clock shows at first; the start of 2026 when None.
        seed: Which series of ids and secrets it draws; the same seed, start and requests give the same ones.
        catalogue: The token packages on sale.
        fees: The platform's share, per kind of entry.
        assist: Who tells moods, suggests people and writes; the small local models when None.
        payouts: How money gets to sellers.
    """
    clock = ManualClock(start or START)
    return MemoryPlatform(
        store=MemoryStore(),
        clock=clock,
        ids=SeededIds(seed, clock),
        passwords=QuickPasswords(),
        gateway=FakeGateway(secret=b"memory", clock=clock, base_url="https://pay.example"),
        catalogue=catalogue,
        fees=fees,
        media=Media(
            store=MemoryMedia(clock.now),
            studio=PlainStudio(),
            checker=WordChecker(),
            links=SignedLinks(b"memory", "https://media.example"),
        ),
        fingerprint_key=b"memory",
        assist=assist or local_assistant(),
        merchant=FakeMerchant(clock),
        payouts=payouts or PayoutPolicy(return_url="https://pay.example"),
        # On the spot: nothing here ever waits.
        typesetter=local_typesetter(threads=0),
    )
