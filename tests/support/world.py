"""A platform on any store, with a clock moved by hand, ids from a seed, and people to act with."""

from __future__ import annotations

from collections.abc import AsyncIterator

from attrs import frozen

from adapters.assist import local_assistant
from adapters.documents import local_typesetter
from adapters.ice import ConfiguredIce
from adapters.media.checker import WordChecker
from adapters.media.links import SignedLinks
from adapters.memory.media import MemoryMedia, PlainStudio
from adapters.memory.passwords import QuickPasswords
from adapters.memory.store import MemoryStore
from adapters.payments.fake import FakeGateway
from adapters.payments.fake_merchant import FakeMerchant
from adapters.payments.hyperswitch import HyperswitchMessages, HyperswitchOptions
from adapters.security.jwt import JoseTokens
from adapters.testing import ManualClock, SeededIds
from platform_core.assist.ports import Assistant
from platform_core.content.ports import Media
from platform_core.identity.staff import CreateUser
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.secret import Secret
from platform_core.kernel.select import Select, Where
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.holds import Hold, HoldState
from platform_core.ledger.verification import Verification, verify
from platform_core.marketplace.ports import Typesetter
from platform_core.operations.ports import Vitals
from platform_core.payments.ports import PaymentGateway
from platform_core.payouts.ports import PayoutPolicy
from platform_core.platform import Platform, Storage
from platform_core.wallet.balance import CreditWallet, PlaceHold, ShowWallet
from platform_core.wallet.tips import SendTip, TipContext, TipReceipt
from platform_core.wallet.wallet import Wallet

OPERATOR = Actor.operator()
ICE = ConfiguredIce(stun=("stun:stun.example:3478",), turn=("turn:turn.example:3478",), secret="shared" * 6)
HYPERSWITCH_SECRETS = ("hyperswitch present", "hyperswitch previous")
SESSION = "ses_test"
TOKENS = JoseTokens(b"a key that is for tests and no more")
PASSWORD = Secret("correct horse battery")


def plain_media(clock: ManualClock) -> Media:
    """Media in memory, that takes files for what they say they are."""
    return Media(
        store=MemoryMedia(clock.now),
        studio=PlainStudio(),
        checker=WordChecker(["forbidden"], ["doubtful"]),
        links=SignedLinks(b"test", "http://media.example"),
    )


@frozen
class Person:
    """Somebody with an account, and the actor they are."""

    id: str
    actor: Actor


class World(Platform):
    """The platform, and shorthands for what tests do with it all the time."""

    clock: ManualClock
    merchant: FakeMerchant

    def __init__(
        self,
        store: Storage,
        *,
        fees: FeePolicy | None = None,
        seed: int = 1,
        clock: ManualClock | None = None,
        gateway: PaymentGateway | None = None,
        assist: Assistant | None = None,
        media: Media | None = None,
        payouts: PayoutPolicy | None = None,
        typesetter: Typesetter | None = None,
        vitals: Vitals | None = None,
    ) -> None:
        clock = clock or ManualClock()
        super().__init__(
            store=store,
            clock=clock,
            ids=SeededIds(seed, clock),
            passwords=QuickPasswords(),
            gateway=gateway or FakeGateway(secret=b"test", clock=clock, base_url="https://pay.example"),
            fees=fees,
            ice=ICE,
            media=media or plain_media(clock),
            fingerprint_key=b"test",
            assist=assist or local_assistant(),
            readers=[HyperswitchMessages(HyperswitchOptions(HYPERSWITCH_SECRETS), clock)],
            merchant=FakeMerchant(clock),
            payouts=payouts or PayoutPolicy(return_url="https://shop.example"),
            typesetter=typesetter or local_typesetter(threads=0),
            tokens=TOKENS,
            key_pepper=b"test",
            vitals=vitals,
        )

    async def person(self, name: str, tokens: int = 0, role: Role = Role.VIEWER) -> Person:
        """Somebody new, with so many tokens."""
        made = await self.execute(CreateUser(f"{name}@example.org", name, PASSWORD, role), by=OPERATOR)
        if tokens:
            await self.credit(made.id, tokens)
        return Person(made.id, Actor(made.id, role, Via.SESSION, SESSION))

    async def credit(self, user: str, tokens: int) -> Wallet:
        """Tokens for a user."""
        return await self.execute(CreditWallet(user, tokens), by=OPERATOR)

    async def tip(self, payer: Person, payee: Person, amount: int, key: str | None = None) -> TipReceipt:
        """A tip."""
        return await self.execute(SendTip(payee.id, amount, TipContext.CHAT), by=payer.actor, key=key)

    async def hold(self, payer: Person, amount: int, seconds: int = 3600) -> str:
        """A hold; its id."""
        return await self.execute(PlaceHold(payer.id, amount, "bkg_1", seconds), by=OPERATOR)

    async def wallet(self, user: str) -> Wallet:
        """A user's wallet."""
        return await self.execute(ShowWallet(user), by=OPERATOR)

    async def active_holds(self) -> AsyncIterator[Hold]:
        """Every active hold."""
        for hold in await self.store.find(Select(Hold, (Where("state", "=", HoldState.ACTIVE),), limit=10_000)):
            yield hold

    async def verified(self) -> Verification:
        """What a verification of the books sees; it must find nothing wrong."""
        seen = await verify(self.store, self.active_holds())
        assert seen.fault is None, str(seen.fault)
        return seen


def memory_world(*, fees: FeePolicy | None = None) -> World:
    """A world in memory."""
    return World(MemoryStore(), fees=fees)
