"""The composition root: what is put together is let go of again, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from adapters.memory.store import MemoryStore
from entrypoints import container
from entrypoints.settings import Settings
from platform_core.content.ports import MediaForm
from platform_core.content.uploading import UploadContent
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import Unavailable
from platform_core.kernel.secret import Secret
from platform_core.platform import Storage
from support.media import incoming, png

MEMORY = Settings(database_url="memory:")


class Stuck(MemoryStore):
    """A store that cannot be closed."""

    async def close(self) -> None:
        raise OSError("the disk is gone")


class Away(MemoryStore):
    """A store that cannot be opened."""

    async def open(self) -> None:
        raise Unavailable("nobody answers")


async def test_a_part_that_cannot_be_closed_keeps_no_other_open() -> None:
    def stuck(_: Storage) -> Storage:
        return Stuck()

    with pytest.raises(OSError, match="the disk is gone"):
        async with container.running(MEMORY, wrap=stuck) as platform:
            opened = await platform.execute(Register("a@example.com", "ada", Secret("a long phrase")), by=ANONYMOUS)

    # The threads that hash passwords and those that look after pictures have ended.
    with pytest.raises(RuntimeError, match="shutdown"):
        await platform.execute(Register("b@example.com", "bob", Secret("a long phrase")), by=ANONYMOUS)
    upload = UploadContent(incoming(png()), MediaForm.IMAGE)
    with pytest.raises(RuntimeError, match="shutdown"):
        await platform.execute(upload, by=Actor(opened.user, Role.CREATOR, Via.SESSION))


async def test_what_was_made_before_the_store_could_not_be_opened_is_let_go_of() -> None:
    def away(_: Storage) -> Storage:
        return Away()

    with pytest.raises(Unavailable, match="nobody answers"):
        async with container.running(MEMORY, wrap=away):
            raise AssertionError("it is not open")
