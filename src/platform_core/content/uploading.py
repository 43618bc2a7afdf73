"""Uploading: a file becomes an item, in the order store, thumbnail, check, row."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from platform_core.content.access import Tier
from platform_core.content.items import CAPTION, ContentItem, Offer, folder, source_folder
from platform_core.content.ports import (
    Checker,
    Incoming,
    Media,
    MediaForm,
    MediaStore,
    MediaType,
    Moderation,
    Picture,
    Sample,
    Studio,
    Verdict,
)
from platform_core.content.shelves import Upload, shelf_of
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import CREATORS, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.errors import Forbidden, Invalid, PlatformError, Stale
from platform_core.kernel.select import Select, Where
from platform_core.kernel.text import text
from platform_core.kernel.work import Work

HEAD = 4096
"""How many bytes say what a file is."""


@frozen
class UploadReceipt:
    """What came of an upload.

    Args:
        item: The new item's id.
        state: How far its files are.
        moderation: What the check said.
        url: Where the creator can see it for a while; None while it is being processed.
        thumbnail_url: The same in small.
    """

    item: str
    state: str
    moderation: str
    url: str | None
    thumbnail_url: str | None


@frozen
class UploadContent(Command[UploadReceipt]):
    """Publish a picture, a video or a sound. Creators may.

    Args:
        file: What came.
        form: What its sender says it is.
        caption: At most 2,200 characters.
        is_premium: Whether it is for those who have paid; None when nothing is said.
        tier: Which subscribers may see it.
        token_price: What it costs to unlock by itself; 0 when it is not sold so.
    """

    policy: ClassVar[Policy] = CREATORS

    file: Incoming
    form: MediaForm
    caption: str = ""
    is_premium: bool | None = None
    tier: Tier = Tier.FREE
    token_price: int = 0


async def upload_content(command: UploadContent, work: Work, people: Directory, media: Media) -> UploadReceipt:
    """Keep the file and make the item.

    An `Upload` is committed before anything goes to the media store, and removed in the commit that adds the item: so
    whatever a crash leaves there belongs to an upload that the worker sweeps up.

    Raises:
        Invalid: A field breaks a rule, or the file is not what it should be.
        Forbidden: The creator is banned.
        ShelfFull: They have as much here as one may.
        Unavailable: Nothing can be uploaded now.
    """
    offer = Offer.of(is_premium=command.is_premium, tier=command.tier, token_price=command.token_price)
    text(command.caption, "caption", most=CAPTION)
    kind = _kind_of(command, media)
    card = await people.card(work.actor.id)
    if card is None or card.banned:
        raise Forbidden("you are shut out")
    picture = await _picture(command, media.studio, kind)
    upload = Upload(
        id=work.new_id("upl"),
        creator=work.actor.id,
        item=work.new_id("cnt"),
        size=command.file.size,
        expires_at=work.now + media.rules.upload_lasts,
    )
    (await shelf_of(work, upload.creator)).take(upload.size, media.rules)
    work.add(upload)
    await work.commit()
    try:
        item = ContentItem.upload(
            id=upload.item,
            creator=upload.creator,
            form=command.form,
            caption=command.caption,
            offer=offer,
            digest=command.file.digest,
            size=upload.size,
            mime=kind.mime,
            media=f"{source_folder(upload.item)}file.{kind.extension}",
            now=work.now,
        )
        if picture is None:
            command.file.file.seek(0)
            await media.store.put(f"{source_folder(item.id)}file.{kind.extension}", command.file.file, mime=kind.mime)
        else:
            await show_picture(item, picture, media.store, work)
            item.judge(await screened(work, media.checker, item, picture.thumbnail), work.now)
    except PlatformError:
        await _give_up(work, upload, media.store)
        raise
    item.announce()
    work.add(item)
    work.remove(upload)
    is_ready = picture is not None and item.media is not None
    return UploadReceipt(
        item.id,
        item.state.value,
        item.moderation.value,
        media.links.link(item.media, own=True, now=work.now) if is_ready and item.media else None,
        media.links.link(item.thumbnail, own=True, now=work.now) if item.thumbnail else None,
    )


def _kind_of(command: UploadContent, media: Media) -> MediaType:
    """What the file is, by its content (FILE-03)."""
    file = command.file
    file.file.seek(0)
    kind = media.studio.recognise(file.file.read(HEAD))
    if kind is None:
        raise Invalid.field("file", "is of no kind that is taken here")
    if kind.form is not command.form:
        raise Invalid.field("form", f"must be {kind.form.value}, which is what the file is")
    ending = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    if ending and ending not in kind.names:
        raise Invalid.field("file", f"is {kind.mime}, and its name says something else")
    if file.size > media.rules.most(kind.form):
        raise Invalid.field("file", f"must be at most {media.rules.most(kind.form)} bytes")
    return kind


async def _picture(command: UploadContent, studio: Studio, kind: MediaType) -> Picture | None:
    """The picture, encoded anew; None of what is processed later."""
    if kind.form is not MediaForm.IMAGE:
        return None
    command.file.file.seek(0)
    return await studio.picture(command.file.file)


async def show_picture(item: ContentItem, picture: Picture, store: MediaStore, work: Work) -> None:
    """Keep a picture and show it as the item's."""
    media, thumbnail = f"{folder(item.id)}media.{picture.extension}", f"{folder(item.id)}thumbnail.webp"
    await store.put(media, picture.body, mime=picture.mime)
    await store.put(thumbnail, picture.thumbnail, mime="image/webp")
    item.show(
        media=media,
        mime=picture.mime,
        now=work.now,
        thumbnail=thumbnail,
        preview=picture.preview,
        width=picture.width,
        height=picture.height,
    )


async def screened(work: Work, checker: Checker, item: ContentItem, picture: bytes | None) -> Verdict:
    """What is to become of an item before anybody has seen it. A file that was rejected once stays rejected."""
    same = (Where("digest", "=", item.digest), Where("moderation", "=", Moderation.REJECTED))
    if await work.find(Select(ContentItem, same, limit=1)):
        return Verdict(Moderation.REJECTED, "this file was rejected before")
    try:
        return await checker.check(Sample(item.form, item.caption, picture))
    except Exception:  # noqa: BLE001  # whatever a checker fails with, somebody has to look instead (CONT-02)
        return Verdict(Moderation.PENDING, "not checked yet")


async def _give_up(work: Work, upload: Upload, store: MediaStore) -> None:
    """Leave nothing of an upload that came to nothing; where that does not work now, the worker will."""
    try:
        await store.remove(folder(upload.item))
        (await shelf_of(work, upload.creator)).release(upload.size)
        work.remove(upload)
        await work.commit()
    except (PlatformError, Stale):
        return
