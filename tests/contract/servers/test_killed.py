"""Processes killed under load: what was acknowledged is in the books once, and what was not can be asked for again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.servers import Booked, Load, Postgres, Server, ask, browser, children, people, until

if TYPE_CHECKING:
    from conftest import Serve

CYCLES = 8
RICH = 10**9


async def _crowd(database_url: str, *, patient: bool = False, urls: tuple[str, ...] = ()) -> Load:
    creator, *fans = await people(database_url, "creator", *(f"fan{n}" for n in range(8)), tokens=RICH)
    return Load(list(urls), fans, creator.id, patient=patient)


async def test_a_killed_server_has_kept_every_acknowledged_tip_and_books_no_repeated_one_twice(
    serve: Serve, database_url: str
) -> None:
    server = serve(database_url)
    server.start()
    load = await _crowd(database_url, urls=(server.url,))
    interrupted = 0

    for cycle in range(CYCLES):
        async with load.running():
            await load.reach(40 + 23 * cycle)
            server.kill()
            await load.gone()
        interrupted += len(load.unknown)
        (await Booked.read(database_url)).hold(load)
        recovery = await asyncio.to_thread(server.start)
        assert recovery < 20
        await load.ask_again()

    (await Booked.read(database_url)).hold_all(load)
    assert not load.wrong
    assert interrupted >= CYCLES
    server.verify()


async def test_a_killed_process_of_several_is_started_again_while_the_others_serve_on(
    serve: Serve, postgres_url: str
) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    load = await _crowd(postgres_url, patient=True, urls=(server.url,))

    async with load.running():
        for _ in range(4):
            await until(lambda: len(children(server.pid)) == 2, what="a second process")
            await load.reach(100)
            os.kill(children(server.pid)[0], signal.SIGKILL)
            await load.reach(100)

    assert not load.wrong
    assert not load.unavailable
    (await Booked.read(postgres_url)).hold_all(load)
    server.verify()


async def test_children_of_a_killed_server_end_too(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    await until(lambda: len(children(server.pid)) == 2, what="a second process")
    family = children(server.pid)

    server.signal(signal.SIGKILL)
    server.wait()

    await until(lambda: not any(_is_alive(pid) for pid in family), what="the end of the children")


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def own_postgres(run_folder: Path, postgres_server: object, turn: None) -> Iterator[Postgres]:
    """A PostgreSQL that may be killed; asking for the run's own first has it pick its folder for sockets."""
    postgres = Postgres(run_folder / "mortal")
    yield postgres
    postgres.stop()


async def test_a_server_outlives_the_death_of_its_database(serve: Serve, own_postgres: Postgres) -> None:
    database_url = own_postgres.start()
    server = serve(database_url)
    server.start()
    load = await _crowd(database_url, patient=True, urls=(server.url,))

    async with load.running():
        for cycle in range(5):
            await load.reach(60 + 31 * cycle)
            refused = len(load.unavailable)
            await asyncio.to_thread(own_postgres.kill, children_too=bool(cycle % 2))
            await until(lambda: len(load.unavailable) > refused + 20, what="a refusal")  # noqa: B023
            await _is_up_without_its_database(server)
            assert await asyncio.to_thread(own_postgres.start) == database_url
            await load.reach(60, within=10)

    assert [answer for answer in load.wrong if answer.status != 503] == []
    assert {answer.body["code"] for answer in load.unavailable} == {"UNAVAILABLE"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in load.unavailable)
    (await Booked.read(database_url)).hold_all(load)
    assert server.is_running
    server.verify()


async def _is_up_without_its_database(server: Server) -> None:
    async with browser() as http:
        root = server.url.removesuffix("/teezu/api/v1")
        assert (await ask(http, "GET", f"{root}/healthz")).status == 200
        assert (await ask(http, "GET", f"{root}/readyz")).status == 503
