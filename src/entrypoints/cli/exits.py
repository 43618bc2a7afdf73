"""Exit codes: one table for every command."""

from __future__ import annotations

from collections.abc import Mapping

from platform_core.kernel.errors import Kind

OK = 0
FAILURE = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
CONFLICT = 5
FINDINGS = 6
INTERRUPTED = 130

CODES: Mapping[Kind, int] = {
    Kind.MALFORMED: USAGE,
    Kind.INVALID: USAGE,
    Kind.TOO_LARGE: USAGE,
    Kind.UNAUTHENTICATED: REFUSED,
    Kind.FORBIDDEN: REFUSED,
    Kind.NOT_FOUND: NOT_FOUND,
    Kind.CONFLICT: CONFLICT,
    Kind.INSUFFICIENT_FUNDS: CONFLICT,
    Kind.RATE_LIMITED: FAILURE,
    Kind.UNAVAILABLE: FAILURE,
}
