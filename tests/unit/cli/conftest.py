"""A folder of its own for each test, and the command line in this process or in one of its own."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from entrypoints.cli.root import cli

#: Hashing as quick as it goes: these tests are not about its cost.
QUICK = {
    "PLATFORM_CORE_PASSWORDS_MEMORY_KIB": "8",
    "PLATFORM_CORE_PASSWORDS_PASSES": "1",
}
PASSWORD = "correct horse battery\n"

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PLATFORM_CORE_") and name != "PLATFORM_CORE_TEST_RUN":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture(autouse=True)
def records() -> Iterator[None]:
    """Where a command's records go, and which of them, ends with the test: other tests read records too."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run() -> Run:
    """Run a command in this process: its exit code, output and messages."""

    def invoke(*arguments: str, typed: str | None = None, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=typed, env=env, prog_name="platform-core")

    return invoke


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run a command that must succeed, with --json; its answer."""

    def invoke(*arguments: str, typed: str | None = None) -> Any:
        result = run(*arguments, "--json", typed=typed)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return invoke


@pytest.fixture
def user(ask: Callable[..., Any]) -> Callable[..., str]:
    """Make a user; their id."""

    def make(name: str, role: str = "viewer") -> str:
        email = f"{name}@example.com"
        options = ("--email", email, "--username", name, "--role", role, "--password-stdin")
        made: str = ask("users", "create", *options, typed=PASSWORD)["id"]
        return made

    return make
