"""Dry runs: they change nothing, and they end as the command itself would."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


def content(folder: Path) -> dict[str, bytes]:
    """Every file there is, to the byte."""
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


COMMANDS = [
    ("users", "create", "--email", "b@example.com", "--username", "bob", "--random-password"),
    ("users", "role", "ada", "admin"),
    ("users", "ban", "ada"),
    ("wallets", "credit", "ada", "50"),
    ("wallets", "release", "hld_06f1a2b3c4d5e6f7g8h9j0k1m2"),
    ("ledger", "reverse", "txn_06f1a2b3c4d5e6f7g8h9j0k1m2"),
    ("outbox", "retry", "--all"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_makes_no_database(command: tuple[str, ...], run: Run, folder: Path) -> None:
    result = run(*command, "--dry-run")

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "platform-core db upgrade" in result.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_brings_no_database_to_a_newer_schema(command: tuple[str, ...], run: Run, folder: Path) -> None:
    (folder / "platform-core.db").touch()

    result = run(*command, "--dry-run")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "platform-core db upgrade" in result.stderr
    assert content(folder) == {"platform-core.db": b""}


def test_it_writes_no_file_of_secrets_and_not_a_byte_of_the_database(ask: Ask, user: Make, folder: Path) -> None:
    user("ada")
    (folder / "platform-core.db.secrets").unlink()
    before = content(folder)

    assert ask("wallets", "credit", "ada", "50", "--key", "once", "--dry-run")["changes"]
    # A process of its own would be at its end here, and SQLite's scratch files gone with its last statement.
    gc.collect()

    assert content(folder) == before


def test_of_an_upgrade(ask: Ask, folder: Path) -> None:
    [change] = ask("db", "upgrade", "--dry-run")["changes"]
    assert list(folder.iterdir()) == []

    assert (change["before"], change["after"]) == ("empty", ask("db", "upgrade")["version"])
    assert ask("db", "upgrade", "--dry-run")["changes"] == []


def test_of_putting_events_back_in_line(ask: Ask, run: Run, user: Make) -> None:
    user("ada")
    with sqlite3.connect("platform-core.db") as database:
        database.execute("UPDATE outbox SET parked = 1")
    database.close()
    [parked] = ask("outbox", "list")["parked"]

    told = ask("outbox", "retry", "--all", "--dry-run")

    assert told["changes"] == [{"change": "retry event", "subject": parked["position"]}]
    assert run("outbox", "retry", "999", "--dry-run").exit_code == 3
    assert len(ask("outbox", "list")["parked"]) == 1
    ask("outbox", "retry", "--all")
    assert ask("outbox", "list") == {"parked": [], "pending": 1}


def ends_alike(run: Run, *command: str) -> dict[str, Any]:
    """The refusal of a command, which is the same with --dry-run and without."""
    rehearsed, real = run(*command, "--dry-run", "--json"), run(*command, "--json")
    assert rehearsed.exit_code == real.exit_code != 0
    assert rehearsed.stdout == real.stdout
    error: dict[str, Any] = json.loads(real.stdout)["error"]
    return error


def test_a_floor_that_would_break(run: Run, ask: Ask, user: Make) -> None:
    user("ada")
    ask("wallets", "credit", "ada", "99")
    assert ends_alike(run, "wallets", "hold", "ada", "100", "--purpose", "x")["code"] == "INSUFFICIENT_FUNDS"


def test_an_account_that_is_frozen(run: Run, ask: Ask, user: Make) -> None:
    user("ada")
    ask("users", "ban", "ada", "--yes")
    assert ends_alike(run, "wallets", "credit", "ada", "1")["code"] == "ACCOUNT_FROZEN"


def test_a_name_that_is_taken(run: Run, user: Make) -> None:
    user("ada")
    command = ("users", "create", "--email", "b@example.com", "--username", "ada", "--random-password")
    assert "username" in ends_alike(run, *command)["message"]


def test_a_key_that_was_used(run: Run, ask: Ask, user: Make) -> None:
    user("ada")
    ask("wallets", "credit", "ada", "50", "--key", "once")

    told = ask("wallets", "credit", "ada", "50", "--key", "once", "--dry-run")
    assert (told["changes"], told["replayed"]) == ([], True)
    assert ends_alike(run, "wallets", "credit", "ada", "51", "--key", "once")["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert not ask("wallets", "credit", "ada", "50", "--key", "twice", "--dry-run")["replayed"]
    assert ask("wallets", "show", "ada")["balance"] == 50


def test_a_key_that_was_used_with_secrets_that_are_given(run: Run, ask: Ask, user: Make) -> None:
    """A refusal that a dry run finds is kept with no key."""
    user("ada")
    refused = run("wallets", "hold", "ada", "5", "--purpose", "x", "--key", "once", "--dry-run")
    assert refused.exit_code == 5
    ask("wallets", "credit", "ada", "5")
    assert ask("wallets", "hold", "ada", "5", "--purpose", "x", "--key", "once")["amount"] == 5


def test_of_a_store_in_memory(run: Run, folder: Path) -> None:
    command = ("users", "create", "--email", "b@example.com", "--username", "bob", "--random-password")

    result = run(*command, "--database-url", "memory:", "--dry-run", "--json")

    assert json.loads(result.stdout)["dry_run"] is True
    assert list(folder.iterdir()) == []
