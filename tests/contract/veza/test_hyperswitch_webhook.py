"""POST /webhooks/hyperswitch on every store: kept before it is answered, counted once, and believed only if signed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entrypoints.http.kit.hooks import MOST
from entrypoints.http.server import openapi
from entrypoints.worker import Worker
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.select import Select
from platform_core.marketplace.payment import Payment
from platform_core.payments.ports import Readers
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import ListWebhooks, ReplayWebhook
from platform_core.platform import Storage
from platform_core.wallet.purchases import Purchase, PurchaseTokens
from support.hyperswitch import H256, H512, SEED, message, payment, signed
from support.market import PRICE, Market
from support.world import HYPERSWITCH_SECRETS, OPERATOR, Person, World
from unit.http.served import Answered, Served, served

PATH = "/webhooks/hyperswitch"
RECEIVED = {"success": True, "data": {"received": True}}


async def order(world: World) -> tuple[Person, str]:
    """A buyer, and their purchase of 100 tokens for 9.99 EUR."""
    jane = await world.person("jane")
    offer = await world.execute(PurchaseTokens("pkg_100", "card"), by=jane.actor)
    return jane, offer.purchase


async def send(server: Served, told: Any, **how: Any) -> Answered:
    webhook = signed(told, **how)
    return await server.ask("POST", server.prefix + PATH, raw=webhook.body, headers=webhook.headers)


async def state(world: World, purchase: str) -> str:
    found = await world.store.get(Purchase, purchase)
    assert found is not None
    return found.state.value


async def balance(world: World, person: Person) -> int:
    return (await world.wallet(person.id)).balance


@pytest.mark.parametrize(("header", "secret"), [*zip((H512, SEED), HYPERSWITCH_SECRETS, strict=True)])
async def test_a_signed_message_pays_and_again_changes_nothing(server: Served, header: str, secret: str) -> None:
    jane, purchase = await order(server.world)
    told = message(about=payment(purchase))

    answers = [await send(server, told, header=header, secret=secret) for _ in range(3)]

    assert [(answer.status, answer.json) for answer in answers] == [(200, RECEIVED)] * 3
    assert (await state(server.world, purchase), await balance(server.world, jane)) == ("paid", 100)
    assert len(await server.world.execute(ListWebhooks(), by=OPERATOR)) == 1
    await server.world.verified()


async def test_the_spelling_of_the_document_pays_too(server: Served) -> None:
    jane, purchase = await order(server.world)

    answer = await send(server, {"event": "payment.succeeded", "data": payment(purchase)}, header=SEED)

    assert (answer.status, answer.json) == (200, RECEIVED)
    assert await balance(server.world, jane) == 100


async def test_the_documents_own_request_is_refused_for_its_signature(store: Storage) -> None:
    async with served(world=World(store), speaks="veza", root_api="veza") as server:
        headers = {"X-Hyperswitch-Signature": "..."}
        answer = await server.ask("POST", "/api/v1" + PATH, raw=b'{"event":"payment.succeeded"}', headers=headers)

        assert (answer.status, answer.json) == (401, {"success": False, "error": "the signature is wrong"})
        assert (await server.ask("GET", "/api/v1" + PATH)).status == 405


async def test_hook_01_what_is_not_rightly_signed_leaves_no_trace(server: Served) -> None:
    jane, purchase = await order(server.world)
    good = signed(message(about=payment(purchase)))
    right = good.headers[H512]
    old = signed(message(about=payment(purchase), timestamp="2025-12-01T00:00:00Z"))
    wrong = [
        (good.body, {}),
        (good.body, {H512: right.upper()}),
        (good.body, {H512: "0" * 128}),
        (good.body, {H256: right}),
        (good.body.replace(b"999", b"998"), good.headers),
        (json.dumps(json.loads(good.body)).encode(), good.headers),
        (old.body, old.headers),
    ]

    for body, headers in wrong:
        answer = await server.ask("POST", server.prefix + PATH, raw=body, headers=headers)
        assert answer.status == 401
        assert answer.json["success"] is False

    assert await server.world.execute(ListWebhooks(), by=OPERATOR) == []
    assert (await state(server.world, purchase), await balance(server.world, jane)) == ("pending", 0)


async def test_hook_02_out_of_order_and_doubled_there_is_one_end(server: Served) -> None:
    jane, purchase = await order(server.world)
    told = [
        message(kind, payment(purchase), event_id=f"evt_{kind}")
        for kind in ("payment_failed", "payment_succeeded", "payment_processing", "payment_captured", "payout_success")
    ]

    for one in (*told, *reversed(told)):
        assert (await send(server, one)).status == 200

    assert (await state(server.world, purchase), await balance(server.world, jane)) == ("paid", 100)
    kept = await server.world.execute(ListWebhooks(), by=OPERATOR)
    assert [webhook.state for webhook in kept] == [WebhookState.DONE] * 5
    assert sorted(webhook.result or "" for webhook in kept).count("ignored") == 1
    await server.world.verified()


async def test_an_id_used_again_for_something_else_is_kept_and_never_applied(server: Served) -> None:
    jane, purchase = await order(server.world)
    about = payment(purchase)
    await send(server, message("payment_processing", about))

    answer = await send(server, message("payment_succeeded", about))

    assert answer.status == 200
    assert (await state(server.world, purchase), await balance(server.world, jane)) == ("pending", 0)
    [altered] = await server.world.execute(ListWebhooks(WebhookState.DEAD), by=OPERATOR)
    assert altered.first is not None


@pytest.mark.parametrize("changes", [{"amount_received": 998}, {"amount_received": 1000}, {"currency": "USD"}], ids=str)
async def test_hook_03_what_does_not_match_credits_nothing(server: Served, changes: dict[str, Any]) -> None:
    jane, purchase = await order(server.world)

    assert (await send(server, message(about=payment(purchase, **changes)))).status == 200

    assert (await state(server.world, purchase), await balance(server.world, jane)) == ("needs_attention", 0)


async def test_word_of_what_is_not_there_yet_waits(server: Served) -> None:
    for subject in ("pur_unknown", "what", None):
        assert (await send(server, message(about=payment(subject), event_id=f"evt_{subject}"))).status == 200

    kept = await server.world.execute(ListWebhooks(), by=OPERATOR)
    assert [(webhook.state, webhook.attempts) for webhook in kept] == [(WebhookState.PENDING, 1)] * 3


async def test_a_message_is_kept_although_it_cannot_be_applied_now(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane, purchase = await order(server.world)

    async def down(*_: object, **__: object) -> None:
        raise Unavailable("no store")

    with monkeypatch.context() as patched:
        patched.setattr(server.world, "apply_webhook", down)
        assert (await send(server, message(about=payment(purchase)))).status == 200
    assert await balance(server.world, jane) == 0

    await Worker(server.world).apply_webhooks()
    assert await balance(server.world, jane) == 100


async def test_a_message_that_cannot_be_read_is_kept_and_refused(server: Served) -> None:
    answer = await send(server, b"\xff{")

    assert (answer.status, answer.json) == (400, {"success": False, "error": "the webhook cannot be read"})
    [kept] = await server.world.execute(ListWebhooks(WebhookState.DEAD), by=OPERATOR)
    with pytest.raises(Exception, match="cannot be applied"):
        await server.world.execute(ReplayWebhook(kept.id), by=OPERATOR)


async def test_64_kib_are_taken_and_not_a_byte_more(server: Served) -> None:
    jane, purchase = await order(server.world)
    told = json.dumps(message(about=payment(purchase))).encode()

    over = await send(server, told.ljust(MOST + 1))
    assert (over.status, over.json["success"]) == (413, False)
    assert await balance(server.world, jane) == 0

    assert (await send(server, told.ljust(MOST))).status == 200
    assert await balance(server.world, jane) == 100


async def test_nobody_is_listened_to_without_a_secret(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.world, "readers", Readers())

    for path in (server.prefix + PATH, "/payments/webhooks/hyperswitch"):
        webhook = signed(message())
        assert (await server.ask("POST", path, raw=webhook.body, headers=webhook.headers)).status == 404


async def test_it_is_taken_outside_of_the_dialect_too(server: Served) -> None:
    jane, purchase = await order(server.world)
    webhook = signed(message(about=payment(purchase)))

    answer = await server.ask("POST", "/payments/webhooks/hyperswitch", raw=webhook.body, headers=webhook.headers)

    assert (answer.status, answer.json) == (200, {"received": True})
    assert await balance(server.world, jane) == 100


async def test_its_ids_are_not_those_of_the_payment_provider(server: Served) -> None:
    """The same id from two senders is two messages."""
    world = server.world
    _, purchase = await order(world)
    await send(server, message("payment_processing", payment(purchase)))
    await send(server, message("payment_failed", payment(purchase)))
    kept = await world.execute(ListWebhooks(), by=OPERATOR)

    assert {webhook.provider for webhook in kept} == {world.gateway.name}
    assert len({webhook.id for webhook in kept}) == 2


async def test_an_order_is_paid_disputed_and_given_back_by_word_of_it(server: Served) -> None:
    market = Market(server.world)
    seller, buyer = await market.seller(), await server.world.person("jane")
    placed = await market.order(buyer, await market.product(seller))
    [paying] = await server.world.store.find(Select(Payment))
    about = payment(None, payment_id=paying.id, amount=PRICE, amount_received=PRICE, connector_transaction_id=...)
    dispute = {"dispute_id": "dp_1", "payment_id": paying.id, "amount": str(PRICE), "currency": "EUR"}
    states = []

    for kind, told in (("payment_succeeded", about), ("dispute_opened", dispute), ("dispute_won", dispute)):
        assert (await send(server, message(kind, told, event_id=f"evt_{kind}"))).status == 200
        states.append((await market.order_of(placed.id)).state.value)

    assert states == ["fulfilled", "disputed", "fulfilled"]
    await server.world.verified()


def test_the_document_says_how_it_is_signed_and_answered() -> None:
    document: Any = openapi("veza")
    operation = document["paths"][PATH]["post"]

    headers = {
        document["components"]["securitySchemes"][name]["name"].lower() for one in operation["security"] for name in one
    }
    assert headers == {H512, H256, SEED}
    assert {"200", "400", "401", "413", "503"} <= set(operation["responses"])
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == RECEIVED
    assert operation["requestBody"]["content"]["application/json"]["example"]["event"] == "payment.succeeded"
