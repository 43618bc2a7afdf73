"""What content asks of the outside: where files are kept, who makes them fit to be shown, and who checks them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import IO, Protocol

from attrs import field, frozen

Body = bytes | IO[bytes]
"""What is written: bytes, or an open file from its beginning to its end."""


class MediaForm(Enum):
    """What an item is."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


@frozen
class MediaType:
    """What a file is, by its content.

    Args:
        form: Picture, video or sound.
        mime: Its media type.
        extension: How our names of it end, without the dot.
        names: How others' names of it may end.
    """

    form: MediaForm
    mime: str
    extension: str
    names: tuple[str, ...] = ()


@frozen
class Incoming:
    """A file that came in, on this machine for the length of one request.

    Args:
        digest: The SHA-256 of its content, in hexadecimal. Two files are the same if this is.
        size: Bytes.
        name: What its sender called it; only how it ends is looked at, and it is never kept.
        file: Its content.
    """

    digest: str
    size: int
    name: str = field(repr=False, eq=False)
    file: IO[bytes] = field(repr=False, eq=False)


@frozen
class StoredObject:
    """A file as the media store has it.

    Args:
        key: Its name, such as `content/cnt_1/media.jpg`.
        size: Bytes.
        changed_at: When it was written.
    """

    key: str
    size: int
    changed_at: datetime


class MediaStore(Protocol):
    """Where files are kept, each under a key of ours: parts of `a-z`, `0-9`, `_`, `-` and `.`, joined by slashes.

    Other keys are refused with ValueError: no name that somebody sent ever becomes one.
    """

    async def put(self, key: str, body: Body, *, mime: str) -> int:
        """Write a file, whole or not at all; how many bytes it has. What was there before is replaced.

        Raises:
            Unavailable: It cannot be written now.
        """

    async def stat(self, key: str) -> StoredObject | None:
        """What is kept under a key, or None.

        Raises:
            Unavailable: The store does not answer.
        """

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, not included, in pieces.

        Raises:
            NotFound: Nothing is kept under this key (any more).
            Unavailable: The store does not answer.
        """

    async def remove(self, prefix: str) -> int:
        """Forget whatever is kept below a prefix that ends with a slash; how many files there were.

        Raises:
            Unavailable: The store does not answer; what was removed stays removed.
        """

    async def keys(self, prefix: str) -> Sequence[StoredObject]:
        """Whatever is kept below a prefix that ends with a slash, by key.

        Raises:
            Unavailable: The store does not answer.
        """

    async def direct_url(self, key: str, *, seconds: int) -> str | None:
        """An address at which the store itself gives the file for so long; None when it leaves that to us."""

    async def close(self) -> None:
        """Let go of everything."""


@frozen
class Picture:
    """A picture fit to be shown: decoded, turned upright and encoded anew, so that nothing else is left in it.

    Args:
        body: The picture.
        mime: Its media type.
        extension: How its key ends.
        width: Pixels.
        height: Pixels.
        thumbnail: The same in small, as WebP.
        preview: A few blurred pixels as a `data:` URL, which show nothing of what a premium picture shows.
    """

    body: bytes = field(repr=False)
    mime: str
    extension: str
    width: int
    height: int
    thumbnail: bytes = field(repr=False)
    preview: str = field(repr=False)


@frozen
class Recording:
    """A video or a sound fit to be played, without the metadata it came with.

    Args:
        body: The file, open; whoever reads it closes it.
        mime: Its media type.
        extension: How its key ends.
        milliseconds: How long it really is.
        still: A picture of it; None of a sound.
    """

    body: IO[bytes] = field(repr=False)
    mime: str
    extension: str
    milliseconds: int
    still: Picture | None


class Studio(Protocol):
    """Makes files fit to be shown."""

    def recognise(self, head: bytes) -> MediaType | None:
        """What a file is, by its first 4 KiB; None for whatever is not taken."""

    async def picture(self, file: IO[bytes]) -> Picture:
        """A picture, encoded anew.

        Raises:
            Invalid: It is damaged, or has too many pixels or frames; `file` is named.
            RateLimited: Too many are being worked on already.
            Unavailable: This machine cannot.
        """

    async def recording(self, source: AsyncIterator[bytes], kind: MediaType) -> Recording:
        """A video or a sound, packed anew.

        Raises:
            Invalid: It is damaged, too long, or of a coding that is not taken; `file` is named.
            Unavailable: This machine cannot.
        """

    def stop(self) -> None:
        """Finish what was begun, and let go of everything."""


class Moderation(Enum):
    """What is thought of an item."""

    PENDING = "pending"
    """Somebody has to look at it first."""
    APPROVED = "approved"
    REJECTED = "rejected"


@frozen
class Sample:
    """What a checker is shown of an item.

    Args:
        form: What it is.
        caption: What its creator says of it.
        picture: It, or a still of it, in small as WebP; None of a sound.
    """

    form: MediaForm
    caption: str
    picture: bytes | None = field(repr=False)


@frozen
class Verdict:
    """What a checker says.

    Args:
        moderation: What is to become of the item.
        reason: Why, in a sentence, unless it is approved.
    """

    moderation: Moderation
    reason: str | None = None


class Checker(Protocol):
    """Looks at items before anybody else does."""

    async def check(self, sample: Sample) -> Verdict:
        """The verdict. Whatever this raises leaves the item pending (CONT-02)."""


class Links(Protocol):
    """Addresses of files that are good for a while."""

    def link(self, key: str, *, own: bool, now: datetime) -> str:
        """An address of a kept file.

        Args:
            key: Its key.
            own: For its creator or for staff: good while the item is there, listed or not.
            now: The present moment.
        """


@frozen(kw_only=True)
class ContentRules:
    """What creators may do, and how long things are kept.

    Args:
        image_bytes: The largest picture that is taken.
        video_bytes: The largest video.
        audio_bytes: The largest sound.
        items_per_creator: How many items one creator may have at once (FILE-11).
        bytes_per_creator: How large they may be together.
        kept: How long the files of a deleted item are kept.
        upload_lasts: After how long an upload that came to nothing is swept up.
        work_lasts: How long one worker may take over a video or a sound before another tries.
        attempts: How often that is tried.
    """

    image_bytes: int = 10 * 2**20
    video_bytes: int = 500 * 2**20
    audio_bytes: int = 100 * 2**20
    items_per_creator: int = 10_000
    bytes_per_creator: int = 50 * 2**30
    kept: timedelta = timedelta(hours=24)
    upload_lasts: timedelta = timedelta(hours=1)
    work_lasts: timedelta = timedelta(minutes=15)
    attempts: int = 3

    def most(self, form: MediaForm) -> int:
        """The largest file of a form that is taken, in bytes."""
        return {
            MediaForm.IMAGE: self.image_bytes,
            MediaForm.VIDEO: self.video_bytes,
            MediaForm.AUDIO: self.audio_bytes,
        }[form]


@frozen(kw_only=True)
class Media:
    """All that content needs of the outside, together.

    Args:
        store: Where files are kept.
        studio: Who makes them fit to be shown.
        checker: Who looks at them first.
        links: Who makes addresses.
        rules: What creators may do.
    """

    store: MediaStore
    studio: Studio
    checker: Checker
    links: Links
    rules: ContentRules = field(factory=ContentRules)

    async def close(self) -> None:
        """Let go of everything."""
        try:
            self.studio.stop()
        finally:
            await self.store.close()
