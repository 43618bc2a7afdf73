"""Who counts requests: how many processes there are must not matter where passwords are guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import pytest

from entrypoints import container
from entrypoints.cli.database import prepare
from entrypoints.http.kit.limits import Limit, Limiter
from entrypoints.http.server import OPTIONS
from entrypoints.settings import Settings

LIMIT = Limit(5)


@asynccontextmanager
async def limiter(settings: Settings) -> AsyncIterator[Limiter]:
    """What counts in one process of a server with these settings."""
    async with container.running(settings) as platform:
        app = container.application(platform, settings)
        app.freeze()
        yield app[OPTIONS].limiter
        await app.cleanup()


async def remaining(settings: Settings, group: str) -> list[int]:
    """What is left after one request in each of two processes."""
    async with AsyncExitStack() as both:
        limiters = [await both.enter_async_context(limiter(settings)) for _ in range(2)]
        return [(await each.hit(group, LIMIT, "ip 192.0.2.1")).remaining for each in limiters]


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Settings of a server on SQLite."""
    chosen = Settings(database_url=f"sqlite:///{folder}/x.db", secret_key="x" * 32, webhook_secret="y" * 32)
    prepare(chosen)
    return chosen


@pytest.mark.parametrize(("group", "left"), [("auth", [4, 3]), ("register", [4, 3]), ("default", [4, 4])])
async def test_without_redis_attempts_to_sign_in_are_counted_in_the_database(
    settings: Settings, group: str, left: list[int]
) -> None:
    assert await remaining(settings, group) == left


async def test_with_redis_everything_is_counted_there(settings: Settings, redis_url: str) -> None:

    shared = attrs.evolve(settings, redis_url=redis_url)

    assert await remaining(shared, "default") == [4, 3]
    assert await remaining(shared, "auth") == [4, 3]


async def test_in_memory_this_process_counts() -> None:
    settings = Settings(database_url="memory:", secret_key="x" * 32, webhook_secret="y" * 32)
    assert await remaining(settings, "auth") == [4, 4]
