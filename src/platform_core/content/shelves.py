"""How much a creator has here, and uploads that are under way: what a crash leaves behind can be found by these."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from platform_core.content.ports import ContentRules
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import Conflict
from platform_core.kernel.work import Work


class ShelfFull(Conflict):
    """A creator has as much here as one may (FILE-11)."""

    code = "QUOTA_EXCEEDED"


@define(eq=False, kw_only=True)
class Shelf(Aggregate):
    """How much a creator has here. Its id is the creator's.

    Args:
        items: How many items, uploads under way included.
        bytes: How large they are together, as they came.
    """

    kind: ClassVar[str] = "shelf"

    items: int = 0
    bytes: int = 0

    def take(self, size: int, rules: ContentRules) -> None:
        """Make room for one more.

        Raises:
            ShelfFull: There is none.
        """
        if self.items >= rules.items_per_creator:
            raise ShelfFull(f"you have {self.items} items here, and no more are taken; delete some first")
        if self.bytes + size > rules.bytes_per_creator:
            raise ShelfFull("your items are as large together as they may be; delete some first")
        self.items += 1
        self.bytes += size

    def release(self, size: int) -> None:
        """Give the room of one back."""
        self.items -= 1
        self.bytes -= size


@define(eq=False, kw_only=True)
class Upload(Aggregate):
    """An upload under way: kept before anything goes to the media store, and gone when its item is there.

    Args:
        creator: Whose.
        item: The item that it is to become; its files are kept below that.
        size: The bytes it takes on the shelf.
        expires_at: When it has come to nothing.
        abandoned: Whether it has: nothing becomes of it any more, and its files are being removed.
    """

    kind: ClassVar[str] = "upload"

    creator: str
    item: str
    size: int
    expires_at: datetime
    abandoned: bool = False


async def shelf_of(work: Work, creator: str) -> Shelf:
    """A creator's shelf, to be saved by whoever changes it."""
    found = await work.get(Shelf, creator)
    if found is None:
        found = Shelf(id=creator)
        work.add(found)
    else:
        work.save(found)
    return found
