"""The commands that look after users, wallets, sessions and the outbox."""

from __future__ import annotations

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


def test_a_user_is_made_listed_and_found_by_id_name_and_address(ask: Ask, user: Make) -> None:
    id = user("ada", "creator")

    listed = ask("users", "list")["users"]
    assert [(item["id"], item["role"]) for item in listed] == [(id, "creator")]
    for name in (id, "ada", "ADA@example.com"):
        assert ask("users", "show", name)["id"] == id


def test_a_random_password_is_shown_once_and_a_given_one_never(run: Run, ask: Ask, user: Make) -> None:
    made = ask("users", "create", "--email", "b@example.com", "--username", "bob", "--random-password")
    assert len(made["password"]) >= 20
    assert "password" not in ask("users", "show", "bob")
    user("ada")
    assert "correct horse" not in run("users", "show", "ada", "--json").output


def test_no_option_takes_a_secret(run: Run) -> None:
    for command in (("users", "create"), ("serve",), ("worker",)):
        result = run(*command, "--password", "hunter2-hunter2")
        assert result.exit_code == 2


def test_a_password_is_not_prompted_for_where_nobody_is(run: Run) -> None:
    result = run("users", "create", "--email", "a@example.com", "--username", "ada")

    assert result.exit_code == 2
    assert "--password-stdin" in result.stderr


def test_roles_bans_and_sessions(run: Run, ask: Ask, user: Make) -> None:
    user("ada")
    assert ask("users", "role", "ada", "moderator")["role"] == "moderator"
    assert run("users", "ban", "ada").exit_code == 2, "nobody is there to confirm it"
    banned = ask("users", "ban", "ada", "--reason", "spam", "--yes")
    assert (banned["ban_reason"], banned["banned"] is None) == ("spam", False)
    assert run("users", "ban", "ada", "--yes").exit_code == 5
    assert ask("users", "list", "--banned")["users"][0]["username"] == "ada"
    assert ask("users", "unban", "ada")["banned"] is None
    assert ask("sessions", "list", "ada") == {"sessions": []}
    assert ask("sessions", "revoke", "ada", "--yes")["ended"] == 0


def test_the_last_admin_stays(run: Run, user: Make) -> None:
    user("ren", "admin")

    result = run("users", "role", "ren", "viewer")

    assert result.exit_code == 5
    assert "last admin" in result.stderr


def test_tokens_are_credited_held_and_released(ask: Ask, user: Make) -> None:
    user("ada")
    assert ask("wallets", "credit", "ada", "500", "--reason", "raffle")["balance"] == 500
    hold = ask("wallets", "hold", "ada", "120", "--purpose", "dispute")["hold"]
    shown = ask("wallets", "show", "ada")
    assert (shown["balance"], shown["held"], shown["available"]) == (500, 120, 380)
    ask("wallets", "release", hold)
    assert ask("wallets", "show", "ada")["held"] == 0
    lines = ask("wallets", "statement", "ada")["lines"]
    assert [(line["kind"], line["amount"], line["balance"]) for line in lines] == [
        ("release", 120, 500),
        ("hold", -120, 380),
        ("credit", 500, 500),
    ]


def test_a_credit_with_a_key_happens_once(ask: Ask, user: Make) -> None:
    user("ada")
    for _ in range(2):
        assert ask("wallets", "credit", "ada", "50", "--key", "raffle 7")["balance"] == 50


@pytest.mark.parametrize(
    "command",
    [
        ("wallets", "credit", "ada", "50"),
        ("users", "role", "ada", "admin"),
        ("users", "ban", "ada"),
        ("users", "create", "--email", "b@example.com", "--username", "bob", "--random-password"),
    ],
)
def test_a_dry_run_tells_the_changes_and_makes_none(command: tuple[str, ...], run: Run, user: Make) -> None:
    user("ada")
    before = _content()

    result = run(*command, "--dry-run", "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["dry_run"] is True
    assert told["changes"]
    assert _content() == before


def _content() -> str:
    database = sqlite3.connect("platform-core.db")
    try:
        return "\n".join(database.iterdump())
    finally:
        database.close()


def test_a_dry_run_of_a_credit_shows_both_sides(ask: Ask, user: Make) -> None:
    id = user("ada")
    changes = ask("wallets", "credit", "ada", "50", "--dry-run")["changes"]

    moved = [(c["subject"], c["before"], c["after"]) for c in changes if "amount" in c]

    assert sorted(moved) == [("issuance:sys:TZT", 0, -50), (f"wallet:{id}:TZT", 0, 50)]


def test_the_outbox_waits_for_the_worker(run: Run, ask: Ask, user: Make) -> None:
    user("ada")
    assert ask("outbox", "list") == {"parked": [], "pending": 1}
    assert run("outbox", "retry", "1").exit_code == 3
    assert run("outbox", "retry").exit_code == 2
    assert ask("outbox", "retry", "--all")["retried"] == []


def test_the_database_is_not_made_by_looking(run: Run, folder: Path) -> None:
    result = run("users", "list", "--database-url", "sqlite:///nothing.db")

    assert result.exit_code == 2
    assert "nothing.db" in result.stderr
    assert list(folder.iterdir()) == []


def test_the_schema_is_upgraded_named_and_checked(ask: Ask, run: Run) -> None:
    version = ask("db", "upgrade")["version"]
    assert ask("db", "current")["version"] == version
    assert ask("db", "check") == {"differences": []}

    database = sqlite3.connect("platform-core.db")
    database.execute("CREATE TABLE stray (x)")
    database.close()

    found = run("db", "check", "--json")
    assert found.exit_code == 6
    assert "stray" in found.stdout


@pytest.mark.parametrize("command", [("users", "list"), ("db", "upgrade"), ("db", "current"), ("db", "check")])
def test_a_file_that_is_no_database_is_one_line(command: tuple[str, ...], run: Run, folder: Path) -> None:
    (folder / "notes.txt").write_text("not a database " * 100)

    result = run(*command, "--database-url", "sqlite:///notes.txt")

    assert result.exit_code == 1
    assert result.stderr == "Error: the database cannot be used: file is not a database\n"


def test_a_postgres_database_that_is_not_there_is_one_line(run: Run, postgres_url: str) -> None:
    result = run("users", "list", "--database-url", postgres_url.replace("/test_", "/no_"))

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database cannot be used: ")
    assert result.stderr.count("\n") == 1
