"""Reading JSON and filling requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, json

from entrypoints.http.kit.fields import TextReader, fill
from entrypoints.http.kit.rows import Ask
from entrypoints.http.kit.strict_json import read_json
from platform_core.kernel.errors import Invalid, Malformed

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda text: "\0" not in text),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda text: "\0" not in text), inner),
    max_leaves=12,
)


@given(VALUES)
def test_what_json_can_say_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.encode(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(body: bytes) -> None:
    with suppress(Malformed, Invalid):
        read_json(body)


def test_nesting_is_read_to_32_and_no_deeper() -> None:
    assert read_json(b"[" * 32 + b"]" * 32)
    assert read_json(b'{"a": "' + b"[" * 100 + b'"}') == {"a": "[" * 100}
    with pytest.raises(Malformed):
        read_json(b"[" * 33 + b"]" * 33)
    with pytest.raises(Malformed):
        read_json(b'{"a":' * 33 + b"1" + b"}" * 33)


def test_many_flat_lists_are_not_deep() -> None:
    assert len(read_json(b"[" + b",".join([b"[]"] * 500) + b"]")) == 500


def test_a_nul_is_named_where_it_is() -> None:
    with pytest.raises(Invalid) as caught:
        read_json(b'{"a": {"b": ["x", "y\\u0000"]}}')
    assert [detail.field for detail in caught.value.details] == ["a.b[1]"]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert read_json(b'"\\ud83d\\udd25"') == "🔥"


class Line(Struct, forbid_unknown_fields=True):
    """Part of an order."""

    product: str
    count: Annotated[int, Meta(ge=1, le=9)]


class Order(Ask, frozen=True):
    """Something with everything."""

    names: ClassVar[Mapping[str, str]] = {}

    lines: list[Line]
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    paid: bool = False
    note: Annotated[str, Meta(max_length=5)] | UnsetType = UNSET
    after: str | None = None


def broken(values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        fill(Order, values, {})
    return {detail.field: detail.message for detail in caught.value.details}


def test_every_broken_field_is_named_with_its_path_and_a_reason_for_people() -> None:
    lines = [{"product": "a", "count": 1}, {"product": 7, "count": 0, "gift": True}, 3]

    assert broken({"lines": lines, "limit": "20", "paid": "yes", "note": "too long", "x": 1}) == {
        "lines[1].product": "must be a text",
        "lines[1].count": "must be at least 1",
        "lines[1].gift": "is not known here",
        "lines[2]": "must be an object",
        "limit": "must be a whole number",
        "paid": "must be true or false",
        "note": "must have at most 5 characters",
        "x": "is not known here",
    }
    assert broken({}) == {"lines": "is required"}


@pytest.mark.parametrize("limit", [True, 1.0, "1", None, 0, 101])
def test_a_number_is_nothing_else(limit: object) -> None:
    assert set(broken({"lines": [], "limit": limit})) == {"limit"}


@pytest.mark.parametrize(
    "text", ["\uff11\uff10", "1_0", " 10", "10 ", "+10", "010", "1e1", "10.0", "", "abc", "-0x1", "9" * 40]
)
def test_in_05_a_number_in_a_query_is_plain_digits(text: str) -> None:
    values = TextReader(Order).read([("limit", text)])
    assert set(broken({"lines": [], **values})) == {"limit"}


def test_in_05_texts_become_what_the_fields_are() -> None:
    texts = [("limit", "10"), ("paid", "true"), ("after", "7"), ("note", "10")]
    assert TextReader(Order).read(texts) == {"limit": 10, "paid": True, "after": "7", "note": "10"}


def test_in_09_a_key_comes_once_and_without_nul() -> None:
    for texts in ([("limit", "1"), ("limit", "2")], [("after", "a\0")]):
        with pytest.raises(Invalid):
            TextReader(Order).read(texts)


class Span(Ask, frozen=True):
    """From one moment on, perhaps until another."""

    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-00:01", "yesterday", 1, None])
@pytest.mark.parametrize("name", ["since", "until"])
def test_in_04_a_moment_that_a_store_may_not_keep_is_refused(name: str, moment: object) -> None:
    with pytest.raises(Invalid) as refused:
        fill(Span, {"since": "2026-05-01T12:00:00Z", name: moment}, {})

    [detail] = refused.value.details
    assert detail.field == name


def test_the_first_and_the_last_moment_are_read() -> None:
    span = fill(Span, {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59.999999Z"}, {})

    assert isinstance(span.until, datetime)
    assert (span.since.year, span.until.year) == (1, 9999)
