"""The root of the command line, and its groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import Any, TypeVar

import rich_click as click

#: Command to the module that has it, as an attribute of the same name. A module is loaded when its command is used.
COMMANDS = {
    "serve": "serve",
    "worker": "worker",
    "db": "db",
    "config": "config",
    "users": "users",
    "sessions": "sessions",
    "keys": "keys",
    "wallets": "wallets",
    "content": "content",
    "bookings": "bookings",
    "streams": "streams",
    "invoices": "invoices",
    "products": "products",
    "orders": "orders",
    "ledger": "ledger",
    "outbox": "outbox",
    "transfers": "transfers",
    "payouts": "payouts",
    "webhooks": "webhooks",
    "openapi": "openapi",
    "sim": "sim",
    "completion": "completion",
}


F = TypeVar("F", bound=Callable[..., Any])


def examples(*lines: str) -> Callable[[F], F]:
    """Show command lines first in the help of a command or group."""

    def make(body: F) -> F:
        body.__doc__ = _help(body.__doc__ or "", lines)
        return body

    return make


def _help(text: str, lines: Sequence[str]) -> str:
    summary, _, rest = text.partition("\n\n")
    shown = "\n".join(f"  $ {'' if '| platform-core' in line else 'platform-core '}{line}" for line in lines)
    block = f"\b\nExamples:\n{shown}\n\n" if lines else ""
    return f"{_joined(summary)}\n\n{block}" + "\n\n".join(_joined(part) for part in rest.split("\n\n"))


def _joined(text: str) -> str:
    return " ".join(text.split())


class Group(click.RichGroup):
    """A group that says what a mistyped command may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            close = get_close_matches(args[0], self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


class Root(Group):
    """The commands, loaded when they are used: `--help` of one need not load the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # as click calls it
        """Their names, in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as click calls it
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"entrypoints.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What is said of a command line that cannot be read repeats no password from it."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            from entrypoints.loading import without_password

            told = error.format_message()
            if (masked := without_password(told)) == told:
                raise
            raise click.UsageError(masked, error.ctx) from None


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("platform-core"), prog_name="platform-core")
@examples("serve --demo", "users create --email rosa@example.com --username rosa --role admin", "ledger verify")
def cli() -> None:
    """Run and look after a creator platform.

    Every command takes --help and --json. Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 not found, 4 not
    allowed, 5 conflict, 6 something is wrong with the data, 130 interrupted.
    """
