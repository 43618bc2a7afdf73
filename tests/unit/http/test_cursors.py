"""Cursors: good for one list, one user and one filter; anything else is 400 and nothing worse (IN-06)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrypoints.http.kit.cursors import PREFIX, SIGNATURE, Cursors, InvalidCursor
from entrypoints.http.kit.limits import Limit
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http_options import http_options
from entrypoints.settings import Limits, Settings
from platform_core.kernel.errors import Kind
from platform_core.kernel.page import Position
from support.steady import STEADY

CURSORS = Cursors(b"key")
OF = ("teezu", "feed", "usr_1", "filter='all'")
HERE: Position = (7, "cnt_1")

VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # bounds
    st.none(),
)


def refused(cursor: str, of: tuple[str, ...] = OF, cursors: Cursors = CURSORS) -> None:
    """Check that this is refused as it should be."""
    with pytest.raises(InvalidCursor) as error:
        cursors.open(cursor, of)
    assert (error.value.kind, error.value.code) == (Kind.MALFORMED, "INVALID_CURSOR")


@settings(STEADY, max_examples=300)
@given(st.lists(VALUES, max_size=4).map(tuple), st.lists(st.text(max_size=10), max_size=4))
def test_a_position_comes_back_as_it_went_in(position: Position, of: list[str]) -> None:
    cursor = CURSORS.seal(position, of)

    assert cursor.startswith(PREFIX)
    assert cursor.removeprefix(PREFIX).replace("-", "").replace("_", "").isalnum()
    back = CURSORS.open(cursor, of)
    assert back == position
    assert [type(value) for value in back] == [type(value) for value in position]


def test_every_single_edit_is_refused() -> None:
    good = CURSORS.seal(HERE, OF)
    for at in range(len(good)):
        for put in ("A", "B", "-", "_", "=", "!", "é", "\0"):
            edited = good[:at] + put + good[at + 1 :]
            if edited != good:
                refused(edited)
        refused(good[:at] + good[at + 1 :])


def test_every_truncation_and_every_addition_is_refused() -> None:
    good = CURSORS.seal(HERE, OF)
    for length in range(len(good)):
        refused(good[:length])
    for more in ("A", "=", "==", " ", "\n", good):
        refused(good + more)
        refused(more + good)


@pytest.mark.parametrize(
    "of",
    [
        ("teezu", "messages", "usr_1", "filter='all'"),
        ("veza", "feed", "usr_1", "filter='all'"),
        ("teezu", "feed", "usr_2", "filter='all'"),
        ("teezu", "feed", "usr_1", "filter='free'"),
        ("teezu", "feed", "usr_1"),
        ("teezu", "feed", "usr_1", "filter='all'", ""),
        ("teezu", "feedusr_1", "filter='all'"),
        (),
    ],
)
def test_a_cursor_of_another_list_user_or_filter_is_refused(of: tuple[str, ...]) -> None:
    refused(CURSORS.seal(HERE, OF), of)


def test_a_cursor_of_another_key_is_refused() -> None:
    refused(CURSORS.seal(HERE, OF), cursors=Cursors(b"other key"))


@settings(STEADY, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=80), st.binary(max_size=60).map(lambda raw: PREFIX + base64.urlsafe_b64encode(raw).decode())
    )
)
def test_what_others_make_up_is_refused(cursor: str) -> None:
    refused(cursor)


@pytest.mark.parametrize("payload", [b"", b"[]", b"[1]", b"{}", b"null", b"[" * 1000, b"\xff"])
def test_a_payload_without_its_signature_is_refused_unread(payload: bytes) -> None:
    raw = base64.urlsafe_b64encode(bytes(SIGNATURE) + payload).rstrip(b"=").decode()

    refused(PREFIX + raw)
    refused(raw)
    refused(PREFIX)
    refused("")


def test_processes_of_one_installation_take_each_others_cursors_and_no_other() -> None:
    mine, other = Settings(secret_key="mine"), Settings(secret_key="other")
    here, there = http_options(mine).cursor_key, http_options(mine).cursor_key

    assert Cursors(there).open(Cursors(here).seal(HERE, OF), OF) == HERE
    refused(Cursors(here).seal(HERE, OF), cursors=Cursors(http_options(other).cursor_key))
    assert HttpOptions().cursor_key != HttpOptions().cursor_key
    assert repr(here) not in repr(http_options(mine))


def test_the_flood_limit_is_a_setting() -> None:
    assert http_options(Settings()).limits["messages"] == HttpOptions().limits["messages"] == Limit(5, 10)
    assert http_options(Settings(limits=Limits(messages_per_10_seconds=9))).limits["messages"] == Limit(9, 10)
