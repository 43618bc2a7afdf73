"""Choosing a store by its address."""

from __future__ import annotations

from adapters.codec import NoSealer, Sealer
from platform_core.platform import Storage


def make_store(url: str, sealer: Sealer | None = None) -> Storage:
    """A store, not opened yet.

    Args:
        url: `memory:`, `sqlite:///file.db` or `postgresql://user@host/name`.
        sealer: Hides the secrets among stored answers.

    Raises:
        ValueError: The address names no store there is.
    """
    if url == "memory:":
        from adapters.memory.store import MemoryStore

        return MemoryStore()
    if url.startswith(("sqlite:///", "postgresql://")):
        from adapters.sql.store import SqlStore

        return SqlStore(url, sealer or NoSealer())
    raise ValueError(f"no store for {url!r}: use memory:, sqlite:///file.db or postgresql://user@host/name")
