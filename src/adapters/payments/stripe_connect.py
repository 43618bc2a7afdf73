"""Stripe Connect: refunds to buyers, transfers to sellers and back, and the sellers' accounts.

Each movement is one request and no more: trying again is the policy of whoever asks, who writes down every attempt.
Stripe keeps the answer it once gave for a key, a failure of its own (5xx) too, which says nothing of what moved: that
is an unknown outcome which was `answered`. When asking finds nothing then, only a new key helps.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from adapters.payments.stripe_amounts import to_stripe
from adapters.payments.stripe_api import BROKEN, StripeApi, errors
from adapters.payments.stripe_failures import REFUND_REASONS, UNHEARD, failed, meaning
from adapters.payments.texts import LONGEST_ADDRESS, text
from platform_core.kernel.errors import Invalid, NotFound, Unavailable
from platform_core.kernel.money import Money
from platform_core.payouts.provider import (
    AccountState,
    Answer,
    Done,
    Failed,
    Failure,
    OnboardingLink,
    OutcomeUnknown,
    Pending,
)

logger = logging.getLogger("platform_core.payments.stripe")

PER_PAGE = 100
PAGES = 10
"""How many pages of what belongs to one order, payment, transfer or platform are looked through."""

Found = Mapping[str, Any]


class StripeConnect:
    """The selling side of Stripe.

    Args:
        api: The way to its API.
        pays_sellers: Whether the account has Connect turned on. Without it payments are given back, and nobody is sent
            money: transfers wait, and no account can be opened.
    """

    name = "stripe"

    def __init__(self, api: StripeApi, *, pays_sellers: bool = True) -> None:
        self._api = api
        self._pays_sellers = pays_sellers

    async def close(self) -> None:
        """Let go of the connections."""
        await self._api.close()

    # ---- money back to buyers

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:
        """Give money of a payment back.

        Args:
            subject: The refund's id here.
            key: The idempotency key.
            payment: Stripe's id of the Checkout Session, the PaymentIntent or the charge.
            amount: How much of it, in the payment's currency.

        Raises:
            OutcomeUnknown: No answer came.
        """
        paid = await self._paid(payment)
        if paid is None:
            return failed(Failure.PERMANENT, "resource_missing")
        services = await self._api.v1()
        return await self._moved(
            services.refunds.create_async,
            {**paid, "metadata": {"subject": subject}},
            key=key,
            amount=amount,
            read=refund_answer,
        )

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:
        """What became of a refund; None if Stripe never heard of it.

        Raises:
            OutcomeUnknown: Stripe does not say.
        """
        paid = await self._paid(payment)
        if paid is None:
            return None
        services = await self._api.v1()
        answers = [refund_answer(one) async for one in self._named(subject, services.refunds.list_async, paid)]
        # One that failed was sent again under the same name, so what came of the others counts first.
        return min(answers, key=_worst_last, default=None)

    async def _paid(self, payment: str) -> dict[str, str] | None:
        """How Stripe calls what is given back: the payment of a session, or a charge; None if there is none.

        Raises:
            OutcomeUnknown: Stripe does not say. Nothing was sent now, but nothing is known of what was sent before.
        """
        if payment.startswith(("ch_", "py_")):
            return {"charge": payment}
        if not payment.startswith("cs_"):
            return {"payment_intent": payment}
        services = await self._api.v1()
        session = await self._looked_up(services.checkout.sessions.retrieve_async(payment))
        intent = None if session is None else session.get("payment_intent")
        return {"payment_intent": intent} if isinstance(intent, str) and intent else None

    # ---- money to sellers, and back

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:
        """Send money to a seller.

        Raises:
            OutcomeUnknown: No answer came.
        """
        if not self._pays_sellers:
            return failed(Failure.BLOCKED, "connect_off")
        services = await self._api.v1()
        return await self._moved(
            services.transfers.create_async,
            {
                "currency": amount.currency.lower(),
                "destination": account,
                "transfer_group": group,
                "metadata": {"subject": subject},
            },
            key=key,
            amount=amount,
            read=_done,
        )

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:
        """What became of a transfer; None if Stripe never heard of it.

        Raises:
            OutcomeUnknown: Stripe does not say.
        """
        services = await self._api.v1()
        return await self._first(subject, services.transfers.list_async, {"transfer_group": group})

    async def reverse(self, *, subject: str, key: str, transfer: str, amount: Money) -> Answer:
        """Take money of a transfer back.

        Raises:
            OutcomeUnknown: No answer came.
        """
        services = await self._api.v1()

        def create(params: dict[str, Any], options: dict[str, Any]) -> Awaitable[Any]:
            made: Awaitable[Any] = services.transfers.reversals.create_async(transfer, params, options)
            return made

        return await self._moved(
            create,
            {"metadata": {"subject": subject}},
            key=key,
            amount=amount,
            read=_done,
        )

    async def find_reversal(self, *, subject: str, transfer: str) -> Answer | None:
        """What became of a reversal; None if Stripe never heard of it.

        Raises:
            OutcomeUnknown: Stripe does not say.
        """
        services = await self._api.v1()

        def page(params: dict[str, Any]) -> Awaitable[Any]:
            asked: Awaitable[Any] = services.transfers.reversals.list_async(transfer, params)
            return asked

        return await self._first(subject, page, {})

    # ---- sellers' accounts

    async def open_account(self, *, seller: str, email: str) -> str:
        """Stripe's id of the seller's account, made if there is none.

        Stripe cannot be asked for accounts by what we call them, so the newest thousand are looked through: those are
        far more than are made between an answer that got lost and the next try. Two tries at once are one by their key.

        Raises:
            Unavailable: Stripe does not answer, or not as it should; or Connect is not turned on.
        """
        if not self._pays_sellers:
            raise Unavailable("sellers cannot be paid here")
        services = await self._api.v1()
        async for account in self._named(seller, services.accounts.list_async, {}, all_of_them=False):
            return text(account["id"])
        # Stripe collects what it must know of the seller, on pages of its own; fees and losses are the platform's.
        params = {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "email": email,
            "metadata": {"subject": seller},
        }
        made = await self._told(services.accounts.create_async(params, {"idempotency_key": f"account:{seller}"}))
        return _id(made)

    async def onboarding(self, *, account: str, return_url: str) -> OnboardingLink:
        """A fresh link at which the seller tells who they are.

        Args:
            account: Stripe's id of the account.
            return_url: Where the seller comes back to; with `onboarding=expired` if the link was used or too old, so
                that a fresh one can be asked for, else with `onboarding=done`, which need not mean all was told.

        Raises:
            NotFound: Stripe knows no such account.
            Unavailable: Stripe does not answer, or not as it should.
        """
        services = await self._api.v1()
        params = {
            "account": account,
            "type": "account_onboarding",
            "return_url": _with(return_url, "done"),
            "refresh_url": _with(return_url, "expired"),
        }
        made = await self._told(services.account_links.create_async(params))
        try:
            return OnboardingLink(
                text(made["url"], most=LONGEST_ADDRESS), datetime.fromtimestamp(made["expires_at"], UTC)
            )
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise Unavailable("the payment provider answers in a way that cannot be read") from error

    async def account(self, *, account: str) -> AccountState:
        """What the account can do now.

        Raises:
            Unavailable: Stripe does not answer, or not as it should.
        """
        services = await self._api.v1()
        try:
            found = await self._told(services.accounts.retrieve_async(account))
        except NotFound:
            return AccountState.CLOSED
        return account_state(found)

    # ---- asking

    async def _moved(
        self,
        create: Callable[[dict[str, Any], dict[str, Any]], Awaitable[Any]],
        params: dict[str, Any],
        *,
        key: str,
        amount: Money,
        read: Callable[[Found], Answer],
    ) -> Answer:
        """Ask for one movement, once."""
        try:
            params["amount"] = to_stripe(amount)
        except Invalid:
            return failed(Failure.PERMANENT, "amount_not_payable")
        try:
            made = await create(params, {"idempotency_key": key, "max_network_retries": 0})
            return read(made.to_dict())
        except errors().StripeError as error:
            return meaning(error)
        except (*BROKEN, KeyError, TypeError, ValueError, AttributeError) as error:
            raise OutcomeUnknown(UNHEARD) from error

    async def _first(
        self, subject: str, page: Callable[[dict[str, Any]], Awaitable[Any]], where: Mapping[str, str]
    ) -> Answer | None:
        async for one in self._named(subject, page, where):
            return _done(one)
        return None

    async def _named(
        self,
        subject: str,
        page: Callable[[dict[str, Any]], Awaitable[Any]],
        where: Mapping[str, str],
        *,
        all_of_them: bool = True,
    ) -> AsyncIterator[Found]:
        """Those that carry our name for them, newest first.

        Raises:
            OutcomeUnknown: Stripe does not say, or there are more than we look through and all must be.
        """
        after: dict[str, str] = {}
        for _ in range(PAGES):
            found = await self._looked_up(page({**where, **after, "limit": PER_PAGE}))
            if found is None:
                return
            try:
                for one in found["data"]:
                    metadata = one.get("metadata")
                    if isinstance(metadata, Mapping) and metadata.get("subject") == subject:
                        yield one
                if not found["has_more"]:
                    return
                after = {"starting_after": text(found["data"][-1]["id"])}
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                raise OutcomeUnknown("the payment provider answers in a way that cannot be read") from error
        if all_of_them:
            logger.error("stripe has more of one kind than we look through, for %s", subject)
            raise OutcomeUnknown("the payment provider has too many of these to tell what became of it")

    async def _looked_up(self, request: Awaitable[Any]) -> Found | None:
        """The answer to a question; None if what it asks about does not exist.

        Raises:
            OutcomeUnknown: Stripe does not say.
        """
        try:
            return await self._told(request)
        except NotFound:
            return None
        except OutcomeUnknown:
            raise
        except Unavailable as error:
            raise OutcomeUnknown(error.message) from error

    async def _told(self, request: Awaitable[Any]) -> Found:
        """The answer to a question.

        Raises:
            NotFound: What it asks about does not exist.
            Unavailable: Stripe does not answer, or not as it should.
        """
        try:
            found: Found = (await request).to_dict()
        except errors().StripeError as error:
            refused = meaning(error)
            if refused.code in ("resource_missing", "account_invalid", "account_closed", "no_account"):
                raise NotFound("the payment provider knows no such thing") from error
            if refused.failure is Failure.FAULT:
                raise Unavailable("payments are not set up rightly here") from error
            raise Unavailable("the payment provider does not answer", retry_after=5) from error
        except (*BROKEN, AttributeError) as error:
            raise Unavailable("the payment provider does not answer", retry_after=5) from error
        return found


def account_state(account: Found) -> AccountState:
    """What an account can do, by what Stripe tells of it."""
    requirements, capabilities = account.get("requirements"), account.get("capabilities")
    reason = requirements.get("disabled_reason") if isinstance(requirements, Mapping) else None
    if account.get("deleted") is True or (isinstance(reason, str) and reason.startswith("rejected.")):
        return AccountState.CLOSED
    able = isinstance(capabilities, Mapping) and capabilities.get("transfers") == "active"
    if able and account.get("payouts_enabled") is True:
        return AccountState.READY
    return AccountState.RESTRICTED if account.get("details_submitted") is True else AccountState.ONBOARDING


def refund_answer(refund: Found) -> Answer:
    """What has become of a refund, by what Stripe tells of it.

    Raises:
        KeyError, TypeError: It cannot be read.
    """
    id, status = text(refund["id"]), refund["status"]
    if status == "succeeded":
        return Done(id)
    if status in ("failed", "canceled"):
        reason = refund.get("failure_reason") or status
        return failed(REFUND_REASONS.get(reason, Failure.PERMANENT), reason)
    return Pending(id)


def _done(made: Found) -> Answer:
    return Done(text(made["id"]))


def _id(made: Found) -> str:
    try:
        return text(made["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("the payment provider answers in a way that cannot be read") from error


def _worst_last(answer: Answer) -> int:
    return {Done: 0, Pending: 1, Failed: 2}[type(answer)]


def _with(url: str, result: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'onboarding': result})}"
