"""The payment provider of a simulation: it remembers everything, moves real money, and tells of it in messages.

It is written apart from the platform's own fakes, so that the books are compared with somebody else's. Like Stripe it
keeps the answer to each idempotency key for a day; unlike them it never refuses to move money twice when it is asked
twice under two keys, but remembers that it was.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from attrs import define

from adapters.simulation.dealings import (
    BUSY,
    CLOSED,
    DISPUTED,
    LOW,
    REFUSED,
    RESTRICTED,
    REUSED,
    SPENT,
    TOO_MUCH,
    UNKNOWN,
    Call,
    Charge,
    Message,
    Moved,
    Page,
)
from adapters.simulation.parts import SimulatedClock
from adapters.simulation.stage import Stage
from adapters.simulation.steps import Trouble
from platform_core.kernel.errors import Malformed, NotFound, Unavailable
from platform_core.kernel.money import Money
from platform_core.payments.ports import Checkout, PaymentEvent, PaymentOutcome
from platform_core.payouts.ports import (
    AccountState,
    Answer,
    Done,
    Failed,
    OnboardingLink,
    OutcomeUnknown,
    Pending,
)

O = PaymentOutcome  # noqa: E741  # short, for tables
PAGE_LIFE = timedelta(minutes=30)
KEY_LIFE = timedelta(hours=24)

_BY_STATE = {AccountState.CLOSED: CLOSED, AccountState.RESTRICTED: RESTRICTED, AccountState.ONBOARDING: RESTRICTED}


@define
class _Kept:
    call: Call
    answer: Answer | None
    at: datetime


class Provider:
    """The provider: payment pages, money to sellers and back, and messages about all of it.

    Args:
        clock: The time.
        stage: Says what goes wrong with a request.
    """

    name = "simulated"

    def __init__(self, clock: SimulatedClock, stage: Stage) -> None:
        self._clock = clock
        self._stage = stage
        self.pages: dict[str, Page] = {}
        self.charges: dict[str, Charge] = {}
        self.messages: dict[str, Message] = {}
        self.moved: dict[str, Moved] = {}
        self.calls: list[Call] = []
        self.accounts: dict[str, AccountState] = {}
        self.spent: set[str] = set()
        self.owners: dict[str, str] = {}
        self._keys: dict[str, _Kept] = {}
        self.number = 0
        """The step that is going on, for naming messages."""

    # ---- what buyers and their banks do

    def pay(self, page: Page, outcome: PaymentOutcome, *, minor: int | None = None) -> str:
        """A buyer does something on a payment page; the message about it."""
        money = page.money if minor is None else Money(minor, page.money.currency)
        reference = page.reference
        if outcome is O.SUCCEEDED:
            count = sum(charge.subject == page.subject for charge in self.charges.values())
            reference = f"ch_{_name(page.subject)}_{count + 1}"
            self.charges[reference] = Charge(reference, page.subject, money)
        else:
            page.said = outcome
        return self.tell(page.subject, reference, outcome, money)

    def can_be_paid(self, page: Page) -> bool:
        """Whether a page is open; what a bank works at is paid whenever the bank is ready."""
        return page.said is O.PROCESSING or (page.said is not O.EXPIRED and self._clock.now() < page.expires_at)

    def dispute(self, charge: Charge, minor: int) -> str:
        """A buyer's bank takes money back, until it is decided; the message about it, which names but the charge."""
        id = f"dp_{charge.reference}_{len(charge.disputes) + 1}"
        charge.disputes[id] = ("open", minor)
        return self.tell("", charge.reference, O.DISPUTED, Money(minor, charge.money.currency), id)

    def decide(self, charge: Charge, id: str, *, won: bool) -> str:
        """The bank decides; the message about it."""
        minor = charge.disputes[id][1]
        charge.disputes[id] = ("won" if won else "lost", minor)
        outcome = O.DISPUTE_WON if won else O.DISPUTE_LOST
        return self.tell("", charge.reference, outcome, Money(minor, charge.money.currency), id)

    def settle(self, moved: Moved, failed: Failed | None = None) -> str:
        """Say what becomes of a movement that was slow, or that it fails after all; the message about it."""
        was_done = isinstance(moved.answer, Done)
        moved.answer = failed or Done(moved.reference)
        if was_done and failed is not None:
            self._undo(moved)
        elif not was_done and failed is None:
            self._do(moved)
        outcome = O.SUCCEEDED if failed is None else O.FAILED
        detail = "" if failed is None else failed.code
        return self.tell(moved.call.subject, moved.reference, outcome, moved.call.money, detail)

    def set_account(self, account: str, state: AccountState) -> str:
        """An account can do something else from now on; the message about it."""
        self.accounts[account] = state
        outcome = {AccountState.READY: O.READY, AccountState.CLOSED: O.CLOSED}.get(state, O.RESTRICTED)
        return self.tell(self.owners[account], account, outcome, None)

    def tell(self, subject: str, reference: str, outcome: PaymentOutcome, money: Money | None, detail: str = "") -> str:
        """Make a message; its name."""
        name = self._called("m", self.messages)
        id = f"evt_{_name(subject, reference, outcome.value, name)}"
        event = PaymentEvent(id, subject, reference, outcome, money, detail)
        self.messages[name] = Message(name, id, event)
        return name

    def _called(self, letter: str, taken: Container[str]) -> str:
        """A name for something new, after the step that makes it."""
        number = self.number if self._stage.act is None else self._stage.act.number
        return fresh_name(f"{letter}{number}", taken)

    def cash(self, currency: str) -> int:
        """The platform's own money here: what came, less what went."""
        total = 0
        for charge in self.charges.values():
            if charge.money.currency == currency:
                total += charge.money.minor - sum(minor for state, minor in charge.disputes.values() if state != "won")
        for moved in self.moved.values():
            if moved.call.money.currency == currency and isinstance(moved.answer, Done):
                total += moved.call.money.minor * (1 if moved.call.verb == "reverse" else -1)
        return total

    # ---- the port of payments

    async def open_checkout(self, *, subject: str, amount: Money, method: str, description: str) -> Checkout:
        """A payment page, the same one each time."""
        trouble = await self._stage.calls()
        if trouble is Trouble.LOST:
            raise Unavailable("the provider does not answer")
        until = self._clock.now() + PAGE_LIFE
        page = self.pages.setdefault(subject, Page(subject, "pg_" + _name(subject), amount, until))
        if trouble is not None:
            raise Unavailable("the provider does not answer")
        await self._stage.called()
        return Checkout(f"https://pay.example/{page.reference}", page.reference, page.expires_at)

    async def status(self, *, subject: str, reference: str) -> PaymentEvent | None:
        """What came of a payment page."""
        if await self._stage.calls() is not None:
            raise Unavailable("the provider does not answer")
        page = self.pages.get(subject)
        if page is None or page.reference != reference:
            raise NotFound("there is no such page")
        charge = next((charge for charge in self.charges.values() if charge.subject == subject), None)
        if charge is not None:
            id = f"evt_{_name(subject)}"
            return PaymentEvent(id, subject, charge.reference, O.SUCCEEDED, charge.money, "", self.name)
        said = page.said if self.can_be_paid(page) else page.said or O.EXPIRED
        if said is None:
            return None
        return PaymentEvent(f"evt_{_name(subject)}", subject, reference, said, page.money, "", self.name)

    async def subject(self, reference: str) -> str:
        """What a charge is for."""
        if await self._stage.calls() is not None:
            raise Unavailable("the provider does not answer")
        charge = self.charges.get(reference)
        if charge is None:
            raise NotFound("there is no such charge")
        return charge.subject

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | None:
        """The event in a message."""
        try:
            content = json.loads(body)
        except ValueError as error:
            raise Malformed("the message cannot be read") from error
        money = content["money"]
        return PaymentEvent(
            content["id"],
            content["subject"],
            content["reference"],
            PaymentOutcome(content["outcome"]),
            None if money is None else Money(*money),
            content["detail"],
        )

    # ---- the port of selling

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:
        """Give money of a charge back."""
        return await self._asked(Call("refund", subject, key, amount, payment))

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:
        """What became of a refund."""
        return await self._found("refund", subject)

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:
        """Send money to a seller."""
        return await self._asked(Call("transfer", subject, key, amount, account))

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:
        """What became of a transfer."""
        return await self._found("transfer", subject)

    async def reverse(self, *, subject: str, key: str, transfer: str, amount: Money) -> Answer:
        """Take money of a transfer back."""
        return await self._asked(Call("reverse", subject, key, amount, transfer))

    async def find_reversal(self, *, subject: str, transfer: str) -> Answer | None:
        """What became of a reversal."""
        return await self._found("reverse", subject)

    async def open_account(self, *, seller: str, email: str) -> str:
        """The id of a seller's account, always the same one."""
        if await self._stage.calls() is not None:
            raise Unavailable("the provider does not answer")
        account = f"acct_{_name(seller)}"
        self.accounts.setdefault(account, AccountState.ONBOARDING)
        self.owners[account] = seller
        await self._stage.called()
        return account

    async def onboarding(self, *, account: str, return_url: str) -> OnboardingLink:
        """A link."""
        if await self._stage.calls() is not None:
            raise Unavailable("the provider does not answer")
        return OnboardingLink(f"https://pay.example/{account}", self._clock.now() + PAGE_LIFE)

    async def account(self, *, account: str) -> AccountState:
        """What the account can do now."""
        if await self._stage.calls() is not None:
            raise Unavailable("the provider does not answer")
        return self.accounts[account]

    # ---- inside

    async def _found(self, verb: str, subject: str) -> Answer | None:
        if await self._stage.calls() is not None:
            raise OutcomeUnknown("the provider does not answer")
        found = [moved for moved in self.moved.values() if (moved.call.verb, moved.call.subject) == (verb, subject)]
        await self._stage.called()
        return found[-1].answer if found else None

    async def _asked(self, call: Call) -> Answer:
        trouble = await self._stage.calls()
        if trouble is Trouble.LOST:
            raise OutcomeUnknown("the provider does not answer")
        self.calls.append(call)
        kept, now = self._keys.get(call.key), self._clock.now()
        if kept is None or now - kept.at >= KEY_LIFE:
            kept = self._keys[call.key] = _Kept(call, self._decided(call, trouble), now)
        elif kept.call != call:
            return REUSED
        if trouble is Trouble.UNHEARD:
            raise OutcomeUnknown("the provider does not answer")
        await self._stage.called()
        if kept.answer is None:
            raise OutcomeUnknown("the provider broke down", answered=True)
        return kept.answer

    def _decided(self, call: Call, trouble: Trouble | None) -> Answer | None:
        if trouble is Trouble.BROKEN:
            return None
        if trouble in (Trouble.BUSY, Trouble.LOW):
            return BUSY if trouble is Trouble.BUSY else LOW
        refused = REFUSED if trouble is Trouble.REFUSED else self._refused(call)
        if refused is not None:
            return refused
        reference = f"{call.verb}_{_name(call.verb, call.subject, call.key)}"
        is_slow = trouble is Trouble.SLOW
        name = self._called("v", {other.name for other in self.moved.values()})
        moved = Moved(name, reference, call, Pending(reference) if is_slow else Done(reference))
        self.moved[reference] = moved
        if not is_slow:
            self._do(moved)
            # Providers tell of what they have answered, too.
            self.tell(call.subject, reference, O.SUCCEEDED, call.money)
        return None if trouble is Trouble.BROKEN_AFTER else moved.answer

    def _refused(self, call: Call) -> Failed | None:
        if call.verb == "transfer":
            return _BY_STATE.get(self.accounts.get(call.target, AccountState.CLOSED))
        if call.verb == "refund":
            charge = self.charges.get(call.target)
            if charge is None:
                return UNKNOWN
            if any(state != "won" for state, _ in charge.disputes.values()):
                return DISPUTED
            return TOO_MUCH if call.money.minor > charge.money.minor - charge.refunded - self._slow(call) else None
        sent = self.moved.get(call.target)
        if sent is None:
            return UNKNOWN
        if sent.call.target in self.spent:
            return SPENT
        return TOO_MUCH if call.money.minor > sent.call.money.minor - sent.back - self._slow(call) else None

    def _slow(self, call: Call) -> int:
        """What is taken already of the same charge or transfer, and not done yet."""
        return sum(
            moved.call.money.minor
            for moved in self.moved.values()
            if (moved.call.verb, moved.call.target) == (call.verb, call.target) and isinstance(moved.answer, Pending)
        )

    def _do(self, moved: Moved) -> None:
        self._change(moved, moved.call.money.minor)

    def _undo(self, moved: Moved) -> None:
        self._change(moved, -moved.call.money.minor)

    def _change(self, moved: Moved, minor: int) -> None:
        if moved.call.verb == "refund":
            self.charges[moved.call.target].refunded += minor
        elif moved.call.verb == "reverse":
            self.moved[moved.call.target].back += minor


def fresh_name(name: str, taken: Container[str]) -> str:
    """The name, or the first of `name.2`, `name.3` … that is not taken."""
    count, fresh = 1, name
    while fresh in taken:
        count += 1
        fresh = f"{name}.{count}"
    return fresh


def _name(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=9).hexdigest()
