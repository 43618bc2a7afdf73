"""Every kind of aggregate, with any values its fields may have, comes back from every store as it went in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codec import columns
from adapters.sql.tables import AGGREGATE_TABLES
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.changes import Changes
from platform_core.kernel.events import Envelope, Event
from platform_core.kernel.money import LIMIT
from platform_core.kernel.select import Select, Where
from platform_core.platform import Storage
from platform_core.use_cases import AGGREGATES
from support.steady import STEADY

#: Anything but NUL and halves of surrogate pairs, which the core refuses before a store sees them.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, LIMIT),
    bool: st.booleans(),
    datetime: MOMENTS,
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any values of a field's type."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and attrs.has(hint):
        return drawn(hint)
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*map(values, parts))
    if get_origin(hint) in (list, tuple):
        return st.lists(values(parts[0]), max_size=3).map(get_origin(hint))
    if len(parts) == 2:
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=3)
    raise TypeError(f"no values known for {hint}")


def drawn(kind: type[Any], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any of this class."""
    hints = get_type_hints(kind)
    fields = {field.name: values(hints[field.name]) for field in attrs.fields(kind) if field.init}
    return st.fixed_dictionaries({**fields, **fixed}).map(lambda given: kind(**given))


def aggregates(kind: type[Aggregate]) -> st.SearchStrategy[Any]:
    """Any aggregate of this kind that the database's own checks allow."""
    hints = get_type_hints(kind)
    positive = {"amount": st.integers(2, LIMIT), "captured": st.integers(0, 2)}
    return drawn(kind, version=st.just(0), **{name: some for name, some in positive.items() if name in hints})


def fields_of(aggregate: Aggregate) -> dict[str, Any]:
    """Its values by field, without the version."""
    return {name: getattr(aggregate, name) for name in columns(type(aggregate)) if name != "version"}


SETTINGS = settings(STEADY, max_examples=30)
#: Of each kind of aggregate, of which there are many; drawing them takes longer than keeping them.
FEWER = settings(STEADY, max_examples=18)


@pytest.mark.parametrize("kind", AGGREGATES, ids=lambda kind: str(kind.kind))
def test_an_aggregate_comes_back_as_it_went_in(stores: Any, kind: type[Aggregate]) -> None:
    with asyncio.Runner() as runner:
        store = stores.new()
        runner.run(store.open())
        made: set[str] = set()

        @FEWER
        @given(aggregates(kind), aggregates(kind))
        def check(aggregate: Aggregate, changed: Aggregate) -> None:
            for number, one in enumerate((aggregate, changed)):
                one.id = f"{kind.kind}_{len(made)}"
                for name in kind.unique:
                    setattr(one, name, f"{getattr(one, name)}{len(made)}.{number}")
            made.add(aggregate.id)
            changed.version = 1
            runner.run(round_trip(store, aggregate, changed))

        check()
        runner.run(store.close())


async def round_trip(store: Storage, aggregate: Aggregate, changed: Aggregate) -> None:
    await store.commit(Changes(added=(aggregate,)))
    back = await store.get(type(aggregate), aggregate.id)
    assert back is not None
    assert (fields_of(back), back.version) == (fields_of(aggregate), 1)
    await store.commit(Changes(saved=(changed,)))
    [found] = await store.find(Select(type(aggregate), (Where("id", "=", aggregate.id),)))
    assert (fields_of(found), found.version) == (fields_of(changed), 2)
    assert found.take_events() == []


def test_every_event_comes_back_as_it_went_in(stores: Any) -> None:
    published = [kind for kind in Event.kinds.values() if kind.__module__.startswith("platform_core.")]
    with asyncio.Runner() as runner:
        store = stores.new()
        runner.run(store.open())

        @SETTINGS
        @given(st.one_of(*map(drawn, published)), TEXTS, MOMENTS)
        def check(event: Event, subject: str, at: datetime) -> None:
            runner.run(delivered(store, Envelope("evt_1", event, subject, at, "usr_ü")))

        check()
        runner.run(store.close())


async def delivered(store: Storage, envelope: Envelope) -> None:
    await store.commit(Changes(events=(envelope,)))
    [back] = await store.outbox.claim("a", now=envelope.at, lease=0, limit=10)
    await store.outbox.delivered([back.position])
    assert attrs.evolve(back, position=0) == envelope


@pytest.mark.parametrize("kind", AGGREGATES, ids=lambda kind: str(kind.kind))
def test_a_table_has_a_column_for_each_field(kind: type[Aggregate]) -> None:
    table = AGGREGATE_TABLES[kind.kind]

    assert sorted(table.columns.keys()) == sorted(columns(kind))
    hints = get_type_hints(kind)
    assert {column.name for column in table.columns if column.nullable} == {
        name for name in columns(kind) if type(None) in get_args(hints[name])
    }
    assert {column.name for column in table.columns if column.unique} == set(kind.unique)


def test_every_kind_of_aggregate_has_a_table_and_no_table_is_left_over() -> None:
    assert {kind.kind for kind in AGGREGATES} == AGGREGATE_TABLES.keys()
