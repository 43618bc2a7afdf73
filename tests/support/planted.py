"""Bugs planted in doubles of the platform's parts: each is one that real systems have had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import evolve, frozen

from adapters.simulation.parts import SimulatedStore
from adapters.simulation.provider import Provider
from entrypoints.simulation.world import FEES, Doubles
from platform_core.identity.ports import Directory
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import UseCase
from platform_core.kernel.changes import Changes, Committed
from platform_core.kernel.journal import Posting
from platform_core.kernel.money import Money
from platform_core.kernel.settlement import Needs, Standing, Writes
from platform_core.kernel.work import Work
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.ports import REVENUE, Hold, HoldState, user_accounts, wallet
from platform_core.marketplace.order import Order
from platform_core.marketplace.ports import SalesPolicy
from platform_core.marketplace.refunding import RefundOrder, RefundView, refund_order
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.payments.webhooks import ApplyWebhook
from platform_core.payouts.debts import Debt
from platform_core.payouts.ports import Answer
from platform_core.use_cases import USE_CASES
from platform_core.wallet.balance import CaptureHold, ReleaseHold
from platform_core.wallet.purchases import Purchase, PurchaseState
from platform_core.wallet.tips import SendTip, TipReceipt

A = TypeVar("A", bound=Aggregate)

FAR = datetime(3000, 1, 1, tzinfo=UTC)


def instead(**doubles: UseCase) -> tuple[UseCase, ...]:
    """Every use case, with others in the place of some, by name."""
    return tuple(doubles.get(getattr(use_case, "__name__", ""), use_case) for use_case in USE_CASES)


# ---- policies


@frozen
class FloorFees(FeePolicy):
    """Fees that are rounded down."""

    def fee(self, kind: str, gross: int) -> int:
        return gross * self.rate(kind) // 10_000


# ---- use cases


async def capture_late(command: CaptureHold, work: Work, fees: FeePolicy) -> int:
    """A capture that does not look at the deadline."""
    hold = await work.require(Hold, command.hold)
    deadline, hold.deadline = hold.deadline, FAR
    amount = hold.amount if command.amount is None else command.amount
    got = hold.capture(work, amount, payee=command.payee, basis_points=fees.rate("capture"))
    hold.deadline = deadline
    return got


async def release_twice(command: ReleaseHold, work: Work) -> None:
    """A release that does not look at whether the hold has ended."""
    hold = await work.require(Hold, command.hold)
    hold.state, hold.deadline = HoldState.ACTIVE, FAR
    hold.release(work)


async def apply_twice(command: ApplyWebhook, work: Work) -> WebhookState:
    """Messages that are applied each time they come."""
    webhook = await work.require(Webhook, command.webhook)
    told = webhook.content
    purchase = None if told is None else await work.get(Purchase, told.subject)
    if told is None or purchase is None or told.outcome is not PaymentOutcome.SUCCEEDED:
        return webhook.state
    purchase.state = PurchaseState.PENDING
    purchase.settle(work, told.reference, told.money.minor, told.money.currency)
    if webhook.state is WebhookState.PENDING:
        webhook.finish(work, purchase.state.value)
    return webhook.state


async def tip_anybody(command: SendTip, work: Work, people: Directory, fees: FeePolicy) -> TipReceipt:
    """Tips that may be to oneself."""
    payer, payee, fee = work.actor.id, command.payee, fees.fee("tip", command.amount)
    work.open(*user_accounts(payer), user_accounts(payee)[0], REVENUE)
    legs = ((wallet(payer), -command.amount), (wallet(payee), command.amount - fee), (REVENUE.id, fee))
    details = {"contextId": command.context_id or ""}
    entry = work.post("tip", *(Posting(account, amount) for account, amount in legs if amount), details=details)
    return TipReceipt(entry.id, 0, payee, "")


async def refund_beyond(command: RefundOrder, work: Work, rules: SalesPolicy) -> RefundView:
    """Refunds that take no account of those on their way."""
    order = await work.require(Order, command.order)
    reserved = [standing.reserved for standing in order.standing]

    class Forgetful:
        """The desk, with an order on which nothing is set aside."""

        def __getattr__(self, name: str) -> Any:
            return getattr(work, name)

        async def require(self, kind: type[A], id: str) -> A:
            if kind is not Order:
                return await work.require(kind, id)
            order.standing = tuple(evolve(standing, reserved=0) for standing in order.standing)
            return order  # type: ignore[return-value]  # it is an order

    view = await refund_order(command, Forgetful(), rules)  # type: ignore[arg-type]  # as good as the desk
    order.standing = tuple(
        evolve(standing, reserved=standing.reserved + before)
        for standing, before in zip(order.standing, reserved, strict=True)
    )
    return view


# ---- stores


class NoFloors(SimulatedStore):
    """A store that forgets to look at floors."""

    def _standing(self, want: Needs) -> Standing:
        standing = super()._standing(want)
        standing.accounts = {id: evolve(tally, floor=None) for id, tally in standing.accounts.items()}
        return standing


class NoVersions(SimulatedStore):
    """A store on which the last who writes wins."""

    async def commit(self, changes: Changes) -> Committed:
        for aggregate in (*changes.saved, *changes.removed, *changes.guarded):
            row = self.rows(aggregate.kind).get(aggregate.id)
            if row is not None:
                aggregate.version = row["version"]
        return await super().commit(changes)


class LosesEvents(SimulatedStore):
    """A store whose outbox drops the last of several events."""

    def _write(self, writes: Writes) -> None:
        if len(writes.events) > 1:
            writes.events = writes.events[:-1]
        super()._write(writes)


class NoKeys(SimulatedStore):
    """A store that does not know idempotency keys again."""

    def _standing(self, want: Needs) -> Standing:
        standing = super()._standing(want)
        standing.keys = {}
        return standing


class HalfCommits(SimulatedStore):
    """A store that, where an entry has three legs or more, loses what is said of the last."""

    def _write(self, writes: Writes) -> None:
        super()._write(writes)
        for line in writes.lines[3:4]:
            tally = self._accounts[line.account]
            self._accounts[line.account] = evolve(tally, balance=tally.balance - line.amount)


class NoDebts(SimulatedStore):
    """A store that shows no debts to whoever is about to send money: nothing is netted."""

    async def get(self, kind: type[A], id: str) -> A | None:
        found = await super().get(kind, id)
        if isinstance(found, Debt):
            self._hide(found)
        return found

    def _hide(self, debt: Debt) -> None:
        debt.coming = max(debt.coming, debt.owed)


# ---- the provider


class FreshKeys(Provider):
    """A provider that is asked under a new key each time, and never asked what became of the last."""

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:
        """Send money to a seller."""
        fresh = f"{key}:{len(self.calls)}"
        return await super().transfer(subject=subject, key=fresh, account=account, amount=amount, group=group)

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:
        """What became of a transfer: nobody looks."""
        return None


class NeverLooks(Provider):
    """A provider that is never asked what became of a refund, and has the next one under another key."""

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:
        """Give money of a charge back."""
        return await super().refund(subject=subject, key=f"{key}:{len(self.calls)}", payment=payment, amount=amount)

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:
        """What became of a refund: nobody looks."""
        return None


@frozen
class Planted:
    """A planted bug.

    Args:
        doubles: The parts with the bug.
        seed: A seed that finds it.
        breaks: The invariants that may be seen to break.
    """

    doubles: Doubles
    seed: int
    breaks: frozenset[str]


def _planted(doubles: Doubles, seed: int, *breaks: str) -> Planted:
    return Planted(doubles, seed, frozenset(breaks))


BALANCE = "the books balance"
ONCE = "a request has one effect and one answer"
MOVES_ONCE = "money moves once"
SENT = "nothing is sent that should stay"
REFUNDS = "refunds do not exceed what was paid"

PLANTED: Mapping[str, Planted] = {
    "fees are rounded down": _planted(Doubles(fees=FloorFees(FEES.basis_points)), 0, "fees are half-up"),
    "a capture does not look at the deadline": _planted(
        Doubles(use_cases=instead(capture_hold=capture_late)), 9, "a hold ends in its time, wholly"
    ),
    "a hold is released twice": _planted(
        Doubles(use_cases=instead(release_hold=release_twice)), 18, "what is held is in escrow, and each hold ends once"
    ),
    "a message is applied each time it comes": _planted(
        Doubles(use_cases=instead(apply_webhook=apply_twice)),
        0,
        "tokens are those given and bought",
        "tokens are credited once for what was paid",
        "what has ended has ended",
    ),
    "one may tip oneself": _planted(Doubles(use_cases=instead(send_tip=tip_anybody)), 0, "nobody pays themselves"),
    "refunds on their way are not counted": _planted(
        Doubles(use_cases=instead(refund_order=refund_beyond)), 1, REFUNDS
    ),
    "the store forgets floors": _planted(Doubles(store=NoFloors), 0, "no account is below its floor"),
    "the last who writes wins": _planted(
        Doubles(store=NoVersions),
        3,
        BALANCE,
        REFUNDS,
        "what is held is in escrow, and each hold ends once",
        "bookings have their tokens and do not overlap",
        "an order keeps one charge",
        "orders say what the facts say",
        "each seller of an order has one transfer",
        "debts are what the books say",
        "tokens are credited once for what was paid",
    ),
    "the outbox drops an event": _planted(Doubles(store=LosesEvents), 0, "every change was told"),
    "idempotency keys are ignored": _planted(Doubles(store=NoKeys), 0, ONCE),
    "a balance is not updated": _planted(Doubles(store=HalfCommits), 0, BALANCE),
    "debts are not netted": _planted(Doubles(store=NoDebts), 1, SENT),
    "a transfer is retried under a new key": _planted(Doubles(provider=FreshKeys), 17, MOVES_ONCE),
    "a refund is sent again without asking": _planted(Doubles(provider=NeverLooks), 1, MOVES_ONCE),
}
