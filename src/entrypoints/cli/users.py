"""`platform-core users`: accounts, roles and bans."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import OPERATOR, Failure, Operation, operation
from entrypoints.cli.people import COLUMNS, SCREEN, find, row
from entrypoints.cli.root import Group, examples
from platform_core.identity.profiles import UserView
from platform_core.identity.staff import BanUser, CreateUser, ListUsers, SetRole, UnbanUser
from platform_core.kernel.actor import Role
from platform_core.kernel.command import Command
from platform_core.kernel.secret import Secret
from platform_core.platform import Platform

ROLES = click.Choice([role.value for role in Role])


@click.group(cls=Group)
@examples("users list", "users create --email a@example.com --username ada --random-password")
def users() -> None:
    """Make accounts, look at them, change roles, ban and unban.

    A user is named by id, username or address.
    """


@users.command()
@operation(
    "users create --email root@example.com --username rosa --role admin",
    'printf %s "$PASSWORD" | platform-core users create --email a@example.com --username ada --password-stdin',
    "users create --email a@example.com --username ada --random-password --json",
    writes=True,
)
@click.option("--email", required=True, metavar="ADDRESS", help="An address nobody else has.")
@click.option("--username", required=True, metavar="NAME", help="3 to 30 of a-z, 0-9 and _.")
@click.option("--role", type=ROLES, default="viewer", show_default=True, help="What the user is.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--random-password", is_flag=True, help="Make a password up and print it, once.")
def create(
    operation: Operation, *, email: str, username: str, role: str, password_stdin: bool, random_password: bool
) -> None:
    """Make an account of any role.

    The password is asked for, or comes from standard input: never from the command line, where others could read it.
    """
    made_up = secrets.token_urlsafe(15) if random_password else None
    password = made_up or _password(from_stdin=password_stdin)
    user = operation.ask(CreateUser(email, username, Secret(password), Role(role)), create=True)
    shown = row(user) | ({"password": made_up} if made_up else {})
    said = f"{username} ({role}) is {user.id}" + (f"; password {made_up}" if made_up else "")
    operation.output.item(shown, said)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Failure("nobody is here to type a password; use --password-stdin or --random-password", exits.USAGE)
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


@users.command("list")
@operation("users list", "users list --role creator --json", "users list --banned")
@click.option("--role", type=ROLES, help="Only users of this role.")
@click.option("--banned/--not-banned", default=None, help="Only users who are banned, or who are not.")
@click.option("--search", default="", metavar="START", help="Only usernames that begin with this.")
@click.option("--after", metavar="ID", help="Only users who came after this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most this many.")
def list_(
    operation: Operation, *, role: str | None, banned: bool | None, search: str, after: str | None, limit: int
) -> None:
    """List users, the oldest first."""
    wanted = ListUsers(role=Role(role) if role else None, banned=banned, search=search, after=after, limit=limit)
    operation.output.rows("users", COLUMNS, [row(user) for user in operation.ask(wanted)], screen=SCREEN)


@users.command()
@operation("users show ada", "users show ada@example.com --json")
@click.argument("user")
def show(operation: Operation, *, user: str) -> None:
    """Show a user."""
    operation.output.item(row(operation.run(lambda platform: find(platform, user))))


@users.command()
@operation("users role ada creator", "users role ada moderator --dry-run", writes=True)
@click.argument("user")
@click.argument("role", type=ROLES)
def role(operation: Operation, *, user: str, role: str) -> None:
    """Give a user another role, from their next request on."""
    _change(operation, user, lambda id: SetRole(id, Role(role)), f"is {role} now")


@users.command()
@operation("users ban ada --reason 'stolen cards'", "users ban ada --yes", writes=True, destructive=True)
@click.argument("user")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the user.")
def ban(operation: Operation, *, user: str, reason: str) -> None:
    """Shut a user out: their sessions end, and their wallet takes part in nothing new."""
    operation.confirm(f"Ban {user}?")
    _change(operation, user, lambda id: BanUser(id, reason), "is banned now")


@users.command()
@operation("users unban ada", writes=True)
@click.argument("user")
def unban(operation: Operation, *, user: str) -> None:
    """Let a user in again."""
    _change(operation, user, UnbanUser, "may come in again")


def _change(operation: Operation, name: str, make: Callable[[str], Command[UserView]], said: str) -> None:
    async def change(platform: Platform) -> UserView:
        user = await find(platform, name)
        return await platform.execute(make(user.id), by=OPERATOR)

    user = operation.run(change)
    operation.output.item(row(user), f"{user.username} {said}")
