"""Refresh families: which tokens are swapped, and which give a thief away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from platform_core.identity.families import GRACE, LONGEST, RefreshFamily, Reused, family_id, successor
from platform_core.kernel.errors import Unauthenticated

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def family() -> RefreshFamily:
    return RefreshFamily.begin(session="ses_1", user="usr_1", secret="one", now=NOW)


def test_a_family_belongs_to_one_session(family: RefreshFamily) -> None:
    assert family.id == family_id("ses_1") != family_id("ses_2")
    assert family.session == "ses_1"


def test_a_token_is_swapped_for_the_next_one(family: RefreshFamily) -> None:
    two = family.rotate("one", NOW + SECOND)
    three = family.rotate(two, NOW + 2 * SECOND)

    assert len({"one", two, three}) == 3
    assert family.rotated_at == NOW + 2 * SECOND
    assert (two, three) == (successor("one"), successor(two))


def test_auth_10_within_the_grace_an_old_token_gives_the_same_successor_and_changes_nothing(
    family: RefreshFamily,
) -> None:
    two = family.rotate("one", NOW)
    before = (family.current, family.previous, family.rotated_at)

    for late in (timedelta(0), GRACE):
        assert family.rotate("one", NOW + late) == two
    assert (family.current, family.previous, family.rotated_at) == before
    assert family.take_events() == []


@pytest.mark.parametrize("late", [GRACE + timedelta(microseconds=1), timedelta(days=30)])
def test_auth_09_after_the_grace_it_is_a_reuse(family: RefreshFamily, late: timedelta) -> None:
    family.rotate("one", NOW)

    with pytest.raises(Reused):
        family.rotate("one", NOW + late)
    assert len(family.take_events()) == 1


def test_auth_09_once_the_successor_is_used_there_is_no_grace(family: RefreshFamily) -> None:
    family.rotate(family.rotate("one", NOW), NOW)

    with pytest.raises(Reused):
        family.rotate("one", NOW)


def test_auth_09_a_token_that_never_was_is_a_reuse_too(family: RefreshFamily) -> None:
    for secret in ("", "two", successor(successor("one"))):
        with pytest.raises(Reused):
            family.rotate(secret, NOW)


def test_a_family_ends_in_time(family: RefreshFamily) -> None:
    family.rotate("one", NOW + LONGEST - SECOND)

    with pytest.raises(Unauthenticated, match="sign in again"):
        family.rotate(successor("one"), NOW + LONGEST)


def test_only_hashes_are_in_it(family: RefreshFamily) -> None:
    two = family.rotate("one", NOW)

    assert two not in repr(family)
    assert "'one'" not in repr(family)
