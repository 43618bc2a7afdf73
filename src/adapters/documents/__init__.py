"""Invoices as pages: PDF by Typst, offline, where the `documents` extra is installed."""

from __future__ import annotations

from importlib.util import find_spec

from platform_core.marketplace.absent import NoTypesetter
from platform_core.marketplace.ports import Typesetter


def local_typesetter(*, threads: int = 2) -> Typesetter:
    """Who prints here: Typst if it is installed, else somebody who says that it is not.

    Args:
        threads: How many documents are set at once, each on a thread; with 0 they are set on the spot.
    """
    if find_spec("typst") is None:
        return NoTypesetter()
    from adapters.documents.typesetting import TypstTypesetter

    return TypstTypesetter(threads=threads)
