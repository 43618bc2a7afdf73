"""What Veza answers about products: field by field, who sees which, and which inputs are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.veza.trade import Trade, refused
from platform_core.identity.staff import BanUser
from platform_core.kernel.actor import Role
from support.world import OPERATOR
from unit.http.served import Served

PRODUCTS = "/marketplace/products"
OFFER = {"title": "Sample pack", "price_cents": 2999}
NOW = "2026-01-01T00:00:00Z"
#: What is sent of each field, and how the answer begins that names it.
BROKEN: tuple[tuple[str, bytes], ...] = (
    ("title", b'""'),
    ("title", b'"   "'),
    ("title", b"true"),
    ("title", b"null"),
    ("title", b'"' + b"x" * 201 + b'"'),
    ("title", rb'"a\u0000b"'),
    ("description", b'"' + b"x" * 5001 + b'"'),
    ("description", rb'"\u0000"'),
    ("price_cents", b"0"),
    ("price_cents", b"-1"),
    ("price_cents", b"29.99"),
    ("price_cents", b'"2999"'),
    ("price_cents", b"true"),
    ("price_cents", b"null"),
    ("price_cents", b"1000000001"),
    ("currency", b'"eur"'),
    ("currency", b'"EURO"'),
    ("currency", b'"TZT"'),
    ("currency", '"\uff25\uff35\uff32"'.encode()),
    ("currency", b"978"),
    ("delivery", b'"pigeon"'),
    ("delivery", b"true"),
    ("tax_basis_points", b"-1"),
    ("tax_basis_points", b"10001"),
    ("tax_basis_points", b"true"),
    ("tax_country", b'"nl"'),
    ("tax_country", b'"NLD"'),
    ("publish", b"1"),
    ("publish", b'"yes"'),
    ("seller_id", b'"usr_x"'),
    ("status", b'"published"'),
    ("id", b'"prd_x"'),
)
#: No JSON at all, or none that every reader understands alike: no field can be named.
UNREADABLE = (
    rb'{"title": "\ud800", "price_cents": 1}',
    b'{"title": "a", "price_cents": 1' + b"0" * 30 + b"}",
    b'{"title": "a", "price_cents": NaN}',
    b'{"title": "a", "price_cents": 1, "price_cents": 2}',
    b'{"title": "\xff", "price_cents": 1}',
    b'{"title": "a"',
    b"[]",
    b"",
)


async def test_a_product_is_offered_and_answered_field_by_field(trade: Trade) -> None:
    sella = await trade.server.guest("sella")
    wanted = {
        "title": " Sample pack ",
        "price_cents": 2999,
        "currency": "EUR",
        "description": "60 drum loops, WAV 🥁",
        "delivery": "manual",
        "tax_basis_points": 2100,
        "tax_country": "NL",
        "publish": True,
    }

    answer = await trade.server.api("POST", PRODUCTS, wanted, token=sella.token)

    assert answer.status == 201
    assert list(answer.json) == ["success", "data"]
    product = answer.json["data"]
    assert product["id"].startswith("prd_")
    assert product == {
        "id": product["id"],
        "seller": {"id": sella.id, "username": "sella"},
        "title": "Sample pack",
        "description": "60 drum loops, WAV 🥁",
        "price_cents": 2999,
        "currency": "EUR",
        "tax_basis_points": 2100,
        "tax_country": "NL",
        "delivery": "manual",
        "status": "published",
        "rating": None,
        "review_count": 0,
        "created_at": NOW,
        "updated_at": NOW,
        "published_at": NOW,
    }
    assert await trade.data("GET", f"{PRODUCTS}/{product['id']}") == product
    assert await trade.data("GET", PRODUCTS) == {"products": [product], "total": 1}
    least = await trade.data("POST", PRODUCTS, OFFER, by=sella)
    assert [least[name] for name in ("currency", "description", "delivery", "tax_basis_points", "tax_country")] == [
        "EUR",
        "",
        "instant",
        0,
        "",
    ]
    assert (least["status"], least["published_at"]) == ("draft", None)


async def test_lists_are_searched_sorted_and_told_in_parts(trade: Trade) -> None:
    sella, rosa = await trade.server.guest("sella"), await trade.server.guest("rosa")
    made = []
    for seller, title, price, words in (
        (sella, "Drum loops", 2999, "Tape and dust"),
        (sella, "alto sax", 500, "Slow 100% takes"),
        (rosa, "Bass lines", 1500, "Round, DUSTY"),
        (rosa, "Éclair", 700, "short"),
    ):
        made.append((await trade.offer(seller, title=title, price_cents=price, description=words))["id"])
        trade.world.clock.advance(seconds=1)
    drum, alto, bass, eclair = made
    await trade.offer(sella, title="Draft dust", publish=False)

    for query, wanted in (
        ("", [eclair, bass, alto, drum]),
        ("?sort=newest", [eclair, bass, alto, drum]),
        ("?sort=oldest", [drum, alto, bass, eclair]),
        ("?sort=price_asc", [alto, eclair, bass, drum]),
        ("?sort=price_desc", [drum, bass, eclair, alto]),
        ("?sort=title&search=s", [alto, bass, drum, eclair]),
        ("?search=dust", [bass, drum]),
        ("?search=%20DuSt%20", [bass, drum]),
        ("?search=%C3%A9CLAIR", [eclair]),
        ("?search=100%25", [alto]),
        ("?search=%25", [alto]),
        ("?search=_", []),
        ("?search=nowhere", []),
        (f"?seller_id={rosa.id}", [eclair, bass]),
        (f"?seller_id={rosa.id}&search=dust", [bass]),
        ("?seller_id=usr_nobody", []),
    ):
        part = await trade.data("GET", PRODUCTS + query)
        assert ([product["id"] for product in part["products"]], part["total"]) == (wanted, len(wanted)), query
    for query, wanted in (
        ("?limit=2", [eclair, bass]),
        ("?limit=2&offset=2", [alto, drum]),
        ("?limit=3&offset=3", [drum]),
        ("?offset=4", []),
        ("?limit=100000", [eclair, bass, alto, drum]),
    ):
        part = await trade.data("GET", PRODUCTS + query)
        assert ([product["id"] for product in part["products"]], part["total"]) == (wanted, 4), query


@pytest.mark.parametrize("list_", [PRODUCTS, "/sell/products"])
async def test_a_list_refuses_what_is_no_part_of_it(trade: Trade, list_: str) -> None:
    sella = await trade.server.guest("sella")
    queries = {
        "limit": ("limit=0", "limit=-1", "limit=1e2", "limit=true", "limit=%EF%BC%91", "limit=", "limit=1&limit=2"),
        "offset": ("offset=-1", "offset=100001", "offset=" + "9" * 30),
        "cursor": ("cursor=x",),
    }
    if list_ == PRODUCTS:
        queries |= {
            "sort": ("sort=price", "sort=", "sort=-price", "sort=newest&sort=oldest"),
            "search": ("search=" + "x" * 101, "search=%00"),
            "seller_id": ("seller_id=" + "x" * 65, "seller_id=%00"),
        }
    else:
        queries |= {"status": ("status=sold", "status=")}
    for field, wrong in queries.items():
        for query in wrong:
            answer = await trade.server.api("GET", f"{list_}?{query}", token=sella.token)
            status, said = refused(answer)
            assert status == 400, query
            assert said.startswith(f"{field}: "), (query, said)


async def test_a_draft_is_its_sellers_and_admins_alone(trade: Trade) -> None:
    sella, other = await trade.server.guest("sella"), await trade.server.guest("other")
    admin = await trade.server.guest("ren", role=Role.ADMIN)
    draft = await trade.offer(sella, publish=False)
    path = f"{PRODUCTS}/{draft['id']}"

    assert (await trade.data("GET", PRODUCTS))["total"] == 0
    for by in (None, other):
        nobodys = await trade.told("GET", f"{PRODUCTS}/prd_none", by=by)
        assert await trade.told("GET", path, by=by) == nobodys == (404, "there is no such product")
        assert (await trade.told("GET", f"{path}/reviews", by=by))[0] == 404
    assert (await trade.told("PUT", path, {"price_cents": 1}, by=other))[0] == 404
    assert (await trade.told("POST", f"{path}/publish", by=other))[0] == 404
    assert (await trade.told("DELETE", path, by=other))[0] == 404
    assert await trade.data("GET", path, by=sella) == draft
    assert await trade.data("GET", path, by=admin) == draft
    assert await trade.data("GET", "/sell/products", by=sella) == {"products": [draft], "total": 1}
    assert await trade.data("GET", "/sell/products", by=other) == {"products": [], "total": 0}


async def test_a_product_is_changed_published_and_retired_by_its_seller(trade: Trade) -> None:
    sella, other = await trade.server.guest("sella"), await trade.server.guest("other")
    draft = await trade.offer(sella, publish=False)
    path = f"{PRODUCTS}/{draft['id']}"
    trade.world.clock.advance(minutes=1)
    later = "2026-01-01T00:01:00Z"

    changed = await trade.data("PUT", path, {"price_cents": 2499, "title": "Loops"}, by=sella)
    published = await trade.data("POST", f"{path}/publish", by=sella)
    again = await trade.data("POST", f"{path}/publish", by=sella)

    assert changed == {**draft, "price_cents": 2499, "title": "Loops", "updated_at": later}
    assert published == again == {**changed, "status": "published", "published_at": later}
    for method, where, body in (
        ("PUT", path, {"price_cents": 1}),
        ("POST", f"{path}/publish", None),
        ("DELETE", path, None),
    ):
        assert (await trade.told(method, where, body, by=other))[0] == 403
        assert (await trade.told(method, where, body))[0] == 401
        assert (await trade.told(method, where.replace(draft["id"], "prd_none"), body, by=sella))[0] == 404
    retired = await trade.data("DELETE", path, by=sella)
    assert retired == {**published, "status": "retired"} == await trade.data("DELETE", path, by=sella)
    assert (await trade.told("GET", path))[0] == 404
    assert (await trade.data("GET", PRODUCTS))["total"] == 0
    for status, total in (("retired", 1), ("published", 0), ("draft", 0)):
        assert (await trade.data("GET", f"/sell/products?status={status}", by=sella))["total"] == total
    back = await trade.data("POST", f"{path}/publish", by=sella)
    assert back == published, "it was published when it was first"


async def test_what_a_banned_seller_offers_is_not_found(trade: Trade) -> None:
    sella = await trade.server.guest("sella")
    product = await trade.offer(sella)

    await trade.world.execute(BanUser(sella.id), by=OPERATOR)
    await trade.work()

    assert (await trade.data("GET", PRODUCTS))["total"] == 0
    assert (await trade.told("GET", f"{PRODUCTS}/{product['id']}"))[0] == 404


async def test_an_offer_names_each_field_that_is_wrong_and_keeps_nothing(trade: Trade) -> None:
    sella = await trade.server.guest("sella")
    product = await trade.offer(sella)
    path = f"{PRODUCTS}/{product['id']}"
    fine = {name: json.dumps(value).encode() for name, value in OFFER.items()}

    for field, wrong in BROKEN:
        body = _object({**fine, field: wrong})
        status, said = refused(await trade.server.api("POST", PRODUCTS, raw=body, token=sella.token))
        assert (status, said.partition(":")[0]) == (400, field), (field, wrong, said)
        if field not in ("publish", "id"):
            change = await trade.server.api("PUT", path, raw=_object({field: wrong}), token=sella.token)
            assert (change.status, change.json["error"].partition(":")[0]) == (400, field), (field, wrong, change.raw)
    for field in OFFER:
        body = _object({name: value for name, value in fine.items() if name != field})
        assert refused(await trade.server.api("POST", PRODUCTS, raw=body, token=sella.token)) == (
            400,
            f"{field}: is required",
        )
    for body in UNREADABLE:
        for method, where in (("POST", PRODUCTS), ("PUT", path)):
            assert (await trade.server.api(method, where, raw=body, token=sella.token)).status == 400, body
    several = await trade.told("POST", PRODUCTS, {"title": "", "price_cents": True, "colour": "red"}, by=sella)
    assert several[0] == 400
    assert [part.partition(":")[0] for part in several[1].split("; ")] == ["title", "price_cents", "colour"]
    assert (await trade.told("POST", PRODUCTS, {**OFFER, "tax_basis_points": 2100}, by=sella))[1].startswith(
        "tax_country: "
    )
    assert await trade.data("GET", "/sell/products", by=sella) == {"products": [product], "total": 1}


@pytest.mark.parametrize("id", ["%00", "%20", "prd_" + "x" * 3000, "%F0%9F%8E%B5", "..", "prd_%ED%A0%80", "'--"])
async def test_an_id_that_is_none_is_not_there(server: Served, id: str) -> None:
    for path in (f"{PRODUCTS}/{id}", f"{PRODUCTS}/{id}/reviews"):
        answer = await server.api("GET", path)
        assert answer.status in (400, 404), (path, answer.raw)


def _object(fields: dict[str, Any]) -> bytes:
    return b"{%s}" % b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in fields.items())
