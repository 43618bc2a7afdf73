"""The command line: `platform-core`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

#: A package that may be missing, and the extra that brings it.
EXTRAS = {
    "aiohttp": "server",
    "alembic": "sqlite",
    "argon2": "server",
    "asyncpg": "postgres",
    "cattrs": "server",
    "click": "server",
    "cryptography": "server",
    "dependency_injector": "server",
    "msgspec": "server",
    "redis": "redis",
    "rich": "server",
    "rich_click": "server",
    "sqlalchemy": "sqlite",
    "stripe": "stripe",
    "structlog": "server",
    "typed_settings": "server",
    "typst": "documents",
}


def missing_package(error: ModuleNotFoundError) -> str | None:
    """What to do about a package that is not installed, in one line; None when it is none of the optional ones."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    return f"platform-core: {package} is not installed; pip install 'platform-core[{EXTRAS[package]}]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    try:
        from entrypoints.cli.root import cli
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as error:
        line = missing_package(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
        return 1
    try:
        cli.main(args=None if arguments is None else list(arguments), prog_name="platform-core")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
