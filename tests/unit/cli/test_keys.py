"""The commands that look after API keys, on a database where some have been made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.settings import Settings
from platform_core.identity.keeping_keys import MadeKey, MakeApiKey
from platform_core.kernel.actor import Actor, Role, Scope, Via
from platform_core.kernel.errors import Unauthenticated

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def made(user: Make) -> list[MadeKey]:
    """Two keys of jane's and one of anna's, in this order."""
    jane, anna = user("jane"), user("anna")

    async def make() -> list[MadeKey]:
        async with container.running(Settings()) as platform:
            return [
                await platform.execute(
                    MakeApiKey(name, (Scope.READ, Scope.SELL), 30), by=Actor(of, Role.VIEWER, Via.SESSION)
                )
                for of, name in ((jane, "first"), (jane, "second"), (anna, "other"))
            ]

    return asyncio.run(make())


def is_good(made: MadeKey) -> bool:
    async def look() -> bool:
        async with container.running(Settings()) as platform:
            try:
                await platform.key_doorkeeper.actor(made.key.reveal())
            except Unauthenticated:
                return False
            return True

    return asyncio.run(look())


def test_keys_are_listed_without_the_key(ask: Ask, run: Run, made: list[MadeKey]) -> None:
    listed = ask("keys", "list", "jane")["keys"]

    assert [key["name"] for key in listed] == ["second", "first"]
    assert listed[0]["id"] == made[1].view.id
    assert (listed[0]["user"], listed[0]["scopes"]) == (made[1].view.user, "read sell")
    assert all(key.key.reveal() not in run("keys", "list", "jane").output for key in made)
    assert run("keys", "list", "nobody").exit_code == 3


def test_a_key_is_revoked_once_and_when_it_is_meant(ask: Ask, run: Run, made: list[MadeKey]) -> None:
    first, second, _ = made
    assert run("keys", "revoke", first.view.id).exit_code == 2, "nobody is there to confirm it"
    assert ask("keys", "revoke", first.view.id, "--dry-run")["changes"]
    assert is_good(first)

    assert [key["id"] for key in ask("keys", "revoke", first.view.id, "--yes")["keys"]] == [first.view.id]

    assert not is_good(first)
    assert is_good(second)
    assert run("keys", "revoke", first.view.id, "--yes").exit_code == 3


def test_auth_15_leaked_keys_are_found_in_any_text(ask: Ask, made: list[MadeKey], folder: Path) -> None:
    first, second, other = made
    text = f'KEY="{first.key.reveal()}"\nveza_sk_{"0" * 43} x{second.key.reveal()}\n{{"k": "{other.key.reveal()}"}}\xff'

    revoked = ask("keys", "revoke-leaked", "-", typed=text)["keys"]

    assert {key["id"] for key in revoked} == {first.view.id, other.view.id}
    assert [is_good(key) for key in made] == [False, True, False]
    (folder / "leak.log").write_text(second.key.reveal())
    assert ask("keys", "revoke-leaked", "leak.log", "--dry-run")["changes"]
    assert is_good(second)
    assert [key["id"] for key in ask("keys", "revoke-leaked", "leak.log")["keys"]] == [second.view.id]
    assert ask("keys", "revoke-leaked", "leak.log") == {"keys": []}
