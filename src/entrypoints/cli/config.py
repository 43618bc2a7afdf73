"""`platform-core config`: every setting, and where its value comes from."""

from __future__ import annotations

import sys

import rich_click as click

from entrypoints.cli.operation import Operation, operation
from entrypoints.cli.root import Group, examples
from entrypoints.cli.settings_page import page
from entrypoints.settings import OPTIONS, unknown_variables, value_of, variable, without_password


@click.group(cls=Group)
@examples("config show", "config show --json")
def config() -> None:
    """Look at the settings."""


@config.command()
@operation("config show", "config show --json", "config show --config /etc/platform-core.toml")
def show(operation: Operation) -> None:
    """Show every setting with its value and where that comes from. Secrets, and passwords in addresses, are masked."""
    rows: list[dict[str, object]] = []
    for option in OPTIONS:
        value = value_of(operation.settings, option.path)
        if option.is_secret:
            value = "***" if value else ""
        elif isinstance(value, str):
            value = without_password(value)
        origin = operation.loaded.origins[option.path]
        rows.append({"setting": option.path, "value": value, "origin": origin, "variable": variable(option.path)})
    operation.output.rows("settings", ("setting", "value", "origin"), rows, unknown=unknown_variables())
    for name in unknown_variables():
        operation.output.note(f"Warning: {name} is not a setting")


@config.command()
@operation("config reference > docs/settings.md", database=False)
def reference(operation: Operation) -> None:
    """Print the page that describes every setting."""
    if operation.output.as_json:
        operation.output.item({"page": page()})
    else:
        sys.stdout.write(page())
