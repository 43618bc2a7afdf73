"""Holds: tokens set aside in escrow until one of three ends, each at most once (invariant 13)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, Invalid, InvalidTransition
from platform_core.kernel.journal import Posting
from platform_core.kernel.machine import Machine
from platform_core.kernel.money import amount as checked
from platform_core.kernel.money import fee as fee_of
from platform_core.kernel.work import Work
from platform_core.ledger import chart
from platform_core.ledger.events import HoldCaptured, HoldExpired, HoldExtended, HoldPlaced, HoldReleased


class HoldState(Enum):
    """Where a hold is."""

    ACTIVE = "active"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


HOLDS = Machine(
    "hold",
    {
        HoldState.ACTIVE: frozenset({HoldState.CAPTURED, HoldState.RELEASED, HoldState.EXPIRED}),
        HoldState.CAPTURED: frozenset(),
        HoldState.RELEASED: frozenset(),
        HoldState.EXPIRED: frozenset(),
    },
)


class HoldExpiredError(Conflict):
    """The hold's deadline has passed: all that is left to do with it is to expire it."""

    code = "HOLD_EXPIRED"


class HoldResolved(InvalidTransition):
    """The hold has ended already; `code` says how."""


@define(eq=False, kw_only=True)
class Hold(Aggregate):
    """Tokens of one payer set aside for one purpose.

    Args:
        payer: The user whose tokens they are.
        amount: Tokens.
        captured: Tokens that went to the payee (and the platform) in the end.
        purpose: What for, e.g. a booking's id.
        state: Where it is.
        deadline: When it expires by itself.
        created_at: When it was placed.
        resolved_at: When it ended.
        reason: Why it was released, if somebody said.
    """

    kind: ClassVar[str] = "hold"

    payer: str
    amount: int
    captured: int = 0
    purpose: str
    state: HoldState = HoldState.ACTIVE
    deadline: datetime
    created_at: datetime
    resolved_at: datetime | None = None
    reason: str | None = None

    @classmethod
    def place(cls, work: Work, *, payer: str, amount: int, purpose: str, deadline: datetime) -> Hold:
        """Set tokens aside: wallet to escrow.

        Args:
            work: The unit of work that takes hold and posting.
            payer: Whose tokens.
            amount: Tokens, 1 to 10^15.
            purpose: What for, e.g. a booking's id.
            deadline: When the hold expires by itself; in the future.

        Raises:
            Invalid: The amount is none, or the deadline has passed.
            InsufficientFunds: At commit, when less is available.
        """
        checked(amount)
        if deadline <= work.now:
            raise Invalid.field("deadline", "must be in the future")
        hold = cls(
            id=work.new_id("hld"), payer=payer, amount=amount, purpose=purpose, deadline=deadline, created_at=work.now
        )
        hold.record(HoldPlaced(hold.id, payer, amount, purpose))
        work.open(*chart.user_accounts(payer))
        work.post(
            "hold", Posting(chart.wallet(payer), -amount), Posting(chart.escrow(payer), amount), reference=hold.id
        )
        work.add(hold)
        return hold

    def capture(self, work: Work, amount: int, *, payee: str, basis_points: int = 0) -> int:
        """Pay `amount` of it to `payee` less the fee; what is left returns to the payer in the same entry.

        It never fails for lack of funds: the tokens lie in escrow (invariant 14).

        Args:
            work: The unit of work.
            amount: Tokens, 0 to all of it.
            payee: The user who gets them.
            basis_points: The platform's share of the captured amount.

        Returns:
            What the payee gets, in tokens.

        Raises:
            Invalid: The amount is above the hold.
            HoldExpiredError: The deadline has passed: expire it instead.
            HoldResolved: It has ended already.
        """
        if type(amount) is not int or not 0 <= amount <= self.amount:
            raise Invalid.field("amount", f"must be a whole number from 0 to {self.amount}")
        if payee == self.payer:
            raise Invalid.field("payee", "must be somebody else")
        self._still_active(work.now)
        fee = fee_of(amount, basis_points)
        legs = [(chart.escrow(self.payer), -self.amount)]
        legs += [(chart.wallet(payee), amount - fee), (chart.REVENUE.id, fee)]
        legs += [(chart.wallet(self.payer), self.amount - amount)]
        self._resolve(HoldState.CAPTURED, work.now)
        self.captured = amount
        self.record(HoldCaptured(self.id, self.payer, payee, amount, fee))
        work.open(*chart.user_accounts(payee), *([chart.REVENUE] if fee else []))
        self._settle(work, "capture", legs)
        return amount - fee

    def release(self, work: Work, reason: str | None = None) -> None:
        """Give all of it back to the payer.

        Raises:
            HoldExpiredError: The deadline has passed: expire it instead.
            HoldResolved: It has ended already.
        """
        self._still_active(work.now)
        self._resolve(HoldState.RELEASED, work.now)
        self.reason = reason
        self.record(HoldReleased(self.id, self.payer, self.amount))
        self._give_back(work, "release")

    def expire(self, work: Work) -> None:
        """Give all of it back because the deadline has passed.

        Raises:
            Conflict: The deadline has not passed.
            HoldResolved: It has ended already.
        """
        self._not_resolved()
        if work.now < self.deadline:
            raise Conflict("the hold has not expired yet")
        self._resolve(HoldState.EXPIRED, work.now)
        self.record(HoldExpired(self.id, self.payer, self.amount))
        self._give_back(work, "expire")

    def extend(self, work: Work, deadline: datetime) -> None:
        """Move the deadline to a later moment.

        Raises:
            Invalid: The new deadline is not later.
            HoldExpiredError: The old one has passed.
            HoldResolved: It has ended already.
        """
        self._still_active(work.now)
        if deadline <= self.deadline:
            raise Invalid.field("deadline", "must be later than before")
        self.deadline = deadline
        self.record(HoldExtended(self.id, self.payer, deadline))
        work.save(self)

    def _still_active(self, now: datetime) -> None:
        self._not_resolved()
        if now >= self.deadline:
            raise HoldExpiredError("the hold has expired")

    def _not_resolved(self) -> None:
        if HOLDS.is_final(self.state):
            refusal = HoldResolved(f"the hold was {self.state.value} already")
            refusal.code = f"ALREADY_{self.state.name}"
            raise refusal

    def _resolve(self, state: HoldState, now: datetime) -> None:
        self.state = HOLDS.move(self.state, state)
        self.resolved_at = now

    def _give_back(self, work: Work, kind: str) -> None:
        self._settle(work, kind, [(chart.escrow(self.payer), -self.amount), (chart.wallet(self.payer), self.amount)])

    def _settle(self, work: Work, kind: str, legs: list[tuple[str, int]]) -> None:
        # Tokens promised before an account was frozen still reach their end.
        postings = [Posting(account, amount) for account, amount in legs if amount]
        work.post(kind, *postings, reference=self.id, despite_freeze=True)
        work.save(self)
