"""The schema's versions: bringing a database to the one this version needs, and checking that it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SaConnection
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.tables import metadata
from platform_core.kernel.errors import Unavailable

T = TypeVar("T")


def upgrade(url: str) -> None:
    """Bring the database to the newest version; nothing happens if it is there.

    Raises:
        Unavailable: It cannot be reached.
    """
    _blocking(url, lambda connection: command.upgrade(_config(connection), "head"))


def current(url: str) -> str:
    """The version the database is at; `empty` before the first."""
    return _blocking(url, _revision) or "empty"


@cache
def newest() -> str:
    """The version this program needs; looked up once, for it reads every migration."""
    return str(ScriptDirectory.from_config(_config(None)).get_current_head())


def check(url: str) -> list[str]:
    """What is different from the schema this program needs; nothing when all is well."""

    def compare(connection: SaConnection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = _revision(connection)
        wrong = [] if found == newest() else [f"at version {found or 'empty'}, needs {newest()}"]
        return wrong + [str(difference) for difference in compare_metadata(context, metadata)]

    return _blocking(url, compare)


async def check_current(url: str) -> None:
    """Make sure the database is at the newest version.

    Raises:
        Unavailable: It is not, or it cannot be reached.
    """
    found = await asyncio.get_running_loop().run_in_executor(None, current, url)
    if found != newest():
        raise Unavailable(f"the database is at version {found} and must be at {newest()}: platform-core db upgrade")


def _revision(connection: SaConnection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: SaConnection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _blocking(url: str, work: Callable[[SaConnection], T]) -> T:
    """The result of `work`, whether an event loop runs here or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_connected, url, work).result()


def _connected(url: str, work: Callable[[SaConnection], T]) -> T:
    try:
        if not url.startswith("postgresql"):
            engine = create_engine(url)
            with engine.begin() as connection:
                return work(connection)
        result: T = asyncio.run(_connected_async(url, work))
        return result
    except OSError as error:
        raise Unavailable(f"the database does not answer: {error}") from error


async def _connected_async(url: str, work: Callable[[SaConnection], Any]) -> Any:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
