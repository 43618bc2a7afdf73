"""What only the operators of this server may see: its figures, and how its parts are (OPS-01)."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

from aiohttp import hdrs

from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.refusals import NO_RESOURCE, HttpRefusal, Refusal

NOT_SHOWN = Refusal(401, "UNAUTHORIZED", "send the operators' token of this server as a bearer token")


class Operators:
    """Whether a request may see it.

    With a token configured, who sends it as a bearer token. Without one everybody in development; in production nobody,
    and nothing tells that there is anything to see.

    Args:
        options: How this server is configured.
    """

    def __init__(self, options: HttpOptions) -> None:
        self._expected = f"Bearer {options.operators_token}".encode() if options.operators_token else None
        self._closed = self._expected is None and options.production

    def check(self, headers: Mapping[str, str]) -> None:
        """Let the request through.

        Raises:
            HttpRefusal: It may not see this.
        """
        if self._closed:
            raise HttpRefusal(NO_RESOURCE)
        if self._expected is None:
            return
        # Compared whole and in constant time: how much of a guess was right shows nowhere.
        given = headers.get(hdrs.AUTHORIZATION, "").encode("utf-8", "surrogateescape")
        if not compare_digest(given, self._expected):
            raise HttpRefusal(NOT_SHOWN, {hdrs.WWW_AUTHENTICATE: "Bearer"})
