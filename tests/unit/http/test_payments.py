"""Payment pages, and the webhooks that settle purchases."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.payments.fake import FakeGateway
from adapters.payments.signatures import signature
from entrypoints.http import health
from entrypoints.http.kit.hooks import MOST
from entrypoints.worker import Worker
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import WebhookState
from platform_core.payments.webhooks import ListWebhooks
from support.world import OPERATOR
from unit.http.served import Guest, Served

HOOK = "/payments/webhooks/fake"
PAY = {"Content-Type": "application/x-www-form-urlencoded"}


async def checkout(server: Served, guest: Guest) -> str:
    """The token of a payment page for 500 tokens."""
    body = {"packageId": "pkg_500", "paymentMethod": "card"}
    answer = await server.api("POST", "/wallet/purchase", body, token=guest.token)
    return str(answer.json["checkoutUrl"].rpartition("/")[2])


def webhook(server: Served, token: str, outcome: PaymentOutcome, **more: Any) -> dict[str, Any]:
    """A provider's message."""
    gateway = server.world.gateway
    assert isinstance(gateway, FakeGateway)
    made = gateway.answer(token, outcome, **more)
    return {"raw": made.body, "headers": made.headers}


async def balance(server: Served, guest: Guest) -> int:
    return (await server.world.wallet(guest.id)).balance


async def test_the_page_says_what_is_bought_and_asks_nobody_else(server: Served) -> None:
    jane = await server.guest("jane")
    page = await server.ask("GET", f"/pay/{await checkout(server, jane)}")

    text = page.raw.decode()
    assert page.status == 200
    assert "500 tokens" in text
    assert "44.99 EUR" in text
    assert "http://" not in text
    assert "https://" not in text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("decision", "title", "tokens"), [("pay", "Paid", 500), ("decline", "Declined", 0)])
async def test_a_decision_on_the_page_reaches_the_wallet(
    server: Served, decision: str, title: str, tokens: int
) -> None:
    jane = await server.guest("jane")
    token = await checkout(server, jane)

    answer = await server.ask("POST", f"/pay/{token}", raw=f"decision={decision}".encode(), headers=PAY)

    assert answer.status == 200
    assert title in answer.raw.decode()
    assert await balance(server, jane) == tokens


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain; charset=x"])
@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"decision=%ff", b"decision=maybe", b"--x\r\n", b"x" * 1025])
async def test_what_no_button_sends_decides_nothing(server: Served, raw: bytes, kind: str) -> None:
    jane = await server.guest("jane")
    token = await checkout(server, jane)

    odd = await server.ask("POST", f"/pay/{token}", raw=raw, headers={"Content-Type": kind})

    assert odd.status == (413 if len(raw) > 1024 else 422)
    assert (await server.ask("POST", f"/pay/{token}", raw=b"decision=pay", headers=PAY)).status == 200
    assert await balance(server, jane) == 500


async def test_a_page_that_was_never_made_is_not_found(server: Served) -> None:
    assert (await server.ask("GET", "/pay/forged.token")).status == 404
    assert (await server.ask("POST", "/pay/forged.token", raw=b"decision=pay", headers=PAY)).status == 404


async def test_a_page_left_open_too_long_cannot_be_paid(server: Served) -> None:
    jane = await server.guest("jane")
    token = await checkout(server, jane)
    server.world.clock.advance(minutes=31)

    assert (await server.ask("GET", f"/pay/{token}")).status == 409
    assert (await server.ask("POST", f"/pay/{token}", raw=b"decision=pay", headers=PAY)).status == 409
    assert await balance(server, jane) == 0


async def test_hook_01_only_what_the_provider_signed_counts(server: Served) -> None:
    jane = await server.guest("jane")
    good = webhook(server, await checkout(server, jane), PaymentOutcome.SUCCEEDED)

    unsigned = await server.ask("POST", HOOK, raw=good["raw"])
    changed = await server.ask("POST", HOOK, raw=good["raw"].replace(b"4499", b"1"), headers=good["headers"])
    server.world.clock.advance(seconds=301)
    late = await server.ask("POST", HOOK, **good)

    assert [answer.status for answer in (unsigned, changed, late)] == [401, 401, 401]
    assert await balance(server, jane) == 0


async def test_hook_02_the_same_word_twice_or_out_of_order_has_one_effect(server: Served) -> None:
    jane = await server.guest("jane")
    token = await checkout(server, jane)
    paid, failed = (webhook(server, token, outcome) for outcome in (PaymentOutcome.SUCCEEDED, PaymentOutcome.FAILED))

    statuses = [(await server.ask("POST", HOOK, **message)).status for message in (failed, paid, paid, failed)]

    assert statuses == [200] * 4
    assert await balance(server, jane) == 500
    await server.world.verified()


async def test_hook_02_word_of_an_unknown_purchase_is_kept_and_waits(server: Served) -> None:
    gateway = server.world.gateway
    made = await gateway.open_checkout(
        subject="pur_unknown", amount=Money(1, "EUR"), method="card", description="nothing"
    )
    message = webhook(server, made.url.rpartition("/")[2], PaymentOutcome.SUCCEEDED)

    assert [(await server.ask("POST", HOOK, **message)).status for _ in range(2)] == [200, 200]
    [kept] = await server.world.execute(ListWebhooks(), by=OPERATOR)
    assert (kept.state, kept.subject, kept.attempts) == (WebhookState.PENDING, "pur_unknown", 2)


async def test_a_message_is_kept_before_it_is_answered_even_if_it_cannot_be_applied_now(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane = await server.guest("jane")
    paid = webhook(server, await checkout(server, jane), PaymentOutcome.SUCCEEDED)

    async def down(*_: object, **__: object) -> None:
        raise Unavailable("no store")

    with monkeypatch.context() as patched:
        patched.setattr(server.world, "apply_webhook", down)
        assert (await server.ask("POST", HOOK, **paid)).status == 200
    assert await balance(server, jane) == 0

    await Worker(server.world).apply_webhooks()
    assert await balance(server, jane) == 500


async def test_a_message_that_cannot_be_read_is_kept_and_refused(server: Served) -> None:
    body = b"\xff{"
    headers = {"fake-signature": signature(b"test", body, server.world.clock.now())}

    answers = [await server.ask("POST", HOOK, raw=body, headers=headers) for _ in range(2)]

    assert [(answer.status, answer.code) for answer in answers] == [(400, "BAD_REQUEST")] * 2
    [kept] = await server.world.execute(ListWebhooks(WebhookState.DEAD), by=OPERATOR)
    assert kept.body == "base64:/3s="


async def test_hook_03_a_sum_that_does_not_match_credits_nothing(server: Served) -> None:
    jane = await server.guest("jane")
    message = webhook(server, await checkout(server, jane), PaymentOutcome.SUCCEEDED, paid=Money(1, "EUR"))

    assert (await server.ask("POST", HOOK, **message)).status == 200
    assert await balance(server, jane) == 0


async def test_a_message_is_small_and_for_the_provider_there_is(server: Served) -> None:
    assert (await server.ask("POST", HOOK, raw=b"x" * (MOST + 1))).status == 413
    assert (await server.ask("POST", "/payments/webhooks/stripe", raw=b"{}")).status == 404


@pytest.mark.parametrize(("fresh", "then"), [(0.0, 503), (3600.0, 200)])
async def test_readiness_asks_the_store_once_in_a_while_and_health_never(
    server: Served, monkeypatch: pytest.MonkeyPatch, fresh: float, then: int
) -> None:
    monkeypatch.setattr(health, "FRESH", fresh)
    assert (await server.ask("GET", "/readyz")).status == 200

    async def down() -> None:
        raise Unavailable("no store")

    monkeypatch.setattr(server.world.store, "ping", down)
    assert (await server.ask("GET", "/healthz")).status == 200
    assert (await server.ask("GET", "/readyz")).status == then
