"""Refusals of the HTTP side itself, and refusals of the core on their way to a dialect."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from attrs import frozen

from platform_core.kernel.errors import FieldError, Kind, PlatformError

#: Python has renamed these between versions; clients see one name.
_REASONS = {413: "Payload Too Large", 422: "Unprocessable Entity"}


@frozen
class Refusal:
    """A refusal as a dialect is asked to spell it.

    Args:
        status: The HTTP status.
        code: The stable code.
        message: One sentence for a person.
        details: The broken fields by their wire names; only for refusals of fields.
    """

    status: int
    code: str
    message: str
    details: tuple[FieldError, ...] = ()

    @property
    def reason(self) -> str:
        """The status in words."""
        return _REASONS.get(self.status) or HTTPStatus(self.status).phrase


def translated(
    error: PlatformError, statuses: Mapping[Kind, int], names: Mapping[str, str], taken: str | None = None
) -> Refusal:
    """A refusal of the core in the names of the wire.

    Args:
        error: What the core said.
        statuses: The status of each kind.
        names: How the wire calls the fields that the core calls otherwise.
        taken: All that is said of a unique value that belongs to somebody else, when given.
    """
    details = tuple(FieldError(_wire(detail.field, names), detail.message) for detail in error.details)
    message = "; ".join(f"{detail.field}: {detail.message}" for detail in details) or error.message
    if error.kind is Kind.CONFLICT and details and taken is not None:
        message = taken
    return Refusal(statuses[error.kind], error.code, message, details if error.kind is Kind.INVALID else ())


def _wire(field: str, names: Mapping[str, str]) -> str:
    """The path of a field as the wire has it: `items.0.product` may be `items[0].product_id` there."""
    if field in names:
        return names[field]
    first, *inner = field.split(".")
    path = names.get(first, first)
    for part in inner:
        path += f"[{part}]" if part.isdecimal() else f".{names.get(part, part)}"
    return path


class HttpRefusal(Exception):
    """A refusal that only HTTP knows, such as a wrong verb.

    Args:
        refusal: What is told.
        headers: Headers that go with it.
        close: Whether the connection ends with it.
    """

    def __init__(self, refusal: Refusal, headers: Mapping[str, str] | None = None, *, close: bool = False) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.headers = headers or {}
        self.close = close


NO_RESOURCE = Refusal(404, "NOT_FOUND", "there is no such resource")
NO_VERB = Refusal(405, "METHOD_NOT_ALLOWED", "this resource does not take that method")
MISDIRECTED = Refusal(421, "MISDIRECTED_REQUEST", "this server does not answer to that name")
NOT_JSON = Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json in UTF-8")
NOT_A_FORM = Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "send multipart/form-data with a boundary")
ENCODED = Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "send the body without Content-Encoding")
TOO_LARGE = Refusal(413, "PAYLOAD_TOO_LARGE", "the body is too large")
TOO_SLOW = Refusal(408, "REQUEST_TIMEOUT", "the body came too slowly")
FORGED = Refusal(403, "FORBIDDEN", "a cookie is only taken from this site's own pages; otherwise send a bearer token")
LIMITED = Refusal(429, "RATE_LIMITED", "too many requests; wait a little")
KEY_MISSING = Refusal(400, "IDEMPOTENCY_KEY_REQUIRED", "send an Idempotency-Key header with this operation")
UNREADABLE = Refusal(400, "BAD_REQUEST", "the request could not be read")
BROKEN = Refusal(500, "INTERNAL_ERROR", "something went wrong on our side")
