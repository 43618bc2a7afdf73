"""`platform-core completion`: completion for shells."""

from __future__ import annotations

import sys

import rich_click as click
from click.shell_completion import get_completion_class

from entrypoints.cli.operation import Operation, operation

VARIABLE = "_PLATFORM_CORE_COMPLETE"


@click.command()
@operation(
    "completion bash > ~/.local/share/bash-completion/completions/platform-core",
    'completion zsh > "${fpath[1]}/_platform-core"',
    "completion fish > ~/.config/fish/completions/platform-core.fish",
    database=False,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(operation: Operation, *, shell: str) -> None:
    """Print the script that makes a shell complete commands and options."""
    from entrypoints.cli.root import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    source = kind(cli, {}, "platform-core", VARIABLE).source_vars()
    script = kind.source_template % source
    if operation.output.as_json:
        operation.output.item({"shell": shell, "script": script})
    else:
        sys.stdout.write(script + "\n")
