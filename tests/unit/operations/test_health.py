"""How the whole is when its parts are so."""

from __future__ import annotations

from itertools import product

import pytest

from platform_core.operations.health import Health, judged
from platform_core.operations.ports import Condition, Finding

USABLE = (Condition.OK, Condition.UNUSED)


@pytest.mark.parametrize(("database", "other"), list(product(Condition, Condition)))
def test_nothing_works_without_the_database_and_the_rest_is_missed_in_part(
    database: Condition, other: Condition
) -> None:
    expected = Health.HEALTHY if database in USABLE and other in USABLE else Health.DEGRADED
    if database is Condition.DOWN:
        expected = Health.UNHEALTHY

    assert judged({"database": Finding(database), "other": Finding(other)}) is expected
