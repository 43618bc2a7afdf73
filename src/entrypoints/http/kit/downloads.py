"""Answers that are files: bytes under a name, for rows whose answer is no JSON."""

from __future__ import annotations

import re
from urllib.parse import quote

from attrs import frozen

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class Download:
    """A file as an answer; what its row `produces` is its type. Refusals stay what the dialect spells.

    Args:
        body: The file.
        name: What the client may call it; whatever it holds, it can break out of no header.
        inline: Whether a browser may show it instead of keeping it. Never for what users have written as HTML or SVG.
    """

    body: bytes
    name: str
    inline: bool = False

    @property
    def disposition(self) -> str:
        """The value of Content-Disposition: the name in ASCII, and if that is not all of it in full too (RFC 6266)."""
        way = "inline" if self.inline else "attachment"
        plain = _PLAIN.sub("_", self.name).lstrip(".") or "file"
        full = "" if self.name in ("", plain) else f"; filename*=UTF-8''{quote(self.name, safe='', errors='replace')}"
        return f'{way}; filename="{plain}"{full}'
