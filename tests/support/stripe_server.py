"""A server that speaks the part of Stripe's API we use: Checkout Sessions, idempotency keys, signed events; and, by
`stripe_connect`, what selling needs.

It misbehaves on request (`faults`), and sends its webhooks when it is told to: once, twice, late, in any order.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import aiohttp
from aiohttp import web
from attrs import define, field, frozen

from adapters.payments.fake import SignedWebhook
from support.stripe_answers import Answer, Json, error
from support.stripe_connect import Connect

KEY = "sk_test_local"
SECRET = "whsec_present"
VERSION = "2026-10-28.endive"
DAY = 24 * 3600
LEAST = 50

#: Faults of the wire: what is asked is done all the same.
WIRE = ("away", "garbage", "half", "hang", "lost")

COMPLETED = "checkout.session.completed"
ASYNC_SUCCEEDED = "checkout.session.async_payment_succeeded"
ASYNC_FAILED = "checkout.session.async_payment_failed"
EXPIRED = "checkout.session.expired"

Now = Callable[[], datetime]


@frozen
class Asked:
    """A request that came."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@define
class Session:
    """A Checkout Session."""

    id: str
    params: Mapping[str, str]
    created: int
    status: str = "open"
    payment_status: str = "unpaid"
    intent: str = "requires_payment_method"
    total: int = 0
    currency: str = ""

    @property
    def intent_id(self) -> str:
        """The id of its PaymentIntent."""
        return "pi_" + self.id.removeprefix("cs_test_")

    def shown(self, *, expand: bool = False) -> Json:
        """As the API spells it."""
        begun = self.status != "open"
        intent: object = self.intent_id
        if expand:
            intent = {"id": self.intent_id, "object": "payment_intent", "status": self.intent}
        return {
            "id": self.id,
            "object": "checkout.session",
            "livemode": False,
            "amount_total": self.total,
            "currency": self.currency,
            "client_reference_id": self.params.get("client_reference_id"),
            "metadata": {"purchase": self.params["metadata[purchase]"]} if "metadata[purchase]" in self.params else {},
            "created": self.created,
            "expires_at": self.created + DAY,
            "payment_intent": intent if begun else None,
            "payment_status": self.payment_status,
            "status": self.status,
            "url": f"https://checkout.stripe.com/c/pay/{self.id}" if self.status == "open" else None,
        }


@define
class StripeServer:
    """The server, and what tests do to it.

    Args:
        now: The time.
        methods: The ways to pay the account has turned on.
    """

    now: Now
    methods: frozenset[str] = frozenset({"card", "ideal"})
    url: str = ""
    asked: list[Asked] = field(factory=list)
    faults: list[str] = field(factory=list)
    """What to do wrong, one for each request to come; an empty one lets it pass.

    Before anything is done: `500`, `429`, `401`, `409`, `should retry`, and `away early`, an answer of somebody on the
    way. Kept for the request's key: `stored 500`, `done 500` (done all the same), `declined`, and any word not named
    here, as the code of a refusal. Done, and not heard: `hang`, `lost`, `half` (the answer breaks off), `garbage`,
    `away`.
    """
    only_posts: bool = False
    """Whether faults are for requests that change something only."""
    sessions: dict[str, Session] = field(factory=dict)
    connect: Connect = field(factory=Connect)
    """The selling side."""
    _keys: dict[str, tuple[tuple[str, Mapping[str, str]], Answer]] = field(factory=dict)
    _events: dict[tuple[str, str, str], Json] = field(factory=dict)
    _runner: web.AppRunner | None = None
    _closing: asyncio.Event = field(factory=asyncio.Event)

    async def start(self) -> None:
        """Listen on a free port of the loopback address."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        [address] = self._runner.addresses
        self.url = f"http://127.0.0.1:{address[1]}"

    async def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    # ---- the buyer and the banks

    def pay(self, id: str) -> Json:
        """The buyer pays at once."""
        session = self.sessions[id]
        session.status, session.payment_status, session.intent = "complete", "paid", "succeeded"
        return self.event(id, COMPLETED)

    def begin(self, id: str) -> Json:
        """The buyer has done their part; the money is still to come."""
        session = self.sessions[id]
        session.status, session.intent = "complete", "processing"
        return self.event(id, COMPLETED)

    def arrive(self, id: str) -> Json:
        """The money comes."""
        session = self.sessions[id]
        session.payment_status, session.intent = "paid", "succeeded"
        return self.event(id, ASYNC_SUCCEEDED)

    def fail(self, id: str) -> Json:
        """The money does not come."""
        self.sessions[id].status = "complete"
        self.sessions[id].intent = "requires_payment_method"
        return self.event(id, ASYNC_FAILED)

    def expire(self, id: str) -> Json:
        """The session's day is over."""
        self.sessions[id].status = "expired"
        return self.event(id, EXPIRED)

    def forget_keys(self) -> None:
        """A day has passed: idempotency keys are new again."""
        self._keys.clear()

    # ---- webhooks

    def event(self, id: str, kind: str, **changes: object) -> Json:
        """The event of this type about a session as it is now; asked for again, the same one."""
        made = {
            "id": f"evt_{len(self._events) + 1}",
            "object": "event",
            "api_version": VERSION,
            "created": int(self.now().timestamp()),
            "data": {"object": {**self.sessions[id].shown(), **changes}},
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
        }
        return self._events.setdefault((id, kind, repr(changes)), made)

    def signed(self, event: Json, *, secret: str = SECRET) -> SignedWebhook:
        """An event as it goes over the wire now."""
        return sign(json.dumps(event, separators=(",", ":")).encode(), at=self.now(), secret=secret)

    async def deliver(self, to: str, *events: Json) -> list[int]:
        """Send events to an address, one after the other in this order; the statuses of the answers."""
        statuses = []
        async with aiohttp.ClientSession() as client:
            for event in events:
                webhook = self.signed(event)
                async with client.post(to, data=webhook.body, headers=webhook.headers) as answer:
                    statuses.append(answer.status)
        return statuses

    # ---- the API

    async def _take(self, request: web.Request) -> web.StreamResponse:
        sent = await request.post() if request.method == "POST" else request.query
        params = {name: str(value) for name, value in sent.items()}
        self.asked.append(Asked(request.method, request.path, params, dict(request.headers)))
        spoilt = self.faults and not (self.only_posts and request.method == "GET")
        fault = self.faults.pop(0) if spoilt else ""
        answer = self._answer(request, params, fault)
        if fault == "hang":
            await self._closing.wait()
        if fault in ("lost", "hang"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault == "half":
            stream = web.StreamResponse(headers={"Content-Length": "1000"})
            await stream.prepare(request)
            await stream.write(b'{"id": ')
            assert request.transport is not None
            request.transport.close()
            return stream
        if fault in ("away", "away early"):
            return web.Response(status=502, text="<html>bad gateway")
        if fault == "garbage":
            return web.Response(text="<html>")
        told = {**answer.headers, "Request-Id": f"req_{len(self.asked)}"}
        return web.json_response(answer.body, status=answer.status, headers=told)

    def _answer(self, request: web.Request, params: Mapping[str, str], fault: str) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {KEY}" or fault == "401":
            return error(401, "invalid_request_error", "Invalid API Key provided")
        if fault in ("500", "429", "409"):
            code = {"429": "rate_limit", "409": "idempotency_key_in_use"}.get(fault)
            kind = "idempotency_error" if fault == "409" else "api_error"
            return error(int(fault), kind, "try again", code=code)
        if fault == "away early":
            return Answer(502, {})
        if fault == "should retry":
            return error(400, "invalid_request_error", "try again", headers={"Stripe-Should-Retry": "true"})
        key = request.headers.get("Idempotency-Key")
        told = (request.path, params)
        if request.method == "POST" and key in self._keys:
            before, answer = self._keys[key]
            if before != told:
                return error(400, "idempotency_error", "Keys for idempotent requests can only be used with the same")
            return answer
        answer = self._routed(request, params, fault)
        if request.method == "POST" and key and (answer.status < 400 or answer.begun):
            # What was begun is kept, failures too; what was wrong from the start is not.
            self._keys[key] = (told, answer)
        return answer

    def _routed(self, request: web.Request, params: Mapping[str, str], fault: str) -> Answer:
        if fault in ("stored 500", "done 500"):
            if fault == "done 500":
                self._routed(request, params, "")
            return error(500, "api_error", "something went wrong", begun=True)
        if fault == "declined":
            return error(402, "card_error", "Your card was declined.", code="card_declined", begun=True)
        if fault and fault not in WIRE:
            return error(400, "invalid_request_error", f"We quote {KEY} here.", code=fault, begun=True)
        parts = request.path.strip("/").split("/")
        if parts[1] in ("payment_intents", "charges"):
            return self._intent(parts[-1])
        if parts[:3] != ["v1", "checkout", "sessions"]:
            return self.connect.routed(request.method, parts[1:], params, self._payments(), int(self.now().timestamp()))
        return self._session(request.method, parts, params)

    def _session(self, method: str, parts: Sequence[str], params: Mapping[str, str]) -> Answer:
        if len(parts) == 3 and method == "POST":
            return self._create(params)
        session = self.sessions.get(parts[3]) if len(parts) > 3 else None
        if session is None:
            return error(404, "invalid_request_error", "No such checkout session", code="resource_missing")
        if parts[4:] == ["expire"] and method == "POST":
            if session.status != "open":
                return error(400, "invalid_request_error", "Only open sessions can be expired")
            session.status = "expired"
        return Answer(200, session.shown(expand="payment_intent" in params.values()))

    def _intent(self, id: str) -> Answer:
        """A PaymentIntent, or its charge, with the metadata that its session gave it."""
        for session in self.sessions.values():
            if session.intent_id.removeprefix("pi_") == id[3:]:
                named = session.params.get("payment_intent_data[metadata][purchase]")
                return Answer(200, {"id": id, "metadata": {} if named is None else {"purchase": named}})
        return error(404, "invalid_request_error", "No such payment_intent", code="resource_missing")

    def _payments(self) -> Json:
        """What was paid, by the ids of the PaymentIntents: how much, in which currency."""
        paid = [session for session in self.sessions.values() if session.payment_status == "paid"]
        return {session.intent_id: (session.total, session.currency) for session in paid}

    def _create(self, params: Mapping[str, str]) -> Answer:
        price = "line_items[0][price_data]"
        for name in ("mode", "success_url", f"{price}[currency]", f"{price}[unit_amount]", "line_items[0][quantity]"):
            if name not in params:
                return error(400, "invalid_request_error", f"Missing required param: {name}", param=name)
        method = params.get("payment_method_types[0]", "card")
        if method not in self.methods:
            said = f"The payment method type provided: {method} is invalid."
            return error(400, "invalid_request_error", said, param="payment_method_types")
        units = int(params[f"{price}[unit_amount]"])
        if units < LEAST:
            said = "The Checkout Session's total amount due must add up to at least 0.50"
            return error(400, "invalid_request_error", said, code="amount_too_small")
        session = Session(f"cs_test_{len(self.sessions) + 1:024d}", params, int(self.now().timestamp()))
        session.total, session.currency = units, params[f"{price}[currency]"]
        self.sessions[session.id] = session
        return Answer(200, session.shown())


def sign(body: bytes, *, at: datetime, secret: str = SECRET) -> SignedWebhook:
    """A body signed as Stripe signs: HMAC-SHA256 over the moment, a dot and the raw bytes."""
    moment = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    # The v0 is for test events only, and says nothing.
    return SignedWebhook(body, {"stripe-signature": f"t={moment},v0={'0' * 64},v1={digest}"})
