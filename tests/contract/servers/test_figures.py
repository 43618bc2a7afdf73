"""The figures of a server of several processes: whichever is asked tells those of all."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from support.clients import Tip, browser, people, send
from support.servers import Serve, Server, children, until

if TYPE_CHECKING:
    import aiohttp

SENT = {"api": "teezu", "operation": "send_tip", "status": "200"}


async def figures(
    http: aiohttp.ClientSession, server: Server
) -> Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]:
    """Every sample, by name and labels; on a connection of its own, so that any process may answer."""
    async with http.get(f"{server.root}/metrics", headers={"Connection": "close"}) as answer:
        assert answer.status == 200
        page = await answer.text()
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


async def sent(http: aiohttp.ClientSession, server: Server) -> float:
    """How many tips all processes have taken."""
    told = await figures(http, server)
    return told["platform_core_http_requests_total"][tuple(sorted(SENT.items()))]


async def test_a_scrape_sees_all_processes_also_those_that_died(serve: Serve, postgres_url: str) -> None:
    server = serve(postgres_url, workers=2)
    server.start()
    payee, payer = await people(postgres_url, "payee", "payer", tokens=1000)
    async with browser() as http:
        for number in range(40):
            answer = await send(http, server.url, Tip(f"tip {number}", payer, payee.id, 1))
            assert answer.status == 200
        for _ in range(8):
            assert await sent(http, server) == 40

        told = await figures(http, server)
        assert told["platform_core_processes"] == {(): 2}
        assert set(told["process_resident_memory_bytes"]) == {(("process", "0"),), (("process", "1"),)}
        assert told["platform_core_ledger_sum"] == {(("currency", "TZT"),): 0}
        assert told["platform_core_commit_batch_units_sum"][()] >= 40
        connections = told["platform_core_database_connections"]
        assert {dict(labels)["state"] for labels in connections} == {"in_use", "limit"}

        dead = children(server.pid)[0]
        os.kill(dead, signal.SIGKILL)
        await until(lambda: len([pid for pid in children(server.pid) if pid != dead]) == 2, what="another process")
        await until(lambda: server.answers("/readyz"), what="a server that is ready again")
        before = await sent(http, server)
        assert before == 40
        assert (await send(http, server.url, Tip("one more", payer, payee.id, 1))).status == 200
        assert await sent(http, server) == 41
