"""The fake provider's selling side: money to sellers and back, as a real provider would move it, in this process.

It obeys idempotency keys as Stripe does: the answer to a key is kept and given again, failures included, and the same
key with other parameters is refused. What goes wrong is scripted: by tests with `script`, and by hand with a word in
the seller's address, as Stripe has test numbers (`seller+fail2@example.com`, see `WORDS`). The word travels inside the
account's id, so it is still known when the process has forgotten everything else.

What was moved is remembered in this process only, like the answers of the fake payment page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from attrs import define, field, frozen

from platform_core.kernel.errors import Conflict, NotFound
from platform_core.kernel.money import Money
from platform_core.kernel.ports import Clock
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

KEY_LIFE = timedelta(hours=24)
LINK_LIFE = timedelta(minutes=5)
REMEMBERED = 100_000
"""How many movements, and how many keys, it remembers."""


class Fault(Enum):
    """What can go wrong with a request, other than being refused."""

    LOST = "lost"
    """It never arrives, and no answer comes."""
    LATE = "late"
    """No answer comes, and it arrives when `let_arrive` is called."""
    UNHEARD = "unheard"
    """It is done, and the answer is lost."""
    BROKEN = "broken"
    """The provider breaks down before it does anything, and says so to this key for ever."""
    BROKEN_AFTER = "broken after"
    """The same, after it has done it."""
    PENDING = "pending"
    """It is taken, and done or not when `settle` is called."""


Trouble = Fault | Failed

WORDS: Mapping[str, str] = {
    "fail<n>": "the first n tries of each transfer are refused and may be tried again",
    "low": "the platform's balance is always too low",
    "closed": "the account is closed",
    "restricted": "the account takes nothing",
    "unheard": "the first try of each transfer is done, and its answer lost",
    "lost": "the first try of each transfer never arrives",
    "spent": "nothing can be taken back",
    "unready": "the account stays in onboarding",
}
"""What a word behind a plus in a seller's address does."""
_WORD = re.compile(r"\+(fail[1-9]|low|closed|restricted|unheard|lost|spent|unready)@")

BUSY = Failed(Failure.RETRYABLE, "lock_timeout", "the payment provider is busy")
TOO_LOW = Failed(Failure.FUNDS, "balance_insufficient", "the balance at the payment provider is too low")
RESTRICTED = Failed(Failure.BLOCKED, "account_restricted", "the account takes nothing now")
CLOSED = Failed(Failure.PERMANENT, "account_closed", "the account is closed")
REUSED = Failed(Failure.FAULT, "idempotency_error", "this key came with other parameters")
SPENT = Failed(Failure.FUNDS, "insufficient_funds", "the account's balance is too low")
UNKNOWN = Failed(Failure.PERMANENT, "resource_missing", "there is no such thing")
TOO_MUCH = Failed(Failure.PERMANENT, "amount_too_large", "more than is left of it")


@frozen
class Call:
    """A request that arrived.

    Args:
        verb: `transfer`, `reverse` or `refund`.
        subject: What it is about, as we named it.
        key: Its idempotency key.
        amount: How much.
        target: The account, the transfer or the payment.
    """

    verb: str
    subject: str
    key: str
    amount: Money
    target: str


@define
class _Moved:
    """A movement that was taken.

    Args:
        reference: Our id of it.
        call: What asked for it.
        answer: What became of it; pending until `settle`.
        back: How much of it has come back.
    """

    reference: str
    call: Call
    answer: Answer
    back: int = 0


@define
class _Kept:
    call: Call
    answer: Answer | None
    at: datetime


@define(slots=False)
class FakeMerchant:
    """The provider.

    Args:
        clock: The time.
        calls: Every request to move money that arrived, answered or not, in order.
    """

    _clock: Clock
    name: str = "fake"
    calls: list[Call] = field(factory=list)
    _moved: dict[tuple[str, str], _Moved] = field(factory=dict)
    _by_reference: dict[str, _Moved] = field(factory=dict)
    _keys: dict[str, _Kept] = field(factory=dict)
    _script: dict[str, list[Trouble]] = field(factory=dict)
    _states: dict[str, AccountState] = field(factory=dict)
    _spent: set[str] = field(factory=set)
    _lost: set[str] = field(factory=set)
    _late: list[tuple[Call, datetime]] = field(factory=list)

    # ---- what a test, or a person, plays

    def script(self, verb: str, *troubles: Trouble) -> None:
        """Let the next requests go wrong, one by one.

        Args:
            verb: `transfer`, `reverse`, `refund`, `find_transfer`, `find_reversal` or `find_refund`; looking for
                something can only be lost.
            troubles: What goes wrong with each.
        """
        self._script.setdefault(verb, []).extend(troubles)

    def scripted(self, verb: str) -> bool:
        """Whether something is still to go wrong."""
        return bool(self._script.get(verb))

    def unscript(self) -> None:
        """Forget what was still to go wrong."""
        self._script.clear()

    def forgive(self) -> None:
        """Let nothing go wrong any more, and do what was pending."""
        self.unscript()
        self.let_arrive()
        self._spent.clear()
        for verb, subject in list(self._moved):
            if isinstance(self._moved[verb, subject].answer, Pending):
                self.settle(verb, subject)

    def set_account(self, account: str, state: AccountState) -> None:
        """Let an account be in a state."""
        self._states[account] = state

    def spend(self, account: str) -> None:
        """Let the seller have nothing left at the provider, so that nothing can be taken back."""
        self._spent.add(account)

    def let_arrive(self) -> None:
        """Let what is late arrive now, unless it is later than any request can be. Nobody hears what comes of it."""
        late, self._late = self._late, []
        for call, sent_at in late:
            if self._clock.now() - sent_at < KEY_LIFE:
                with suppress(OutcomeUnknown):
                    self._asked(call)

    def settle(self, verb: str, subject: str, failed: Failed | None = None) -> str:
        """Say what becomes of a movement that was pending, or that it failed after all; its reference.

        Args:
            verb: As in `script`.
            subject: What it is about.
            failed: Why it is not done; done when None.

        Raises:
            NotFound: There is none.
        """
        moved = self._moved.get((verb, subject))
        if moved is None:
            raise NotFound(f"no {verb} of {subject}")
        moved.answer = failed or Done(moved.reference)
        if failed is None and verb == "reverse":
            self._take_back(moved)
        return moved.reference

    def paid_out(self, account: str, currency: str) -> int:
        """How much an account has been sent, less what was taken back."""
        return sum(
            moved.call.amount.minor - moved.back
            for (verb, _), moved in self._moved.items()
            if verb == "transfer"
            and moved.call.target == account
            and moved.call.amount.currency == currency
            and isinstance(moved.answer, Done)
        )

    # ---- the provider

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:
        """Send money to a seller."""
        return self._asked(Call("transfer", subject, key, amount, account))

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:
        """What became of a transfer; None if it never arrived."""
        return self._found("transfer", subject)

    async def reverse(self, *, subject: str, key: str, transfer: str, amount: Money) -> Answer:
        """Take money of a transfer back from the seller."""
        return self._asked(Call("reverse", subject, key, amount, transfer))

    async def find_reversal(self, *, subject: str, transfer: str) -> Answer | None:
        """What became of a reversal; None if it never arrived."""
        return self._found("reverse", subject)

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:
        """Give money of a payment back to the buyer."""
        return self._asked(Call("refund", subject, key, amount, payment))

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:
        """What became of a refund; None if it never arrived."""
        return self._found("refund", subject)

    async def open_account(self, *, seller: str, email: str) -> str:
        """The id of a seller's account, always the same one."""
        word = _WORD.search(email)
        return f"acct_{_name(seller)}" + (f"_{word.group(1)}" if word else "")

    async def onboarding(self, *, account: str, return_url: str) -> OnboardingLink:
        """A link; whoever has asked for it has been onboarded, for there is nothing to tell a fake provider."""
        if _word(account) != "unready":
            self._states.setdefault(account, AccountState.READY)
        mark = "&" if "?" in return_url else "?"
        return OnboardingLink(f"{return_url}{mark}onboarding=done&account={account}", self._clock.now() + LINK_LIFE)

    async def account(self, *, account: str) -> AccountState:
        """What the account can do now."""
        by_word = {
            "closed": AccountState.CLOSED,
            "restricted": AccountState.RESTRICTED,
            "unready": AccountState.ONBOARDING,
        }
        return self._states.get(account) or by_word.get(_word(account), AccountState.READY)

    # ---- inside

    def _found(self, verb: str, subject: str) -> Answer | None:
        lookup = {"transfer": "find_transfer", "reverse": "find_reversal", "refund": "find_refund"}[verb]
        if self._next(lookup) is not None:
            raise OutcomeUnknown("the payment provider does not answer")
        moved = self._moved.get((verb, subject))
        return None if moved is None else moved.answer

    def _asked(self, call: Call) -> Answer:
        trouble = self._next(call.verb)
        now = self._clock.now()
        kept = self._keys.get(call.key)
        if trouble is Fault.LATE:
            self._late.append((call, now))
            raise OutcomeUnknown("the payment provider does not answer")
        if kept is not None and trouble is not Fault.LOST and now - kept.at < KEY_LIFE:
            if kept.call != call:
                return REUSED
            self.calls.append(call)
            return self._told(kept.answer)
        trouble = trouble or self._by_hand(call)
        if trouble is Fault.LOST:
            raise OutcomeUnknown("the payment provider does not answer")
        self.calls.append(call)
        if isinstance(trouble, Failed):
            answer: Answer | None = trouble
        elif trouble is Fault.BROKEN:
            answer = None
        else:
            answer = self._done(call, pending=trouble is Fault.PENDING)
        self._keep(call, None if trouble is Fault.BROKEN_AFTER else answer, now)
        if trouble is Fault.UNHEARD:
            raise OutcomeUnknown("the payment provider does not answer")
        return self._told(self._keys[call.key].answer)

    def _told(self, answer: Answer | None) -> Answer:
        if answer is None:
            raise OutcomeUnknown("the payment provider broke down", answered=True)
        return answer

    def _done(self, call: Call, *, pending: bool) -> Answer:
        refused = self._refused(call)
        if refused is not None:
            return refused
        prefix = {"transfer": "tr", "reverse": "trr", "refund": "re"}[call.verb]
        reference = f"{prefix}_{_name(call.verb, call.subject, call.key)}"
        moved = _Moved(reference, call, Pending(reference) if pending else Done(reference))
        if (call.verb, call.subject) in self._moved:
            # A real provider would move the money again; here it is a fault of ours that has to be seen.
            raise Conflict(f"{call.verb} of {call.subject} was done already, under another key")
        self._moved[call.verb, call.subject] = moved
        self._by_reference[reference] = moved
        if call.verb == "reverse" and not pending:
            self._take_back(moved)
        while len(self._moved) > REMEMBERED:
            gone = self._moved.pop(next(iter(self._moved)))
            self._by_reference.pop(gone.reference, None)
        return moved.answer

    def _refused(self, call: Call) -> Failed | None:
        if call.verb == "transfer":
            state = self._states.get(call.target)
            return {AccountState.CLOSED: CLOSED, AccountState.RESTRICTED: RESTRICTED}.get(state) if state else None
        if call.verb == "reverse":
            sent = self._by_reference.get(call.target)
            if sent is None:
                # It may be one of an earlier process.
                return None if call.target.startswith("tr_") else UNKNOWN
            if call.amount.minor > sent.call.amount.minor - sent.back:
                return TOO_MUCH
            if sent.call.target in self._spent or _word(sent.call.target) == "spent":
                return SPENT
        return None

    def _take_back(self, moved: _Moved) -> None:
        sent = self._by_reference.get(moved.call.target)
        if sent is not None:
            sent.back += moved.call.amount.minor

    def _keep(self, call: Call, answer: Answer | None, now: datetime) -> None:
        self._keys.pop(call.key, None)
        self._keys[call.key] = _Kept(call, answer, now)
        while len(self._keys) > REMEMBERED:
            del self._keys[next(iter(self._keys))]

    def _next(self, verb: str) -> Trouble | None:
        waiting = self._script.get(verb)
        return waiting.pop(0) if waiting else None

    def _by_hand(self, call: Call) -> Trouble | None:
        """What the word in the account's id does to a transfer."""
        if call.verb != "transfer":
            return None
        word, first = _word(call.target), _generation(call.key) == 1
        if word.startswith("fail") and _generation(call.key) <= int(word[4:]):
            return BUSY
        if word == "unheard" and first:
            return Fault.UNHEARD
        if word == "lost" and call.subject not in self._lost:
            self._lost.add(call.subject)
            return Fault.LOST
        return {"low": TOO_LOW, "closed": CLOSED, "restricted": RESTRICTED}.get(word)


def _word(account: str) -> str:
    parts = account.split("_")
    return parts[2] if len(parts) > 2 else ""


def _generation(key: str) -> int:
    number = key.rpartition(":")[2]
    return int(number) if number.isdigit() else 1


def _name(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]
