"""The faces that users show to everybody, for contexts that suggest people."""

from __future__ import annotations

from collections.abc import Sequence

from platform_core.identity.ports import Face
from platform_core.identity.users import User
from platform_core.kernel.actor import Role
from platform_core.kernel.ports import Store
from platform_core.kernel.select import Select, Where


class StoredFaces:
    """Faces, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def face(self, user: str) -> Face | None:
        """A user's face, or None."""
        found = await self._store.peek(User, user)
        return None if found is None else _face(found)

    async def newest(self, *, roles: Sequence[Role], limit: int) -> list[Face]:
        """The newest users of these roles who are not banned, newest first."""
        where = (Where("banned_at", "=", None), Where("role", "in", tuple(roles)))
        # Ids sort by time, and their index is there anyway.
        users = await self._store.find(Select(User, where, order=("-id",), limit=limit))
        return [_face(user) for user in users]


def _face(user: User) -> Face:
    return Face(user.id, user.display_name, user.role, user.bio)
