"""What Veza answers about orders: the cart, the payment page, who sees what, delivery."""

from __future__ import annotations

import asyncio
from typing import Any

from contract.veza.trade import Trade, refused
from platform_core.kernel.actor import Role

ORDERS = "/marketplace/orders"
BEGAN, ENDS = "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"
#: What is sent of each field, and what the answer calls it.
BROKEN: tuple[tuple[str, str, bytes], ...] = (
    ("items", "items", b"[]"),
    ("items", "items", b"{}"),
    ("items", "items", b"null"),
    ("items", "items[0]", b'["prd_x"]'),
    ("items", "items[0].product_id", b"[{}]"),
    ("items", "items[0].product_id", b'[{"product_id": 1}]'),
    ("items", "items[0].product_id", rb'[{"product_id": "\u0000"}]'),
    ("items", "items[0].quantity", b'[{"product_id": "prd_x", "quantity": 0}]'),
    ("items", "items[0].quantity", b'[{"product_id": "prd_x", "quantity": 101}]'),
    ("items", "items[0].quantity", b'[{"product_id": "prd_x", "quantity": true}]'),
    ("items", "items[0].quantity", b'[{"product_id": "prd_x", "quantity": "1"}]'),
    ("items", "items[0].quantity", b'[{"product_id": "prd_x", "quantity": 1.5}]'),
    ("items", "items[0].price_cents", b'[{"product_id": "prd_x", "price_cents": 1}]'),
    ("items", "items[1].product_id", b'[{"product_id": "prd_x"}, {"product_id": "prd_x"}]'),
    ("items", "items", b"[" + b", ".join(b'{"product_id": "prd_%d"}' % number for number in range(51)) + b"]"),
    ("payment_method", "payment_method", b'"iou"'),
    ("payment_method", "payment_method", b"null"),
    ("total_cents", "total_cents", b"1"),
    ("currency", "currency", b'"EUR"'),
)


async def test_a_cart_is_checked_out_paid_and_answered_field_by_field(trade: Trade) -> None:
    sella, rosa, john = [await trade.server.guest(name) for name in ("sella", "rosa", "john")]
    song = await trade.offer(sella, price_cents=1210, tax_basis_points=2100, tax_country="NL")
    print_ = await trade.offer(rosa, title="A print", delivery="manual")
    cart = {
        "items": [{"product_id": song["id"], "quantity": 2}, {"product_id": print_["id"]}],
        "payment_method": "card",
    }

    answer = await trade.server.api("POST", ORDERS, cart, token=john.token)

    assert answer.status == 201
    order = answer.json["data"]
    assert order["id"].startswith("ord_")
    assert order["payment_url"].startswith("https://pay.example/pay/")
    lines: list[dict[str, Any]] = [
        {
            "number": 1,
            "product_id": song["id"],
            "seller_id": sella.id,
            "title": "Sample pack",
            "quantity": 2,
            "unit_price_cents": 1210,
            "total_cents": 2420,
            "tax_cents": 420,
            "refunded_cents": 0,
            "delivery": "instant",
            "delivered": False,
        },
        {
            "number": 2,
            "product_id": print_["id"],
            "seller_id": rosa.id,
            "title": "A print",
            "quantity": 1,
            "unit_price_cents": 2999,
            "total_cents": 2999,
            "tax_cents": 0,
            "refunded_cents": 0,
            "delivery": "manual",
            "delivered": False,
        },
    ]
    assert order == {
        "id": order["id"],
        "status": "pending",
        "state": "pending_payment",
        "buyer_id": john.id,
        "items": lines,
        "total_cents": 5419,
        "currency": "EUR",
        "refunded_cents": 0,
        "refund_pending_cents": 0,
        "refundable_cents": 0,
        "payment_url": order["payment_url"],
        "created_at": BEGAN,
        "expires_at": ENDS,
        "paid_at": None,
        "fulfilled_at": None,
    }
    assert await trade.look(john, order) == order
    assert await trade.data("GET", ORDERS, by=john) == {"orders": [order], "total": 1}

    trade.world.clock.advance(minutes=1)
    assert await trade.decide(order) == 200
    paid = await trade.look(john, order)
    lines[0]["delivered"] = True
    assert paid == {
        **order,
        "status": "completed",
        "state": "paid",
        "items": lines,
        "refundable_cents": 5419,
        "payment_url": None,
        "paid_at": "2026-01-01T00:01:00Z",
    }
    # A seller sees their own lines, the amounts of those, and what of them is theirs.
    mine = {**lines[0], "platform_fee_cents": 200, "net_cents": 1800}
    assert await trade.look(sella, order) == {**paid, "items": [mine], "total_cents": 2420, "refundable_cents": 2420}
    theirs = {**lines[1], "platform_fee_cents": 300, "net_cents": 2699}
    assert await trade.look(rosa, order) == {**paid, "items": [theirs], "total_cents": 2999, "refundable_cents": 2999}
    ren = await trade.server.guest("ren", role=Role.ADMIN)
    assert await trade.look(ren, order) == {**paid, "items": [mine, theirs]}

    delivered = await trade.data("POST", f"{ORDERS}/{order['id']}/fulfil", {"lines": [2]}, by=rosa)
    assert (delivered["state"], delivered["fulfilled_at"]) == ("fulfilled", "2026-01-01T00:01:00Z")
    assert (await trade.look(john, order))["status"] == "completed"
    await trade.world.verified()


async def test_prices_are_the_servers_and_stay_as_they_were_ordered(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    song = await trade.offer(sella)
    order = await trade.order(john, song)

    await trade.data("PUT", f"/marketplace/products/{song['id']}", {"price_cents": 1, "title": "Else"}, by=sella)
    await trade.decide(order)

    paid = await trade.look(john, order)
    assert (paid["total_cents"], paid["items"][0]["title"]) == (2999, "Sample pack")
    assert (await trade.order(john, song))["total_cents"] == 1


async def test_a_cent_that_is_all_tax_is_paid_and_goes_back(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    cent = await trade.offer(sella, price_cents=1, tax_basis_points=10_000, tax_country="NL")

    order = await trade.bought(john, cent)

    assert (order["state"], order["items"][0]["tax_cents"]) == ("fulfilled", 1)
    await trade.work()
    for status, total in (("cancelled", 1), ("pending", 0), ("completed", 0)):
        assert (await trade.data("GET", f"/sell/transfers?status={status}", by=sella))["total"] == total
    await trade.data("POST", f"{ORDERS}/{order['id']}/refund", {"reason": "all"}, by=john)
    await trade.work()
    assert (await trade.look(john, order))["state"] == "refunded"
    assert (await trade.data("GET", f"{ORDERS}/{order['id']}/invoices", by=john))["total"] == 2
    await trade.world.verified()


async def test_the_payment_page_shows_what_is_bought_in_its_currency(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    for currency, shown in (("EUR", "1,500.00 EUR"), ("JPY", "150,000 JPY"), ("KWD", "150.000 KWD")):
        product = await trade.offer(sella, title=f"Loops <b> & {currency}", price_cents=150_000, currency=currency)
        order = await trade.order(john, product)
        page = await trade.server.ask("GET", "/pay/" + order["payment_url"].rpartition("/")[2])
        assert page.status == 200
        assert f"Pay {shown}<" in page.raw.decode()
        assert f"Loops &lt;b&gt; &amp; {currency}" in page.raw.decode()


async def test_what_cannot_be_ordered_is_named_and_nothing_is_kept(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    song, dollars = await trade.offer(sella), await trade.offer(sella, title="In dollars", currency="USD")
    draft, gone = await trade.offer(sella, publish=False), await trade.offer(sella, title="Gone")
    await trade.data("DELETE", f"/marketplace/products/{gone['id']}", by=sella)
    own = await trade.offer(john)

    for products, status, said in (
        ([{"id": "prd_none"}], 404, "items[0].product_id: is not there"),
        ([song, draft], 404, "items[1].product_id: is not there"),
        ([song, gone], 409, "items[1].product_id: is not on sale"),
        ([own], 400, "items[0].product_id: is your own"),
        ([song, dollars], 400, "items[1].product_id: is not sold in EUR"),
    ):
        cart = {"items": [{"product_id": product["id"]} for product in products]}
        assert await trade.told("POST", ORDERS, cart, by=john) == (status, said)
    for field, named, wrong in BROKEN:
        body = b'{"items": [{"product_id": "%s"}]}' % song["id"].encode()
        body = body[:-1] + b', "%s": %s}' % (field.encode(), wrong)
        if field == "items":
            body = b'{"items": %s}' % wrong
        status, said = refused(await trade.server.api("POST", ORDERS, raw=body, token=john.token))
        assert (status, said.partition(":")[0]) == (400, named), (wrong, said)
    for body in (
        b"",
        b"[]",
        rb'{"items": [{"product_id": "\udc00"}]}',
        b'{"items": [{"product_id": "p", "quantity": 1' + b"0" * 30 + b"}]}",
    ):
        assert (await trade.server.api("POST", ORDERS, raw=body, token=john.token)).status == 400, body
    assert (await trade.told("POST", ORDERS, {"items": [{"product_id": song["id"]}]}))[0] == 401
    assert await trade.data("GET", ORDERS, by=john) == {"orders": [], "total": 0}


async def test_mon_04_the_same_key_is_the_same_order(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    song, other = await trade.offer(sella), await trade.offer(sella, title="Other")
    cart, key = {"items": [{"product_id": song["id"], "quantity": 1}]}, {"Idempotency-Key": "cart-1"}

    first = await trade.server.api("POST", ORDERS, cart, token=john.token, headers=key)
    again = await trade.server.api("POST", ORDERS, cart, token=john.token, headers=key)

    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status, again.raw) == (first.status, first.raw) == (201, again.raw)
    changed = {"items": [{"product_id": other["id"]}]}
    reused = refused(await trade.server.api("POST", ORDERS, changed, token=john.token, headers=key))
    assert reused == (400, "items: differs from the first request with this idempotency key")
    assert (await trade.data("GET", ORDERS, by=john))["total"] == 1
    for wrong in ("", "x" * 256, "smörgås"):
        answer = await trade.server.api("POST", ORDERS, cart, token=john.token, headers={"Idempotency-Key": wrong})
        assert answer.status == 400, wrong


async def test_the_same_cart_sent_many_times_at_once_is_one_order(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    cart = {"items": [{"product_id": (await trade.offer(sella))["id"]}]}
    key = {"Idempotency-Key": "cart-1"}

    answers = await asyncio.gather(
        *(trade.server.api("POST", ORDERS, cart, token=john.token, headers=key) for _ in range(8))
    )

    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.json["data"]["id"] for answer in answers if answer.status == 201}) == 1
    assert (await trade.data("GET", ORDERS, by=john))["total"] == 1


async def test_an_order_is_declined_paid_anew_or_given_up(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    song = await trade.offer(sella)
    order = await trade.order(john, song)
    pay, cancel = f"{ORDERS}/{order['id']}/pay", f"{ORDERS}/{order['id']}/cancel"

    assert await trade.data("POST", pay, by=john) == order, "the page there is"
    assert (await trade.told("POST", pay, {"payment_method": "ideal"}, by=john))[0] == 409
    assert (await trade.told("POST", pay, {"payment_method": "iou"}, by=john))[0] == 400
    assert await trade.decide(order, "decline") == 200
    anew = await trade.data("POST", pay, {"payment_method": "ideal"}, by=john)
    assert (anew["state"], anew["payment_url"] != order["payment_url"]) == ("pending_payment", True)
    for path in (pay, cancel):
        assert (await trade.told("POST", path, by=sella))[0] == 403
        assert (await trade.told("POST", path))[0] == 401
    assert await trade.decide(anew) == 200
    assert (await trade.told("POST", pay, by=john))[0] == 409
    assert (await trade.told("POST", cancel, by=john))[0] == 409

    other = await trade.order(john, song)
    given_up = await trade.data("POST", f"{ORDERS}/{other['id']}/cancel", by=john)
    assert given_up == {**other, "status": "cancelled", "state": "cancelled", "payment_url": None}
    late = await trade.order(john, song)
    await trade.work(minutes=31)
    assert (await trade.look(john, late))["state"] == "expired"
    assert await trade.decide(late) == 409


async def test_orders_come_in_parts_and_by_state(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    song, made = await trade.offer(sella), []
    for _ in range(3):
        made.append((await trade.order(john, song))["id"])
        trade.world.clock.advance(seconds=1)
    await trade.bought(john, song)

    for query, wanted, total in (
        ("?state=pending_payment", made[::-1], 3),
        ("?state=pending_payment&limit=1&offset=1", [made[1]], 3),
        ("?state=refunded", [], 0),
        ("?offset=1", made[::-1], 4),
        ("?offset=9", [], 4),
    ):
        part = await trade.data("GET", ORDERS + query, by=john)
        assert ([order["id"] for order in part["orders"]], part["total"]) == (wanted, total), query
    assert (await trade.data("GET", ORDERS, by=sella))["total"] == 0, "it lists what one buys"
    for query in ("state=paid&state=paid", "state=sold", "limit=0", "offset=-1", "buyer_id=x", "status=pending"):
        field = query.partition("=")[0]
        status, said = await trade.told("GET", f"{ORDERS}?{query}", by=john)
        assert (status, said.partition(":")[0]) == (400, field), said


async def test_an_order_of_somebody_else_is_none(trade: Trade) -> None:
    sella, john, other = [await trade.server.guest(name) for name in ("sella", "john", "other")]
    order = await trade.bought(john, await trade.offer(sella, delivery="manual"))
    for method, tail, body in (
        ("GET", "", None),
        ("POST", "/pay", None),
        ("POST", "/cancel", None),
        ("POST", "/fulfil", None),
        ("POST", "/refund", {"reason": "mine"}),
        ("GET", "/refunds", None),
        ("GET", "/invoice", None),
        ("GET", "/invoices", None),
    ):
        path, none = f"{ORDERS}/{order['id']}{tail}", f"{ORDERS}/ord_none{tail}"
        told = await trade.told(method, path, body, by=other)
        assert told == await trade.told(method, none, body, by=other), path
        assert told[0] == 404
        assert (await trade.told(method, path, body))[0] == 401
    assert (await trade.look(john, order))["state"] == "paid"


async def test_a_seller_delivers_their_own_lines_of_what_is_paid(trade: Trade) -> None:
    sella, rosa, john = [await trade.server.guest(name) for name in ("sella", "rosa", "john")]
    one = await trade.offer(sella, delivery="manual")
    other = await trade.offer(rosa, delivery="manual")
    order = await trade.order(john, one, other)
    path = f"{ORDERS}/{order['id']}/fulfil"

    assert (await trade.told("POST", path, by=sella))[0] == 409, "it is not paid"
    await trade.decide(order)
    assert (await trade.told("POST", path, by=john))[0] == 403
    for lines in (b"[]", b"[2]", b"[3]", b"[0]", b"[true]", b'["1"]', b"[1.5]", b"1", b"null"):
        answer = await trade.server.api("POST", path, raw=b'{"lines": %s}' % lines, token=sella.token)
        assert answer.status == 400, (lines, answer.raw)
        assert answer.json["error"].startswith("lines"), answer.raw
    assert (await trade.told("POST", path, {"line": [1]}, by=sella))[1].startswith("line: ")
    assert (await trade.data("POST", path, by=sella))["state"] == "paid"
    assert (await trade.data("POST", path, {"lines": [2]}, by=rosa))["state"] == "fulfilled"
    assert (await trade.data("POST", path, by=rosa))["state"] == "fulfilled", "twice is as once"
