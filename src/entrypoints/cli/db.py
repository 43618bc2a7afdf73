"""`platform-core db`: the database's schema."""

from __future__ import annotations

import sys

import rich_click as click

from entrypoints import container
from entrypoints.cli import exits
from entrypoints.cli.database import check_database
from entrypoints.cli.operation import Failure, Operation, operation
from entrypoints.cli.root import Group, examples


@click.group(cls=Group)
@examples("db upgrade", "db check")
def db() -> None:
    """Bring the database to the schema this version needs, and look whether it is there.

    SQLite is brought there at every start, PostgreSQL only in development: in production you decide when.
    """


@db.command()
@operation("db upgrade", "db upgrade --dry-run", "db upgrade --database-url postgresql://app@db/platform", writes=True)
def upgrade(operation: Operation) -> None:
    """Bring the database to the newest version; nothing happens if it is there."""
    from adapters.sql import migrate

    url = _url(operation, create=True)
    if operation.dry_run:
        found, wanted = _found(url), migrate.newest()
        change = {"change": "upgrade", "subject": "schema", "before": found, "after": wanted}
        operation.rehearsed([] if found == wanted else [change])
        return
    with container.reaching_database():
        migrate.upgrade(url)
        version = migrate.current(url)
    operation.output.item({"version": version}, f"at version {version}")


def _found(url: str) -> str:
    from adapters.sql import migrate

    # To look into an SQLite file that is not there would make it.
    if url.startswith("sqlite:") and not container.sqlite_path(url).exists():
        return "empty"
    with container.reaching_database():
        return migrate.current(url)


@db.command()
@operation("db current")
def current(operation: Operation) -> None:
    """Show the version the database is at."""
    version = _found(_url(operation, create=False))
    operation.output.item({"version": version}, version)


@db.command()
@operation("db check", "db check --json")
def check(operation: Operation) -> None:
    """Compare the database with what this version needs; exits with 6 when they differ."""
    from adapters.sql import migrate

    url = _url(operation, create=False)
    with container.reaching_database():
        differences = migrate.check(url)
    operation.output.rows("differences", ("difference",), [{"difference": text} for text in differences])
    if differences:
        operation.output.note(f"{len(differences)} differences; platform-core db upgrade may mend them")
        sys.exit(exits.FINDINGS)


def _url(operation: Operation, *, create: bool) -> str:
    url = operation.settings.database_url
    if url == "memory:":
        raise Failure("memory: has no schema", exits.USAGE)
    check_database(operation.settings, create=create)
    return url
