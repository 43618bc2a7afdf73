"""Reviews of products: by those who bought one, one each, and not shown while all of the money is back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

from attrs import define, frozen

from platform_core.identity.ports import Directory, Named, named
from platform_core.kernel.actor import ANYONE, USERS, Policy, Scope
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Conflict, Forbidden, Invalid
from platform_core.kernel.page import check_page
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.marketplace.events import ProductReviewed
from platform_core.marketplace.order import Order
from platform_core.marketplace.product import Product
from platform_core.marketplace.views import visible

WORDS = 2000


def pair_id(prefix: str, product: str, buyer: str) -> str:
    """An id that is the same for the same product and buyer, so that there is one."""
    return f"{prefix}_{blake2b(f'{product} {buyer}'.encode(), digest_size=16).hexdigest()}"


class AlreadyReviewed(Conflict):
    """There is one review for each product and buyer."""

    code = "ALREADY_REVIEWED"


class NotBought(Forbidden):
    """Only buyers review, and not while all of their money is back."""

    code = "NOT_BOUGHT"


@define(eq=False, kw_only=True)
class ReviewRight(Aggregate):
    """A buyer's right to review a product: the paid orders that give it, those fully refunded not among them.

    Args:
        product: Of what.
        buyer: Whose.
        orders: The orders, the first first.
    """

    kind: ClassVar[str] = "review_right"

    product: str
    buyer: str
    orders: tuple[str, ...] = ()


@define(eq=False, kw_only=True)
class ProductReview(Aggregate):
    """A review.

    Args:
        product: Of what.
        buyer: Who wrote it.
        order: The order that gave the right to.
        rating: 1 to 5.
        words: What they wrote.
        created_at: When.
        hidden: Whether it is not shown, for all of the money is back.
    """

    kind: ClassVar[str] = "product_review"

    product: str
    buyer: str
    order: str
    rating: int
    words: str
    created_at: datetime
    hidden: bool = False


async def settle_rights(work: Work, order: Order) -> None:
    """Give and take the rights to review what is in an order: it gives one while not all of a line's money is back.

    With the last right a review is hidden, and shown again when one comes back.
    """
    for product in dict.fromkeys(line.product for line in order.lines):
        gives = bool(order.captured) and any(
            standing.returned.gross < line.gross
            for line, standing in zip(order.lines, order.standing, strict=True)
            if line.product == product
        )
        await _settle_right(work, order, product, gives=gives)


async def _settle_right(work: Work, order: Order, product: str, *, gives: bool) -> None:
    id = pair_id("rvr", product, order.buyer)
    right = await work.get(ReviewRight, id)
    is_new = right is None
    right = right or ReviewRight(id=id, product=product, buyer=order.buyer)
    if gives == (order.id in right.orders):
        return
    right.orders = (*right.orders, order.id) if gives else tuple(other for other in right.orders if other != order.id)
    if is_new:
        work.add(right)
    else:
        work.save(right)
    review = await work.get(ProductReview, pair_id("prv", product, order.buyer))
    if review is not None and review.hidden == bool(right.orders):
        review.hidden = not right.orders
        work.save(review)
        await _count(work, review, -1 if review.hidden else 1)


async def _count(work: Work, review: ProductReview, count: int) -> None:
    product = await work.require(Product, review.product)
    product.rated(count * review.rating, count=count)
    work.save(product)


@frozen
class ReviewView:
    """A review as everybody sees it."""

    id: str
    product: str
    buyer: Named
    order: str
    rating: int
    words: str
    created_at: datetime


@frozen
class ReviewProduct(Command[ReviewView]):
    """Say what one thinks of a product one has bought, once.

    Args:
        product: Which.
        rating: 1 to 5.
        words: At most 2000 characters.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.WRITE_ORDERS)
    target: ClassVar[tuple[str, ...]] = ("product",)

    product: str
    rating: int
    words: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its buyers may, whether it is still on sale or not (MON-15)."""
        right = await work.get(ReviewRight, pair_id("rvr", target["product"], work.actor.id))
        if right is None:
            await visible(work, target["product"])
        if right is None or not right.orders:
            raise NotBought("only who has bought it can review it")


async def review_product(command: ReviewProduct, work: Work, people: Directory) -> ReviewView:
    """Publish the review, and count it in the product's rating.

    Raises:
        Invalid: The rating or the words break a rule.
        AlreadyReviewed: There is one of this buyer's.
    """
    if type(command.rating) is not int or not 1 <= command.rating <= 5:
        raise Invalid.field("rating", "must be a whole number from 1 to 5")
    words = text(command.words, "words", most=WORDS)
    buyer = work.actor.id
    id = pair_id("prv", command.product, buyer)
    if await work.get(ProductReview, id) is not None:
        raise AlreadyReviewed("you have reviewed this product already")
    right = await work.require(ReviewRight, pair_id("rvr", command.product, buyer))
    # Nobody reviews what is refunded at the same moment.
    work.guard(right)
    review = ProductReview(
        id=id,
        product=command.product,
        buyer=buyer,
        order=right.orders[0],
        rating=command.rating,
        words=words,
        created_at=work.now,
    )
    review.record(ProductReviewed(review.product, buyer, review.rating))
    work.add(review)
    await _count(work, review, 1)
    return (await _views([review], people))[0]


@frozen
class ReviewList:
    """A page of reviews, and how many there are in all."""

    reviews: list[ReviewView]
    total: int
    limit: int
    offset: int


@frozen
class ListReviews(Query[ReviewList]):
    """What buyers think of a product, the newest first. Anybody may ask.

    Args:
        product: Which.
        limit: At most this many, 1 to 100.
        offset: Pass over so many first.
    """

    policy: ClassVar[Policy] = ANYONE
    target: ClassVar[tuple[str, ...]] = ("product",)

    product: str
    limit: int = 20
    offset: int = 0

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Others' drafts are not found."""
        await visible(work, target["product"])


async def list_reviews(query: ListReviews, work: Work, people: Directory) -> ReviewList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page is out of bounds.
    """
    check_page(query.limit, query.offset)
    where = (Where("product", "=", query.product), Where("hidden", "=", False))
    select = Select(ProductReview, where, ("-created_at",), limit=query.limit, offset=query.offset)
    found = await work.find(select)
    return ReviewList(await _views(found, people), await work.count(select), query.limit, query.offset)


async def _views(reviews: list[ProductReview], people: Directory) -> list[ReviewView]:
    buyers = await named(people, [review.buyer for review in reviews])
    return [
        ReviewView(
            review.id,
            review.product,
            buyers[review.buyer],
            review.order,
            review.rating,
            review.words,
            review.created_at,
        )
        for review in reviews
    ]
