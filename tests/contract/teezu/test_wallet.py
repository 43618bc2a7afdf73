"""What Teezu answers about tokens."""

import asyncio
from datetime import timedelta

import pytest

from platform_core.identity.staff import BanUser
from platform_core.wallet.balance import PlaceHold
from support.world import OPERATOR
from unit.http.served import Guest, Served


def tip(to: Guest | str, amount: object = 100, **more: object) -> dict[str, object]:
    """A tip's body."""
    return {"recipientId": to if isinstance(to, str) else to.id, "amount": amount, "context": "stream", **more}


async def test_balance_answers_the_documents_shape(server: Served) -> None:
    jane = await server.guest("jane", tokens=4250)
    await server.world.execute(PlaceHold(jane.id, 200, "bkg_1"), by=OPERATOR)

    answer = await server.api("GET", "/wallet/balance", token=jane.token)

    assert answer.status == 200
    assert answer.json == {"balance": 4250, "held": 200, "available": 4050, "currency": "TZT"}


async def test_tip_answers_the_documents_shape(server: Served) -> None:
    jane, creator = await server.guest("jane", tokens=4250), await server.guest("creator42")

    answer = await server.api("POST", "/wallet/tip", tip(creator, contextId="str_abc123"), token=jane.token)

    assert answer.status == 200
    body = answer.json
    assert body.pop("transactionId").startswith("txn_tip_")
    assert body == {"newBalance": 4150, "recipient": {"id": creator.id, "username": "creator42"}}
    assert (await server.world.wallet(creator.id)).balance == 100


@pytest.mark.parametrize(
    "amount", [b"0", b"-1", b"1.5", b"1.0", b'"10"', b"true", b"null", b"1e3", b"[1]", b"1000000000000001"]
)
async def test_mon_01_an_amount_is_a_whole_number_from_1_to_10_15(server: Served, amount: bytes) -> None:
    jane, creator = await server.guest("jane", tokens=10), await server.guest("creator")
    body = b'{"recipientId": "%s", "amount": %s, "context": "stream"}' % (creator.id.encode(), amount)

    answer = await server.api("POST", "/wallet/tip", raw=body, token=jane.token)

    assert answer.status == 422
    assert [detail["field"] for detail in answer.json["details"]] == ["amount"]
    assert (await server.world.wallet(jane.id)).balance == 10


@pytest.mark.parametrize("amount", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9223372036854775808", b"9" * 5000])
async def test_in_04_a_number_that_is_none_is_refused(server: Served, amount: bytes) -> None:
    jane = await server.guest("jane", tokens=10)
    body = b'{"recipientId": "usr_x", "amount": %s, "context": "stream"}' % amount

    assert (await server.api("POST", "/wallet/tip", raw=body, token=jane.token)).status == 400


async def test_mon_02_of_many_tips_with_funds_for_one_one_succeeds(server: Served) -> None:
    jane, creator = await server.guest("jane", tokens=100), await server.guest("creator")

    answers = await asyncio.gather(
        *(server.api("POST", "/wallet/tip", tip(creator), token=jane.token) for _ in range(40))
    )

    assert sorted(answer.status for answer in answers) == [200] + [402] * 39
    assert (await server.world.wallet(creator.id)).balance == 100


async def test_mon_02_what_is_not_there_cannot_be_sent(server: Served) -> None:
    jane, creator = await server.guest("jane", tokens=99), await server.guest("creator")

    answer = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token)

    assert (answer.status, answer.json["error"], answer.code) == (402, "Payment Required", "INSUFFICIENT_FUNDS")


async def test_mon_03_a_tip_goes_to_somebody_else_who_is_there(server: Served) -> None:
    jane, banned = await server.guest("jane", tokens=500), await server.guest("banned")
    await server.world.execute(BanUser(banned.id), by=OPERATOR)

    oneself = await server.api("POST", "/wallet/tip", tip(jane), token=jane.token)

    assert oneself.status == 422
    assert oneself.json["details"] == [{"field": "recipientId", "message": "must be somebody else"}]
    assert (await server.api("POST", "/wallet/tip", tip(banned), token=jane.token)).status == 404
    assert (await server.api("POST", "/wallet/tip", tip("usr_nobody"), token=jane.token)).status == 404


async def test_mon_04_the_same_key_gives_the_same_answer_once(server: Served) -> None:
    jane, creator = await server.guest("jane", tokens=500), await server.guest("creator")
    key = {"Idempotency-Key": "tip-1"}

    first = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers=key)
    again = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers=key)

    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status, again.raw) == (first.status, first.raw)
    assert (await server.world.wallet(creator.id)).balance == 100


async def test_mon_04_a_refusal_is_given_again_too(server: Served) -> None:
    jane, creator = await server.guest("jane"), await server.guest("creator")
    key = {"Idempotency-Key": "tip-1"}
    first = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers=key)
    await server.world.credit(jane.id, 500)

    again = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers=key)

    assert (first.status, again.status, again.raw) == (402, 402, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_mon_05_a_key_is_one_callers_for_one_request(server: Served) -> None:
    jane, john = await server.guest("jane", tokens=500), await server.guest("john", tokens=500)
    creator, key = await server.guest("creator"), {"Idempotency-Key": "k"}
    await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers=key)

    other_body = await server.api("POST", "/wallet/tip", tip(john), token=jane.token, headers=key)
    other_user = await server.api("POST", "/wallet/tip", tip(creator), token=john.token, headers=key)

    assert (other_body.status, other_body.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert other_body.json["details"][0]["field"] == "recipientId"
    assert other_user.status == 200
    assert "Idempotent-Replayed" not in other_user.headers


@pytest.mark.parametrize("key", ["x" * 256, "", "smörgås"])
async def test_mon_05_a_key_is_short_and_plain(server: Served, key: str) -> None:
    jane, creator = await server.guest("jane", tokens=500), await server.guest("creator")

    answer = await server.api("POST", "/wallet/tip", tip(creator), token=jane.token, headers={"Idempotency-Key": key})

    assert answer.status == 400


async def test_purchase_answers_the_documents_shape(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api(
        "POST", "/wallet/purchase", {"packageId": "pkg_500", "paymentMethod": "card"}, token=jane.token
    )

    assert answer.status == 200
    assert set(answer.json) == {"checkoutUrl", "expiresAt"}
    assert answer.json["checkoutUrl"].startswith("https://pay.example/pay/")
    expires = server.world.clock.now() + timedelta(minutes=30)
    assert answer.json["expiresAt"] == expires.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_mon_14_prices_come_from_the_catalogue(server: Served) -> None:
    jane = await server.guest("jane")
    body = {"packageId": "pkg_500", "paymentMethod": "card"}

    for wrong, field in (
        ({"packageId": "pkg_1"}, "packageId"),
        ({"paymentMethod": "iou"}, "paymentMethod"),
        ({"price": 1}, "price"),
        ({"tokens": 10**6}, "tokens"),
    ):
        answer = await server.api("POST", "/wallet/purchase", {**body, **wrong}, token=jane.token)
        assert answer.status == 422, wrong
        assert [detail["field"] for detail in answer.json["details"]] == [field]
