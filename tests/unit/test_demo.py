"""The demo: the same people and scenes, however often it begins."""

from __future__ import annotations

import asyncio

from adapters.memory.store import MemoryStore
from entrypoints.demo import PEOPLE, Demo, seed
from entrypoints.demo_content import SHOTS
from entrypoints.demo_sales import OFFERS
from entrypoints.demo_scenes import GIFT, LINES, keep_on_air, talk
from entrypoints.gateways import NoPayments
from entrypoints.worker import Worker
from platform_core.booking.booking import BookingState
from platform_core.booking.listing import GetProvider
from platform_core.booking.verbs import CompleteBooking
from platform_core.booking.views import ListBookings
from platform_core.content.moderating import ListContent
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.events import Envelope
from platform_core.ledger.fees import FeePolicy
from platform_core.marketplace.documents import PrintOrderInvoices
from platform_core.marketplace.order import OrderState
from platform_core.marketplace.orders import ListOrders
from platform_core.marketplace.products import ListOwnProducts, ListProducts
from platform_core.marketplace.reviews import ListReviews
from platform_core.messaging.inbox import ListConversations
from platform_core.payouts.views import ListTransfers
from platform_core.streams.broadcasting import ListStreams
from platform_core.streams.events import LineSaid
from support.world import OPERATOR, World, memory_world

PENDING, CONFIRMED = BookingState.PENDING, BookingState.CONFIRMED
PASSWORDS = dict.fromkeys(PEOPLE, "correct horse battery")


async def seeded(world: World, times: int = 1) -> Demo:
    for _ in range(times):
        demo = await seed(world, PASSWORDS)
    return demo


async def test_it_shows_each_part_once_however_often_it_begins() -> None:
    world = memory_world()
    demo = await seeded(world, 2)
    bob = demo.on_air[1].actor

    page = await world.execute(GetProvider(demo.people["cyd"].id), by=ANONYMOUS)
    assert (page.username, page.rate, len(page.slots)) == ("cyd", 50, 3)
    bookings = (await world.execute(ListBookings(), by=bob)).items
    assert {(one.provider.username, one.state, one.held) for one in bookings} == {
        ("cyd", PENDING, 1500),
        ("cyd", CONFIRMED, 1500),
    }
    [conversation] = (await world.execute(ListConversations(), by=bob)).items
    assert (conversation.participant.username, conversation.unread) == ("ada", 1)
    listed = await world.execute(ListStreams(), by=ANONYMOUS)
    assert {(stream.host_name, stream.token_price, stream.viewers) for stream in listed.streams} == {
        ("ada", 0, 1),
        ("cyd", 25, 0),
    }
    shown = await world.execute(ListContent(creator=demo.people["ada"].id), by=OPERATOR)
    assert {item.caption for item in shown} == {shot.caption for shot in SHOTS}
    assert len(shown) == len(SHOTS)


async def test_a_session_is_under_way_that_its_customer_can_complete_at_once() -> None:
    world = memory_world()
    demo = await seeded(world)
    cyd, bob = demo.people["cyd"], demo.on_air[1].actor
    [booking] = [one for one in (await world.execute(ListBookings(), by=bob)).items if one.state is CONFIRMED]

    await world.execute(CompleteBooking(booking.id), by=bob)

    assert (await world.wallet(cyd.id)).balance == 1500
    await world.verified()


async def test_something_is_on_sale_and_something_was_sold_once_however_often_it_begins() -> None:
    world = memory_world(fees=FeePolicy({"sale": 1000}))
    demo = await seeded(world, 2)
    ada, bob = demo.on_air[0].actor, demo.on_air[1].actor

    shop = await world.execute(ListProducts(), by=ANONYMOUS)
    assert {product.title for product in shop.products} == {offer.title for offer in OFFERS if offer.publish}
    assert (await world.execute(ListOwnProducts(), by=ada)).total == len(OFFERS)
    [order] = (await world.execute(ListOrders(), by=bob)).orders
    assert (order.state, order.total) == (OrderState.FULFILLED, 2999)
    [review] = (await world.execute(ListReviews(order.lines[0].product), by=ANONYMOUS)).reviews
    assert (review.buyer.username, review.rating) == ("bob", 5)
    printed = await world.execute(PrintOrderInvoices(order.id), by=bob)
    assert printed.body.startswith(b"%PDF-")
    await Worker(world).once()
    [transfer] = (await world.execute(ListTransfers(), by=ada)).items
    assert (transfer.status, transfer.amount) == ("completed", 2231)
    await world.verified()


async def test_nothing_is_bought_where_paying_takes_money() -> None:
    world = World(MemoryStore(), gateway=NoPayments())
    demo = await seeded(world)

    assert (await world.execute(ListProducts(), by=ANONYMOUS)).total == 3
    assert (await world.execute(ListOrders(), by=demo.on_air[1].actor)).total == 0


async def test_its_streams_stay_on_while_it_runs() -> None:
    world = memory_world()
    demo = await seeded(world)
    world.clock.advance(seconds=50)
    stop = asyncio.Event()
    running = asyncio.create_task(keep_on_air(world, demo.on_air, stop))
    await asyncio.sleep(0)
    stop.set()
    await running

    assert (await world.execute(ListStreams(), by=ANONYMOUS)).total == 2


async def test_those_who_share_a_stream_talk_and_then_one_tips() -> None:
    world = memory_world()
    demo = await seeded(world)
    said: list[tuple[str, str]] = []

    async def hear(envelope: Envelope) -> None:
        assert isinstance(envelope.event, LineSaid)
        said.append((envelope.event.author_name, envelope.event.content))

    world.on(LineSaid, hear)
    before = await world.wallet(demo.people["bob"].id)
    for turn in range(len(LINES) + 1):
        await talk(world, demo.on_air, turn)
    await world.relay.drain()

    assert said == [(("ada", "bob")[author], words) for author, words in LINES]
    assert (await world.wallet(demo.people["bob"].id)).balance == before.balance - GIFT
    await world.verified()


async def test_people_who_were_banned_are_left_out() -> None:
    world = memory_world()
    demo = await seeded(world)
    for name in ("ada", "cyd"):
        await world.execute(BanUser(demo.people[name].id), by=OPERATOR)
    await world.relay.drain()

    assert (await seeded(world)).on_air == []
    assert (await world.execute(ListStreams(), by=ANONYMOUS)).total == 0
