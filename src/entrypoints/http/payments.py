"""Payments: the providers' webhooks, and the payment pages of a provider that has none of its own."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import aiohttp
from aiohttp import hdrs, web

from adapters.documents.amounts import amount
from entrypoints.http.kit.body import read_body
from entrypoints.http.kit.dialect import STATUSES
from entrypoints.http.kit.headers import CONTENT_POLICY, PAYMENT_POLICY
from entrypoints.http.kit.hooks import keep_message
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.outside import Outside
from entrypoints.http.kit.refusals import NO_RESOURCE, HttpRefusal, Refusal
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.money import Money
from platform_core.payments.ports import PaymentOutcome
from platform_core.platform import Platform

MOST_DECIDED = 1024
#: What the page's two buttons send.
_DECISIONS: Mapping[bytes, PaymentOutcome] = {
    b"decision=pay": PaymentOutcome.SUCCEEDED,
    b"decision=decline": PaymentOutcome.FAILED,
}


class Page(Protocol):
    """What a payment page shows."""

    @property
    def amount(self) -> Money:
        """What it costs."""

    @property
    def method(self) -> str:
        """How it is paid."""

    @property
    def description(self) -> str:
        """What is bought."""

    @property
    def expires_at(self) -> datetime:
        """Until when it can be paid."""


class Webhook(Protocol):
    """A provider's message."""

    @property
    def body(self) -> bytes:
        """The raw bytes."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers, with the signature."""


@runtime_checkable
class PageGateway(Protocol):
    """A provider that leaves its payment pages to us: the fake one."""

    def checkout(self, token: str) -> Page:
        """What to show on the page with this token."""

    def answer(self, token: str, outcome: PaymentOutcome) -> Webhook:
        """The message that tells what came of it."""


def add_payments(app: web.Application, platform: Platform, options: HttpOptions, outside: Outside) -> None:
    """Take webhooks, and serve payment pages if the provider leaves them to us."""
    taking = outside.guarded(Webhooks(platform, options, outside).take, "take_webhook")
    app.router.add_post("/payments/webhooks/{provider}", taking)
    if isinstance(platform.gateway, PageGateway):
        pages = PaymentPages(platform.gateway, platform.gateway.name, options, outside)
        app.router.add_get("/pay/{token}", outside.guarded(pages.show, "payment_page"))
        app.router.add_post("/pay/{token}", outside.guarded(pages.decide, "payment_page"))


class Webhooks:
    """Taking what providers tell.

    Args:
        platform: Who settles.
        options: How this server is configured.
        outside: Spells refusals.
    """

    def __init__(self, platform: Platform, options: HttpOptions, outside: Outside) -> None:
        self._platform = platform
        self._options = options
        self._outside = outside

    async def take(self, request: web.Request) -> web.Response:
        """Take one message of the provider, or of somebody else who tells of its payments."""
        platform, name = self._platform, request.match_info["provider"]
        sender = None if name == platform.gateway.name else name
        if sender is not None and sender not in platform.readers.readers:
            return self._outside.refuse(NO_RESOURCE)
        try:
            await keep_message(platform, request, sender=sender, seconds=self._options.body_seconds)
        except PlatformError as error:
            return self._outside.refuse(Refusal(STATUSES[error.kind], error.code, error.message))
        except HttpRefusal as error:
            return self._outside.refuse(error.refusal)
        return web.json_response({"received": True})


class PaymentPages:
    """The pages on which somebody plays the buyer.

    Args:
        gateway: The provider.
        name: Its name in the address of its webhooks.
        options: How this server is configured.
        outside: Spells refusals.
    """

    def __init__(self, gateway: PageGateway, name: str, options: HttpOptions, outside: Outside) -> None:
        self._gateway = gateway
        self._name = name
        self._options = options
        self._outside = outside

    async def show(self, request: web.Request) -> web.Response:
        """The page with its two buttons."""
        try:
            page = self._gateway.checkout(request.match_info["token"])
        except PlatformError as error:
            return _page(STATUSES[error.kind], "This page cannot be paid", _sentence(error.message), "bad")
        return _html(200, _CHECKOUT.format(**_told(page)))

    async def decide(self, request: web.Request) -> web.Response:
        """Tell the platform what was decided, as a provider does: with a signed webhook over HTTP."""
        try:
            body = await read_body(request, most=MOST_DECIDED, seconds=self._options.body_seconds)
        except HttpRefusal as error:
            return self._outside.refuse(error.refusal)
        outcome = _DECISIONS.get(body)
        if outcome is None:
            return _page(422, "Not understood", "Go back, and choose one of the two buttons.", "bad")
        token = request.match_info["token"]
        try:
            page = self._gateway.checkout(token)
            webhook = self._gateway.answer(token, outcome)
        except PlatformError as error:
            return _page(STATUSES[error.kind], "This page cannot be paid", _sentence(error.message), "bad")
        if not await self._deliver(request, webhook):
            return _page(502, "Not delivered", "The shop did not take the message. Try again.", "bad")
        if outcome is PaymentOutcome.SUCCEEDED:
            return _page(200, "Paid", f"{html.escape(page.description)}: you can close this page.", "good")
        return _page(200, "Declined", "Nothing was paid. You can close this page.", "bad")

    async def _deliver(self, request: web.Request, webhook: Webhook) -> bool:
        sockname = request.transport.get_extra_info("sockname") if request.transport else None
        path = f"/payments/webhooks/{self._name}"
        headers = {**webhook.headers, hdrs.CONTENT_TYPE: "application/json", hdrs.HOST: request.host}
        connector = aiohttp.UnixConnector(sockname) if isinstance(sockname, str) else None
        where = "localhost" if connector or not sockname else _authority(sockname[0], sockname[1])
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            try:
                async with session.post(f"http://{where}{path}", data=webhook.body, headers=headers) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _told(page: Page) -> dict[str, str]:
    price = f"{amount(page.amount.minor, page.amount.currency)} {page.amount.currency}"
    return {
        "amount": html.escape(price),
        "method": html.escape(page.method),
        "description": html.escape(page.description),
        "until": page.expires_at.strftime("%H:%M UTC"),
    }


def _sentence(message: str) -> str:
    return html.escape(message[:1].upper() + message[1:] + ".")


def _page(status: int, title: str, text: str, mood: str) -> web.Response:
    return _html(status, f'<h1 class="{mood}">{title}</h1><p>{text}</p>')


def _html(status: int, content: str) -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(content=content),
        content_type="text/html",
        headers={CONTENT_POLICY: PAYMENT_POLICY, "Cache-Control": "no-store"},
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Test payment</title>
<link rel="stylesheet" href="/static/pay.css">
</head>
<body>
<main>
<p class="note">Test provider: no money moves.</p>
{content}
</main>
</body>
</html>
"""

_CHECKOUT = """<h1>{description}</h1>
<p class="amount">{amount}</p>
<dl><dt>Method</dt><dd>{method}</dd><dt>Pay before</dt><dd>{until}</dd></dl>
<form method="post">
<button class="main" name="decision" value="pay">Pay {amount}</button>
<button name="decision" value="decline">Decline</button>
</form>"""
