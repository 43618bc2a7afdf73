"""Stores for tests: each kind empty, ready and quickly made."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import asyncpg

from adapters.sql.tables import metadata
from adapters.stores import make_store
from platform_core.platform import Storage

#: Empties the tables that are not empty, which are few of many, and has all counting begin anew.
WIPE = f"""
DO $$
DECLARE name text; used boolean;
BEGIN
    FOREACH name IN ARRAY ARRAY[{", ".join(f"'{name}'" for name in metadata.tables)}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO used;
        IF used THEN EXECUTE format('TRUNCATE %I', name); END IF;
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
    END LOOP;
END $$
"""


class Stores(Protocol):
    """Makes stores of one kind."""

    def new(self) -> Storage:
        """An empty store, not opened yet."""


class MemoryStores:
    """Stores in memory."""

    def new(self) -> Storage:
        """An empty store, not opened yet."""
        return make_store("memory:")


class SqliteStores:
    """Stores in files, each a copy of one whose tables have been made."""

    def __init__(self, folder: Path) -> None:
        from adapters.sql.migrate import upgrade

        self._folder = folder
        self._made = 0
        self._template = folder / "template.db"
        upgrade(f"sqlite:///{self._template}")

    def new(self) -> Storage:
        """An empty store, not opened yet."""
        self._made += 1
        path = self._folder / f"{self._made}.db"
        shutil.copyfile(self._template, path)
        return make_store(f"sqlite:///{path}")


class PostgresStores:
    """Stores on one PostgreSQL database, wiped for each: one lives at a time."""

    def __init__(self, url: str) -> None:
        from adapters.sql.migrate import upgrade

        self._url = url
        upgrade(url)

    def new(self) -> Storage:
        """An empty store, not opened yet."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._wipe()).result()
        return make_store(self._url)

    async def _wipe(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            # The books refuse to be emptied; only whoever owns the server can look past their guards.
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(WIPE)
        finally:
            await connection.close()
