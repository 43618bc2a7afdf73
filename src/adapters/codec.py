"""Aggregates as rows, answers and events as JSON: one codec for every store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

import attrs
import cattrs
import msgspec

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import FieldError, Kind, PlatformError, StoredRefusal
from platform_core.kernel.events import Event, Unreadable
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
    # Rows are our own: one that does not fit is a fault of ours, not something to explain field by field.
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_unstructure_hook(datetime, lambda value: value)
    converter.register_structure_hook(datetime, lambda value, _: value)
    return converter


class RowCodec:
    """Aggregates to and from rows. Plain values and moments stay as they are; nested values become lists and dicts."""

    def __init__(self) -> None:
        self._converter = _rows()
        self._structure: dict[type[Aggregate], Callable[[Any, Any], Any]] = {}

    def row(self, aggregate: Aggregate, version: int) -> Row:
        """The row of an aggregate at a version."""
        row: Row = self._converter.unstructure(aggregate)
        row["version"] = version
        return row

    def aggregate(self, kind: type[A], row: Mapping[str, Any]) -> A:
        """The aggregate in a row."""
        structure = self._structure.get(kind)
        if structure is None:
            structure = self._structure[kind] = self._converter.get_structure_hook(kind)
        aggregate: A = structure(row, kind)
        return aggregate

    def value(self, value: object) -> Any:
        """A constant of a selection, as rows have it."""
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, tuple):
            return [self.value(item) for item in value]
        return value


class JsonCodec:
    """Answers, refusals and events as JSON bytes. Secrets in them are sealed.

    msgspec does it for attrs classes, at a fifth of the time: every tip writes four of them.
    """

    def __init__(self, sealer: Sealer | None = None) -> None:
        self._sealer = sealer or NoSealer()
        self._encoder = msgspec.json.Encoder(enc_hook=self._encode)
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def dumps(self, value: object) -> bytes:
        """A value as JSON."""
        return self._encoder.encode(value)

    def loads(self, data: bytes | str, shape: Any) -> Any:
        """The value in JSON."""
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.json.Decoder(shape, dec_hook=self._decode)
        return decoder.decode(data)

    def event(self, name: str, data: bytes | str) -> Event:
        """The event in an outbox row; one of another version is told as such, so that it holds up nobody else."""
        try:
            event: Event = self.loads(data, Event.kinds[name])
        except (KeyError, msgspec.MsgspecError):
            return Unreadable(name, data if isinstance(data, str) else data.decode())
        return event

    def refusal(self, error: PlatformError) -> bytes:
        """A refusal, for giving it again."""
        return self.dumps(_Refusal(error.kind, error.code, error.message, error.details))

    def stored_refusal(self, data: bytes | str) -> StoredRefusal:
        """The refusal again."""
        raw: _Refusal = self.loads(data, _Refusal)
        return StoredRefusal(raw.kind, raw.code, raw.message, raw.details)

    def _encode(self, value: object) -> object:
        if isinstance(value, Secret):
            return self._sealer.seal(value.reveal())
        raise TypeError(f"{type(value).__name__} cannot be kept")

    def _decode(self, shape: type[Any], value: Any) -> object:
        if shape is Secret:
            return Secret(self._sealer.unseal(value))
        raise TypeError(f"{shape.__name__} cannot be read back")


@attrs.frozen
class _Refusal:
    kind: Kind
    code: str
    message: str
    details: tuple[FieldError, ...]
