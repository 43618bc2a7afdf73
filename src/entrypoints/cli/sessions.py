"""`platform-core sessions`: who is signed in, and ending it."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli.operation import OPERATOR, Operation, operation
from entrypoints.cli.people import find
from entrypoints.cli.root import Group, examples
from platform_core.identity.sessions import Session
from platform_core.identity.staff import ListSessions, RevokeSessions
from platform_core.platform import Platform


@click.group(cls=Group)
@examples("sessions list ada", "sessions revoke ada")
def sessions() -> None:
    """Look at a user's sessions and end them. A session's id is a hash: it lets nobody in."""


@sessions.command("list")
@operation("sessions list ada", "sessions list ada --json")
@click.argument("user")
def list_(operation: Operation, *, user: str) -> None:
    """List a user's sessions, the oldest first."""

    async def look(platform: Platform) -> list[Session]:
        return await platform.execute(ListSessions((await find(platform, user)).id), by=OPERATOR)

    rows = [
        {"id": session.id, "user": session.user, "created": session.created_at, "expires": session.expires_at}
        for session in operation.run(look)
    ]
    operation.output.rows("sessions", ("id", "created", "expires"), rows)


@sessions.command()
@operation(
    "sessions revoke ada",
    "sessions revoke ada --session ses_0123456789abcdef0123456789abcdef --yes",
    writes=True,
    destructive=True,
)
@click.argument("user")
@click.option("--session", metavar="ID", help="Only this one.")
def revoke(operation: Operation, *, user: str, session: str | None) -> None:
    """End a user's sessions, from the next request on."""

    async def end(platform: Platform) -> int:
        return await platform.execute(RevokeSessions((await find(platform, user)).id, session), by=OPERATOR)

    operation.confirm(f"End {'this session' if session else 'all sessions'} of {user}?")
    ended = operation.run(end)
    operation.output.item({"user": user, "ended": ended}, f"{ended} ended")
