"""Which parts of the platform are looked at, as the settings say."""

from __future__ import annotations

import tempfile
from pathlib import Path

from adapters.vitals import Closes, Look, WatchedVitals, answers, disk, unused
from entrypoints.keeping import beside_data
from entrypoints.settings import BadSettings, Settings
from platform_core.content.ports import MediaStore
from platform_core.ledger.fees import FeePolicy
from platform_core.operations.ports import DATABASE
from platform_core.platform import Storage

#: A key under which nothing is ever kept: that the media store says so shows that it answers.
NOTHING = "health/nothing"


def make_vitals(settings: Settings, *, store: Storage, media: MediaStore, fees: FeePolicy) -> WatchedVitals:
    """Who looks at the parts.

    Args:
        settings: All settings.
        store: Where everything is kept.
        media: Where files are kept.
        fees: The platform's share.
    """
    redis, close = _redis(settings.redis_url)
    data = beside_data(settings, "data")
    folder = Path(settings.media.folder) if settings.media.folder else data
    shown = settings.server.health_details
    looks = {
        DATABASE: answers(store.ping),
        "redis": redis,
        "disk": disk(folder or Path(tempfile.gettempdir()), shown=shown),
        "media": unused if settings.media.store == "none" else answers(lambda: media.stat(NOTHING)),
    }
    config = {
        "jwt_secret_set": bool(settings.secret_key),
        "stripe_connect_enabled": settings.payments.provider == "stripe",
        "platform_fee_rate": fees.rate("sale") / 10_000,
        "transfer_retry_enabled": settings.background,
    }
    return WatchedVitals(looks, config, closes=close)


def _redis(url: str) -> tuple[Look, Closes | None]:
    """How to look at Redis, and how to let go of it."""
    if not url:
        return unused, None
    from adapters.redis.windows import RedisWindows

    try:
        windows = RedisWindows(url)
    except ValueError:
        raise BadSettings("redis_url: is not redis://host:port/0") from None
    return answers(windows.ping), windows.close
