"""The chart of accounts: which accounts there are, whose they are and how far each may fall.

Accounts are opened by the first unit of work that needs them, so no user waits for another context to open theirs.
"""

from __future__ import annotations

from functools import lru_cache

from platform_core.kernel.journal import Account, account_id
from platform_core.kernel.money import TOKENS

SYSTEM = "sys"


def wallet(user: str) -> str:
    """A user's spendable tokens; never below 0."""
    return account_id("wallet", user, TOKENS)


def escrow(user: str) -> str:
    """A payer's held tokens: the sum of their active holds (invariant 12)."""
    return account_id("escrow", user, TOKENS)


ISSUANCE = Account.of("issuance", SYSTEM, TOKENS, floor=None)
"""Contra of all tokens ever issued: minus what is in circulation."""

REVENUE = Account.of("revenue", SYSTEM, TOKENS, floor=None)
"""The platform's fees in tokens."""


@lru_cache(4096)
def user_accounts(user: str) -> tuple[Account, Account]:
    """A user's wallet and escrow, to be opened together."""
    return Account(wallet(user)), Account(escrow(user))


def psp(provider: str, currency: str) -> Account:
    """Money that lies at a payment provider: an asset, so negative."""
    return Account.of("psp", provider, currency, floor=None)


def sales_revenue(currency: str) -> Account:
    """The platform's fees on what sellers sell."""
    return Account.of("revenue", SYSTEM, currency, floor=None)


def tax(country: str, currency: str) -> Account:
    """Tax taken with prices, due to a country."""
    return Account.of("tax", country, currency, floor=None)


def psp_fees(currency: str) -> Account:
    """What payment providers cost: an expense, so negative."""
    return Account.of("psp_fees", SYSTEM, currency, floor=None)


def unmatched(currency: str) -> Account:
    """Money that came and buys nothing, until it is back where it came from."""
    return Account.of("unmatched", SYSTEM, currency)


def token_sales(currency: str) -> Account:
    """Money received for tokens not yet redeemed."""
    return Account.of("token_sales", SYSTEM, currency, floor=None)


def payable(seller: str, currency: str) -> Account:
    """What a seller is owed and has not been sent yet; never below 0."""
    return Account.of("payable", seller, currency)


def receivable(seller: str, currency: str) -> Account:
    """What a seller owes, for money that was sent to them and had to go back to a buyer: an asset, so negative."""
    return Account.of("receivable", seller, currency, floor=None)
