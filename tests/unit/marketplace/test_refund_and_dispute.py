"""A refund under way and the buyer's bank: whichever is told first, it ends the same (invariants 24 and 38)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import pytest

from adapters.memory.store import MemoryStore
from adapters.payments.fake_merchant import Fault
from platform_core.kernel.select import Select, Where
from platform_core.ledger.ports import receivable, sales_revenue, tax
from platform_core.marketplace.invoices import Invoice
from platform_core.marketplace.lines import LineStanding
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.payment import PaymentState
from platform_core.marketplace.reviews import ReviewRight, pair_id
from platform_core.payments.ports import PaymentOutcome
from platform_core.payouts.movement import TransferState
from support.market import EUR, Market, market_on
from support.selling import as_it_ended
from support.world import Person

Word = tuple[str, PaymentOutcome]
DONE, FAILED = ("refund", PaymentOutcome.SUCCEEDED), ("refund", PaymentOutcome.FAILED)
DISPUTED, WON, LOST = (
    ("dp_1", PaymentOutcome.DISPUTED),
    ("dp_1", PaymentOutcome.DISPUTE_WON),
    ("dp_1", PaymentOutcome.DISPUTE_LOST),
)


class Story(NamedTuple):
    """How much goes back of two lines, of 29.99 and 10.01; all when None.

    Args:
        amount: By the refund, of the first line.
        disputed: By the dispute, of both lines.
        paid_out: Whether the sellers have their money before, and the worker does its part between the words.
    """

    amount: int | None
    disputed: int | None
    paid_out: bool


STORIES = {
    "all of all, still here": Story(None, None, paid_out=False),
    "some of all, paid out": Story(1000, None, paid_out=True),
    "some of some, still here": Story(1000, 1500, paid_out=False),
    "some of some, paid out": Story(1000, 1500, paid_out=True),
    "all of some, paid out": Story(None, 1500, paid_out=True),
    "some of more than all, still here": Story(1000, 7000, paid_out=False),
}


class End(NamedTuple):
    """What has become of a sale.

    Args:
        payment: Where its payment is.
        order: Where the order is.
        lines: What has become of its lines.
        shares: What each seller has or is to get of it, less what they owe.
        gone: How the transfer is told of each seller who keeps nothing; None for one who keeps something, for then it
            says also whether money came back on the way, which a bank that never took it does not make it do.
        books: What the platform and the state have of it.
        rights: Whether the buyer may review what.
        papers: What each seller's papers say that they have sold.
    """

    payment: PaymentState
    order: OrderState
    lines: tuple[LineStanding, ...]
    shares: tuple[int, ...]
    gone: tuple[TransferState | None, ...]
    books: tuple[int, ...]
    rights: tuple[bool, ...]
    papers: tuple[int, ...]


class Sale:
    """Two sellers' products in one order, and a refund of the first line that is under way."""

    def __init__(self, market: Market, sellers: Sequence[Person], buyer: Person, story: Story) -> None:
        self._market = market
        self._sellers = sellers
        self._buyer = buyer
        self._story = story
        self._products: list[str] = []
        self._order = self._refund = ""

    async def begin(self) -> None:
        market, (first, second) = self._market, self._sellers
        self._products = [
            await market.product(first, 2999, tax_bp=2100, tax_country="NL"),
            await market.product(second, 1001),
        ]
        self._order = (await market.sold(self._buyer, *self._products)).id
        if self._story.paid_out:
            await market.work()
        market.merchant.script("refund", Fault.PENDING)
        self._refund = (await market.refund(self._buyer, self._order, self._story.amount, lines=[1])).id
        await market.worker.send_refunds()

    async def hear(self, words: Sequence[Word]) -> None:
        market, payment = self._market, await self._market.payment_of(self._order)
        for about, word in words:
            if about == "refund":
                await market.refund_said(self._refund, word)
            else:
                await market.said(payment, word, minor=self._story.disputed, detail=about)
            if self._story.paid_out:
                await market.work()
        await market.work()
        await market.world.verified()

    async def end(self) -> End:
        market = self._market
        order, payment = await market.order_of(self._order), await market.payment_of(self._order)
        store, shares, gone, papers = market.world.store, [], [], []
        issued = await store.find(Select(Invoice, (Where("order", "=", order.id),), ("issued_at",)))
        rights = [await store.get(ReviewRight, pair_id("rvr", song, self._buyer.id)) for song in self._products]
        for seller in self._sellers:
            transfer, owed = await market.transfer_of(order.id, seller), receivable(seller.id, EUR).id
            # While a dispute goes on, what is not to be sent yet waits.
            waits = transfer.state is TransferState.SCHEDULED and transfer.held and transfer.unsent > 0
            assert waits or transfer.state is as_it_ended(transfer)
            left = transfer.amount - transfer.reversed
            gone.append(None if left else transfer.state)
            shares.append(left + (await market.balance(owed))[0])
            own = [(one.reinstates or one.refund is None, one) for one in issued if one.seller == seller.id]
            papers.append(sum(one.gross if adds else -one.gross for adds, one in own))
        return End(
            payment.state,
            order.state,
            order.standing,
            tuple(shares),
            tuple(gone),
            tuple(await market.balance(sales_revenue(EUR).id, tax("NL", EUR).id)),
            tuple(right is not None and order.id in right.orders for right in rights),
            tuple(papers),
        )


async def the_end(story: Story, *words: Word) -> End:
    """What every order of these words ends as."""
    ends: dict[End, tuple[Word, ...]] = {}
    for order in permutations(words):
        market = market_on(MemoryStore())
        sellers = [await market.seller("sella"), await market.seller("sello")]
        sale = Sale(market, sellers, await market.world.person("buyer"), story)
        await sale.begin()
        await sale.hear(order)
        ends.setdefault(await sale.end(), order)
    [end] = ends
    return end


@pytest.fixture(params=list(STORIES.values()), ids=list(STORIES))
def story(request: pytest.FixtureRequest) -> Story:
    chosen = request.param
    assert isinstance(chosen, Story)
    return chosen


async def test_a_dispute_that_is_won_leaves_the_refund_to_those_who_got_the_money(story: Story) -> None:
    end = await the_end(story, DONE, DISPUTED, WON)

    assert (end.payment, end.order) == (PaymentState.SUCCEEDED, OrderState.PARTIALLY_REFUNDED)
    assert end.shares == ((1487, 901) if story.amount else (0, 901))
    nothing = TransferState.REVERSED if story.paid_out else TransferState.CANCELLED
    assert end.gone == (None if story.amount else nothing, None)
    assert end.books == ((265, 347) if story.amount else (100, 0))
    assert end.rights == (story.amount is not None, True)
    assert end.papers == (2999 - (story.amount or 2999), 1001)


async def test_a_dispute_takes_of_what_the_refund_leaves_whichever_is_told_first(story: Story) -> None:
    for words, state in (
        ((DONE, DISPUTED), OrderState.DISPUTED),
        ((DONE, DISPUTED, LOST), OrderState.CHARGED_BACK),
    ):
        end = await the_end(story, *words)
        gone = (story.amount or 2999) + (4000 if story.disputed is None else story.disputed)
        assert end.order is state
        assert sum((*end.shares, *end.books)) == 4000 - gone
        assert end.books[0] < 0 or gone <= 4000
        assert end.papers == (2999 - (story.amount or 2999), 1001)


async def test_a_refund_that_fails_after_all_leaves_what_the_dispute_leaves(story: Story) -> None:
    assert (await the_end(story, DONE, FAILED, DISPUTED)).papers == (2999, 1001)
    end = await the_end(story, DONE, FAILED, DISPUTED, WON)

    assert end.order is OrderState.FULFILLED
    assert (end.shares, end.books, end.rights, end.papers) == ((2231, 901), (348, 520), (True, True), (2999, 1001))


async def test_of_two_disputes_one_won_the_other_takes_of_what_the_refund_leaves() -> None:
    story = STORIES["some of all, paid out"]
    end = await the_end(story, DONE, DISPUTED, WON, ("dp_2", PaymentOutcome.DISPUTED))

    assert end == await the_end(story, DONE, ("dp_2", PaymentOutcome.DISPUTED))
