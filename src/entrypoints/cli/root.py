"""The root of the command line, and its groups."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version

import rich_click as click

#: Command to the module that has it, as an attribute of the same name. A module is loaded when its command is used.
COMMANDS = {
    "serve": "serve",
    "worker": "worker",
    "db": "db",
    "config": "config",
    "users": "users",
    "sessions": "sessions",
    "wallets": "wallets",
    "ledger": "ledger",
    "outbox": "outbox",
    "openapi": "openapi",
    "completion": "completion",
}


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


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("platform-core"), prog_name="platform-core")
def cli() -> None:
    """Run and look after a creator platform.

    \b
    Examples:
      $ platform-core serve --demo
      $ platform-core users create --email ada@example.com --username ada --role admin
      $ platform-core ledger verify

    Every command takes --help and --json. Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 not found, 4 not
    allowed, 5 conflict, 6 something is wrong with the data, 130 interrupted.
    """
