"""The platform put together from its ports: what programs that embed the core hold in their hands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol, TypeVar

from platform_core.assist.absent import NoPictures, no_assistant
from platform_core.assist.matching import KnownPeople
from platform_core.assist.ports import Assistant, Candidates, Matcher, Moods, Pictures, Writer
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.practices import KeptPractices
from platform_core.content.absent import no_media
from platform_core.content.favourites import KeptFavourites
from platform_core.content.ports import ContentRules, Links, Media, MediaStore
from platform_core.content.showcase import ContentShowcase
from platform_core.identity.absent import NoSignedTokens
from platform_core.identity.api_keys import KeyDigests, KeyDoorkeeper
from platform_core.identity.ports import Directory, Passwords, Showcase, SignedTokens
from platform_core.identity.sessions import Doorkeeper
from platform_core.identity.signing_in import TokenDoorkeeper
from platform_core.identity.users import People
from platform_core.kernel.actor import Actor
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import Application, Outcome, UseCase, services_of
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.command import Command, Request
from platform_core.kernel.errors import PlatformError, Unavailable
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.ports import Books, Clock, Ids, Outbox, Store
from platform_core.kernel.relay import Handler, Relay
from platform_core.kernel.select import Select, Where
from platform_core.kernel.sync import run_sync
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.holds import Hold, HoldState
from platform_core.ledger.verification import Verification, verify
from platform_core.marketplace.absent import NoTypesetter
from platform_core.marketplace.ports import SalesPolicy, Typesetter
from platform_core.messaging.blocks import KeptBlocks
from platform_core.operations.health import StoreVitals
from platform_core.operations.ports import Vitals
from platform_core.payments.ports import Heed, MessageReader, PaymentGateway, Readers, Subjects
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import ApplyWebhook, PostponeWebhook
from platform_core.payouts.absent import NoMerchant
from platform_core.payouts.ports import Merchant, PayoutPolicy
from platform_core.streams.ports import Blocks, IceServers, NoIceServers
from platform_core.use_cases import REACTIONS, SUBJECTS, USE_CASES
from platform_core.wallet.packages import Catalogue

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R")


class Snapshot(Books, Protocol):
    """The books and aggregates as of one moment."""

    async def find(self, select: Select[A]) -> list[A]:
        """The aggregates that a selection describes, in its order."""


class Storage(Store, Books, Protocol):
    """A store with its books and its outbox, opened and closed as one."""

    @property
    def outbox(self) -> Outbox:
        """Events committed and not yet delivered."""

    async def rehearse(self, changes: Changes) -> Committed:
        """Decide a unit of work as `commit` would, and write nothing.

        Raises:
            PlatformError: What `commit` would refuse it with.
        """

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Books and aggregates all as of one moment, for as long as the context lasts."""

    async def open(self) -> None:
        """Make it ready for use.

        Raises:
            Unavailable: It cannot be reached, or its schema is not the one this version needs.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of everything."""

    async def ping(self) -> None:
        """Make sure it answers.

        Raises:
            Unavailable: It does not.
        """


class Platform:
    """Everything the platform can do, over the adapters given.

    Args:
        store: Where everything is kept.
        clock: The time.
        ids: New identifiers.
        passwords: Password hashing.
        gateway: The payment provider.
        catalogue: The token packages on sale.
        fees: The platform's share, per kind of entry.
        booking_policy: The rules of time and money around bookings.
        ice: Who helps browsers reach each other; nobody when None.
        media: Where files are kept and who looks after them; nothing can be uploaded when None.
        fingerprint_key: Secret bytes that key the digests kept with idempotency keys.
        worker: A name for this process, for its leases.
        assist: Who tells moods, suggests people and writes; nobody when None.
        sales: The rules of time around orders.
        merchant: The payment provider's selling side; nothing can be sent to sellers or given back when None.
        payouts: How money gets to sellers.
        typesetter: Who prints invoices; nobody when None.
        readers: Who tells of payments besides the payment provider.
        tokens: Who signs tokens; nobody when None, and then nobody can sign in for them.
        key_pepper: Secret bytes under which API keys are digested.
        vitals: Who looks at the parts; at the store alone when None.
        use_cases: What can be asked of it, should somebody put others in the place of some.
    """

    def __init__(
        self,
        *,
        store: Storage,
        clock: Clock,
        ids: Ids,
        passwords: Passwords,
        gateway: PaymentGateway,
        catalogue: Catalogue | None = None,
        fees: FeePolicy | None = None,
        booking_policy: BookingPolicy | None = None,
        ice: IceServers | None = None,
        media: Media | None = None,
        fingerprint_key: bytes = b"",
        worker: str = "platform",
        assist: Assistant | None = None,
        sales: SalesPolicy | None = None,
        merchant: Merchant | None = None,
        payouts: PayoutPolicy | None = None,
        typesetter: Typesetter | None = None,
        readers: Sequence[MessageReader] = (),
        tokens: SignedTokens | None = None,
        key_pepper: bytes = b"",
        vitals: Vitals | None = None,
        use_cases: Iterable[UseCase] = USE_CASES,
    ) -> None:
        self.store = store
        self.clock = clock
        self.gateway = gateway
        self.merchant = merchant or NoMerchant()
        self.readers = Readers({reader.name: reader for reader in readers})
        self.media = media = media or no_media()
        self.catalogue = catalogue or Catalogue()
        self.doorkeeper = Doorkeeper(store, clock)
        tokens, digests = tokens or NoSignedTokens(), KeyDigests(key_pepper)
        self.token_doorkeeper = TokenDoorkeeper(self.doorkeeper, clock, tokens)
        self.key_doorkeeper = KeyDoorkeeper(store, clock, digests)
        self.relay = Relay(store.outbox, clock, worker=worker)
        people, blocks = People(store), KeptBlocks(store)
        known = KnownPeople(people, KeptPractices(store), KeptFavourites(store, clock), blocks)
        services: dict[type[Any], object] = {
            BookingPolicy: booking_policy or BookingPolicy(),
            Blocks: blocks,
            Books: store,
            Catalogue: self.catalogue,
            ContentRules: media.rules,
            Directory: people,
            FeePolicy: fees or FeePolicy(),
            IceServers: ice or NoIceServers(),
            KeyDigests: digests,
            Links: media.links,
            Media: media,
            MediaStore: media.store,
            Merchant: self.merchant,
            Passwords: passwords,
            PaymentGateway: gateway,
            SalesPolicy: sales or SalesPolicy(),
            PayoutPolicy: payouts or PayoutPolicy(),
            Readers: self.readers,
            SignedTokens: tokens,
            Showcase: ContentShowcase(store, media.links),
            Typesetter: typesetter or NoTypesetter(),
            Vitals: vitals or StoreVitals(store),
            **_assistance(assist or no_assistant(), known),
        }
        services[Subjects] = Subjects({prefix: _bound(heed, services) for prefix, heed in SUBJECTS.items()})
        self.application = Application(
            use_cases,
            store=store,
            clock=clock,
            ids=ids,
            services=services,
            fingerprint_key=fingerprint_key,
        )
        for event, reaction in REACTIONS:
            self.relay.on(event, self._reacting(reaction))

    async def execute(self, request: Request[R], *, by: Actor, key: str | None = None) -> R:
        """Run a use case and give its answer. See `Application.perform` for arguments and refusals."""
        return await self.application.execute(request, by=by, key=key)

    async def perform(self, request: Request[R], *, by: Actor, key: str | None = None) -> Outcome[R]:
        """Run a use case; its answer, and whether it was given before under the same key."""
        return await self.application.perform(request, by=by, key=key)

    async def admit(self, request: type[Request[Any]], *, by: Actor, target: Mapping[str, str]) -> None:
        """Say whether the actor may do this to this target at all."""
        await self.application.admit(request, by=by, target=target)

    def run(self, request: Request[R], *, by: Actor, key: str | None = None) -> R:
        """Run a use case without an event loop, on adapters that never wait (the in-memory ones)."""
        return run_sync(self.execute(request, by=by, key=key))

    async def apply_webhook(self, id: str, *, by: Actor) -> WebhookState:
        """Do what a kept payment message says; what cannot be done now is tried again later. Where the message is then.

        Raises:
            NotFound: There is no such message.
            Unavailable: The store is away; the message stays where it was.
        """
        try:
            return await self.execute(ApplyWebhook(id), by=by)
        except Unavailable:
            raise
        except PlatformError as refusal:
            # Refused where it was to be committed, so nothing of it was: the message waits, and says why.
            return await self.execute(PostponeWebhook(id, f"{refusal.code}: {refusal.message}"), by=by)

    async def verify(self) -> Verification:
        """Recompute the books from their entries, as of one moment, and name the first thing wrong."""
        async with self.store.snapshot() as snapshot:
            return await verify(snapshot, _active_holds(snapshot))

    def _reacting(self, reaction: Callable[[Any], Command[Any] | None]) -> Handler:
        async def react(envelope: Envelope) -> None:
            command = reaction(envelope.event)
            if command is not None:
                await self.execute(command, by=Actor.system("relay"))

        return react

    def on(self, event: type[Event], handler: Handler) -> None:
        """Call `handler` with the envelope of each event of this type (of every type for `Event`), at least once, in
        order for each subject. `relay.drain()` or the worker delivers.
        """
        self.relay.on(event, handler)


def _bound(heed: Callable[..., Awaitable[str]], services: Mapping[type[Any], object]) -> Heed:
    return partial(heed, **services_of(heed, services))


async def _active_holds(snapshot: Snapshot) -> AsyncIterator[Hold]:
    after: tuple[str] | None = None
    is_active = Where("state", "=", HoldState.ACTIVE)
    while holds := await snapshot.find(Select(Hold, where=(is_active,), after=after, limit=1000)):
        for hold in holds:
            yield hold
        after = (holds[-1].id,)


def _assistance(assist: Assistant, known: Candidates) -> Mapping[type[Any], object]:
    return {
        Candidates: assist.candidates or known,
        Matcher: assist.matcher,
        Moods: assist.moods,
        Pictures: assist.pictures or NoPictures(),
        Writer: assist.writer,
    }
