"""Paying for content: unlocking an item, setting the prices of tiers, and subscribing to one. Each is paid once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.content.access import PERIOD, Subscription, Tier, TierPlan, Unlock, pair_id
from platform_core.content.events import ContentUnlocked, Subscribed
from platform_core.content.items import ContentItem
from platform_core.content.viewing import maker_of, standing_with, subscriptions_of, visible
from platform_core.identity.ports import Card, Directory
from platform_core.kernel.actor import ANYONE, CREATORS, USERS, Policy, Via
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Invalid, NotFound
from platform_core.kernel.journal import Balances, JournalEntry, Posting
from platform_core.kernel.work import Work
from platform_core.ledger.ports import REVENUE, FeePolicy, escrow, user_accounts, wallet


def _pay(work: Work, fees: FeePolicy, kind: str, price: int, *, payee: str, about: str) -> tuple[JournalEntry, int]:
    """Tokens from the actor to a creator, and of them the platform's share; the entry and that share.

    Args:
        work: Whose actor pays.
        fees: What the share is.
        kind: The journal's kind, and the fee policy's.
        price: Whole tokens.
        payee: The creator.
        about: The item or the tier.
    """
    payer, fee = work.actor.id, fees.fee(kind, price)
    legs = [(wallet(payer), -price), (wallet(payee), price - fee), (REVENUE.id, fee)]
    work.open(*user_accounts(payer), user_accounts(payee)[0])
    if fee:
        work.open(REVENUE)
    postings = (Posting(account, tokens) for account, tokens in legs if tokens)
    entry = work.post(kind, *postings, id=work.new_id(f"txn_{kind}"), reference=payee, details={"for": about})
    return entry, fee


def _balance(user: str, balances: Balances) -> int:
    return balances[wallet(user)] + balances[escrow(user)]


@frozen
class UnlockReceipt:
    """An item that is unlocked.

    Args:
        paid: The tokens it cost, now or when it was unlocked before.
        balance: The payer's balance after that, held tokens included.
        transaction: The journal entry that moved them.
        unlocked_at: When.
    """

    item: str
    paid: int
    balance: int
    transaction: str
    unlocked_at: datetime


@frozen
class UnlockContent(Command[UnlockReceipt]):
    """Pay to see an item, for as long as it is there. Whoever has paid is not charged again."""

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("item",)

    item: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Items that are not listed are not found (AUTHZ-01)."""
        await visible(work, target["item"])


async def unlock_content(
    command: UnlockContent, work: Work, people: Directory, fees: FeePolicy
) -> Callable[[Balances], UnlockReceipt]:
    """Unlock it.

    The item is guarded: nobody pays for one that is deleted or rejected at the same moment. Two who unlock it twice at
    once make the same `Unlock`: one of them finds it there and pays nothing.

    Raises:
        NotFound: There is no such item, or its creator is banned.
        Conflict: It is the caller's own, is not sold by itself, or can be seen without paying.
        InsufficientFunds: Less is available.
    """
    item = await visible(work, command.item)
    user = work.actor.id
    unlock = await work.get(Unlock, pair_id("unl", item.id, user))
    if unlock is None:
        await maker_of(work, item, people)
        unlock = await _unlocked(work, item, fees)
    work.observe(wallet(user), escrow(user))
    known = unlock
    return lambda balances: UnlockReceipt(
        known.item, known.paid, _balance(user, balances), known.transaction, known.unlocked_at
    )


async def _unlocked(work: Work, item: ContentItem, fees: FeePolicy) -> Unlock:
    user = work.actor.id
    if item.creator == user:
        raise Conflict("this is your own")
    if not item.is_listed:
        raise Conflict("this item cannot be seen by others yet")
    if not item.is_premium:
        raise Conflict("this item is free for everybody")
    if not item.token_price:
        raise Conflict(f"this item is not sold by itself: subscribe as {item.tier.value}")
    # Whether it is unlocked is not asked again: if it was meanwhile, the commit finds that, and they are told so.
    running = await work.get(Subscription, pair_id("sub", item.creator, user))
    if (await standing_with(work, [], [] if running is None else [running])).may_see(item):
        raise Conflict("you can see this item already")
    work.guard(item)
    entry, fee = _pay(work, fees, "unlock", item.token_price, payee=item.creator, about=item.id)
    unlock = Unlock(
        id=pair_id("unl", item.id, user),
        item=item.id,
        user=user,
        paid=item.token_price,
        transaction=entry.id,
        unlocked_at=work.now,
    )
    work.add(unlock)
    work.emit(ContentUnlocked(item.id, user, item.creator, entry.id, item.token_price, fee), subject=item.id)
    return unlock


@frozen
class TierOffers:
    """A creator's tiers, as somebody sees them.

    Args:
        creator: Whose.
        prices: Tier to tokens for 30 days, of those that are offered.
        mine: The tier that the caller's own subscription gives now, if it runs.
        until: When that ends.
    """

    creator: str
    prices: Mapping[str, int]
    mine: str | None
    until: datetime | None


def offered(plan: TierPlan | None) -> dict[str, int]:
    """Tier to its price, of those that are offered."""
    return {} if plan is None else {tier.value: price for tier in Tier if (price := plan.price(tier))}


async def _creator(people: Directory, id: str) -> Card:
    card = await people.card(id)
    if card is None or card.banned:
        raise NotFound("there is no such user")
    return card


@frozen
class GetTiers(Query[TierOffers]):
    """What a creator's tiers cost. Anybody may ask."""

    policy: ClassVar[Policy] = ANYONE

    creator: str


async def get_tiers(query: GetTiers, work: Work, people: Directory) -> TierOffers:
    """The tiers.

    Raises:
        NotFound: There is no such user, or they are banned.
    """
    card = await _creator(people, query.creator)
    plan = await work.get(TierPlan, card.id)
    mine = None
    if work.actor.via is Via.SESSION:
        mine = await work.get(Subscription, pair_id("sub", card.id, work.actor.id))
    if mine is None or not mine.is_active(work.now):
        return TierOffers(card.id, offered(plan), None, None)
    return TierOffers(card.id, offered(plan), mine.tier.value, mine.until)


@frozen
class SetTiers(Command[TierOffers]):
    """Set what one's own tiers cost for 30 days. Creators may.

    Args:
        fan: Whole tokens; 0 to offer it no more.
        superfan: The same; not less than fan.
    """

    policy: ClassVar[Policy] = CREATORS

    fan: int
    superfan: int


async def set_tiers(command: SetTiers, work: Work) -> TierOffers:
    """Set them.

    Raises:
        Invalid: One is no price.
    """
    plan = await work.get(TierPlan, work.actor.id)
    if plan is None:
        plan = TierPlan(id=work.actor.id, changed_at=work.now)
        work.add(plan)
    plan.offer(fan=command.fan, superfan=command.superfan, now=work.now)
    work.save(plan)
    return TierOffers(plan.id, offered(plan), None, None)


@frozen
class SubscriptionReceipt:
    """A subscription that runs.

    Args:
        creator: Whose content.
        tier: What for.
        paid: The tokens paid now; 0 for one that ran already.
        balance: The payer's balance after that, held tokens included.
        until: When it ends.
    """

    creator: str
    tier: str
    paid: int
    balance: int
    until: datetime


@frozen
class Subscribe(Command[SubscriptionReceipt]):
    """Pay for 30 days of a creator's tier. Whoever has that tier or a higher one already is not charged again.

    Args:
        creator: Whose.
        tier: Which; not FREE.
        price: What the caller takes it to cost for a whole period; refused when it costs something else. Not looked at
            when None.
    """

    policy: ClassVar[Policy] = USERS

    creator: str
    tier: Tier
    price: int | None = None


async def subscribe(
    command: Subscribe, work: Work, people: Directory, fees: FeePolicy
) -> Callable[[Balances], SubscriptionReceipt]:
    """Subscribe; from a lower tier, what is unused of it is taken off the price.

    Raises:
        NotFound: There is no such user, or they are banned.
        Invalid: It is the caller, or the tier is none one pays for.
        Conflict: The creator does not offer the tier, or it costs something else.
        InsufficientFunds: Less is available.
    """
    user, tier = work.actor.id, command.tier
    card = await _creator(people, command.creator)
    if card.id == user:
        raise Invalid.field("creator", "must be somebody else")
    if tier is Tier.FREE:
        raise Invalid.field("tier", "must be fan or superfan")
    subscription = await work.get(Subscription, pair_id("sub", card.id, user))
    paid = 0
    if subscription is None or not subscription.covers(tier, work.now):
        subscription, paid = await _paid(work, subscription, command, fees)
    work.observe(wallet(user), escrow(user))
    known = subscription
    return lambda balances: SubscriptionReceipt(
        known.creator, known.tier.value, paid, _balance(user, balances), known.until
    )


async def _paid(
    work: Work, subscription: Subscription | None, command: Subscribe, fees: FeePolicy
) -> tuple[Subscription, int]:
    user, creator, tier = work.actor.id, command.creator, command.tier
    plan = await work.get(TierPlan, creator)
    price = 0 if plan is None else plan.price(tier)
    if plan is None or not price:
        raise Conflict(f"this creator does not offer {tier.value}")
    if command.price not in (None, price):
        raise Conflict(f"{tier.value} costs {price} now")
    # Nobody pays a price that changes at the same moment.
    work.guard(plan)
    charge = max(0, price - (0 if subscription is None else subscription.unused(work.now)))
    transaction, fee = None, 0
    if charge:
        entry, fee = _pay(work, fees, "subscription", charge, payee=creator, about=tier.value)
        transaction = entry.id
    if subscription is None:
        subscription = Subscription(
            id=pair_id("sub", creator, user),
            creator=creator,
            subscriber=user,
            tier=tier,
            price=price,
            started_at=work.now,
            until=work.now + PERIOD,
            transaction=transaction,
        )
        work.add(subscription)
    else:
        subscription.renew(tier, price=price, now=work.now, transaction=transaction)
        work.save(subscription)
    work.emit(Subscribed(creator, user, tier.value, charge, fee), subject=subscription.id)
    return subscription, charge


@frozen
class SubscriptionView:
    """A subscription as its subscriber sees it."""

    creator: str
    username: str
    avatar_url: str | None
    tier: str
    since: datetime
    until: datetime


@frozen
class ListSubscriptions(Query[list[SubscriptionView]]):
    """The caller's subscriptions that run, those that run longest first; at most 200."""

    policy: ClassVar[Policy] = USERS


async def list_subscriptions(query: ListSubscriptions, work: Work, people: Directory) -> list[SubscriptionView]:
    """The subscriptions."""
    running = await subscriptions_of(work, work.actor.id)
    cards = await people.cards([one.creator for one in running])
    return [
        SubscriptionView(
            one.creator,
            cards[one.creator].username,
            cards[one.creator].avatar_url,
            one.tier.value,
            one.started_at,
            one.until,
        )
        for one in running
        if one.creator in cards
    ]
