"""Events reach a subscriber that dies: at least once, in order per subject; one that cannot be handled is shown, and
those of a server that was killed do not wait long for the next one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.relay import LEASE
from platform_core.wallet.tips import SendTip, TipContext
from support.clients import Fan, beside, people
from support.load import Load
from support.servers import PATIENCE, Serve, Server

HERE = Path(__file__).parent


@pytest.fixture
def server(serve: Serve) -> Server:
    """A server that does no background work: the subscriber does."""
    made = serve(settings={"background": False})
    made.start()
    return made


async def _tip(server: Server, payer: Fan, *contents: tuple[Fan, str]) -> None:
    """Tips by one person, each to a person for a content."""
    actor = Actor(payer.id, Role.VIEWER, Via.SESSION)
    async with beside(server.database_url) as platform:
        for payee, content in contents:
            await platform.execute(SendTip(payee.id, 1, TipContext.CONTENT, content), by=actor)


def _subscribe(server: Server, *, die_after: int = 0) -> int:
    """Run the subscriber; how it ended."""
    program, notes = str(HERE / "subscriber.py"), str(server.folder / "notes")
    command = [sys.executable, program, server.database_url, notes, str(die_after)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    return subprocess.run(command, env=environment, timeout=PATIENCE, check=False).returncode


def _notes(server: Server) -> list[tuple[int, str]]:
    lines = (server.folder / "notes").read_text().splitlines()
    return [(position, subject) for position, subject in map(json.loads, lines)]


async def _pending(server: Server) -> int:
    async with beside(server.database_url) as platform:
        return await platform.store.outbox.pending()


async def test_a_subscriber_killed_before_its_events_are_marked_gets_them_again_in_order(server: Server) -> None:
    payer, *payees = await people(server.database_url, "payer", "ann", "ben", "cat", tokens=1000)
    await _tip(server, payer, *((payees[n % 3], f"c{n}") for n in range(60)))
    events = await _pending(server)
    assert events >= 60

    runs: list[list[tuple[int, str]]] = []
    for die_after in (1, 5, 40, events):
        before = len(_notes(server)) if runs else 0
        assert _subscribe(server, die_after=die_after) == -signal.SIGKILL
        runs.append(_notes(server)[before:])
        assert await _pending(server) == events, "what was not marked is still to be delivered"
    before = len(_notes(server))
    assert _subscribe(server) == 0
    runs.append(_notes(server)[before:])

    assert len(set(_notes(server))) == events
    assert await _pending(server) == 0
    for run in runs:
        for subject in {subject for _, subject in run}:
            positions = [position for position, of in run if of == subject]
            assert positions == sorted(positions)
    assert _subscribe(server) == 0
    assert len(_notes(server)) == sum(map(len, runs)), "what was marked does not come again"


async def test_an_event_that_cannot_be_handled_is_set_aside_and_shown_while_others_go_on(server: Server) -> None:
    payer, ann, ben = await people(server.database_url, "payer", "ann", "ben", tokens=1000)
    assert _subscribe(server) == 0
    before = len(_notes(server))
    await _tip(server, payer, (ann, "c1"), (ann, "poison"), (ann, "c2"), (ben, "c3"))

    assert _subscribe(server) == 0

    of_ann, of_ben = ([p for p, subject in _notes(server)[before:] if subject == fan.id] for fan in (ann, ben))
    assert (len(of_ann), len(of_ben)) == (2, 1)
    said = server.cli("outbox", "list")
    assert (said["exit"], said["pending"]) == (0, 0)
    (parked,) = said["parked"]
    assert (parked["subject"], parked["content"]["context_id"], parked["attempts"]) == (ann.id, "poison", 8)
    assert parked["error"] == "ValueError: this cannot be handled"
    assert of_ann[0] < parked["position"] < of_ann[1], "its subject went on without it"
    after = [position for position, _ in _notes(server)[before:]]
    assert after.index(of_ben[0]) < after.index(of_ann[1]), "nobody else waited for it"

    assert server.cli("outbox", "retry", "--all")["exit"] == 0
    assert server.cli("outbox", "list")["pending"] == 1


async def test_events_go_on_soon_after_a_killed_server_is_back(serve: Serve) -> None:
    server = serve()
    server.start()
    load = await Load.on(server)
    async with load.running():
        await load.reach(300)
        server.kill()
        await load.gone()
    server.start()
    await load.ask_again()

    deadline = time.monotonic() + LEASE + 20
    async with beside(server.database_url) as platform:
        while await platform.store.outbox.pending():
            assert time.monotonic() < deadline, "the dead server's lease keeps its events back"
            await asyncio.sleep(0.1)
