"""Verifying and exporting the books."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from entrypoints.cli.ledger import COLUMNS, harmless

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def books(ask: Ask, user: Make) -> str:
    """A user with a credit of 500 and a hold of 20; their id."""
    id = user("ada")
    ask("wallets", "credit", "ada", "500", "--reason", "=SUM(A1)")
    ask("wallets", "hold", "ada", "20", "--purpose", "x")
    return id


def test_clean_books_verify(ask: Ask, books: str) -> None:
    seen = ask("ledger", "verify")

    assert (seen["ok"], seen["lines"], seen["totals"], seen["fault"]) == (True, 4, {"TZT": 0}, None)


def test_a_changed_balance_is_found_and_named(run: Run, books: str) -> None:
    database = sqlite3.connect("platform-core.db")
    table, column = "accounts", "balance"
    with database:
        database.execute(f"UPDATE {table} SET {column} = {column} + 1 WHERE id LIKE 'wallet:%'")
    database.close()

    result = run("ledger", "verify", "--json")

    assert result.exit_code == 6
    fault = json.loads(result.stdout)["fault"]
    assert fault["subject"] == f"wallet:{books}:TZT"
    assert (fault["expected"], fault["found"]) == ("480", "481")
    assert f"wallet:{books}:TZT" in result.stderr


def test_the_export_has_every_line_with_its_running_balance(run: Run, books: str) -> None:
    result = run("ledger", "export")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert tuple(rows[0]) == COLUMNS
    assert [(r["account"].partition(":")[0], int(r["line"]), int(r["amount"]), int(r["balance"])) for r in rows] == [
        ("escrow", 1, 20, 20),
        ("issuance", 1, -500, -500),
        ("wallet", 1, 500, 500),
        ("wallet", 2, -20, 480),
    ]
    assert run("ledger", "export").stdout_bytes == result.stdout_bytes


def test_the_export_as_json_lines(run: Run, books: str) -> None:
    lines = [json.loads(line) for line in run("ledger", "export", "--format", "jsonl").stdout.splitlines()]

    assert [line["balance"] for line in lines] == [20, -500, 500, 480]
    assert lines[2]["details"] == {"reason": "=SUM(A1)"}


def test_the_export_to_a_file(ask: Ask, run: Run, books: str, folder: Path) -> None:
    assert ask("ledger", "export", "-o", "books.csv")["lines"] == 4
    assert (folder / "books.csv").read_text() == run("ledger", "export").stdout


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_other_text_stays_as_it_is() -> None:
    assert harmless("a=1") == "a=1"
