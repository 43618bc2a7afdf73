"""The page of figures: what a server tells, to whom, and what it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.memory.store import MemoryStore
from adapters.testing import START
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.server import operations
from entrypoints.metrics import figures
from entrypoints.metrics.figures import Kept
from entrypoints.metrics.measures import Measures
from entrypoints.metrics.metrics import Metrics
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Unavailable
from platform_core.payments.webhook import Webhook, WebhookState
from support.builders import an_envelope
from support.world import World
from unit.http.served import Served, served

TOKEN = "operators only, and long enough for it"


def samples(page: bytes) -> Mapping[str, float]:
    """Every sample by its name and labels, without those of the process."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return {name.removeprefix("platform_core_"): value for name, value in found.items()}


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """A server that counts."""
    world = World(MemoryStore())
    metrics = Metrics(world, Measures(operations()))
    async with served(world=world, observer=metrics.counter.answered, metrics=metrics.page) as running:
        yield running


async def test_requests_are_counted_by_operation_and_never_by_path(server: Served) -> None:
    jane = await server.guest("jane", tokens=5)
    for _ in range(3):
        assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 200
    await server.api("GET", "/wallet/balance")
    await server.api("GET", f"/users/{jane.id}")
    await server.api("GET", "/secret/path")
    await server.ask("GET", "/static/docs.css")
    answer = await server.ask("GET", "/metrics")
    told = samples(answer.raw)

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told["http_requests_total{api=teezu,operation=get_wallet,status=200}"] == 3
    assert told["http_requests_total{api=teezu,operation=get_wallet,status=401}"] == 1
    assert told["http_requests_total{api=teezu,operation=,status=404}"] == 1
    assert told["http_requests_total{api=,operation=static,status=200}"] == 1
    assert told["http_request_seconds_count{api=teezu,operation=get_wallet}"] == 4
    assert told["http_request_seconds_bucket{api=teezu,le=+Inf,operation=get_wallet}"] == 4
    assert 0 < told["http_request_seconds_sum{api=teezu,operation=get_wallet}"] < 60
    text = answer.raw.decode()
    for private in (jane.id, "secret", "jane", "127.0.0.1", "python", "aiohttp"):
        assert private not in text


async def test_messages_of_services_are_counted_by_operation_too(server: Served) -> None:
    assert (await server.ask("POST", "/veza/api/v1/webhooks/hyperswitch", raw=b"{}")).status == 401

    told = samples((await server.ask("GET", "/metrics")).raw)

    assert told["http_requests_total{api=veza,operation=hyperswitch_webhook,status=401}"] == 1
    assert told["http_request_seconds_count{api=veza,operation=hyperswitch_webhook}"] == 1


async def test_the_data_are_summed_up(server: Served) -> None:
    world = server.world
    await world.person("jane", tokens=5)
    dead = Webhook(
        id="whk_1", provider="fake", event=None, digest="d", body="{}", received_at=START, state=WebhookState.DEAD
    )
    await world.store.commit(Changes(added=(dead,), events=(an_envelope("usr_9"),)))
    world.clock.advance(seconds=90)
    told = samples((await server.ask("GET", "/metrics")).raw)

    assert told["store_up{}"] == 1
    assert told["ledger_sum{currency=TZT}"] == 0
    assert told["webhooks_dead{}"] == 1
    assert told["outbox_events{state=waiting}"] >= 1
    assert told["outbox_events{state=parked}"] == 0
    assert told["outbox_oldest_seconds{}"] == 90
    assert told["processes{}"] == 1
    assert told["process_resident_memory_bytes{process=0}"] > 0


async def test_a_store_that_is_away_leaves_the_rest_of_the_page() -> None:
    async def away(*_: object) -> Any:
        raise Unavailable("away")

    world = World(MemoryStore())
    world.store.outbox.backlog = away  # type: ignore[method-assign]  # a store that is away
    world.store.totals = away  # type: ignore[method-assign]
    told = samples(await Metrics(world, Measures([])).page())

    assert told["store_up{}"] == 0
    assert not any(name.startswith(("outbox", "ledger")) for name in told)
    assert told["processes{}"] == 1


async def test_ops_01_the_page_is_for_operators() -> None:
    async def page() -> bytes:
        return b"figures 1\n"

    closed = await _asked(production=True, metrics=page)
    assert closed == [404, 404, 404]
    assert await _asked(production=True, metrics=page, operators_token=TOKEN) == [401, 401, 200]
    assert await _asked(metrics=page, operators_token=TOKEN) == [401, 401, 200]
    assert await _asked(metrics=page) == [200, 200, 200]
    assert await _asked() == [404, 404, 404]
    assert TOKEN not in repr(HttpOptions(operators_token=TOKEN))


async def _asked(**options: Any) -> list[int]:
    async with served(**options) as server:
        return [(await server.ask("GET", "/metrics", token=token)).status for token in (None, "other", TOKEN)]


async def test_what_is_kept_is_read_by_one_at_a_time_and_again_later() -> None:
    reads = 0
    go = asyncio.Event()

    async def read() -> int:
        nonlocal reads
        reads += 1
        await go.wait()
        return reads

    kept = Kept(read, 1000)
    asking = [asyncio.create_task(kept.get()) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    go.set()
    assert await asyncio.gather(*asking[1:]) == [1, 1, 1, 1]
    assert await kept.get() == 1
    kept._until = 0
    assert await kept.get() == 2


async def test_what_takes_too_long_or_fails_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> int:
        await asyncio.Event().wait()
        return 1

    monkeypatch.setattr(figures, "PATIENCE", 0.001)
    kept = Kept(hang, 1000)
    assert await kept.get() is None
    # It is asked again soon, and not only when what was read would have grown old.
    assert kept._until - asyncio.get_running_loop().time() <= figures.SOON
