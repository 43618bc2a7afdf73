"""Offering products, and finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import ClassVar

from attrs import evolve, frozen

from platform_core.identity.ports import Directory, Named, named
from platform_core.kernel.actor import ANYONE, PLATFORM, SIGNED_IN, USERS, Policy, Scope
from platform_core.kernel.command import Command, Query
from platform_core.kernel.page import check_page
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work
from platform_core.marketplace.product import Delivery, Product, ProductState
from platform_core.marketplace.views import own, visible

SEARCH = 100


@frozen
class ProductView:
    """A product as those see it who may. Amounts are in minor units; `rating` in hundredths, None without any."""

    id: str
    seller: Named
    title: str
    description: str
    price: int
    currency: str
    tax_bp: int
    tax_country: str
    delivery: Delivery
    state: ProductState
    rating: int | None
    reviews: int
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None


@frozen
class ProductList:
    """A page of products, and how many there are in all."""

    products: list[ProductView]
    total: int
    limit: int
    offset: int


async def views(products: Sequence[Product], people: Directory) -> list[ProductView]:
    """The products, with their sellers' names."""
    sellers = await named(people, [product.seller for product in products])
    return [_view(product, sellers[product.seller]) for product in products]


def _view(product: Product, seller: Named) -> ProductView:
    return ProductView(
        product.id,
        seller,
        product.title,
        product.description,
        product.price,
        product.currency,
        product.tax_bp,
        product.tax_country,
        product.delivery,
        product.state,
        product.rating,
        product.reviews,
        product.created_at,
        product.changed_at,
        product.published_at,
    )


# ---- selling


@frozen
class CreateProduct(Command[ProductView]):
    """Offer something. Any user may; nobody else sees it before it is published.

    Args:
        title: 1 to 200 characters.
        price: What one costs, tax included, 1 to 10^9 minor units.
        currency: Three capital letters.
        description: At most 5000 characters.
        delivery: How a buyer gets it.
        tax_bp: The tax in the price, 0 to 10,000 hundredths of a per cent of the price without it.
        tax_country: Whose tax, two capital letters; needed where there is tax.
        publish: Whether it is on sale at once.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.SELL)

    title: str
    price: int
    currency: str = "EUR"
    description: str = ""
    delivery: Delivery = Delivery.INSTANT
    tax_bp: int = 0
    tax_country: str = ""
    publish: bool = False


async def create_product(command: CreateProduct, work: Work, people: Directory) -> ProductView:
    """Make it.

    Raises:
        Invalid: A field breaks a rule.
    """
    product = Product.offer(
        work.new_id("prd"),
        seller=work.actor.id,
        title=command.title,
        description=command.description,
        price=command.price,
        currency=command.currency,
        delivery=command.delivery,
        tax_bp=command.tax_bp,
        tax_country=command.tax_country,
        now=work.now,
    )
    if command.publish:
        product.publish(work.now)
    work.add(product)
    return (await views([product], people))[0]


@frozen
class _OwnProduct(Command[ProductView]):
    """A command about one's own product."""

    policy: ClassVar[Policy] = USERS.for_keys(Scope.SELL)
    target: ClassVar[tuple[str, ...]] = ("product",)

    product: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its seller may. What others do not see is not found, what they see is forbidden."""
        await own(work, target["product"])


@frozen
class ChangeProduct(_OwnProduct):
    """Change one's own product; what is None stays. Orders made before keep what they were made with.

    Args:
        product: Which.
        title, price, currency, description, delivery, tax_bp, tax_country: As in `CreateProduct`.
    """

    title: str | None = None
    price: int | None = None
    currency: str | None = None
    description: str | None = None
    delivery: Delivery | None = None
    tax_bp: int | None = None
    tax_country: str | None = None


async def change_product(command: ChangeProduct, work: Work, people: Directory) -> ProductView:
    """Change it.

    Raises:
        Invalid: A field breaks a rule.
    """
    product = await work.require(Product, command.product)
    product.change(
        now=work.now,
        title=command.title,
        description=command.description,
        price=command.price,
        currency=command.currency,
        delivery=command.delivery,
        tax_bp=command.tax_bp,
        tax_country=command.tax_country,
    )
    work.save(product)
    return (await views([product], people))[0]


@frozen
class PublishProduct(_OwnProduct):
    """Put one's own product on sale; one that is stays so."""


async def publish_product(command: PublishProduct, work: Work, people: Directory) -> ProductView:
    """Publish it."""
    product = await work.require(Product, command.product)
    product.publish(work.now)
    work.save(product)
    return (await views([product], people))[0]


@frozen
class RetireProduct(Command[ProductView]):
    """Take a product off sale; what was bought stays bought. Its seller may, and admins and operators."""

    policy: ClassVar[Policy] = SIGNED_IN.for_keys(Scope.SELL)
    target: ClassVar[tuple[str, ...]] = ("product",)

    product: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its seller may, and admins. What others do not see is not found, what they see is forbidden."""
        if not work.actor.is_admin:
            await own(work, target["product"])


async def retire_product(command: RetireProduct, work: Work, people: Directory) -> ProductView:
    """Retire it.

    Raises:
        NotFound: There is none.
    """
    product = await work.require(Product, command.product)
    product.retire()
    work.save(product)
    return (await views([product], people))[0]


# ---- finding


class ProductOrder(Enum):
    """How a list of products is sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    TITLE = "title"


_ORDERS = {
    ProductOrder.NEWEST: ("-published_at",),
    ProductOrder.OLDEST: ("published_at",),
    ProductOrder.PRICE_ASC: ("price",),
    ProductOrder.PRICE_DESC: ("-price",),
    ProductOrder.TITLE: ("searched",),
}


@frozen
class ListProducts(Query[ProductList]):
    """What is on sale. Anybody may ask.

    Args:
        search: Only what has this in its title or description, capitals or not; at most 100 characters.
        seller: Only this user's.
        sort: In which order.
        limit: At most this many, 1 to 100.
        offset: Pass over so many first, 0 to 100,000.
    """

    policy: ClassVar[Policy] = ANYONE

    search: str = ""
    seller: str | None = None
    sort: ProductOrder = ProductOrder.NEWEST
    limit: int = 20
    offset: int = 0


async def list_products(query: ListProducts, work: Work, people: Directory) -> ProductList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page or the search is out of bounds.
    """
    where = [Where("state", "=", ProductState.PUBLISHED), Where("shown", "=", True), *_search(query.search)]
    if query.seller is not None:
        where.append(Where("seller", "=", query.seller))
    return await _page(work, people, query, Select(Product, tuple(where), _ORDERS[query.sort]))


@frozen
class ListOwnProducts(Query[ProductList]):
    """The caller's own products, drafts and retired ones too, the newest first.

    Args:
        state: Only those in this state.
        limit, offset: As in `ListProducts`.
    """

    policy: ClassVar[Policy] = USERS.for_keys(Scope.READ)

    state: ProductState | None = None
    limit: int = 20
    offset: int = 0


async def list_own_products(query: ListOwnProducts, work: Work, people: Directory) -> ProductList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page is out of bounds.
    """
    where = [Where("seller", "=", work.actor.id)]
    if query.state is not None:
        where.append(Where("state", "=", query.state))
    return await _page(work, people, query, Select(Product, tuple(where), ("-created_at",)))


@frozen
class AllProducts(Query[ProductList]):
    """Anybody's products, the newest first, for operators.

    Args:
        seller: Only this user's.
        state: Only those in this state.
        search: As in `ListProducts`.
        limit, offset: As in `ListProducts`.
    """

    policy: ClassVar[Policy] = PLATFORM

    seller: str | None = None
    state: ProductState | None = None
    search: str = ""
    limit: int = 20
    offset: int = 0


async def all_products(query: AllProducts, work: Work, people: Directory) -> ProductList:
    """A page of them, and the number of all.

    Raises:
        Invalid: The page or the search is out of bounds.
    """
    where = _search(query.search)
    if query.seller is not None:
        where.append(Where("seller", "=", query.seller))
    if query.state is not None:
        where.append(Where("state", "=", query.state))
    return await _page(work, people, query, Select(Product, tuple(where), ("-created_at",)))


def _search(words: str) -> list[Where]:
    searched = text(words, "search", most=SEARCH).strip().casefold()
    return [Where("searched", "contains", searched)] if searched else []


async def _page(
    work: Work, people: Directory, query: ListProducts | ListOwnProducts | AllProducts, select: Select[Product]
) -> ProductList:
    check_page(query.limit, query.offset)
    select = evolve(select, limit=query.limit, offset=query.offset)
    found = await views(await work.find(select), people)
    return ProductList(found, await work.count(select), query.limit, query.offset)


@frozen
class GetProduct(Query[ProductView]):
    """A product. Anybody may; those not on sale are for their sellers and admins."""

    policy: ClassVar[Policy] = ANYONE
    target: ClassVar[tuple[str, ...]] = ("product",)

    product: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Others' drafts are not found."""
        await visible(work, target["product"])


async def get_product(query: GetProduct, work: Work, people: Directory) -> ProductView:
    """The product.

    Raises:
        NotFound: There is none that the caller may know of.
    """
    return (await views([await visible(work, query.product)], people))[0]
