"""What the worker does for content: process videos and sounds, purge what is deleted, sweep up what a crash left."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.content.events import ContentProcessed
from platform_core.content.items import ContentItem, MediaState, folder, source_folder
from platform_core.content.ports import Media, MediaStore, MediaType, Recording
from platform_core.content.shelves import Upload, shelf_of
from platform_core.content.uploading import HEAD, screened
from platform_core.kernel.actor import PLATFORM, Policy
from platform_core.kernel.command import Command, Query
from platform_core.kernel.errors import Invalid, NotFound, Unavailable
from platform_core.kernel.select import Select, Where
from platform_core.kernel.work import Work


@frozen
class DueContent(Query[list[str]]):
    """Items with which there is something to do, the longest due first.

    Args:
        limit: At most this many.
    """

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_content(query: DueContent, work: Work) -> list[str]:
    """Their ids."""
    due = (Where("due_at", "!=", None), Where("due_at", "<=", work.now))
    return [item.id for item in await work.find(Select(ContentItem, due, order=("due_at",), limit=query.limit))]


@frozen
class TendContent(Command[str]):
    """Do with an item what is due: process its file, or purge its files."""

    policy: ClassVar[Policy] = PLATFORM

    item: str


async def tend_content(command: TendContent, work: Work, media: Media) -> str:
    """Do it; what was done: `purged`, `ready`, `failed`, `put off`, or `nothing`.

    Purging twice removes nothing twice. Processing is claimed in a commit of its own first, so that no two workers do
    it at once; a claim that came to nothing runs out.

    Raises:
        NotFound: There is no such item.
        Unavailable: The media store does not answer; it is tried again.
    """
    item = await work.require(ContentItem, command.item, called="content item")
    if item.due_at is None or item.due_at > work.now:
        return "nothing"
    if item.is_deleted:
        await media.store.remove(folder(item.id))
        item.purge()
        work.save(item)
        return "purged"
    if item.state is not MediaState.PROCESSING or item.media is None:
        return "nothing"
    if item.attempts >= media.rules.attempts:
        item.fail("processing did not come to an end")
    else:
        source = item.media
        item.begin(work.now, media.rules.work_lasts)
        work.save(item)
        await work.commit()
        if not await _process(item, source, work, media):
            item.put_off(work.now + media.rules.work_lasts)
            work.save(item)
            return "put off"
    work.save(item)
    item.processed()
    return str(item.state.value)


async def _process(item: ContentItem, source: str, work: Work, media: Media) -> bool:
    """Make an item ready, or have it fail; False when this machine cannot do either just now."""
    try:
        made = await media.studio.recording(media.store.read(source), await _type(media, source))
    except Invalid as refusal:
        item.fail("; ".join(detail.message for detail in refusal.details) or refusal.message)
        return True
    except NotFound:
        item.fail("its file is gone")
        return True
    except Unavailable:
        return False
    with made.body:
        await _show(item, made, media.store, work)
    item.judge(await screened(work, media.checker, item, made.still.thumbnail if made.still else None), work.now)
    return True


async def _type(media: Media, source: str) -> MediaType:
    head = b""
    async for piece in media.store.read(source, end=HEAD):
        head += piece
    found = media.studio.recognise(head)
    if found is None:
        raise Invalid.field("file", "is of no kind that is taken here")
    return found


async def _show(item: ContentItem, made: Recording, store: MediaStore, work: Work) -> None:
    media, thumbnail = f"{folder(item.id)}media.{made.extension}", None
    await store.put(media, made.body, mime=made.mime)
    if made.still is not None:
        thumbnail = f"{folder(item.id)}thumbnail.webp"
        await store.put(thumbnail, made.still.thumbnail, mime="image/webp")
    item.show(
        media=media,
        mime=made.mime,
        now=work.now,
        thumbnail=thumbnail,
        preview=None if made.still is None else made.still.preview,
        width=None if made.still is None else made.still.width,
        height=None if made.still is None else made.still.height,
        milliseconds=made.milliseconds,
    )


@frozen
class DropSource(Command[None]):
    """Forget the file that came, once there is one that is fit to be shown, or never will be."""

    policy: ClassVar[Policy] = PLATFORM

    item: str


async def drop_source(command: DropSource, work: Work, store: MediaStore) -> None:
    """Forget it. Doing so twice changes nothing.

    Raises:
        Unavailable: The media store does not answer; it is tried again.
    """
    item = await work.get(ContentItem, command.item)
    if item is None or item.state is not MediaState.PROCESSING:
        await store.remove(source_folder(command.item))


def on_processed(event: ContentProcessed) -> DropSource:
    """What a processed item leads to."""
    return DropSource(event.item)


@frozen
class DueUploads(Query[list[str]]):
    """Uploads that came to nothing, the oldest first.

    Args:
        limit: At most this many.
    """

    policy: ClassVar[Policy] = PLATFORM

    limit: int = 100


async def due_uploads(query: DueUploads, work: Work) -> list[str]:
    """Their ids."""
    over = (Where("expires_at", "<=", work.now),)
    return [upload.id for upload in await work.find(Select(Upload, over, order=("expires_at",), limit=query.limit))]


@frozen
class SweepUpload(Command[None]):
    """Leave nothing of an upload that came to nothing."""

    policy: ClassVar[Policy] = PLATFORM

    upload: str


async def sweep_upload(command: SweepUpload, work: Work, store: MediaStore) -> None:
    """Remove its files, and give its room back.

    It is marked in a commit of its own first: an upload so slow that it ends now finds that, and begins anew. So no
    item ever loses its files to the sweep.

    Raises:
        NotFound: There is none.
        Unavailable: The media store does not answer; it is tried again.
    """
    upload = await work.require(Upload, command.upload)
    if upload.expires_at > work.now:
        return
    if not upload.abandoned:
        upload.abandoned = True
        work.save(upload)
        await work.commit()
    await store.remove(folder(upload.item))
    (await shelf_of(work, upload.creator)).release(upload.size)
    work.remove(upload)
