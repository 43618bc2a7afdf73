"""JSON read strictly: what two readers could understand differently is refused (IN-01..04)."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from platform_core.kernel.errors import FieldError, Invalid, Malformed

DEPTH = 32
DIGITS = 19

_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_json(body: bytes) -> Any:
    """The value in a JSON text.

    Raises:
        Malformed: It is no JSON in UTF-8, an object has a key twice, it is nested deeper than 32, or a number is none
            or does not fit 64 bits.
        Invalid: A text in it has a NUL.
    """
    if body.count(b"[") + body.count(b"{") > DEPTH:
        _check_depth(body)
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not valid JSON") from error
    # Raw control characters and surrogates cannot get this far: only an escape can bring one in.
    if b"\\u" in body:
        broken: list[FieldError] = []
        _check_texts(value, "", broken)
        if broken:
            raise Invalid(f"{broken[0].field}: {broken[0].message}", details=broken[:50])
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("the body has a key twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number")


def _integer(text: str) -> int:
    if len(text) > DIGITS + 1:
        raise Malformed("a number in the body does not fit 64 bits")
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise Malformed("a number in the body does not fit 64 bits")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Malformed("a number in the body is too large")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_fraction
)


def _check_depth(body: bytes) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(body):
        sign = match[0]
        if sign in (b"[", b"{"):
            depth += 1
            if depth > DEPTH:
                raise Malformed(f"the body is nested deeper than {DEPTH}")
        elif sign in (b"]", b"}"):
            depth -= 1


def _check_texts(value: Any, path: str, broken: list[FieldError]) -> None:
    if isinstance(value, str):
        if "\0" in value:
            broken.append(FieldError(path or "body", "must not contain a NUL character"))
        elif not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise Malformed("a text in the body has half a surrogate pair") from error
    elif isinstance(value, dict):
        for key, item in value.items():
            if "\0" in key:
                raise Malformed("a key in the body has a NUL character")
            _check_texts(key, path, broken)
            _check_texts(item, f"{path}.{key}" if path else key, broken)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_texts(item, f"{path}[{index}]", broken)
