"""What every command shares: its settings, how it answers, how it fails, and the platform to act on."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from attrs import define

from entrypoints.cli import exits, missing_package
from entrypoints.cli.output import Output, Row
from entrypoints.cli.rehearsal import Rehearsed, described, rehearsing
from entrypoints.cli.root import examples
from entrypoints.settings import BadSettings, Loaded, Settings, load
from platform_core.kernel.actor import Actor
from platform_core.kernel.command import Request
from platform_core.kernel.errors import PlatformError
from platform_core.platform import Platform

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

OPERATOR = Actor.operator("cli")


class Failure(Exception):
    """A command cannot do what it was asked; the message is one line with what to do about it."""

    def __init__(self, message: str, code: int = exits.FAILURE) -> None:
        super().__init__(message)
        self.code = code


@define
class Operation:
    """One run of a command.

    Args:
        loaded: The settings and where each came from.
        output: Where the answer goes.
        dry_run: Whether to show what would change and change nothing.
        agreed: Whether `--yes` was given.
    """

    loaded: Loaded
    output: Output
    dry_run: bool = False
    agreed: bool = False

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.loaded.settings

    def run(self, work: Callable[[Platform], Awaitable[R]], *, create: bool = False) -> R:
        """Do something with the platform, its store open.

        Args:
            work: What to do.
            create: Whether a database that is not there yet is made; in a dry run none is.
        """

        async def opened() -> R:
            from entrypoints import container
            from entrypoints.cli.database import check_database, prepare

            wrap = None
            if self.dry_run:
                check_database(self.settings, create=False)
                wrap = rehearsing
            else:
                prepare(self.settings, create=create)
            async with container.running(self.settings, wrap=wrap, keep_secrets=not self.dry_run) as platform:
                return await work(platform)

        return asyncio.run(opened())

    def ask(self, request: Request[R], *, key: str | None = None, create: bool = False) -> R:
        """Run one use case as the operator."""
        return self.run(lambda platform: platform.execute(request, by=OPERATOR, key=key), create=create)

    def rehearsed(self, rows: Sequence[Row], *, replayed: bool = False) -> None:
        """Say what a dry run found."""
        columns = ("change", "subject", "amount", "before", "after")
        self.output.rows("changes", columns, rows, dry_run=True, replayed=replayed)
        used = "this key was used before, and nothing would happen again; " if replayed else ""
        self.output.note(f"dry run: {used}nothing was changed")

    def confirm(self, question: str) -> None:
        """Make sure that something that cannot be taken back is meant."""
        if self.agreed or self.dry_run:
            return
        if not sys.stdin.isatty():
            raise Failure("nobody is here to confirm this; add --yes", exits.USAGE)
        if not click.confirm(question, err=True):
            raise Failure("nothing was changed")


def operation(
    *lines: str, writes: bool = False, destructive: bool = False, database: bool = True
) -> Callable[[F], Callable[..., None]]:
    """Make a function a command's body: it gets an `Operation` and the command's own arguments.

    Args:
        lines: Command lines to show first in its help.
        writes: Whether it changes something, and so can be rehearsed with `--dry-run`.
        destructive: Whether it asks before it acts, unless `--yes` is given.
        database: Whether it takes `--database-url`.
    """

    def make(body: F) -> Callable[..., None]:
        @examples(*lines)
        @functools.wraps(body)
        def command(**given: Any) -> None:
            output = Output(given.pop("as_json"))
            with exiting(output):
                loaded = load(given.pop("config"), options=_options(database_url=given.pop("database_url", None)))
                chosen = Operation(loaded, output, given.pop("dry_run", False), given.pop("yes", False))
                try:
                    body(chosen, **given)
                except Rehearsed as rehearsed:
                    chosen.rehearsed(described(rehearsed), replayed=rehearsed.replayed)

        options = [
            click.option("--config", type=click.Path(path_type=Path), help="Settings file.", metavar="FILE"),
            click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object."),
        ]
        if database:
            options.append(click.option("--database-url", metavar="URL", help="Where everything is kept."))
        if writes:
            options.append(click.option("--dry-run", is_flag=True, help="Show what would change; change nothing."))
        if destructive:
            options.append(click.option("--yes", is_flag=True, help="Do not ask."))
        for option in options:
            option(command)
        return command

    return make


def _options(**given: object) -> Mapping[str, tuple[str, object]]:
    """Options that were given, as settings take them."""
    return {path: ("--" + path.replace("_", "-"), value) for path, value in given.items() if value is not None}


@contextmanager
def exiting(output: Output) -> Iterator[None]:
    """Turn whatever ends a command early into one line and an exit code."""
    try:
        yield
    except PlatformError as error:
        details = [{"field": detail.field, "message": detail.message} for detail in error.details]
        facts = {"kind": error.kind.value, "code": error.code, "details": details}
        output.error(error.message, facts)
        sys.exit(exits.CODES[error.kind])
    except Failure as error:
        output.error(str(error))
        sys.exit(error.code)
    except BadSettings as error:
        output.error(str(error))
        sys.exit(exits.USAGE)
    except (KeyboardInterrupt, click.Abort):
        output.note("interrupted")
        sys.exit(exits.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the answer has seen enough. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(exits.FAILURE)
    except ModuleNotFoundError as error:
        line = missing_package(error)
        if line is None:
            raise
        output.error(line)
        sys.exit(exits.FAILURE)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        output.error(f"{where}{error.strerror or error}")
        sys.exit(exits.FAILURE)
