"""State tables, over all pairs of states."""

from enum import Enum
from itertools import product
from typing import Any

import pytest

from platform_core.kernel.errors import InvalidTransition, Kind
from platform_core.kernel.machine import Machine
from platform_core.ledger.holds import HOLDS, HoldState
from platform_core.wallet.purchases import PURCHASES, PurchaseState

H, P = HoldState, PurchaseState

LEGAL: dict[str, set[tuple[Enum, Enum]]] = {
    "hold": {(H.ACTIVE, H.CAPTURED), (H.ACTIVE, H.RELEASED), (H.ACTIVE, H.EXPIRED)},
    "purchase": {
        (P.PENDING, P.PAID),
        (P.PENDING, P.FAILED),
        (P.PENDING, P.EXPIRED),
        (P.PENDING, P.NEEDS_ATTENTION),
        (P.FAILED, P.PAID),
        (P.FAILED, P.NEEDS_ATTENTION),
        (P.EXPIRED, P.PAID),
        (P.EXPIRED, P.NEEDS_ATTENTION),
    },
}
PAIRS = [
    (machine, old, new)
    for machine, states in ((HOLDS, HoldState), (PURCHASES, PurchaseState))
    for old, new in product(states, repeat=2)
]


@pytest.mark.parametrize(("machine", "old", "new"), PAIRS, ids=lambda one: str(getattr(one, "name", one)))
def test_a_thing_moves_as_its_table_says_and_no_other_way(machine: Machine[Any], old: Enum, new: Enum) -> None:
    if (old, new) in LEGAL[machine.name]:
        assert machine.move(old, new) is new
    else:
        with pytest.raises(InvalidTransition) as refused:
            machine.move(old, new)
        assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "INVALID_TRANSITION")


@pytest.mark.parametrize(
    ("machine", "final"),
    [(HOLDS, {H.CAPTURED, H.RELEASED, H.EXPIRED}), (PURCHASES, {P.PAID, P.NEEDS_ATTENTION})],
)
def test_a_state_with_no_successor_is_final(machine: Machine[Any], final: set[Enum]) -> None:
    assert {state for state in machine.moves if machine.is_final(state)} == final


@pytest.mark.parametrize(("machine", "states"), [(HOLDS, HoldState), (PURCHASES, PurchaseState)])
def test_a_table_has_every_state_and_each_can_be_reached(machine: Machine[Any], states: type[Enum]) -> None:
    reached = set().union(*machine.moves.values())

    assert set(machine.moves) == set(states)
    assert len(set(states) - reached) == 1
