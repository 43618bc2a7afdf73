"""What Veza answers about money on its way to sellers: balances, onboarding, transfers, an admin's retry."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.payments.fake_merchant import BUSY, CLOSED
from contract.veza.trade import Trade
from platform_core.kernel.actor import Role
from unit.http.served import Guest

OWN, ALL = "/sell/transfers", "/admin/transfers"
NOW = "2026-01-01T00:00:00Z"
NOTHING: Mapping[str, Any] = {
    "connected": False,
    "account_status": None,
    "available": 0,
    "pending": 0,
    "currency": "EUR",
    "balances": [],
}


async def test_a_seller_is_led_to_the_provider_and_is_connected_then(trade: Trade) -> None:
    sella = await trade.server.guest("sella")
    assert await trade.data("GET", "/sell/balance", by=sella) == NOTHING
    assert await trade.data("GET", OWN, by=sella) == {"transfers": [], "total": 0}

    answer = await trade.server.api("POST", "/sell/connect/onboard", token=sella.token)

    assert answer.status == 200
    link = answer.json["data"]
    assert link["onboarding_url"].startswith("https://shop.example?onboarding=done&account=acct_")
    assert link == {
        "onboarding_url": link["onboarding_url"],
        "expires_at": "2026-01-01T00:05:00Z",
        "account_status": "ready",
    }
    assert await trade.data("POST", "/sell/connect/onboard", by=sella) == link
    assert await trade.data("GET", "/sell/balance", by=sella) == {
        **NOTHING,
        "connected": True,
        "account_status": "ready",
    }
    assert (await trade.told("POST", "/sell/connect/onboard", {"account": "acct_1"}, by=sella))[1] == (
        "account: is not known here"
    )
    assert (await trade.told("GET", "/sell/balance?seller_id=x", by=sella)) == (400, "seller_id: is not known here")


async def test_what_is_sold_waits_and_is_sent_when_the_seller_can_take_it(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    order = await trade.bought(john, await trade.offer(sella))
    waiting = await _only(trade, sella)
    assert waiting == {
        "id": waiting["id"],
        "seller_id": sella.id,
        "order_id": order["id"],
        "amount_cents": 2699,
        "platform_fee_cents": 300,
        "reversed_cents": 0,
        "currency": "EUR",
        "status": "blocked",
        "reason": waiting["reason"],
        "retry_count": 0,
        "next_retry_at": None,
        "created_at": NOW,
        "completed_at": None,
    }
    assert waiting["reason"]

    await trade.data("POST", "/sell/connect/onboard", by=sella)
    await trade.work(seconds=3)

    sent = await _only(trade, sella)
    assert sent == {**waiting, "status": "completed", "reason": None, "completed_at": "2026-01-01T00:00:03Z"}
    dollars = await trade.offer(sella, currency="USD", price_cents=100_000)
    await trade.bought(john, dollars)
    balance = await trade.data("GET", "/sell/balance", by=sella)
    assert balance == {
        "connected": True,
        "account_status": "ready",
        "available": 90_000,
        "pending": 0,
        "currency": "USD",
        "balances": [
            {"currency": "USD", "available": 90_000, "pending": 0, "owed": 0, "next_release_at": None},
            {"currency": "EUR", "available": 0, "pending": 0, "owed": 0, "next_release_at": None},
        ],
    }
    await trade.world.verified()


async def test_an_admin_lists_all_transfers_by_every_filter(trade: Trade) -> None:
    sella, rosa = await trade.seller(), await trade.seller("rosa")
    john, ren = await trade.server.guest("john"), await trade.server.guest("ren", role=Role.ADMIN)
    mine, theirs = await trade.offer(sella), await trade.offer(rosa)
    first = await trade.bought(john, mine)
    await trade.work()
    trade.world.merchant.script("transfer", BUSY, CLOSED)
    trade.world.clock.advance(seconds=10)
    second = await trade.bought(john, mine)
    await trade.work()
    trade.world.clock.advance(seconds=10)
    third = await trade.bought(john, theirs)
    await trade.work()
    one, two, three = first["id"], second["id"], third["id"]

    for query, wanted in (
        ("", [three, two, one]),
        ("?status=completed", [one]),
        ("?status=failed", [two]),
        ("?status=permanently_failed", [three]),
        ("?status=pending", []),
        (f"?seller_id={rosa.id}", [three]),
        (f"?seller_id={sella.id}&status=failed", [two]),
        (f"?order_id={two}", [two]),
        ("?seller_id=usr_nobody", []),
        ("?from=2026-01-01T00:00:10Z", [three, two]),
        ("?from=2026-01-01T01:00:10%2B01:00&to=2026-01-01T00:00:10Z", [two]),
        ("?to=2026-01-01T00:00:09.999Z", [one]),
        ("?to=2025-12-31T23:59:59Z", []),
    ):
        part = await trade.data("GET", ALL + query, by=ren)
        assert ([transfer["order_id"] for transfer in part["transfers"]], part["total"]) == (wanted, len(wanted)), query
    for query, wanted in (
        ("?limit=1", [three]),
        ("?limit=2&offset=1", [two, one]),
        ("?offset=3", []),
        ("?limit=1000", [three, two, one]),
    ):
        part = await trade.data("GET", ALL + query, by=ren)
        assert ([transfer["order_id"] for transfer in part["transfers"]], part["total"]) == (wanted, 3), query
    own = await trade.data("GET", f"{OWN}?status=failed", by=sella)
    assert ([transfer["order_id"] for transfer in own["transfers"]], own["total"]) == ([two], 1)
    [failed] = own["transfers"]
    assert (failed["reason"], failed["retry_count"]) == ("lock_timeout", 1)
    assert failed["next_retry_at"] > "2026-01-01T00:00:10Z"
    assert own["transfers"] == (await trade.data("GET", f"{ALL}?status=failed", by=ren))["transfers"]
    for by in (sella, john):
        assert (await trade.told("GET", ALL, by=by))[0] == 403
    assert (await trade.told("GET", ALL))[0] == 401


@pytest.mark.parametrize("list_", [OWN, ALL])
async def test_a_list_of_transfers_refuses_what_is_none_of_its_filters(trade: Trade, list_: str) -> None:
    ren = await trade.server.guest("ren", role=Role.ADMIN)
    queries = [
        "limit=0",
        "limit=-1",
        "limit=1e2",
        "limit=1&limit=2",
        "offset=-1",
        "offset=100001",
        "offset=" + "9" * 30,
        "status=sent",
        "status=retry_wait",
        "status=",
        "status=failed&status=pending",
        "from=yesterday",
        "from=2026-01-01",
        "from=2026-01-01T00:00:00",
        "from=1767225600",
        "from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z",
        "from=0001-01-01T00:00:00%2B14:00",
        "to=9999-12-31T23:59:59-14:00",
        "to=2026-13-01T00:00:00Z",
        "to=%00",
        "to=2026-01-01T00:00:00Z&from=2026-01-02T00:00:00Z",
        "cursor=x",
    ]
    if list_ == ALL:
        queries += ["seller_id=" + "x" * 65, "seller_id=%00", "order_id=" + "x" * 65]
    else:
        queries += ["seller_id=usr_x", "order_id=ord_x"]
    for query in queries:
        field = query.partition("=")[0]
        status, said = await trade.told("GET", f"{list_}?{query}", by=ren)
        assert (status, said.partition(":")[0]) == (400, field), (query, said)


async def test_mon_13_an_admin_has_a_failed_transfer_tried_again_and_no_other(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    ren = await trade.server.guest("ren", role=Role.ADMIN)
    trade.world.merchant.script("transfer", BUSY)
    await trade.bought(john, await trade.offer(sella))
    waiting = await _only(trade, sella)
    path = f"{ALL}/{waiting['id']}/retry"
    assert (await trade.told("POST", path, by=ren))[0] == 409, "it has not failed"
    await trade.work()
    for by, status in ((None, 401), (sella, 403), (john, 403)):
        assert (await trade.told("POST", path, by=by))[0] == status
    assert (await trade.told("POST", f"{ALL}/trf_none/retry", by=ren))[0] == 404
    assert (await trade.told("POST", path, {"force": True}, by=ren)) == (400, "force: is not known here")
    key = {"Idempotency-Key": "again-1"}

    answer = await trade.server.api("POST", path, token=ren.token, headers=key)

    assert answer.json == {
        "success": True,
        "data": {
            "id": waiting["id"],
            "status": "completed",
            "retry_count": 2,
            "amount_cents": 2699,
            "currency": "EUR",
        },
    }
    replayed = await trade.server.api("POST", path, token=ren.token, headers=key)
    assert (replayed.raw, replayed.headers["Idempotent-Replayed"]) == (answer.raw, "true")
    assert (await trade.told("POST", path, by=ren))[0] == 409, "it is completed"
    assert len(trade.world.merchant.calls) == 2
    sent = await _only(trade, sella)
    assert (sent["status"], sent["retry_count"], sent["next_retry_at"]) == ("completed", 2, None)
    await trade.world.verified()


async def test_mon_13_of_many_retries_at_once_one_asks_the_provider(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    ren = await trade.server.guest("ren", role=Role.ADMIN)
    trade.world.merchant.script("transfer", BUSY)
    await trade.bought(john, await trade.offer(sella))
    await trade.work()
    path = f"{ALL}/{(await _only(trade, sella))['id']}/retry"

    answers = await asyncio.gather(*(trade.server.api("POST", path, token=ren.token) for _ in range(8)))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert len(trade.world.merchant.calls) == 2, "the one that failed, and one"
    assert (await _only(trade, sella))["status"] == "completed"
    await trade.world.verified()


async def test_money_back_after_it_was_sent_is_reversed_or_owed(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    product = await trade.offer(sella)
    order = await trade.bought(john, product)
    await trade.work()
    refund = f"/marketplace/orders/{order['id']}/refund"

    await trade.data("POST", refund, {"reason": "some", "amount_cents": 1000}, by=john)
    await trade.work()
    part = await _only(trade, sella)
    assert (part["status"], part["amount_cents"], part["reversed_cents"]) == ("partially_reversed", 2699, 900)
    assert (await trade.data("GET", "/sell/balance", by=sella))["balances"][0]["owed"] == 0
    account = (await trade.data("POST", "/sell/connect/onboard", by=sella))["onboarding_url"].rpartition("=")[2]
    trade.world.merchant.spend(account)
    await trade.data("POST", refund, {"reason": "rest"}, by=john)
    await trade.work()

    [balance] = (await trade.data("GET", "/sell/balance", by=sella))["balances"]
    assert (balance["available"], balance["owed"]) == (0, 1799)
    await trade.bought(john, product)
    await trade.work()
    [balance] = (await trade.data("GET", "/sell/balance", by=sella))["balances"]
    assert (balance["available"], balance["owed"]) == (0, 0), "it was netted from what was earned next"
    await trade.world.verified()


async def _only(trade: Trade, seller: Guest) -> dict[str, Any]:
    """A seller's one transfer."""
    [transfer] = (await trade.data("GET", OWN, by=seller))["transfers"]
    found: dict[str, Any] = transfer
    return found
