"""`platform-core keys`: API keys, and revoking them, leaked ones too."""

from __future__ import annotations

from typing import TextIO

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.output import Row
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.identity.api_keys import keys_in
from platform_core.identity.keeping_keys import KeysOf, KeyView, RevokeKeys
from platform_core.platform import Platform

COLUMNS = ("id", "user", "name", "scopes", "created", "expires")


@click.group(cls=Group)
@examples("keys list ada", "keys revoke key_0123456789abcdef", "keys revoke-leaked - < found.txt")
def keys() -> None:
    """Look at API keys and revoke them. A key's id is a digest: it opens nothing."""


def _row(key: KeyView) -> Row:
    return {
        "id": key.id,
        "user": key.user,
        "name": key.name,
        "scopes": " ".join(scope.value for scope in key.scopes),
        "created": key.created_at,
        "expires": key.expires_at,
    }


@keys.command("list")
@operation("keys list ada", "keys list ada --json")
@click.argument("user")
def list_(operation: Operation, *, user: str) -> None:
    """List a user's API keys, the newest first."""

    async def look(platform: Platform) -> list[KeyView]:
        return await platform.execute(KeysOf((await find(platform, user)).id), by=OPERATOR)

    operation.output.rows("keys", COLUMNS, [_row(key) for key in operation.run(look)])


@keys.command()
@operation("keys revoke key_0123456789abcdef", "keys revoke key_0123456789abcdef --yes", writes=True, destructive=True)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def revoke(operation: Operation, *, ids: tuple[str, ...]) -> None:
    """Revoke API keys, from the next request on."""
    operation.confirm(f"Revoke {', '.join(ids)}?")
    operation.output.rows("keys", COLUMNS, [_row(key) for key in operation.ask(RevokeKeys(ids))])


@keys.command("revoke-leaked")
@operation("keys revoke-leaked - < found.txt", "keys revoke-leaked leak.log --dry-run", writes=True)
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
def revoke_leaked(operation: Operation, *, file: TextIO) -> None:
    """Revoke every API key of ours that stands in a text: a file, or `-` for standard input.

    Nobody is asked: what has been seen by others is of no use any more.
    """
    leaked = tuple(keys_in(file.read()))
    operation.output.rows("keys", COLUMNS, [_row(key) for key in operation.ask(RevokeKeys(leaked=leaked))])
