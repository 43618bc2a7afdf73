"""Several server processes on one database: as if there were one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import aiohttp
import pytest

from support.clients import Fan, Tip, ask, browser, people, register, send, unused
from support.load import Booked, Load
from support.servers import Serve, Server

if TYPE_CHECKING:
    from conftest import PostgresServer


Pair = tuple[Server, Server]


@pytest.fixture(scope="module")
def shared(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pair]]:
    """Servers on one database that every test here may ask for; nobody in it is known to two tests."""
    with postgres_server.database() as database_url:
        folder = tmp_path_factory.mktemp("several")
        both, first, second = (Server(folder, database_url, workers=workers) for workers in (2, 1, 1))
        for server in (both, first, second):
            server.start()
        yield {"two servers": (first, second), "two processes of one server": (both, both)}
        for server in (both, first, second):
            server.kill()


@pytest.fixture(params=["two servers", "two processes of one server"])
def pair(request: pytest.FixtureRequest, shared: dict[str, Pair]) -> Pair:
    """Two ways to the same data: through servers on ports of their own, or through one port that processes share."""
    return shared[request.param]


@pytest.fixture
def two(shared: dict[str, Pair]) -> Pair:
    """Two servers on ports of their own."""
    return shared["two servers"]


def _pair(serve: Serve, database_url: str, *, together: bool) -> Pair:
    if together:
        both = serve(database_url, workers=2)
        both.start()
        return both, both
    first, second = serve(database_url), serve(database_url)
    first.start()
    second.start()
    return first, second


async def test_tips_to_one_creator_through_both_add_up(pair: Pair) -> None:
    load = await Load.on(*pair, patient=True)

    async with load.running(clients=32):
        await load.reach(1500)

    assert not load.wrong
    assert not load.unavailable
    (await Booked.under(load)).hold_all(load)
    pair[0].verify()
    assert all("Traceback" not in server.log for server in pair)


async def test_one_key_raced_through_both_has_one_effect_and_one_answer(pair: Pair) -> None:
    payee, payer = await people(pair[0].database_url, "payee", "payer", tokens=1000)
    tip = Tip("the same key", payer, payee.id, 10)

    async with browser() as http:
        answers = await asyncio.gather(*(send(http, pair[n % 2].url, tip) for n in range(50)))

    assert [answer.status for answer in answers] == [200] * 50
    assert len({str(answer.body) for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count("true") == 49
    booked = await Booked.read(pair[0].database_url, payee.id)
    assert {key: len(ids) for key, ids in booked.entries.items()} == {"the same key": 1}
    assert answers[0].body["newBalance"] == 990


async def test_of_a_hundred_tips_with_funds_for_one_exactly_one_is_booked(pair: Pair) -> None:
    (payee,) = await people(pair[0].database_url, "payee")
    (payer,) = await people(pair[0].database_url, "payer", tokens=19)
    tips = [Tip(f"try {n}", payer, payee.id, 10) for n in range(100)]

    async with browser() as http:
        answers = await asyncio.gather(*(send(http, pair[n % 2].url, tip) for n, tip in enumerate(tips)))

    assert Counter(answer.status for answer in answers) == {200: 1, 402: 99}
    assert {answer.body["code"] for answer in answers if answer.status == 402} == {"INSUFFICIENT_FUNDS"}
    assert (await Booked.read(pair[0].database_url, payee.id)).received == 10
    pair[0].verify()


async def test_of_two_registrations_of_one_username_exactly_one_succeeds(pair: Pair) -> None:
    async with browser() as http:
        for name in [unused("name") for _ in range(10)]:
            asked = [register(http, server.url, name, f"{unused('p')}@example.com") for server in pair]
            answers = await asyncio.gather(*asked)
            assert sorted(answer.status for answer in answers) == [201, 409]


async def test_of_two_registrations_of_one_address_exactly_one_succeeds(pair: Pair) -> None:
    async with browser() as http:
        for name in [unused("name") for _ in range(10)]:
            asked = [register(http, server.url, unused("p"), f"{name}@example.com") for server in pair]
            answers = await asyncio.gather(*asked)
            assert sorted(answer.status for answer in answers) == [201, 409]


async def test_who_logs_out_through_one_is_out_at_the_other_at_once(two: Pair) -> None:
    first, second = two
    fans = await people(first.database_url, *(f"fan{n}" for n in range(20)))
    async with browser() as http:
        for fan in fans:
            assert (await _balance(http, second, fan)) == 200
            assert (await ask(http, "POST", f"{first.url}/auth/logout", fan=fan)).status == 204
            assert (await _balance(http, second, fan)) == 401
            assert (await _balance(http, first, fan)) == 401


async def test_who_is_banned_on_the_command_line_is_out_everywhere_at_once(two: Pair) -> None:
    first, second = two
    payee, payer = await people(first.database_url, "payee", "payer", tokens=100)
    async with browser() as http:
        assert [await _balance(http, server, payer) for server in two] == [200, 200]

        said = await asyncio.to_thread(first.cli, "users", "ban", payer.username, "--yes", "--reason", "stolen cards")

        assert said["exit"] == 0
        for server in two:
            assert (await send(http, server.url, Tip(f"after {server.port}", payer, payee.id, 1))).status in (401, 403)
            assert await _balance(http, server, payer) in (401, 403)
    assert (await Booked.read(second.database_url, payee.id)).received == 0


async def test_who_is_banned_gets_no_tips_through_either_at_once(two: Pair) -> None:
    payee, payer = await people(two[0].database_url, "payee", "payer", tokens=100)
    async with browser() as http:
        for server in two:
            assert (await send(http, server.url, Tip(f"before {server.port}", payer, payee.id, 1))).status == 200

        await asyncio.to_thread(two[0].cli, "users", "ban", payee.username, "--yes")

        for server in two:
            assert (await send(http, server.url, Tip(f"after {server.port}", payer, payee.id, 1))).status == 404


@pytest.mark.parametrize("together", [True, False], ids=["two processes of one server", "two servers"])
async def test_processes_may_share_an_sqlite_file(serve: Serve, tmp_path: object, together: bool) -> None:
    pair = _pair(serve, f"sqlite:///{tmp_path}/data.db", together=together)
    load = await Load.on(*pair)

    async with load.running():
        await load.reach(600)

    assert not load.wrong
    assert not load.unavailable
    (await Booked.under(load)).hold_all(load)
    pair[0].verify()
    assert all("Traceback" not in server.log for server in pair)


async def _balance(http: aiohttp.ClientSession, server: Server, fan: Fan) -> int:
    return (await ask(http, "GET", f"{server.url}/wallet/balance", fan=fan)).status
