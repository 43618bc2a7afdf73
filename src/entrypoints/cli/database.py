"""Seeing to the database before a command uses it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from entrypoints.container import reaching_database, sqlite_path
from entrypoints.settings import BadSettings, Settings


def prepare(settings: Settings, *, create: bool = True) -> None:
    """See to the database's schema. SQLite is brought up to date, PostgreSQL in development only: in production
    somebody decides when.

    Args:
        settings: They name the database.
        create: Whether an SQLite file that is not there is made.

    Raises:
        BadSettings: The address names no database there can be.
    """
    check_database(settings, create=create)
    url = settings.database_url
    if url == "memory:" or (settings.production and not url.startswith("sqlite:")):
        return
    from adapters.sql.migrate import upgrade

    with reaching_database():
        upgrade(url)


def check_database(settings: Settings, *, create: bool) -> None:
    """Make sure that the address names a database there can be.

    Args:
        settings: They name it.
        create: Whether an SQLite file that is not there may be made.

    Raises:
        BadSettings: It does not.
    """
    url = settings.database_url
    if url == "memory:":
        return
    if not url.startswith(("sqlite:///", "postgresql://")):
        # Not the whole of it: where it is mistyped, nobody can tell which part is the password.
        scheme = url.partition(":")[0]
        raise BadSettings(f"database_url: {scheme}:… is none of sqlite:///file, postgresql://user@host/name, memory:")
    try:
        _ = urlsplit(url).port
    except ValueError:
        told = "database_url: cannot be read; in a password %40 stands for @, %2F for /, %3A for :"
        raise BadSettings(told) from None
    if url.startswith("sqlite:"):
        file = sqlite_path(url)
        if file.is_dir():
            raise BadSettings(f"database_url: {file} is a folder; name a file in it")
        if not file.parent.is_dir():
            raise BadSettings(f"database_url: there is no folder {file.parent}")
        if not file.exists() and not create:
            raise BadSettings(f"database_url: there is no database {file} (platform-core db upgrade makes one)")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise BadSettings(f"database_url: {file} cannot be written; change its owner or name another file")
