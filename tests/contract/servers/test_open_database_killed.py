"""The database killed under load: the server stays, says that it cannot just now, and goes on by itself afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers import Booked, Load, Postgres, Serve, Server, ask, browser


@pytest.fixture
def own_postgres(run_folder: Path, postgres_server: object, turn: None) -> Iterator[Postgres]:
    """A PostgreSQL that may be killed; asking for the run's own first has it pick its folder for sockets."""
    postgres = Postgres(run_folder / "mortal")
    yield postgres
    postgres.kill()


async def test_a_server_outlives_the_death_of_its_database(serve: Serve, own_postgres: Postgres) -> None:
    database_url = own_postgres.start()
    server = serve(database_url)
    server.start()
    load = await Load.on(server, patient=True)

    async with load.running():
        for cycle in range(5):
            await load.reach(60 + 31 * cycle)
            await asyncio.to_thread(own_postgres.kill, children_too=bool(cycle % 2))
            await load.is_refused()
            await _is_up_without_its_database(server)
            assert await asyncio.to_thread(own_postgres.start) == database_url
            await load.reach(60, within=10)

    assert not load.wrong
    assert {answer.body["code"] for answer in load.unavailable} == {"UNAVAILABLE"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in load.unavailable)
    (await Booked.under(load)).hold_all(load)
    assert server.is_running
    server.verify()


async def _is_up_without_its_database(server: Server) -> None:
    async with browser() as http:
        assert (await ask(http, "GET", f"{server.root}/healthz")).status == 200
        assert (await ask(http, "GET", f"{server.root}/readyz")).status == 503
