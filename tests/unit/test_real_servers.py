"""The servers the test run starts are real, empty for each test, and reachable in every way the project uses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import PostgresServer


async def test_postgres_answers_asyncpg(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT 1") == 1
        assert "PostgreSQL" in await connection.fetchval("SELECT version()")
    finally:
        await connection.close()


async def test_postgres_answers_sqlalchemy_at_the_same_url_with_the_driver_named(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await engine.dispose()


async def test_every_postgres_database_is_empty_and_gone_afterwards(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetch("SELECT * FROM pg_tables WHERE schemaname = 'public'") == []
        # Left open on purpose: a test that forgets a connection must not keep its database alive.
    name = urlsplit(url).path.removeprefix("/")
    connection.terminate()
    with postgres_server.database() as other:
        connection = await asyncpg.connect(other)
        assert await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name) == 0
        await connection.close()


async def test_redis_answers_ping(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.ping() is True


async def test_redis_is_empty_at_first(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


async def test_redis_is_empty_again_for_the_next_test(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


def test_workers_share_one_run_folder(run_folder: Path) -> None:
    assert run_folder.is_dir()
