"""Offering products and reviewing them: who may, what is refused, and what each sees."""

from __future__ import annotations

import pytest

from platform_core.identity.staff import BanUser, UnbanUser
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import Invalid, NotFound
from platform_core.marketplace.checkout import NotOnSale
from platform_core.marketplace.orders import ListOrders, OrderView
from platform_core.marketplace.product import ProductState
from platform_core.marketplace.products import (
    ChangeProduct,
    CreateProduct,
    GetProduct,
    ListOwnProducts,
    ListProducts,
    PublishProduct,
    RetireProduct,
)
from platform_core.marketplace.reviews import AlreadyReviewed, ListReviews, NotBought, ReviewProduct
from support.market import Market
from support.world import OPERATOR

# ---- products


async def test_a_draft_is_its_sellers_alone_and_what_is_published_everybodys(market: Market) -> None:
    seller, other = await market.seller(), await market.world.person("other")
    draft = await market.product(seller, publish=False)

    for actor in (other.actor, ANONYMOUS):
        assert await market.refused(actor, GetProduct(draft)) == "NOT_FOUND"
    assert await market.refused(other.actor, ChangeProduct(draft, "Mine")) == "NOT_FOUND"
    assert (await market.world.execute(GetProduct(draft), by=seller.actor)).state is ProductState.DRAFT
    assert (await market.world.execute(ListProducts(), by=ANONYMOUS)).total == 0
    await market.world.execute(PublishProduct(draft), by=seller.actor)
    await market.world.execute(PublishProduct(draft), by=seller.actor)
    assert (await market.world.execute(GetProduct(draft), by=ANONYMOUS)).seller.username == "sella"
    for request in (ChangeProduct(draft, "Mine"), PublishProduct(draft), RetireProduct(draft)):
        assert await market.refused(other.actor, request) == "FORBIDDEN"
    changed = await market.world.execute(ChangeProduct(draft, price=100), by=seller.actor)
    assert (changed.price, changed.title) == (100, "A song")
    await market.world.execute(RetireProduct(draft), by=OPERATOR)
    assert await market.refused(ANONYMOUS, GetProduct(draft)) == "NOT_FOUND"
    own = await market.world.execute(ListOwnProducts(ProductState.RETIRED), by=seller.actor)
    assert [product.id for product in own.products] == [draft]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "nul\x00"}, "title"),
        ({"price": 0}, "price"),
        ({"price": True}, "price"),
        ({"price": 10**9 + 1}, "price"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "TZT"}, "currency"),
        ({"description": "x" * 5001}, "description"),
        ({"tax_bp": -1}, "tax_bp"),
        ({"tax_bp": 1900}, "tax_country"),
        ({"tax_bp": 1900, "tax_country": "Germany"}, "tax_country"),
    ],
    ids=str,
)
async def test_a_field_that_breaks_a_rule_is_named(market: Market, fields: dict[str, object], field: str) -> None:
    seller = await market.seller()
    command = CreateProduct(**{"title": "A song", "price": 100, **fields})  # type: ignore[arg-type]  # that is the test
    with pytest.raises(Invalid) as refusal:
        await market.world.execute(command, by=seller.actor)
    assert [detail.field for detail in refusal.value.details] == [field]


async def test_what_a_banned_seller_offers_is_hidden_until_the_ban_ends(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    await market.world.execute(BanUser(seller.id, "spam"), by=OPERATOR)
    with pytest.raises(NotOnSale):
        await market.order(buyer, song)
    await market.world.relay.drain()
    assert (await market.world.execute(ListProducts(), by=ANONYMOUS)).total == 0
    assert await market.refused(buyer.actor, GetProduct(song)) == "NOT_FOUND"
    await market.world.execute(UnbanUser(seller.id), by=OPERATOR)
    await market.world.relay.drain()
    assert (await market.world.execute(ListProducts(), by=ANONYMOUS)).total == 1


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (101, 0), (20, -1), (20, 100_001), (True, 0)])
async def test_a_page_that_is_none_is_refused(market: Market, limit: int, offset: int) -> None:
    somebody = await market.world.person("somebody")
    for request in (ListProducts(limit=limit, offset=offset), ListOrders(limit=limit, offset=offset)):
        assert await market.refused(somebody.actor, request) == "VALIDATION_ERROR"


# ---- reviews


async def test_a_buyer_reviews_once_and_the_review_goes_with_the_money(market: Market) -> None:
    """MON-15 and invariant 28."""
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    for actor in (buyer.actor, seller.actor):
        with pytest.raises(NotBought):
            await market.world.execute(ReviewProduct(song, 5), by=actor)
    first, second = await market.sold(buyer, song), await market.sold(buyer, song)
    for wrong in (0, 6, True):
        assert await market.refused(buyer.actor, ReviewProduct(song, wrong)) == "VALIDATION_ERROR"
    review = await market.world.execute(ReviewProduct(song, 4, "good"), by=buyer.actor)
    assert (review.order, review.buyer.username) == (first.id, "buyer")
    with pytest.raises(AlreadyReviewed):
        await market.world.execute(ReviewProduct(song, 1), by=buyer.actor)
    left: tuple[tuple[OrderView, int, int | None], ...] = ((first, 1, 400), (second, 0, None))
    for order, reviews, rating in left:
        await market.refund(buyer, order.id)
        await market.work()
        assert (await market.world.execute(ListReviews(song), by=ANONYMOUS)).total == reviews
        assert (await market.world.execute(GetProduct(song), by=ANONYMOUS)).rating == rating
    with pytest.raises(NotBought):
        await market.world.execute(ReviewProduct(song, 1), by=buyer.actor)
    await market.sold(buyer, song)
    assert (await market.world.execute(GetProduct(song), by=ANONYMOUS)).rating == 400


async def test_a_part_of_the_money_back_leaves_the_review(market: Market) -> None:
    seller, buyer = await market.seller(), await market.world.person("buyer")
    song = await market.product(seller)
    order = await market.sold(buyer, song)
    await market.world.execute(ReviewProduct(song, 2), by=buyer.actor)
    await market.refund(buyer, order.id, 2998)
    await market.work()
    assert (await market.world.execute(ListReviews(song), by=ANONYMOUS)).total == 1
    with pytest.raises(NotFound):
        await market.world.execute(ListReviews("prd_none"), by=ANONYMOUS)
