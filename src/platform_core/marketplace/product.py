"""What a seller offers."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Invalid
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import BASIS, amount
from platform_core.kernel.text import text
from platform_core.marketplace.events import ProductPublished, ProductRetired

TITLE, DESCRIPTION = 200, 5000
DEAREST = 10**9
"""The highest price, in minor units."""
CURRENCY = re.compile("[A-Z]{3}")
COUNTRY = re.compile("[A-Z]{2}")


class ProductState(Enum):
    """Where a product is."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Delivery(Enum):
    """How a buyer gets it."""

    INSTANT = "instant"
    """It is theirs as soon as it is paid."""
    MANUAL = "manual"
    """The seller says when it is delivered."""


PRODUCTS: Machine[ProductState] = Machine(
    "product",
    {
        ProductState.DRAFT: frozenset({ProductState.PUBLISHED, ProductState.RETIRED}),
        ProductState.PUBLISHED: frozenset({ProductState.RETIRED}),
        ProductState.RETIRED: frozenset({ProductState.PUBLISHED}),
    },
)


@define(eq=False, kw_only=True)
class Product(Aggregate):
    """A product.

    Args:
        seller: Whose.
        title: 1 to 200 characters.
        description: At most 5000 characters.
        price: What one costs, tax included, in minor units.
        currency: Of which currency.
        tax_bp: The tax in it, in hundredths of a per cent of the price without it.
        tax_country: Which country's tax that is; empty without any.
        delivery: How a buyer gets it.
        state: Where it is.
        shown: Whether it can be found; not while its seller is banned.
        created_at: When it was made.
        changed_at: When it was changed last.
        published_at: When it was published first.
        searched: Title and description as they are searched, and sorted by.
        stars: The sum of its ratings.
        reviews: How many ratings.
    """

    kind: ClassVar[str] = "product"

    seller: str
    title: str
    description: str
    price: int
    currency: str
    tax_bp: int = 0
    tax_country: str = ""
    delivery: Delivery = Delivery.INSTANT
    state: ProductState = ProductState.DRAFT
    shown: bool = True
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None = None
    searched: str
    stars: int = 0
    reviews: int = 0

    @classmethod
    def offer(
        cls,
        id: str,
        *,
        seller: str,
        title: str,
        price: int,
        currency: str,
        now: datetime,
        description: str = "",
        delivery: Delivery = Delivery.INSTANT,
        tax_bp: int = 0,
        tax_country: str = "",
    ) -> Product:
        """A new draft.

        Raises:
            Invalid: A field breaks a rule.
        """
        product = cls(
            id=id,
            seller=seller,
            title="",
            description="",
            price=1,
            currency=currency,
            created_at=now,
            changed_at=now,
            searched="",
        )
        product.change(
            title=title,
            description=description,
            price=price,
            currency=currency,
            delivery=delivery,
            tax_bp=tax_bp,
            tax_country=tax_country,
            now=now,
        )
        return product

    @property
    def is_on_sale(self) -> bool:
        """Whether it can be found and bought."""
        return self.state is ProductState.PUBLISHED and self.shown

    @property
    def rating(self) -> int | None:
        """The average of its ratings in hundredths; None without any."""
        return None if not self.reviews else (200 * self.stars + self.reviews) // (2 * self.reviews)

    def change(
        self,
        *,
        now: datetime,
        title: str | None = None,
        description: str | None = None,
        price: int | None = None,
        currency: str | None = None,
        delivery: Delivery | None = None,
        tax_bp: int | None = None,
        tax_country: str | None = None,
    ) -> None:
        """Change it; what is None stays. Orders made before keep what they were made with.

        Raises:
            Invalid: A field breaks a rule.
        """
        title = self.title if title is None else text(title.strip(), "title", least=1, most=TITLE)
        described = self.description if description is None else text(description, "description", most=DESCRIPTION)
        price = self.price if price is None else _price(price)
        currency = self.currency if currency is None else _matching(CURRENCY, currency, "currency", "three")
        tax_bp = self.tax_bp if tax_bp is None else _rate(tax_bp)
        country = self.tax_country if tax_country is None else tax_country
        if country or tax_bp:
            country = _matching(COUNTRY, country, "tax_country", "two")
        self.title, self.description, self.price, self.currency = title, described, price, currency
        self.tax_bp, self.tax_country, self.delivery = tax_bp, country, delivery or self.delivery
        self.searched, self.changed_at = f"{title}\n{described}".casefold(), now

    def publish(self, now: datetime) -> None:
        """Put it on sale; one that is stays.

        Raises:
            InvalidTransition: It cannot be.
        """
        if self.state is ProductState.PUBLISHED:
            return
        self.state = PRODUCTS.move(self.state, ProductState.PUBLISHED)
        self.published_at = self.published_at or now
        self.record(ProductPublished(self.id, self.seller))

    def retire(self) -> None:
        """Take it off sale; what was bought stays bought."""
        if self.state is ProductState.RETIRED:
            return
        self.state = PRODUCTS.move(self.state, ProductState.RETIRED)
        self.record(ProductRetired(self.id, self.seller))

    def rated(self, stars: int, *, count: int = 1) -> None:
        """Count a rating; with negatives, count one no more."""
        self.stars += stars
        self.reviews += count


def _price(value: object) -> int:
    price = amount(value, "price")
    if price > DEAREST:
        raise Invalid.field("price", f"must be from 1 to {DEAREST}")
    return price


def _rate(value: object) -> int:
    if type(value) is not int or not 0 <= value <= BASIS:
        raise Invalid.field("tax_bp", f"must be a whole number from 0 to {BASIS}")
    return value


def _matching(pattern: re.Pattern[str], value: str, name: str, count: str) -> str:
    if pattern.fullmatch(value) is None or value == "TZT":
        raise Invalid.field(name, f"must be {count} capital letters")
    return value
