"""`platform-core products`: looking at what is offered, and taking it off sale."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.kernel.page import FARTHEST
from platform_core.marketplace.product import ProductState
from platform_core.marketplace.products import AllProducts, GetProduct, ProductList, ProductView, RetireProduct
from platform_core.platform import Platform

COLUMNS = ("id", "title", "seller", "price", "currency", "state", "rating", "reviews", "created")
STATES = click.Choice([state.value for state in ProductState])


@click.group(cls=Group)
@examples("products list --search song", "products retire prd_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes")
def products() -> None:
    """Look at what sellers offer, and take it off sale.

    A user is named by id, username or address. Prices are in minor units (cents).
    """


@products.command("list")
@operation("products list --search song", "products list --seller ada --state draft --json")
@click.option("--search", default="", metavar="WORDS", help="Only what has this in its title or description.")
@click.option("--seller", metavar="USER", help="Only this user's.")
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 100), default=100, show_default=True, help="At most this many.")
@click.option("--offset", type=click.IntRange(0, FARTHEST), default=0, help="Pass over so many first.")
def list_(operation: Operation, *, search: str, seller: str | None, state: str | None, limit: int, offset: int) -> None:
    """List products, the newest first."""

    async def look(platform: Platform) -> ProductList:
        query = AllProducts(
            seller=(await find(platform, seller)).id if seller else None,
            state=ProductState(state) if state else None,
            search=search,
            limit=limit,
            offset=offset,
        )
        return await platform.execute(query, by=OPERATOR)

    found = operation.run(look)
    rows = [row(product) for product in found.products]
    operation.output.rows("products", COLUMNS, rows, total=found.total)


@products.command()
@operation("products show prd_06f1a2b3c4d5e6f7g8h9j0k1m2")
@click.argument("product")
def show(operation: Operation, *, product: str) -> None:
    """Show a product, on sale or not."""
    operation.output.item(row(operation.ask(GetProduct(product))))


@products.command()
@operation("products retire prd_06f1a2b3c4d5e6f7g8h9j0k1m2 --yes", writes=True, destructive=True)
@click.argument("product")
def retire(operation: Operation, *, product: str) -> None:
    """Take a product off sale. What was bought stays bought."""
    operation.confirm(f"Take {product} off sale?")
    operation.output.item(row(operation.ask(RetireProduct(product))), f"{product} is off sale")


def row(product: ProductView) -> dict[str, object]:
    """A product as an operator sees it."""
    return {
        "id": product.id,
        "title": product.title,
        "seller": product.seller.username or product.seller.id,
        "price": product.price,
        "currency": product.currency,
        "tax_bp": product.tax_bp,
        "tax_country": product.tax_country,
        "delivery": product.delivery,
        "state": product.state,
        "rating": None if product.rating is None else f"{product.rating // 100}.{product.rating % 100:02d}",
        "reviews": product.reviews,
        "created": product.created_at,
        "changed": product.changed_at,
        "published": product.published_at,
        "description": product.description,
    }
