"""The commands that look after products and orders, on a database where something was sold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from adapters.payments.fake import FakeGateway
from entrypoints import container
from entrypoints.settings import Settings
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.marketplace.checkout import CartItem, PlaceOrder
from platform_core.marketplace.products import CreateProduct
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhooks import TakeWebhook

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def sold(ask: Ask, user: Make) -> tuple[str, str]:
    """A song of Jane's that Anna has bought twice, in one paid order; its id and the order's."""
    jane, anna = user("jane", "creator"), user("anna")

    async def make() -> tuple[str, str]:
        by_jane, by_anna = (Actor(id, role, Via.SESSION) for id, role in ((jane, Role.CREATOR), (anna, Role.VIEWER)))
        by_psp = Actor.system("fake")
        async with container.running(Settings()) as platform:
            song = await platform.execute(CreateProduct("A song", 2999, publish=True), by=by_jane)
            order = await platform.execute(PlaceOrder((CartItem(song.id, 2),)), by=by_anna)
            gateway = platform.gateway
            assert isinstance(gateway, FakeGateway)
            paid = gateway.answer(str(order.payment_url).rpartition("/")[2], PaymentOutcome.SUCCEEDED)
            taken = await platform.execute(TakeWebhook(paid.body, paid.headers), by=by_psp)
            await platform.apply_webhook(taken.id, by=by_psp)
        return song.id, order.id

    return asyncio.run(make())


def test_products_are_listed_shown_and_retired(ask: Ask, run: Run, sold: tuple[str, str]) -> None:
    song, _ = sold
    for filters in ((), ("--search", "SONG"), ("--seller", "jane", "--state", "published")):
        listed = ask("products", "list", *filters)
        assert listed["total"] == 1
        assert [(one["id"], one["seller"], one["price"]) for one in listed["products"]] == [(song, "jane", 2999)]
    assert ask("products", "list", "--state", "draft") == {"products": [], "total": 0}
    assert ask("products", "list", "--offset", "1")["products"] == []
    assert ask("products", "show", song)["delivery"] == "instant"
    assert run("products", "show", "prd_none").exit_code == 3
    assert run("products", "retire", song).exit_code == 2, "nobody is there to confirm it"
    assert ask("products", "retire", song, "--yes")["state"] == "retired"
    assert ask("products", "retire", song, "--yes")["state"] == "retired"


def test_orders_are_listed_and_shown_with_what_each_gets(ask: Ask, run: Run, sold: tuple[str, str]) -> None:
    _, order = sold
    for filters in ((), ("--buyer", "anna"), ("--state", "fulfilled")):
        listed = ask("orders", "list", *filters)
        assert [(one["id"], one["buyer"], one["total"]) for one in listed["orders"]] == [(order, "anna", 5998)]
    assert ask("orders", "list", "--state", "disputed") == {"orders": [], "total": 0}
    shown = ask("orders", "show", order)
    [line] = shown["lines"]
    assert (line["net"], line["fee"], line["tax"], line["seller"]) == (5398, 600, 0, "jane")
    assert shown["refunds"] == []
    assert run("orders", "show", "ord_none").exit_code == 3


def test_money_is_given_back_by_hand(ask: Ask, run: Run, sold: tuple[str, str]) -> None:
    _, order = sold
    assert run("orders", "refund", order).exit_code == 2, "nobody is there to confirm it"
    assert run("orders", "refund", order, "--line", "2", "--yes").exit_code == 2
    assert run("orders", "refund", order, "--amount", "5999", "--yes").exit_code == 5
    run("orders", "refund", order, "--amount", "1000", "--dry-run")
    assert ask("orders", "show", order)["refunds"] == []

    part = ask("orders", "refund", order, "--amount", "1000", "--line", "1", "--reason", "scratched", "--yes")
    assert (part["state"], part["cause"], part["lines"]) == ("approved", "operator", {"1": 1000})
    assert ask("orders", "refund", order, "--yes")["amount"] == 4998
    assert run("orders", "refund", order, "--yes").exit_code == 5
    assert run("worker", "--once").exit_code == 0
    shown = ask("orders", "show", order)
    assert (shown["state"], shown["refunded"]) == ("refunded", 5998)
    assert [refund["state"] for refund in shown["refunds"]] == ["succeeded", "succeeded"]
    assert run("ledger", "verify").exit_code == 0
