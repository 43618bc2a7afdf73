"""Aggregates as rows, answers and events as JSON: one codec for every store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

import attrs
import cattrs
from cattrs.preconf.msgspec import make_converter

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import FieldError, Kind, PlatformError, StoredRefusal
from platform_core.kernel.events import Event
from platform_core.kernel.secret import Secret

A = TypeVar("A", bound=Aggregate)
Row = dict[str, Any]


class Sealer(Protocol):
    """Hiding secrets that must be kept for a while."""

    def seal(self, text: str) -> str:
        """The text, unreadable without the key."""

    def unseal(self, text: str) -> str:
        """The text again."""


class NoSealer:
    """For stores that nobody but this process can read."""

    def seal(self, text: str) -> str:
        """The text as it is."""
        return text

    unseal = seal


def columns(kind: type[Aggregate]) -> list[str]:
    """The stored fields of an aggregate, in order: its table's columns."""
    return [field.name for field in attrs.fields(kind) if field.init]


def _rows() -> cattrs.Converter:
    converter = cattrs.Converter(omit_if_default=False, forbid_extra_keys=True)
    converter.register_unstructure_hook(datetime, lambda value: value)
    converter.register_structure_hook(datetime, lambda value, _: value)
    return converter


class RowCodec:
    """Aggregates to and from rows. Plain values and moments stay as they are; nested values become lists and dicts."""

    def __init__(self) -> None:
        self._converter = _rows()

    def row(self, aggregate: Aggregate, version: int) -> Row:
        """The row of an aggregate at a version."""
        row: Row = self._converter.unstructure(aggregate)
        row["version"] = version
        return row

    def aggregate(self, kind: type[A], row: Mapping[str, Any]) -> A:
        """The aggregate in a row."""
        return self._converter.structure(row, kind)

    def value(self, value: object) -> Any:
        """A constant of a selection, as rows have it."""
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, tuple):
            return [self.value(item) for item in value]
        return value


class JsonCodec:
    """Answers, refusals and events as JSON bytes. Secrets in them are sealed."""

    def __init__(self, sealer: Sealer | None = None) -> None:
        seal = sealer or NoSealer()
        self._converter = make_converter()
        self._converter.register_unstructure_hook(Secret, lambda secret: seal.seal(secret.reveal()))
        self._converter.register_structure_hook(Secret, lambda text, _: Secret(seal.unseal(text)))

    def dumps(self, value: object, shape: Any = None) -> bytes:
        """A value as JSON."""
        return self._converter.dumps(value, unstructure_as=shape)

    def loads(self, data: bytes, shape: Any) -> Any:
        """The value in JSON."""
        return None if shape is None else self._converter.loads(data, shape)

    def event(self, name: str, data: bytes) -> Event:
        """The event in an outbox row."""
        return self._converter.loads(data, Event.kinds[name])

    def refusal(self, error: PlatformError) -> bytes:
        """A refusal, for giving it again."""
        details = [{"field": detail.field, "message": detail.message} for detail in error.details]
        return self.dumps({"kind": error.kind.value, "code": error.code, "message": error.message, "details": details})

    def stored_refusal(self, data: bytes) -> StoredRefusal:
        """The refusal again."""
        raw = self.loads(data, dict[str, Any])
        details = [FieldError(**detail) for detail in raw["details"]]
        return StoredRefusal(Kind(raw["kind"]), raw["code"], raw["message"], details)
