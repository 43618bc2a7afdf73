"""The parts that media need, as the settings say."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from adapters.media.checker import WordChecker
from adapters.media.links import SignedLinks
from entrypoints.settings import BadSettings
from entrypoints.settings import Media as Settings
from platform_core.content.absent import no_media
from platform_core.content.ports import ContentRules, Media, MediaStore
from platform_core.kernel.ports import Clock


def make_media(settings: Settings, *, folder: Path | None, key: bytes, base_url: str, clock: Clock) -> Media:
    """The parts.

    Args:
        settings: What is wanted.
        folder: Where files are kept when the settings name no folder; None to keep them in memory.
        key: Secret bytes that sign links.
        base_url: Where this server is reached.
        clock: The time.

    Raises:
        BadSettings: A setting cannot be used, or needs a package that is not installed.
    """
    if settings.store == "none":
        return no_media()
    if find_spec("PIL") is None:
        if settings.store == "s3":
            raise BadSettings("media.store: pictures need a package; pip install 'platform-core[media]'")
        return no_media()
    from adapters.media.studio import ProcessStudio

    kept = Path(settings.folder) if settings.folder else folder
    temporary = Path(tempfile.gettempdir())
    studio = ProcessStudio(
        temporary if kept is None or settings.store == "s3" else kept / ".scratch",
        video_seconds=settings.video_seconds,
        audio_seconds=settings.audio_seconds,
        jobs=settings.jobs,
    )
    return Media(
        store=_store(settings, kept, clock),
        studio=studio,
        checker=WordChecker(settings.refused_words, settings.held_words),
        links=SignedLinks(key, base_url, settings.link_seconds),
        rules=rules(settings),
    )


def rules(settings: Settings) -> ContentRules:
    """What creators may do."""
    return ContentRules(
        image_bytes=settings.image_bytes,
        video_bytes=settings.video_bytes,
        audio_bytes=settings.audio_bytes,
        items_per_creator=settings.items_per_creator,
        bytes_per_creator=settings.bytes_per_creator,
        kept=timedelta(hours=settings.keep_deleted_hours),
    )


def _store(settings: Settings, folder: Path | None, clock: Clock) -> MediaStore:
    if settings.store == "s3":
        if not settings.s3_bucket:
            raise BadSettings("media.s3_bucket: must name a bucket")
        if settings.s3_prefix and not settings.s3_prefix.endswith("/"):
            raise BadSettings("media.s3_prefix: must end with a slash")
        if find_spec("obstore") is None:
            raise BadSettings("media.store: s3 needs a package; pip install 'platform-core[s3]'")
        from adapters.media.s3 import S3Media

        return S3Media(
            settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            prefix=settings.s3_prefix,
        )
    if folder is None:
        from adapters.memory.media import MemoryMedia

        return MemoryMedia(clock.now)
    from adapters.media.folder import FolderMedia

    return FolderMedia(folder)
