"""Products, and what buyers say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, delete, get, moment, post, put
from entrypoints.http.veza.envelope import PartAsk, Total
from platform_core.kernel.page import bounded
from platform_core.marketplace.product import Delivery, ProductState
from platform_core.marketplace.products import (
    ChangeProduct,
    CreateProduct,
    GetProduct,
    ListOwnProducts,
    ListProducts,
    ProductList,
    ProductOrder,
    ProductView,
    PublishProduct,
    RetireProduct,
)
from platform_core.marketplace.reviews import ListReviews, ReviewList, ReviewProduct, ReviewView

ProductId = Annotated[str, Meta(description="A product's id.", examples=["prd_abc123"])]
Cents = Annotated[int, Meta(description="In minor units of the currency.", examples=[2999])]
Currency = Annotated[str, Meta(description="ISO 4217 code.", examples=["EUR"])]
Status = Literal["draft", "published", "retired"]
DeliveryName = Literal["instant", "manual"]
Sort = Literal["newest", "oldest", "price_asc", "price_desc", "title"]

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Sample pack"])]
Description = Annotated[str, Meta(max_length=5000, examples=["60 drum loops, WAV"])]
Price = Annotated[int, Meta(ge=1, description="What one costs, tax included, in minor units.", examples=[2999])]
TaxRate = Annotated[int, Meta(ge=0, le=10_000, description="The tax in the price, in hundredths of a per cent.")]
TaxCountry = Annotated[str, Meta(max_length=2, description="Whose tax: two capital letters.", examples=["NL"])]


class ProductsAsk(PartAsk, frozen=True):
    """Which products."""

    names: ClassVar[Mapping[str, str]] = {"seller": "seller_id"}

    search: Annotated[str, Meta(max_length=100, description="In title or description, capitals or not.")] = ""
    sort: Sort = "newest"
    seller_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET

    def command(self, _: Caller) -> ListProducts:
        """What the core is asked."""
        seller = None if self.seller_id is UNSET else self.seller_id
        return ListProducts(self.search, seller, ProductOrder(self.sort), bounded(self.limit), self.offset)


class OwnProductsAsk(PartAsk, frozen=True):
    """Which of one's own products."""

    names: ClassVar[Mapping[str, str]] = {"state": "status"}

    status: Status | UnsetType = UNSET

    def command(self, _: Caller) -> ListOwnProducts:
        """What the core is asked."""
        state = None if self.status is UNSET else ProductState(self.status)
        return ListOwnProducts(state, bounded(self.limit), self.offset)


class OneProduct(Ask, frozen=True):
    """A product by its id."""

    names: ClassVar[Mapping[str, str]] = {
        "product": "id",
        "price": "price_cents",
        "tax_bp": "tax_basis_points",
        "words": "comment",
    }

    id: ProductId


class ProductAsk(OneProduct, frozen=True):
    """Which product."""

    def command(self, _: Caller) -> GetProduct:
        """What the core is asked."""
        return GetProduct(self.id)


class OfferAsk(Ask, frozen=True):
    """What is offered."""

    names: ClassVar[Mapping[str, str]] = {"price": "price_cents", "tax_bp": "tax_basis_points"}

    title: Title
    price_cents: Price
    currency: Currency = "EUR"
    description: Description = ""
    delivery: DeliveryName = "instant"
    tax_basis_points: TaxRate = 0
    tax_country: TaxCountry = ""
    publish: Annotated[bool, Meta(description="Whether it is on sale at once.")] = False

    def command(self, _: Caller) -> CreateProduct:
        """What the core is asked."""
        return CreateProduct(
            self.title,
            self.price_cents,
            self.currency,
            self.description,
            Delivery(self.delivery),
            self.tax_basis_points,
            self.tax_country,
            self.publish,
        )


class ChangeAsk(OneProduct, frozen=True):
    """What changes; what is left out stays."""

    title: Title | UnsetType = UNSET
    price_cents: Price | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    delivery: DeliveryName | UnsetType = UNSET
    tax_basis_points: TaxRate | UnsetType = UNSET
    tax_country: TaxCountry | UnsetType = UNSET

    def command(self, _: Caller) -> ChangeProduct:
        """What the core is asked."""
        return ChangeProduct(
            self.id,
            title=_given(self.title),
            price=_given(self.price_cents),
            currency=_given(self.currency),
            description=_given(self.description),
            delivery=None if self.delivery is UNSET else Delivery(self.delivery),
            tax_bp=_given(self.tax_basis_points),
            tax_country=_given(self.tax_country),
        )


def _given(value: Any) -> Any:
    return None if value is UNSET else value


class PublishAsk(OneProduct, frozen=True):
    """Which product goes on sale."""

    def command(self, _: Caller) -> PublishProduct:
        """What the core is asked."""
        return PublishProduct(self.id)


class RetireAsk(OneProduct, frozen=True):
    """Which product goes off sale."""

    def command(self, _: Caller) -> RetireProduct:
        """What the core is asked."""
        return RetireProduct(self.id)


class ReviewsAsk(PartAsk, frozen=True):
    """Of which product."""

    names: ClassVar[Mapping[str, str]] = {"product": "id"}

    id: ProductId

    def command(self, _: Caller) -> ListReviews:
        """What the core is asked."""
        return ListReviews(self.id, bounded(self.limit), self.offset)


class ReviewAsk(OneProduct, frozen=True):
    """What a buyer says."""

    rating: Annotated[int, Meta(ge=1, le=5, examples=[5])]
    comment: Annotated[str, Meta(max_length=2000, examples=["Amazing track!"])] = ""

    def command(self, _: Caller) -> ReviewProduct:
        """What the core is asked."""
        return ReviewProduct(self.id, self.rating, self.comment)


class Seller(Struct, frozen=True):
    """Who sells it."""

    id: Annotated[str, Meta(examples=["usr_abc123"])]
    username: Annotated[str, Meta(examples=["johndoe"])]


class Product(Answer, frozen=True):
    """Something that is sold."""

    id: ProductId
    seller: Seller
    title: str
    description: str
    price_cents: Cents
    currency: Currency
    tax_basis_points: int
    tax_country: str
    delivery: DeliveryName
    status: Status
    rating: Annotated[float | None, Meta(description="1 to 5; null without reviews.", examples=[4.5])]
    review_count: int
    created_at: Moment
    updated_at: Moment
    published_at: Moment | None


class Products(Answer, frozen=True):
    """Some products."""

    products: list[Product]
    total: Total


class Review(Answer, frozen=True):
    """What a buyer says of a product."""

    id: Annotated[str, Meta(examples=["prv_abc123"])]
    product_id: ProductId
    buyer_id: str
    order_id: str
    rating: int
    comment: str
    created_at: Moment


class Reviews(Answer, frozen=True):
    """Some reviews, the newest first."""

    reviews: list[Review]
    total: Total


def show_product(product: ProductView) -> Product:
    """A product."""
    return Product(
        id=product.id,
        seller=Seller(product.seller.id, product.seller.username),
        title=product.title,
        description=product.description,
        price_cents=product.price,
        currency=product.currency,
        tax_basis_points=product.tax_bp,
        tax_country=product.tax_country,
        delivery=product.delivery.value,
        status=product.state.value,
        rating=None if product.rating is None else product.rating / 100,
        review_count=product.reviews,
        created_at=moment(product.created_at),
        updated_at=moment(product.changed_at),
        published_at=None if product.published_at is None else moment(product.published_at),
    )


def show_products(part: ProductList) -> Products:
    """A list of products."""
    return Products([show_product(product) for product in part.products], part.total)


def show_review(review: ReviewView) -> Review:
    """A review."""
    return Review(
        id=review.id,
        product_id=review.product,
        buyer_id=review.buyer.id,
        order_id=review.order,
        rating=review.rating,
        comment=review.words,
        created_at=moment(review.created_at),
    )


def show_reviews(part: ReviewList) -> Reviews:
    """A list of reviews."""
    return Reviews([show_review(review) for review in part.reviews], part.total)


_PRODUCT = {
    "id": "prd_abc123",
    "seller": {"id": "usr_abc123", "username": "johndoe"},
    "title": "Sample pack",
    "description": "60 drum loops, WAV",
    "price_cents": 2999,
    "currency": "EUR",
    "tax_basis_points": 0,
    "tax_country": "",
    "delivery": "instant",
    "status": "published",
    "rating": 4.5,
    "review_count": 2,
    "created_at": "2026-02-23T12:00:00Z",
    "updated_at": "2026-02-23T12:00:00Z",
    "published_at": "2026-02-23T12:00:00Z",
}
_REVIEW = {
    "id": "prv_abc123",
    "product_id": "prd_abc123",
    "buyer_id": "usr_def456",
    "order_id": "ord_abc123",
    "rating": 5,
    "comment": "Amazing track!",
    "created_at": "2026-02-23T12:00:00Z",
}

ROWS: tuple[Row, ...] = (
    get(
        "/marketplace/products",
        ProductsAsk,
        show_products,
        id="list_products",
        summary="List what is on sale",
        tag="marketplace",
        answers={"products": [_PRODUCT], "total": 42},
    ),
    post(
        "/marketplace/products",
        OfferAsk,
        show_product,
        id="create_product",
        summary="Offer something",
        tag="marketplace",
        status=201,
        example={"title": "Sample pack", "price_cents": 2999, "currency": "EUR", "publish": True},
        answers=_PRODUCT,
    ),
    get(
        "/marketplace/products/{id}",
        ProductAsk,
        show_product,
        id="get_product",
        summary="Get one product",
        tag="marketplace",
        answers=_PRODUCT,
    ),
    put(
        "/marketplace/products/{id}",
        ChangeAsk,
        show_product,
        id="update_product",
        summary="Change one's own product",
        tag="marketplace",
        example={"price_cents": 2499},
        answers=_PRODUCT,
    ),
    post(
        "/marketplace/products/{id}/publish",
        PublishAsk,
        show_product,
        id="publish_product",
        summary="Put one's own product on sale",
        tag="marketplace",
        answers=_PRODUCT,
    ),
    delete(
        "/marketplace/products/{id}",
        RetireAsk,
        show_product,
        id="retire_product",
        summary="Take one's own product off sale",
        tag="marketplace",
        answers={**_PRODUCT, "status": "retired"},
    ),
    get(
        "/sell/products",
        OwnProductsAsk,
        show_products,
        id="own_products",
        summary="List one's own products, drafts too",
        tag="seller",
        answers={"products": [_PRODUCT], "total": 1},
    ),
    get(
        "/marketplace/products/{id}/reviews",
        ReviewsAsk,
        show_reviews,
        id="list_reviews",
        summary="List what buyers say of a product",
        tag="reviews",
        answers={"reviews": [_REVIEW], "total": 1},
    ),
    post(
        "/marketplace/products/{id}/reviews",
        ReviewAsk,
        show_review,
        id="create_review",
        summary="Review a product one has bought",
        tag="reviews",
        status=201,
        example={"rating": 5, "comment": "Amazing track!"},
        answers=_REVIEW,
    ),
)
