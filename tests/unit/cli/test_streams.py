"""The commands that look after streams, on a database where some have been made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.settings import Settings
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.streams.broadcasting import CreateStream, SetStreamState
from platform_core.streams.stream import StreamState
from platform_core.streams.watching import JoinStream

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def shown(ask: Ask, user: Make) -> tuple[str, str]:
    """An idle stream of jane's, and a live one for 10 tokens that anna watches; their ids."""
    jane, anna = user("jane", "creator"), user("anna")
    ask("wallets", "credit", "anna", "50")

    async def make() -> tuple[str, str]:
        by_jane, by_anna = (Actor(id, role, Via.SESSION) for id, role in ((jane, Role.CREATOR), (anna, Role.VIEWER)))
        async with container.running(Settings()) as platform:
            idle = await platform.execute(CreateStream("Rehearsal"), by=by_jane)
            live = await platform.execute(CreateStream("Show", is_premium=True, token_price=10), by=by_jane)
            await platform.execute(SetStreamState(live.stream, StreamState.LIVE), by=by_jane)
            await platform.execute(JoinStream(live.stream), by=by_anna)
        return idle.stream, live.stream

    return asyncio.run(make())


def test_streams_are_listed_and_shown(ask: Ask, run: Run, shown: tuple[str, str]) -> None:
    idle, live = shown
    for filters in ((), ("--host", "jane"), ("--host", "jane@example.com", "--limit", "2")):
        assert [listed["id"] for listed in ask("streams", "list", *filters)["streams"]] == [live, idle]
    assert [listed["id"] for listed in ask("streams", "list", "--state", "idle")["streams"]] == [idle]
    assert [listed["id"] for listed in ask("streams", "list", "--after", live)["streams"]] == [idle]
    assert ask("streams", "list", "--host", "anna") == {"streams": []}
    stream = ask("streams", "show", live)
    assert (stream["state"], stream["host"], stream["title"]) == ("live", "jane", "Show")
    assert (stream["price"], stream["viewers"], stream["reason"], stream["ended"]) == (10, 1, None, None)
    assert run("streams", "show", "str_none").exit_code == 3
    assert run("streams", "list", "--host", "nobody").exit_code == 3
    assert run("streams", "list", "--after", "str_none").exit_code == 3


def test_a_stream_is_ended_once(ask: Ask, run: Run, shown: tuple[str, str]) -> None:
    _, live = shown
    assert run("streams", "end", live).exit_code == 2, "nobody is there to confirm it"
    assert ask("streams", "end", live, "--dry-run")["changes"]
    assert ask("streams", "show", live)["state"] == "live"
    assert ask("streams", "end", live, "--yes") == {"id": live, "state": "ended"}
    stream = ask("streams", "show", live)
    assert (stream["state"], stream["reason"]) == ("ended", "operator")
    assert run("streams", "end", live, "--yes").exit_code == 5
    assert run("streams", "end", "str_none", "--yes").exit_code == 3
