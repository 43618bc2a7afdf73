"""Aggregates, entries and units of work for tests, filled in with plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from adapters.testing import START
from platform_core.identity.users import User
from platform_core.kernel.actor import Role
from platform_core.kernel.changes import Changes, Key
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.journal import Account, Balances, JournalEntry, Posting
from platform_core.ledger.holds import Hold
from platform_core.wallet.events import TokensCredited

T = TypeVar("T")


def a_user(id: str = "usr_1", **fields: Any) -> User:
    """A user, named after the id."""
    name = id.replace("usr_", "user")
    given: dict[str, Any] = {
        "id": id,
        "email": f"{name}@example.org",
        "email_key": f"{name}@example.org",
        "username": name,
        "password_hash": "none",
        "role": Role.VIEWER,
        "created_at": START,
        "display_name": name,
    }
    return User(**{**given, **fields})


def a_hold(id: str = "hld_1", **fields: Any) -> Hold:
    """A hold of 10 tokens, for an hour."""
    given: dict[str, Any] = {
        "id": id,
        "payer": "usr_1",
        "amount": 10,
        "purpose": "bkg_1",
        "deadline": START + timedelta(hours=1),
        "created_at": START,
    }
    return Hold(**{**given, **fields})


def a_wallet(owner: str, *, floor: int | None = 0) -> Account:
    """An account to open."""
    return Account.of("wallet", owner, "TZT", floor=floor)


BANK = Account.of("issuance", "sys", "TZT", floor=None)
"""Where tokens come from."""


def an_entry(id: str, *legs: tuple[Account, int], **fields: Any) -> JournalEntry:
    """A journal entry with these legs."""
    postings = tuple(Posting(account.id, amount) for account, amount in legs)
    given: dict[str, Any] = {"kind": "tip", "at": START, "actor": "usr_1"}
    return JournalEntry(id=id, postings=postings, **{**given, **fields})


def an_issue(id: str, account: Account, amount: int, **fields: Any) -> JournalEntry:
    """An entry that gives new tokens to an account."""
    return an_entry(id, (BANK, -amount), (account, amount), **fields)


def opening(*accounts: Account, tokens: int = 0) -> Changes:
    """A unit that opens accounts, each with so many tokens."""
    entries = tuple(an_issue(f"txn_open_{account.id}", account, tokens) for account in accounts) if tokens else ()
    return Changes(opened=(BANK, *accounts), entries=entries)


def an_envelope(subject: str, number: int = 1, event: Event | None = None) -> Envelope:
    """An event on its way."""
    return Envelope(
        f"evt_{subject}_{number}", event or TokensCredited(f"txn_{number}", subject, number), subject, START, "usr_1"
    )


def a_key(key: str = "k1", answers: object = int, *, scope: str = "usr_1 SendTip", **fingerprint: str) -> Key:
    """An idempotency key."""
    return Key(scope, key, fingerprint or {"amount": "a"}, answers)


def answering(value: T) -> Callable[[Balances], T]:
    """An answer that does not look at balances."""
    return lambda _: value


def keyed(key: Key, value: object) -> Changes:
    """A unit that only answers, under a key."""
    return Changes(key=key, answer=answering(value))


def codes(results: list[Any]) -> list[str]:
    """What came of each of many concurrent acts: `ok`, or the code of the refusal."""
    spelled = []
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, PlatformError):
            raise result
        spelled.append(result.code if isinstance(result, PlatformError) else "ok")
    return spelled


def counted(results: list[Any]) -> Mapping[str, int]:
    """How often each outcome came."""
    spelled = codes(results)
    return {code: spelled.count(code) for code in sorted(set(spelled))}
