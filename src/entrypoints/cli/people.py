"""Users as commands name and show them."""

from __future__ import annotations

from entrypoints.cli.operation import OPERATOR
from platform_core.identity.profiles import UserView
from platform_core.identity.staff import FindUser
from platform_core.platform import Platform

COLUMNS = ("id", "username", "role", "email", "created", "last_login", "banned")
SCREEN = ("username", "role", "email", "created", "banned")


async def find(platform: Platform, name: str) -> UserView:
    """The user with this id, username or address.

    Raises:
        NotFound: There is none.
    """
    return await platform.execute(FindUser(name), by=OPERATOR)


def row(user: UserView) -> dict[str, object]:
    """A user as an operator sees them."""
    private = user.private
    return {
        "id": user.id,
        "username": user.username,
        "role": user.role,
        "display_name": user.display_name,
        "email": private.email if private else None,
        "created": user.created_at,
        "last_login": private.last_login_at if private else None,
        "banned": private.banned_at if private else None,
        "ban_reason": private.ban_reason if private else None,
    }
