"""Filling a request's Struct from the path, the query and the JSON body, and naming every field that does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct, ValidationError

from platform_core.kernel.errors import FieldError, Invalid

S = TypeVar("S", bound=Struct)

#: Refuses a value with Invalid.
Rule = Callable[[Any], None]

MOST_DETAILS = 50
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")
_AT = re.compile(r"^(.*?)(?: - at `(key in )?\$(.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")

NO_MOMENT = "must be a moment such as 2026-05-01T12:00:00Z"
#: What msgspec says, in the words of somebody who does not know Python.
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Expected `str` of length >= (\d+)", r"must have at least \1 characters"),
        (r"Expected `str` of length <= (\d+)", r"must have at most \1 characters"),
        (r"Expected `array` of length >= (\d+)", r"must have at least \1 items"),
        (r"Expected `array` of length <= (\d+)", r"must have at most \1 items"),
        (r"Expected `str` matching regex .*", r"does not have the right form"),
        (r"Expected `int` >= (-?\d+)", r"must be at least \1"),
        (r"Expected `int` <= (-?\d+)", r"must be at most \1"),
        (r"Expected `int`(?:, got `.*`)?", r"must be a whole number"),
        (r"Expected `int \| null`, got `.*`", r"must be a whole number or null"),
        (r"Expected `float` >= (-?\d+)(?:\.0)?", r"must be at least \1"),
        (r"Expected `float` <= (-?\d+)(?:\.0)?", r"must be at most \1"),
        (r"Expected `float \| null`, got `.*`", r"must be a number"),
        (r"Expected `float`, got `.*`", r"must be a number"),
        (r"Expected `bool`, got `.*`", r"must be true or false"),
        (r"Expected `str`, got `.*`", r"must be a text"),
        (r"Expected `str \| null`, got `.*`", r"must be a text or null"),
        (r"Expected `array`, got `.*`", r"must be a list"),
        (r"Expected `object`, got `.*`", r"must be an object"),
        (r"Invalid RFC3339 encoded datetime|Expected `datetime`.*", NO_MOMENT),
    )
)


class TextReader:
    """Reads the texts of a path or a query as the types a Struct gives its fields (IN-05).

    Args:
        shape: The Struct.
    """

    def __init__(self, shape: type[Struct]) -> None:
        self._kinds = _kinds(shape)

    def read(self, texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The values by field; a text that is none is left for the Struct to refuse.

        Raises:
            Invalid: A key came twice, or a text has a NUL.
        """
        values: dict[str, Any] = {}
        for name, text in texts:
            if name in values:
                raise Invalid.field(name, "must be given once")
            if "\0" in text:
                raise Invalid.field(name, "must not contain a NUL character")
            values[name] = self._value(self._kinds.get(name, str), text)
        return values

    @staticmethod
    def _value(kind: Any, text: str) -> Any:
        if kind is int and _INTEGER.fullmatch(text) is not None:
            return int(text)
        if kind is float and _NUMBER.fullmatch(text) is not None:
            return float(text)
        if kind is bool:
            return {"true": True, "false": False}.get(text, text)
        return text


@cache
def _kinds(shape: type[Struct]) -> Mapping[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    return {field.encode_name: _plain(hints[field.name]) for field in msgspec.structs.fields(shape)}


def _plain(hint: Any) -> Any:
    """The type without its constraints and without None."""
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        kinds = [_plain(arm) for arm in get_args(hint) if arm not in (type(None), msgspec.UnsetType)]
        return kinds[0] if len(kinds) == 1 else str
    return hint


def fill(shape: type[S], values: dict[str, Any], rules: Mapping[str, Rule]) -> S:
    """The Struct with these values.

    Args:
        shape: The Struct.
        values: By the names of the wire.
        rules: The core's rules on single fields, by the same names.

    Raises:
        Invalid: Some do not fit, or break a rule; `details` names every one.
    """
    try:
        filled = msgspec.convert(values, shape, strict=True)
    except ValidationError as first:
        details = problems(shape, values) or [_detail(str(first), "")]
        raise refusal([*details, *_broken(values, rules, {detail.field for detail in details})]) from None
    if rules and (details := _broken(values, rules, set())):
        raise refusal(details)
    if names := _moments(shape):
        beyond = [wire for name, wire in names if _is_beyond(getattr(filled, name))]
        if beyond:
            raise refusal([FieldError(name, NO_MOMENT) for name in beyond])
    return filled


@cache
def _moments(shape: type[Struct]) -> tuple[tuple[str, str], ...]:
    """The fields that are moments: as they are called here, and on the wire."""
    hints = get_type_hints(shape, include_extras=True)
    return tuple(
        (field.name, field.encode_name)
        for field in msgspec.structs.fields(shape)
        if _plain(hints[field.name]) is datetime
    )


def _is_beyond(moment: object) -> bool:
    """Whether it is before the year 1 or after 9999 in UTC: not every store can keep that."""
    if not isinstance(moment, datetime):
        return False
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return True
    return False


def _broken(values: Mapping[str, Any], rules: Mapping[str, Rule], known: set[str]) -> list[FieldError]:
    """What the core says of the fields that are there and are what they should be."""
    found: list[FieldError] = []
    for name, rule in rules.items():
        if name in values and name not in known:
            try:
                rule(values[name])
            except Invalid as error:
                found += [FieldError(name, detail.message) for detail in error.details]
    return found


def refusal(details: list[FieldError]) -> Invalid:
    """One refusal of all these fields."""
    told = details[:MOST_DETAILS]
    return Invalid("; ".join(f"{detail.field}: {detail.message}" for detail in told), details=told)


def problems(shape: Any, value: Any, path: str = "") -> list[FieldError]:
    """Everything that does not fit: msgspec stops at the first, so each field is tried by itself."""
    shape = _plain(shape) if not isinstance(shape, type) else shape
    if isinstance(shape, type) and issubclass(shape, Struct) and isinstance(value, Mapping):
        found: list[FieldError] = []
        known = set()
        hints = get_type_hints(shape, include_extras=True)
        for field in msgspec.structs.fields(shape):
            name, where = field.encode_name, _join(path, field.encode_name)
            known.add(name)
            if name in value:
                found += _of_field(hints[field.name], value[name], where)
            elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
                found.append(FieldError(where, "is required"))
        found += [FieldError(_join(path, str(name)), "is not known here") for name in value if name not in known]
        return found
    return _of_field(shape, value, path)


def _of_field(hint: Any, value: Any, path: str) -> list[FieldError]:
    try:
        msgspec.convert(value, hint, strict=True)
    except ValidationError as error:
        nested = _plain(hint)
        if isinstance(nested, type) and issubclass(nested, Struct) and isinstance(value, Mapping):
            return problems(nested, value, path)
        if get_origin(nested) is list and isinstance(value, list):
            inner = get_args(nested)[0]
            found = [one for index, item in enumerate(value) for one in _of_field(inner, item, f"{path}[{index}]")]
            return found or [_detail(str(error), path)]
        return [_detail(str(error), path)]
    return []


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _detail(message: str, path: str) -> FieldError:
    match = _AT.fullmatch(message)
    said, where = (message, "") if match is None else (match[1], match[3] or "")
    for pattern, words in ((_UNKNOWN, "is not known here"), (_MISSING, "is required")):
        if (named := pattern.fullmatch(said)) is not None:
            return FieldError(_join(path + where, named[1]).lstrip("."), words)
    return FieldError((path + where).lstrip(".") or "body", _worded(said))


def _worded(said: str) -> str:
    for pattern, words in _WORDS:
        if (match := pattern.fullmatch(said)) is not None:
            return match.expand(words)
    if said.startswith("Invalid enum value"):
        return "is not one of the values allowed"
    return said[:1].lower() + said[1:]
