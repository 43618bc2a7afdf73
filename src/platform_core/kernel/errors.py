"""Refusals, each with a kind a delivery can translate and a stable code a program can match.

The core never names an HTTP status: a dialect has one table from kind to its own spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

from attrs import frozen


class Kind(Enum):
    """What sort of refusal this is, for every delivery alike."""

    MALFORMED = "malformed"
    """The request could not be read at all."""
    INVALID = "invalid"
    """The request was read, and a field of it breaks a rule."""
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """The state of things does not allow it now."""
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    """Nothing happened; the same request may succeed later."""


@frozen
class FieldError:
    """One broken field: its dotted path in the request, and why."""

    field: str
    message: str


class PlatformError(Exception):
    """A refusal: nothing was written, and the caller is told why.

    Args:
        message: One sentence for a person.
        details: The broken fields, when the refusal is about fields.
        retry_after: Seconds until the same request may succeed, when that is known.
    """

    kind: Kind = Kind.INVALID
    code: str = "ERROR"
    sticks: ClassVar[bool] = False
    """Whether an idempotency key remembers it: the rules of the platform said no to this very act. A request that is
    wrong in itself, a missing login, a limit or an outage leaves the key unused."""

    def __init__(self, message: str, *, details: Sequence[FieldError] = (), retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.retry_after = retry_after
        self.replayed = False


class Malformed(PlatformError):
    """The request could not be read."""

    kind = Kind.MALFORMED
    code = "BAD_REQUEST"


class Invalid(PlatformError):
    """A field breaks a rule; `details` names it."""

    kind = Kind.INVALID
    code = "VALIDATION_ERROR"

    @classmethod
    def field(cls, field: str, message: str) -> Invalid:
        """The refusal of a single field."""
        return cls(f"{field}: {message}", details=[FieldError(field, message)])


class Unauthenticated(PlatformError):
    """The caller is not known, or no longer."""

    kind = Kind.UNAUTHENTICATED
    code = "UNAUTHORIZED"


class Forbidden(PlatformError):
    """The caller is known and may not."""

    kind = Kind.FORBIDDEN
    sticks = True
    code = "FORBIDDEN"


class NotFound(PlatformError):
    """There is no such thing, or none the caller may know of."""

    kind = Kind.NOT_FOUND
    sticks = True
    code = "NOT_FOUND"


class Conflict(PlatformError):
    """The state of things does not allow it."""

    kind = Kind.CONFLICT
    code = "CONFLICT"
    sticks = True


class Taken(Conflict):
    """A value that must be unique belongs to another; `details` names the field."""

    @classmethod
    def field(cls, field: str, message: str = "is taken") -> Taken:
        """The refusal of one field's value."""
        return cls(f"{field}: {message}", details=[FieldError(field, message)])


class InvalidTransition(Conflict):
    """A state machine has no such move (invariant 45)."""

    code = "INVALID_TRANSITION"


class InsufficientFunds(PlatformError):
    """An account would fall below its floor."""

    kind = Kind.INSUFFICIENT_FUNDS
    sticks = True
    code = "INSUFFICIENT_FUNDS"


class AccountFrozen(Invalid):
    """An account takes part in no new business, for its owner is banned or under review."""

    code = "ACCOUNT_FROZEN"
    sticks = True


class KeyReused(Invalid):
    """An idempotency key came again with another request (invariant 36)."""

    code = "IDEMPOTENCY_KEY_REUSED"


class KeyExpired(Conflict):
    """An idempotency key moved money so long ago that its answer is forgotten; it never moves any again."""

    code = "IDEMPOTENCY_KEY_EXPIRED"


class RateLimited(PlatformError):
    """Too many requests; `retry_after` says when the next may come."""

    kind = Kind.RATE_LIMITED
    code = "RATE_LIMITED"


class Unavailable(PlatformError):
    """A part the request needs is not there now; nothing was written."""

    kind = Kind.UNAVAILABLE
    code = "UNAVAILABLE"


class Uncertain(Unavailable):
    """The store was lost while it committed, and nobody can say whether this is in. It is not simply to be repeated."""

    code = "OUTCOME_UNKNOWN"


class Stale(PlatformError):
    """Something read has changed before the commit; the use case runs again from fresh reads."""

    kind = Kind.CONFLICT
    code = "STALE"


class StoredRefusal(PlatformError):
    """A refusal given once under an idempotency key, and given again for it."""

    def __init__(self, kind: Kind, code: str, message: str, details: Sequence[FieldError] = ()) -> None:
        super().__init__(message, details=details)
        self.kind = kind
        self.code = code
        self.replayed = True


#: Refusals by rules that look at how things stand. A key that was used before answers with its first answer instead:
#: once its request has been carried out, the rules often refuse to carry it out again.
STATED = frozenset({Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.CONFLICT, Kind.INSUFFICIENT_FUNDS, Kind.INVALID})
