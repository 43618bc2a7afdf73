"""What amounts consist of, and the tables of orders and refunds."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.testing import START
from platform_core.kernel.errors import Conflict, InvalidTransition
from platform_core.kernel.machine import Machine
from platform_core.marketplace.lines import LineStanding, OrderLine
from platform_core.marketplace.order import (
    ORDERS,
    DisputeStanding,
    NotRefundable,
    Order,
    OrderState,
    RefundTooLarge,
    status_of,
)
from platform_core.marketplace.parts import Parts, divided
from platform_core.marketplace.product import PRODUCTS, Delivery
from platform_core.marketplace.refund import REFUNDS, UNDER_WAY, RefundState
from platform_core.marketplace.returning import shared

RATES = st.integers(0, 10_000)
NONE, OPEN, LOST = DisputeStanding.NONE, DisputeStanding.OPEN, DisputeStanding.LOST


def an_order(*grosses: int, fee_bp: int = 1000, tax_bp: int = 0, delivery: Delivery = Delivery.INSTANT) -> Order:
    lines = tuple(
        OrderLine(
            number=number,
            product=f"prd_{number}",
            seller=f"usr_{number}",
            title="A song",
            quantity=1,
            unit_minor=gross,
            fee_bp=fee_bp,
            tax_bp=tax_bp,
            tax_country="DE",
            delivery=delivery,
        )
        for number, gross in enumerate(grosses, 1)
    )
    return Order(
        id="ord_1",
        buyer="usr_0",
        lines=lines,
        standing=tuple(LineStanding() for _ in lines),
        currency="EUR",
        total=sum(grosses),
        payment="pay_1",
        created_at=START,
        expires_at=START,
    )


# ---- parts


def test_the_fee_is_rounded_half_up_and_the_rest_is_the_sellers() -> None:
    assert divided(2999, fee_bp=1000, tax_bp=0) == Parts(2699, 300, 0)
    assert divided(5, fee_bp=1000, tax_bp=0) == Parts(4, 1, 0)
    assert divided(4, fee_bp=1000, tax_bp=0) == Parts(4, 0, 0)
    assert divided(1190, fee_bp=1000, tax_bp=1900) == Parts(900, 100, 190)


@given(st.integers(1, 10**12), RATES, RATES)
def test_parts_make_up_the_whole_and_none_shrinks_when_it_grows(gross: int, fee_bp: int, tax_bp: int) -> None:
    """Invariants 18 and 19, and MON-10."""
    less, more = divided(gross - 1, fee_bp=fee_bp, tax_bp=tax_bp), divided(gross, fee_bp=fee_bp, tax_bp=tax_bp)

    assert more.gross == gross
    assert min(more.net, more.fee, more.tax) >= 0
    for part in ("net", "fee", "tax"):
        assert 0 <= getattr(more, part) - getattr(less, part) <= 1


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8), RATES, RATES)
def test_partial_refunds_take_what_one_of_their_sum_takes(steps: list[int], fee_bp: int, tax_bp: int) -> None:
    """Invariant 20."""
    order = an_order(sum(steps) + 7, fee_bp=fee_bp, tax_bp=tax_bp)
    order.pay(START)
    taken = Parts()
    for step in steps:
        order.reserve({1: step})
        [parts] = order.refund({1: step}).values()
        assert parts.gross == step
        assert min(parts.net, parts.fee, parts.tax) >= 0
        taken += parts

    line = order.lines[0]
    assert taken == line.parts - line.parts_of(7)


def test_the_known_example_returns_a_third_of_the_fee_each_time() -> None:
    order = an_order(2999)
    order.pay(START)
    fees = []
    for minor in (1000, 1000, 999):
        order.reserve({1: minor})
        fees.append(order.refund({1: minor})[1].fee)

    assert fees == [100, 100, 100]


@given(st.data())
def test_whatever_fails_after_all_leaves_nothing_behind(data: st.DataObject) -> None:
    """Invariant 24: refunds and disputes in any order, some of them undone; in the end all is back and nothing lost."""
    order = an_order(2999, 1190, tax_bp=1900)
    order.pay(START)
    undone: list[tuple[dict[int, int], dict[int, Parts]]] = []
    for minor in data.draw(st.lists(st.integers(1, 900), max_size=6)):
        shares = shared(minor, {line.number: order.left(line) for line in order.lines})
        order.reserve(shares)
        taken = order.refund(shares)
        assert all(min(parts.net, parts.fee, parts.tax) >= 0 for parts in taken.values())
        undone.append((shares, taken))
        if data.draw(st.booleans()):
            order.unrefund(*undone.pop(data.draw(st.integers(0, len(undone) - 1))))
    for shares, taken in undone:
        order.unrefund(shares, taken)

    assert order.standing == tuple(LineStanding(delivered=True) for _ in order.lines)
    assert order.state is OrderState.FULFILLED


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=6))
def test_an_amount_is_shared_by_what_is_left_and_no_line_gets_more(minor: int, lefts: list[int]) -> None:
    by_line = dict(enumerate(lefts, 1))
    shares = shared(minor, by_line)

    assert sum(shares.values()) == min(minor, sum(lefts))
    assert all(0 < share <= by_line[line] for line, share in shares.items())


# ---- orders


@pytest.mark.parametrize("machine", [ORDERS, REFUNDS, PRODUCTS], ids=lambda machine: machine.name)
def test_a_move_the_table_does_not_have_is_refused(machine: Machine[Any]) -> None:
    """Invariant 45."""
    for old, new in product(machine.moves, repeat=2):
        if new in machine.moves[old]:
            assert machine.move(old, new) is new
        else:
            with pytest.raises(InvalidTransition):
                machine.move(old, new)


def test_an_orders_state_follows_from_the_facts_alone() -> None:
    """Invariant 21."""

    def status(
        captured: int, refunded: int, disputed: DisputeStanding = NONE, *, fulfilled: bool = False
    ) -> OrderState:
        return status_of(
            total=100,
            captured=captured,
            refunded=refunded,
            disputed=disputed,
            fulfilled=fulfilled,
            unpaid=OrderState.EXPIRED,
        )

    assert status(0, 0) is OrderState.EXPIRED
    assert status(100, 0) is OrderState.PAID
    assert status(100, 0, fulfilled=True) is OrderState.FULFILLED
    assert status(100, 1, fulfilled=True) is OrderState.PARTIALLY_REFUNDED
    assert status(100, 100) is OrderState.REFUNDED
    assert status(100, 100, OPEN) is OrderState.DISPUTED
    assert status(100, 1, LOST) is OrderState.CHARGED_BACK
    for captured, refunded in ((0, 1), (100, 101), (101, 0), (100, -1)):
        with pytest.raises(Conflict):
            status(captured, refunded)


def test_more_than_is_left_is_not_set_aside_and_what_is_set_aside_is_not_left() -> None:
    """Invariant 23."""
    order = an_order(100)
    with pytest.raises(NotRefundable):
        order.reserve({1: 1})
    order.pay(START)
    order.reserve({1: 60})
    assert order.refundable() == 40
    with pytest.raises(RefundTooLarge):
        order.reserve({1: 41})
    order.release({1: 60})
    order.reserve({1: 100})
    assert (order.refundable(), order.refunding, order.refunded) == (0, 100, 0)


def test_what_a_dispute_took_and_a_refund_returns_besides_is_the_platforms_loss() -> None:
    order = an_order(100)
    order.pay(START)
    order.reserve({1: 60})
    order.dispute(OPEN)
    assert order.charge_back({1: 100}) == {1: Parts(90, 10, 0)}
    assert order.refund({1: 60}) == {1: Parts()}
    assert order.state is OrderState.DISPUTED
    with pytest.raises(NotRefundable):
        order.reserve({1: 1})


def test_an_order_is_fulfilled_once_every_line_is_delivered() -> None:
    order = an_order(100, 100, delivery=Delivery.MANUAL)
    with pytest.raises(InvalidTransition):
        order.deliver([1], START)
    order.pay(START)
    order.deliver([1], START)
    assert order.state is OrderState.PAID
    order.deliver([1, 2], START)
    assert (order.state, order.fulfilled_at) == (OrderState.FULFILLED, START)


def test_refunds_under_way_are_those_that_can_still_end_either_way() -> None:
    assert {state for state in RefundState if not REFUNDS.is_final(state)} == UNDER_WAY | {RefundState.SUCCEEDED}
