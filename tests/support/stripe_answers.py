"""The answers of the server that plays Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

Json = dict[str, Any]


@frozen
class Answer:
    """An answer.

    Args:
        status: Its status.
        body: Its JSON.
        begun: For a refusal: whether it is kept for the request's key.
        headers: Headers of its own.
    """

    status: int
    body: Json
    begun: bool = False
    headers: Mapping[str, str] = {}


def error(
    status: int,
    kind: str,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    begun: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A refusal as the API spells it."""
    told = {"type": kind, "message": message, "code": code, "param": param}
    body = {"error": {name: value for name, value in told.items() if value is not None}}
    return Answer(status, body, begun, headers or {})
