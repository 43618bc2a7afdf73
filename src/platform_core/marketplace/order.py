"""Orders: what somebody buys of one or several sellers, at prices that are frozen, and how much of it came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import ClassVar

from attrs import define, evolve

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict, InvalidTransition
from platform_core.kernel.machine import Machine
from platform_core.marketplace.events import OrderEnded, OrderFulfilled, OrderPaid
from platform_core.marketplace.lines import Change, LineStanding, OrderLine
from platform_core.marketplace.parts import Parts
from platform_core.marketplace.product import Delivery


class OrderState(Enum):
    """Where an order is."""

    PENDING_PAYMENT = "pending_payment"
    NEEDS_ATTENTION = "needs_attention"
    """Money came that does not match; it goes back by itself."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID = "paid"
    FULFILLED = "fulfilled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


_UNPAID = frozenset({OrderState.PENDING_PAYMENT, OrderState.NEEDS_ATTENTION, OrderState.EXPIRED, OrderState.CANCELLED})
_CAPTURED = frozenset(OrderState) - _UNPAID - {OrderState.CHARGED_BACK}

# Money that comes late is money: an order that has ended unpaid can still be paid. Between the states of a paid one the
# facts move it, back too, when a refund fails after all or a dispute is won, or turns out to be about other money.
ORDERS: Machine[OrderState] = Machine(
    "order",
    {
        OrderState.PENDING_PAYMENT: frozenset(_UNPAID - {OrderState.PENDING_PAYMENT} | {OrderState.PAID}),
        OrderState.NEEDS_ATTENTION: frozenset({OrderState.PAID}),
        OrderState.EXPIRED: frozenset({OrderState.PAID, OrderState.NEEDS_ATTENTION}),
        OrderState.CANCELLED: frozenset({OrderState.PAID, OrderState.NEEDS_ATTENTION}),
        **{state: frozenset(_CAPTURED - {state} | {OrderState.CHARGED_BACK}) for state in _CAPTURED},
        OrderState.CHARGED_BACK: _CAPTURED,
    },
)


class DisputeStanding(Enum):
    """Whether a buyer's bank takes the money back."""

    NONE = "none"
    OPEN = "open"
    LOST = "lost"


def status_of(
    *, total: int, captured: int, refunded: int, disputed: DisputeStanding, fulfilled: bool, unpaid: OrderState
) -> OrderState:
    """An order's state, from the facts alone (invariant 21).

    Args:
        total: What it costs, in minor units.
        captured: What was paid and kept: nothing, or the total.
        refunded: What is back with the buyer.
        disputed: Whether the buyer's bank takes the money back.
        fulfilled: Whether all of it is delivered.
        unpaid: How it stands without money: pending, or how it ended.

    Raises:
        Conflict: The amounts contradict each other.
    """
    if not 0 <= refunded <= captured <= total:
        raise Conflict("an order's refunds do not exceed what was paid, nor that its total")
    if not captured:
        return unpaid
    if disputed is not DisputeStanding.NONE:
        return OrderState.DISPUTED if disputed is DisputeStanding.OPEN else OrderState.CHARGED_BACK
    if refunded:
        return OrderState.REFUNDED if refunded == captured else OrderState.PARTIALLY_REFUNDED
    return OrderState.FULFILLED if fulfilled else OrderState.PAID


class OrderNotPending(InvalidTransition):
    """The order is not waiting for its payment any more."""

    code = "ORDER_NOT_PENDING"


class NotRefundable(Conflict):
    """There is no money to give back, or it cannot be now."""

    code = "NOT_REFUNDABLE"


class RefundTooLarge(Conflict):
    """Less than that is left to give back (invariants 21 and 23)."""

    code = "REFUND_TOO_LARGE"


@define(eq=False, kw_only=True)
class Order(Aggregate):
    """An order.

    Args:
        buyer: Who buys.
        lines: What; never changed.
        standing: What has become of each line, in the same order.
        currency: The one currency of all of it.
        total: What it costs, in minor units: the sum of its lines.
        payment: The payment that is under way, or whose money was kept.
        created_at: When it was made.
        expires_at: Until when it waits for its payment.
        state: Where it is; always `status_of` what follows.
        captured: What was paid and kept, in minor units.
        disputed: Whether the buyer's bank takes the money back.
        unpaid: How it stands without money: pending, or how it ended.
        paid_at: When the money came.
        fulfilled_at: When all of it was delivered.
    """

    kind: ClassVar[str] = "order"

    buyer: str
    lines: tuple[OrderLine, ...]
    standing: tuple[LineStanding, ...]
    currency: str
    total: int
    payment: str
    created_at: datetime
    expires_at: datetime
    state: OrderState = OrderState.PENDING_PAYMENT
    captured: int = 0
    disputed: DisputeStanding = DisputeStanding.NONE
    unpaid: OrderState = OrderState.PENDING_PAYMENT
    paid_at: datetime | None = None
    fulfilled_at: datetime | None = None

    @property
    def sellers(self) -> tuple[str, ...]:
        """Whose products are in it, in the order of the lines."""
        return tuple(dict.fromkeys(line.seller for line in self.lines))

    @property
    def refunded(self) -> int:
        """What refunds have returned."""
        return sum(standing.refunded for standing in self.standing)

    @property
    def refunding(self) -> int:
        """What refunds under way will return."""
        return sum(standing.reserved for standing in self.standing)

    @property
    def is_fulfilled(self) -> bool:
        """Whether all of it is delivered."""
        return all(standing.delivered for standing in self.standing)

    def line(self, number: int) -> OrderLine:
        """The line of this number."""
        return self.lines[number - 1]

    def parts_by_seller(self) -> Mapping[str, Parts]:
        """What each seller's lines consist of together."""
        return {
            seller: sum((line.parts for line in self.lines if line.seller == seller), Parts())
            for seller in self.sellers
        }

    def refundable(self, sellers: Iterable[str] | None = None) -> int:
        """What is left to give back; what is on its way back is not (invariant 23).

        Args:
            sellers: Only of these sellers' lines; of all when None.
        """
        return sum(self.left(line) for line in self._of(sellers))

    # ---- verbs

    def pay(self, now: datetime) -> None:
        """Its money has come. What is delivered by itself is delivered."""
        self._settle(OrderState.PAID, captured=self.total)
        self.paid_at = now
        self.standing = tuple(
            evolve(standing, delivered=standing.delivered or line.delivery is Delivery.INSTANT)
            for line, standing in zip(self.lines, self.standing, strict=True)
        )
        self.record(OrderPaid(self.id, self.buyer, self.sellers, self.total, self.currency))
        self._delivered(now)

    def end(self, state: OrderState) -> None:
        """It comes to nothing: expired, cancelled, or in need of attention.

        Raises:
            OrderNotPending: It is paid, or has ended.
        """
        if self.captured or state not in ORDERS.moves[self.state]:
            raise OrderNotPending(f"this order is {self.state.value}")
        self.state = self.unpaid = ORDERS.move(self.state, state)
        self.record(OrderEnded(self.id, self.buyer, state.value))

    def wait(self, until: datetime) -> None:
        """Wait for its payment until then."""
        if self.state is OrderState.PENDING_PAYMENT:
            self.expires_at = until

    def deliver(self, numbers: Iterable[int], now: datetime) -> None:
        """The buyer has these lines. Those they have already stay so.

        Raises:
            InvalidTransition: It is not paid, or its money is gone.
        """
        if self.state not in (OrderState.PAID, OrderState.FULFILLED, OrderState.PARTIALLY_REFUNDED):
            raise InvalidTransition(f"an order that is {self.state.value} is not delivered")
        wanted = set(numbers)
        self.standing = tuple(
            evolve(standing, delivered=standing.delivered or line.number in wanted)
            for line, standing in zip(self.lines, self.standing, strict=True)
        )
        self._delivered(now)

    def reserve(self, shares: Mapping[int, int]) -> None:
        """Set aside what a refund will return of each line.

        Raises:
            NotRefundable: Nothing was paid, or the buyer's bank takes the money back.
            RefundTooLarge: Less is left.
        """
        if not self.captured:
            raise NotRefundable(f"nothing is paid of an order that is {self.state.value}")
        if self.disputed is not DisputeStanding.NONE:
            raise NotRefundable("the buyer's bank takes this order's money back")
        for number, minor in shares.items():
            if minor > self.left(self.line(number)):
                raise RefundTooLarge("less than that is left to refund")
        self._change(shares, lambda standing, minor: evolve(standing, reserved=standing.reserved + minor))

    def release(self, shares: Mapping[int, int]) -> None:
        """A refund comes to nothing: what was set aside for it can be refunded again."""
        self._change(shares, lambda standing, minor: evolve(standing, reserved=standing.reserved - minor))

    def refund(self, shares: Mapping[int, int]) -> dict[int, Parts]:
        """A refund's money is back with the buyer; what that takes of each part of each line."""
        taken = {number: self._take(number, minor) for number, minor in shares.items()}
        self._change(
            shares,
            lambda standing, minor: evolve(
                standing, reserved=standing.reserved - minor, refunded=standing.refunded + minor
            ),
        )
        self._settle()
        return taken

    def unrefund(self, shares: Mapping[int, int], taken: Mapping[int, Parts]) -> None:
        """A refund failed after all: exactly what it took is there again (invariant 24)."""
        self._put_back(taken)
        self._change(shares, lambda standing, minor: evolve(standing, refunded=standing.refunded - minor))
        self._settle()

    def charge_back(self, shares: Mapping[int, int]) -> dict[int, Parts]:
        """The buyer's bank takes this of each line; what that takes of each part of it."""
        taken = {number: self._take(number, minor) for number, minor in shares.items()}
        self._change(shares, lambda standing, minor: evolve(standing, charged_back=standing.charged_back + minor))
        return taken

    def win_back(self, shares: Mapping[int, int], taken: Mapping[int, Parts]) -> None:
        """The bank gives it back: exactly what was taken is there again."""
        self._put_back(taken)
        self._change(shares, lambda standing, minor: evolve(standing, charged_back=standing.charged_back - minor))

    def dispute(self, disputed: DisputeStanding) -> None:
        """The buyer's bank takes its money back, gives it back, or keeps it."""
        self._settle(disputed=disputed)

    # ---- inside

    def _of(self, sellers: Iterable[str] | None) -> Sequence[OrderLine]:
        wanted = None if sellers is None else set(sellers)
        return [line for line in self.lines if wanted is None or line.seller in wanted]

    def kept(self, line: OrderLine) -> int:
        """What of a line's money has not gone back."""
        standing = self.standing[line.number - 1]
        return max(0, line.gross - standing.refunded - standing.charged_back)

    def left(self, line: OrderLine) -> int:
        """What is left of a line for refunds to return."""
        standing = self.standing[line.number - 1]
        return max(0, line.gross - standing.refunded - standing.charged_back - standing.reserved)

    def _take(self, number: int, minor: int) -> Parts:
        """What `minor` more takes of each part: what should be gone by then, less what is (invariant 20)."""
        line, gone = self.line(number), self.standing[number - 1].returned
        by_then = line.parts - line.parts_of(max(0, line.gross - gone.gross - minor))
        # After a refund that failed late, what is gone of a part may be a cent off what one refund would have taken.
        taken = (by_then - gone).without_debts()
        self._change({number: minor}, lambda standing, _: evolve(standing, returned=gone + taken))
        return taken

    def _put_back(self, taken: Mapping[int, Parts]) -> None:
        self.standing = tuple(
            evolve(standing, returned=standing.returned - taken.get(line.number, Parts()))
            for line, standing in zip(self.lines, self.standing, strict=True)
        )

    def _change(self, shares: Mapping[int, int], change: Change) -> None:
        self.standing = tuple(
            change(standing, shares[line.number]) if line.number in shares else standing
            for line, standing in zip(self.lines, self.standing, strict=True)
        )

    def _settle(
        self,
        through: OrderState | None = None,
        *,
        captured: int | None = None,
        disputed: DisputeStanding | None = None,
    ) -> None:
        captured = self.captured if captured is None else captured
        disputed = disputed or self.disputed
        state = through or status_of(
            total=self.total,
            captured=captured,
            refunded=self.refunded,
            disputed=disputed,
            fulfilled=self.is_fulfilled,
            unpaid=self.unpaid,
        )
        if state is not self.state:
            self.state = ORDERS.move(self.state, state)
        self.captured, self.disputed = captured, disputed

    def _delivered(self, now: datetime) -> None:
        if self.is_fulfilled and self.fulfilled_at is None:
            self.fulfilled_at = now
            self.record(OrderFulfilled(self.id, self.buyer))
        self._settle()
