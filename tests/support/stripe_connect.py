"""The selling side of the server that plays Stripe: accounts, account links, transfers, reversals, refunds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field

from support.stripe_answers import Answer, Json, error

INVALID = "invalid_request_error"
LEAST = 1
MINUTE = 60

Params = Mapping[str, str]
Payments = Mapping[str, tuple[int, str]]


@define
class Account:
    """A connected account.

    Args:
        id: Its id.
        metadata: What we call it.
        email: Whose it is.
        told: Whether the seller has told who they are.
        transfers: Whether it may be sent money.
        payouts: Whether it may pay out to the seller's bank.
        disabled: Why it is disabled.
        closed: Whether it is gone.
        currencies: What it takes.
        balance: What it has, by currency.
    """

    id: str
    metadata: Json
    email: str = ""
    told: bool = False
    transfers: bool = False
    payouts: bool = False
    disabled: str | None = None
    closed: bool = False
    currencies: frozenset[str] = frozenset({"eur", "usd"})
    balance: dict[str, int] = field(factory=dict)

    def shown(self) -> Json:
        """As the API spells it."""
        return {
            "id": self.id,
            "object": "account",
            "email": self.email,
            "metadata": self.metadata,
            "details_submitted": self.told,
            "charges_enabled": False,
            "payouts_enabled": self.payouts,
            "capabilities": {"transfers": "active" if self.transfers else "inactive"},
            "requirements": {"disabled_reason": self.disabled, "currently_due": []},
        }


@define
class Connect:
    """What the platform's account has to do with sellers, and what tests do to it."""

    balance: dict[str, int] = field(factory=dict)
    """The platform's balance, by currency in lower case."""
    refund_status: str = "succeeded"
    """The status that refunds begin with."""
    refund_reason: str | None = None
    """Why a refund that begins as failed has failed."""
    accounts: dict[str, Account] = field(factory=dict)
    transfers: dict[str, Json] = field(factory=dict)
    reversals: dict[str, Json] = field(factory=dict)
    refunds: dict[str, Json] = field(factory=dict)
    links: list[Params] = field(factory=list)

    def routed(self, method: str, parts: Sequence[str], params: Params, payments: Payments, now: int) -> Answer:
        """The answer to a request for `/v1/` and these parts.

        Args:
            method: GET or POST.
            parts: What follows `/v1/` in the path.
            params: The form or the query.
            payments: What was paid: PaymentIntent to units and currency.
            now: The time, in Unix seconds.
        """
        match method, *parts:
            case "GET", "accounts":
                return _page(params, [account.shown() for account in self.accounts.values() if not account.closed])
            case "POST", "accounts":
                return self._open(params)
            case "GET", "accounts", id:
                return self._account(id)
            case "POST", "account_links":
                return self._link(params, now)
        return self._moving(method, parts, params, payments, now)

    def _moving(self, method: str, parts: Sequence[str], params: Params, payments: Payments, now: int) -> Answer:
        match method, *parts:
            case "GET", "transfers":
                return _page(params, self.transfers.values(), "transfer_group", "destination")
            case "POST", "transfers":
                return self._transfer(params, now)
            case "GET", "transfers", id, "reversals":
                if id not in self.transfers:
                    return _missing("transfer")
                return _page(params, [one for one in self.reversals.values() if one["transfer"] == id])
            case "POST", "transfers", id, "reversals":
                return self._reverse(id, params, now)
            case "GET", "refunds":
                return _page(params, self.refunds.values(), "payment_intent", "charge")
            case "POST", "refunds":
                return self._refund(params, payments, now)
        return error(404, INVALID, "Unrecognized request URL")

    # ---- accounts

    def _open(self, params: Params) -> Answer:
        if params.get("capabilities[transfers][requested]", "").lower() != "true":
            return error(400, INVALID, "an account needs capabilities", param="capabilities")
        made = Account(f"acct_{len(self.accounts) + 1}", _metadata(params), params.get("email", ""))
        self.accounts[made.id] = made
        return Answer(200, made.shown())

    def _account(self, id: str) -> Answer:
        account = self.accounts.get(id)
        if account is None or account.closed:
            said = f"The provided key does not have access to account '{id}' (or that account does not exist)."
            return error(403, INVALID, said, code="account_invalid")
        return Answer(200, account.shown())

    def _link(self, params: Params, now: int) -> Answer:
        for name in ("account", "type", "return_url", "refresh_url"):
            if name not in params:
                return error(400, INVALID, f"Missing required param: {name}", param=name)
        if params["account"] not in self.accounts:
            return _missing("account", "account")
        self.links.append(params)
        url = f"https://connect.stripe.com/setup/e/{params['account']}/{len(self.links)}"
        return Answer(200, {"object": "account_link", "created": now, "expires_at": now + 5 * MINUTE, "url": url})

    # ---- money

    def _transfer(self, params: Params, now: int) -> Answer:
        units, currency = int(params["amount"]), params["currency"]
        account = self.accounts.get(params["destination"])
        if units < LEAST:
            return error(400, INVALID, "Invalid positive integer", code="amount_too_small", param="amount")
        if account is None or account.closed:
            return _missing("destination", "destination")
        if account.disabled and account.disabled.startswith("rejected."):
            return error(400, INVALID, "this account was closed", code="account_closed", begun=True)
        if not account.transfers:
            said = (
                "Your destination account needs to have at least one of the following capabilities enabled: transfers"
            )
            return error(400, INVALID, said, code="insufficient_capabilities_for_transfer", begun=True)
        if currency not in account.currencies:
            return error(400, INVALID, "cannot take this currency", code="currency_not_supported", begun=True)
        if self.balance.get(currency, 0) < units:
            said = "You have insufficient available funds in your Stripe account."
            return error(400, INVALID, said, code="balance_insufficient", begun=True)
        self.balance[currency] -= units
        account.balance[currency] = account.balance.get(currency, 0) + units
        made: Json = {
            "id": f"tr_{len(self.transfers) + 1}",
            "object": "transfer",
            "amount": units,
            "amount_reversed": 0,
            "created": now,
            "currency": currency,
            "destination": account.id,
            "metadata": _metadata(params),
            "reversed": False,
            "transfer_group": params.get("transfer_group"),
        }
        self.transfers[made["id"]] = made
        return Answer(200, made)

    def _reverse(self, id: str, params: Params, now: int) -> Answer:
        transfer = self.transfers.get(id)
        if transfer is None:
            return _missing("transfer", "id")
        units, currency = int(params["amount"]), transfer["currency"]
        account = self.accounts[transfer["destination"]]
        if units > transfer["amount"] - transfer["amount_reversed"]:
            return error(400, INVALID, "greater than the unreversed amount", param="amount")
        if account.balance.get(currency, 0) < units:
            said = "Insufficient funds in the connected account to reverse this transfer."
            return error(400, INVALID, said, code="balance_insufficient", begun=True)
        account.balance[currency] -= units
        self.balance[currency] = self.balance.get(currency, 0) + units
        transfer["amount_reversed"] += units
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        made: Json = {
            "id": f"trr_{len(self.reversals) + 1}",
            "object": "transfer_reversal",
            "amount": units,
            "created": now,
            "currency": currency,
            "metadata": _metadata(params),
            "transfer": id,
        }
        self.reversals[made["id"]] = made
        return Answer(200, made)

    def _refund(self, params: Params, payments: Payments, now: int) -> Answer:
        intent, units = params.get("payment_intent", ""), int(params["amount"])
        if intent not in payments:
            return _missing("payment_intent", "payment_intent")
        paid, currency = payments[intent]
        gone = [one["amount"] for one in self.refunds.values() if one["payment_intent"] == intent]
        left = paid - sum(gone)
        if left == 0:
            return error(400, INVALID, "has already been refunded.", code="charge_already_refunded", begun=True)
        if units > left:
            return error(400, INVALID, "greater than unrefunded amount", param="amount")
        made: Json = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": units,
            "charge": "ch_" + intent.removeprefix("pi_"),
            "created": now,
            "currency": currency,
            "failure_reason": self.refund_reason,
            "metadata": _metadata(params),
            "payment_intent": intent,
            "status": self.refund_status,
        }
        self.refunds[made["id"]] = made
        return Answer(200, made)


def _page(params: Params, rows: Iterable[Json], *filters: str) -> Answer:
    """Newest first, as many as were asked for, after the one that was named."""
    found = [one for one in rows if all(one[name] == params[name] for name in filters if name in params)][::-1]
    after = params.get("starting_after")
    if after is not None:
        found = found[[one["id"] for one in found].index(after) + 1 :]
    limit = int(params.get("limit", 10))
    shown = found[:limit]
    return Answer(200, {"object": "list", "data": shown, "has_more": len(found) > limit, "url": "/v1/list"})


def _metadata(params: Params) -> Json:
    given = {name: value for name, value in params.items() if name.startswith("metadata[")}
    return {name.removeprefix("metadata[").removesuffix("]"): value for name, value in given.items()}


def _missing(what: str, param: str | None = None) -> Answer:
    return error(404, INVALID, f"No such {what}", code="resource_missing", param=param)
