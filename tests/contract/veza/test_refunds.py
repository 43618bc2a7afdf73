"""What Veza answers about money that goes back, reviews and invoices."""

from __future__ import annotations

from contract.veza.trade import Trade, refused, words
from platform_core.kernel.actor import Role

ORDERS = "/marketplace/orders"


async def test_a_buyer_gets_some_and_then_the_rest_back(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    order = await trade.bought(john, await trade.offer(sella))
    path = f"{ORDERS}/{order['id']}"

    started = await trade.data("POST", f"{path}/refund", {"reason": "Not as described", "amount_cents": 1000}, by=john)

    assert started == {
        "message": "Refund initiated",
        "refund_id": started["refund_id"],
        "status": "approved",
        "amount_cents": 1000,
        "currency": "EUR",
    }
    on_its_way = await trade.look(john, order)
    assert on_its_way == {
        **order,
        "status": "refund_pending",
        "refund_pending_cents": 1000,
        "refundable_cents": 1999,
    }
    waiting = {
        "id": started["refund_id"],
        "order_id": order["id"],
        "status": "approved",
        "amount_cents": 1000,
        "currency": "EUR",
        "reason": "Not as described",
        "details": "",
        "created_at": "2026-01-01T00:00:00Z",
        "resolved_at": None,
    }
    assert await trade.data("GET", f"{path}/refunds", by=john) == {"refunds": [waiting], "total": 1}
    above = await trade.told("POST", f"{path}/refund", {"reason": "more", "amount_cents": 2000}, by=john)
    assert above == (409, "less than that is left to refund")

    await trade.work(seconds=5)
    [done] = (await trade.data("GET", f"{path}/refunds", by=sella))["refunds"]
    assert done == {**waiting, "status": "succeeded", "resolved_at": "2026-01-01T00:00:05Z"}
    part = await trade.look(john, order)
    assert [part[name] for name in ("status", "state", "refunded_cents", "refund_pending_cents")] == [
        "completed",
        "partially_refunded",
        1000,
        0,
    ]
    rest = await trade.data("POST", f"{path}/refund", {"reason": "All of it", "details": "Broken 💔"}, by=john)
    assert rest["amount_cents"] == 1999
    await trade.work()
    whole = await trade.look(john, order)
    assert [whole[name] for name in ("status", "state", "refunded_cents", "refundable_cents")] == [
        "refunded",
        "refunded",
        2999,
        0,
    ]
    again = await trade.told("POST", f"{path}/refund", {"reason": "once more"}, by=john)
    assert again == (409, "there is nothing left to refund")
    await trade.world.verified()


async def test_mon_09_a_seller_gives_back_their_own_lines_and_no_others(trade: Trade) -> None:
    sella, rosa = await trade.seller(), await trade.seller("rosa")
    john, ren = await trade.server.guest("john"), await trade.server.guest("ren", role=Role.ADMIN)
    order = await trade.bought(john, await trade.offer(sella), await trade.offer(rosa, price_cents=500))
    path = f"{ORDERS}/{order['id']}"

    foreign = await trade.told("POST", f"{path}/refund", {"reason": "theirs", "lines": [2]}, by=sella)
    nobodys = await trade.told("POST", f"{path}/refund", {"reason": "theirs", "lines": [3]}, by=sella)
    assert foreign == nobodys
    assert foreign[0] == 400
    assert foreign[1].startswith("lines: ")
    too_much = await trade.told("POST", f"{path}/refund", {"reason": "all", "amount_cents": 3000}, by=sella)
    assert too_much[0] == 409
    own = await trade.data("POST", f"{path}/refund", {"reason": "sorry"}, by=sella)
    assert (own["amount_cents"], own["status"]) == (2999, "approved")
    await trade.work()

    assert (await trade.look(sella, order))["refunded_cents"] == 2999
    assert (await trade.look(rosa, order))["refunded_cents"] == 0
    assert (await trade.data("GET", f"{path}/refunds", by=rosa)) == {"refunds": [], "total": 0}
    assert (await trade.data("GET", f"{path}/refunds", by=john))["total"] == 1
    by_admin = await trade.data("POST", f"{path}/refund", {"reason": "goodwill", "lines": [2]}, by=ren)
    assert by_admin["amount_cents"] == 500
    await trade.work()
    assert (await trade.look(john, order))["state"] == "refunded"
    await trade.world.verified()


async def test_a_late_refund_waits_for_its_sellers_word(trade: Trade) -> None:
    sella, other, john = await trade.seller(), await trade.seller("other"), await trade.server.guest("john")
    order = await trade.bought(john, await trade.offer(sella))
    trade.world.clock.advance(days=15)
    sella, other, john = [
        type(guest)(guest.id, await trade.server.token(name))
        for name, guest in (("sella", sella), ("other", other), ("john", john))
    ]
    path, wish = f"{ORDERS}/{order['id']}/refund", {"reason": "Late"}

    asked = await trade.data("POST", path, {**wish, "amount_cents": 999}, by=john)
    assert (asked["status"], asked["message"]) == ("requested", "Refund requested")
    reject = f"/marketplace/refunds/{asked['refund_id']}/reject"
    approve = f"/marketplace/refunds/{asked['refund_id']}/approve"
    assert (await trade.told("POST", approve, by=other))[0] == 404
    assert (await trade.told("POST", approve, by=john))[0] == 403
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 201}, {"reason": True}):
        status, said = await trade.told("POST", reject, body, by=sella)
        assert (status, said.partition(":")[0]) == (400, "reason"), (body, said)
    rejected = await trade.data("POST", reject, {"reason": "Used for a month"}, by=sella)
    assert rejected["status"] == "rejected"
    assert (await trade.told("POST", approve, by=sella))[0] == 409
    assert (await trade.look(john, order))["refundable_cents"] == 2999

    second = await trade.data("POST", path, wish, by=john)
    approved = await trade.data("POST", f"/marketplace/refunds/{second['refund_id']}/approve", by=sella)
    assert approved["status"] == "approved"
    await trade.work()
    assert (await trade.look(john, order))["state"] == "refunded"


async def test_a_wish_for_money_back_names_what_is_wrong_with_it(trade: Trade) -> None:
    sella, john = await trade.server.guest("sella"), await trade.server.guest("john")
    product = await trade.offer(sella)
    unpaid = await trade.order(john, product)
    told = await trade.told("POST", f"{ORDERS}/{unpaid['id']}/refund", {"reason": "mind"}, by=john)
    assert told == (409, "nothing is paid yet")
    order = await trade.bought(john, product)
    path = f"{ORDERS}/{order['id']}/refund"

    for field, wrong in (
        ("reason", b'""'),
        ("reason", b'"  "'),
        ("reason", b'"' + b"x" * 201 + b'"'),
        ("reason", rb'"\u0000"'),
        ("reason", b"null"),
        ("details", b'"' + b"x" * 2001 + b'"'),
        ("details", b"1"),
        ("amount_cents", b"0"),
        ("amount_cents", b"-1"),
        ("amount_cents", b"true"),
        ("amount_cents", b'"10"'),
        ("amount_cents", b"9.99"),
        ("amount_cents", b"1000000000000001"),
        ("amount_cents", b"null"),
        ("lines", b"[]"),
        ("lines", b"[0]"),
        ("lines", b"[2]"),
        ("lines", b"1"),
        ("order_id", b'"ord_x"'),
        ("status", b'"succeeded"'),
    ):
        fields = {"reason": b'"fine"', field: wrong}
        body = b"{%s}" % b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in fields.items())
        status, said = refused(await trade.server.api("POST", path, raw=body, token=john.token))
        assert (status, said.partition(":")[0]) == (400, field), (field, wrong, said)
    for body in (b"", b"[]", rb'{"reason": "\ud800"}', b'{"reason": "a", "amount_cents": 1' + b"0" * 30 + b"}"):
        assert (await trade.server.api("POST", path, raw=body, token=john.token)).status == 400, body
    assert await trade.told("POST", path, {}, by=john) == (400, "reason: is required")
    assert (await trade.data("GET", f"{path}s", by=john)) == {"refunds": [], "total": 0}


async def test_mon_15_buyers_review_once_and_not_for_nothing(trade: Trade) -> None:
    sella, john, other = await trade.seller(), await trade.server.guest("john"), await trade.server.guest("other")
    product = await trade.offer(sella)
    path, said = f"/marketplace/products/{product['id']}/reviews", {"rating": 5, "comment": "Amazing track! 🎶"}
    assert await trade.data("GET", path) == {"reviews": [], "total": 0}
    unpaid = await trade.order(john, product)
    for by in (john, other, sella):
        assert (await trade.told("POST", path, said, by=by))[0] == 403
    await trade.decide(unpaid)

    for field, wrong in (
        ("rating", b"0"),
        ("rating", b"6"),
        ("rating", b"4.5"),
        ("rating", b"true"),
        ("rating", b'"5"'),
        ("rating", b"null"),
        ("comment", b"5"),
        ("comment", b'"' + b"x" * 2001 + b'"'),
        ("comment", rb'"\u0000"'),
        ("order_id", b'"ord_x"'),
    ):
        fields = {"rating": b"5", field: wrong}
        body = b"{%s}" % b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in fields.items())
        status, told = refused(await trade.server.api("POST", path, raw=body, token=john.token))
        assert (status, told.partition(":")[0]) == (400, field), (wrong, told)
    answer = await trade.server.api("POST", path, said, token=john.token)
    review = answer.json["data"]
    assert answer.status == 201
    assert review == {
        "id": review["id"],
        "product_id": product["id"],
        "buyer_id": john.id,
        "order_id": unpaid["id"],
        "rating": 5,
        "comment": "Amazing track! 🎶",
        "created_at": "2026-01-01T00:00:00Z",
    }
    assert (await trade.told("POST", path, said, by=john))[0] == 409
    order = await trade.bought(other, product)
    await trade.data("POST", path, {"rating": 4}, by=other)
    shown = await trade.data("GET", f"/marketplace/products/{product['id']}")
    assert (shown["rating"], shown["review_count"]) == (4.5, 2)
    assert (await trade.data("GET", f"{path}?limit=1"))["total"] == 2
    assert len((await trade.data("GET", f"{path}?limit=1&offset=1"))["reviews"]) == 1
    assert (await trade.told("GET", f"{path}?limit=0"))[0] == 400

    refund = f"{ORDERS}/{order['id']}/refund"
    await trade.data("POST", refund, {"reason": "some", "amount_cents": 2998}, by=other)
    await trade.work()
    assert (await trade.data("GET", path))["total"] == 2, "a cent is still paid"
    await trade.data("POST", refund, {"reason": "all"}, by=other)
    await trade.work()
    assert await trade.data("GET", path) == {"reviews": [review], "total": 1}
    shown = await trade.data("GET", f"/marketplace/products/{product['id']}")
    assert (shown["rating"], shown["review_count"]) == (5.0, 1)
    assert (await trade.told("POST", path, said, by=other))[0] == 403


async def test_mon_16_invoices_are_for_those_they_are_about(trade: Trade) -> None:
    sella, rosa = await trade.seller(), await trade.seller("rosa")
    john, other = await trade.server.guest("john"), await trade.server.guest("other")
    taxed = {"price_cents": 1210, "tax_basis_points": 2100, "tax_country": "NL"}
    unpaid = await trade.order(john, await trade.offer(sella, title="Loops & more", **taxed), await trade.offer(rosa))
    path = f"{ORDERS}/{unpaid['id']}"
    for tail in ("invoice", "invoices"):
        assert (await trade.told("GET", f"{path}/{tail}", by=john))[0] == 404, "nothing is paid yet"
    await trade.decide(unpaid)

    answer = await trade.server.api("GET", f"{path}/invoice", token=john.token)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="invoices-{unpaid["id"]}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.raw.startswith(b"%PDF-")
    listed = await trade.data("GET", f"{path}/invoices", by=john)
    assert listed["total"] == 2
    mine = next(invoice for invoice in listed["invoices"] if invoice["seller_id"] == sella.id)
    assert mine == {
        "id": mine["id"],
        "number": mine["number"],
        "type": "invoice",
        "order_id": unpaid["id"],
        "seller_id": sella.id,
        "total_cents": 1210,
        "currency": "EUR",
        "issued_at": "2026-01-01T00:00:00Z",
    }
    pages = words(answer.raw)
    assert len(pages) == 2
    [page] = [page for page in pages if mine["number"] in page]
    for text in ("Loops & more", "sella", "john", "12.10", "10.00", "2.10", "21"):
        assert text in page, (text, page)
    own = await trade.server.api("GET", f"{path}/invoice", token=sella.token)
    assert own.headers["Content-Disposition"] == f'attachment; filename="{mine["number"]}.pdf"'
    assert words(own.raw) == [page]
    assert await trade.data("GET", f"{path}/invoices", by=sella) == {"invoices": [mine], "total": 1}
    one = f"/marketplace/invoices/{mine['id']}"
    assert (await trade.server.api("GET", one, token=john.token)).raw == own.raw
    for by in (other, rosa):
        assert await trade.told("GET", one, by=by) == await trade.told("GET", "/marketplace/invoices/inv_none", by=by)
        assert (await trade.told("GET", one, by=by))[0] == 404
    assert (await trade.told("GET", one))[0] == 401
    assert (await trade.told("GET", f"{path}/invoice", by=other))[0] == 404
    assert (await trade.told("GET", f"{path}/invoice?inline=1", by=john)) == (400, "inline: is not known here")


async def test_what_goes_back_is_credited(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    order = await trade.bought(john, await trade.offer(sella))
    path = f"{ORDERS}/{order['id']}"
    trade.world.clock.advance(seconds=1)
    await trade.data("POST", f"{path}/refund", {"reason": "some", "amount_cents": 1000}, by=john)
    await trade.work()

    listed = (await trade.data("GET", f"{path}/invoices", by=john))["invoices"]

    assert [(one["type"], one["total_cents"]) for one in listed] == [("invoice", 2999), ("credit_note", 1000)]
    invoice, note = listed
    answer = await trade.server.api("GET", f"/marketplace/invoices/{note['id']}", token=john.token)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{note["number"]}.pdf"'
    [page] = words(answer.raw)
    for text in (note["number"], invoice["number"], "10.00"):
        assert text in page
    whole = await trade.server.api("GET", f"{path}/invoice", token=john.token)
    [page] = words(whole.raw)
    assert "29.99" in page, "the invoice stays as it is"


async def test_the_same_key_is_the_same_refund(trade: Trade) -> None:
    sella, john = await trade.seller(), await trade.server.guest("john")
    order = await trade.bought(john, await trade.offer(sella))
    path, key = f"{ORDERS}/{order['id']}/refund", {"Idempotency-Key": "refund-1"}
    body = {"reason": "some", "amount_cents": 1000}

    first = await trade.server.api("POST", path, body, token=john.token, headers=key)
    again = await trade.server.api("POST", path, body, token=john.token, headers=key)

    assert (again.raw, again.headers["Idempotent-Replayed"]) == (first.raw, "true")
    assert (await trade.look(john, order))["refund_pending_cents"] == 1000
