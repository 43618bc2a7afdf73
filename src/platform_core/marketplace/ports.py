"""What the marketplace asks of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from platform_core.marketplace.invoices import Invoice


class Typesetter(Protocol):
    """Making invoices into pages."""

    async def pdf(self, documents: Sequence[Invoice]) -> bytes:
        """A PDF of these documents, each from a page of its own on. The same documents give the same bytes.

        Raises:
            Unavailable: Nothing is installed that could, or too many are waiting.
        """
