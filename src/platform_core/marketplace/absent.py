"""A platform that prints nothing: invoices are issued and kept all the same."""

from __future__ import annotations

from collections.abc import Sequence

from platform_core.kernel.errors import Unavailable
from platform_core.marketplace.invoices import Invoice


class NoTypesetter:
    """Refuses everything."""

    async def pdf(self, documents: Sequence[Invoice]) -> bytes:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable("invoices cannot be printed here; pip install 'platform-core[documents]'")
