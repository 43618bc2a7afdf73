"""What holds for every command: help, exit codes, JSON, TSV, tables, completion."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from entrypoints.cli import exits, main, missing_package
from entrypoints.cli.operation import Failure, exiting
from entrypoints.cli.output import Output
from entrypoints.cli.root import cli
from entrypoints.settings import BadSettings
from platform_core.kernel.errors import Kind, PlatformError, Unavailable

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]

DOCS = Path(__file__).parents[3] / "docs/cli.md"


def _commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name)


NAMES = (
    *("users", "sessions", "keys", "wallets", "content", "bookings", "streams", "products", "orders", "invoices"),
    *("transfers", "payouts", "ledger", "outbox", "webhooks", "db", "config"),
)
GROUPS = [(), *((name,) for name in NAMES)]
COMMANDS = list(_commands(cli))


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 25


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_leads_with_examples(command: tuple[str, ...], run: Run) -> None:
    result = run(*command, "--help")

    assert result.exit_code == 0
    text = result.stdout
    assert text.index("Examples:") < text.index("Options")
    assert f"platform-core {' '.join(command)}" in text
    assert "--json" in text


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_help_of_a_group_leads_with_examples(group: tuple[str, ...], run: Run) -> None:
    text = run(*group, "--help").stdout

    assert text.index("Examples:") < text.index("Commands")
    assert f"$ platform-core {' '.join(group)}" in text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_documentation_has_an_example(command: tuple[str, ...]) -> None:
    assert f"platform-core {' '.join(command)}" in DOCS.read_text()


def test_the_options_are_where_the_documentation_says() -> None:
    having: dict[str, set[str]] = {}
    for path in COMMANDS:
        command: click.Command = cli
        for name in path:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), name)
            assert found is not None
            command = found
        for option in command.params:
            for name in option.opts:
                having.setdefault(name, set()).add(" ".join(path))

    everywhere = {" ".join(path) for path in COMMANDS}
    assert having["--config"] == having["--json"] == everywhere
    assert everywhere - having["--database-url"] == {"config reference", "openapi", "completion", "sim"}
    assert having["--yes"] == {
        "users ban",
        "sessions revoke",
        "keys revoke",
        "ledger reverse",
        "bookings cancel",
        "bookings resolve",
        "streams end",
        "content remove",
        "products retire",
        "orders refund",
    }
    assert having["--dry-run"] == {
        *("users create", "users role", "users ban", "users unban", "sessions revoke"),
        *("keys revoke", "keys revoke-leaked"),
        *("wallets credit", "wallets hold", "wallets capture", "wallets extend", "wallets release"),
        *("bookings cancel", "bookings resolve", "streams end", "ledger reverse"),
        *("content approve", "content reject", "content remove", "products retire", "orders refund"),
        *("outbox retry", "webhooks replay", "db upgrade"),
    }
    assert having["--key"] == {
        *("wallets credit", "wallets hold", "wallets capture", "wallets release", "ledger reverse"),
    }


@pytest.mark.parametrize(
    ("typed", "meant"), [(("serv",), "serve"), (("users", "lst"), "list"), (("wallets", "creditt"), "credit")]
)
def test_a_mistyped_command_is_guessed(typed: tuple[str, ...], meant: str, run: Run) -> None:
    result = run(*typed)

    assert result.exit_code == 2
    assert re.search(rf"Did you mean .*{meant}", result.stderr)


def test_every_kind_of_refusal_has_a_code() -> None:
    assert set(exits.CODES) == set(Kind)


class _Refusal(PlatformError):
    def __init__(self, kind: Kind) -> None:
        super().__init__("no")
        self.kind = kind


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_Refusal(Kind.MALFORMED), 2),
        (_Refusal(Kind.INVALID), 2),
        (_Refusal(Kind.TOO_LARGE), 2),
        (_Refusal(Kind.NOT_FOUND), 3),
        (_Refusal(Kind.UNAUTHENTICATED), 4),
        (_Refusal(Kind.FORBIDDEN), 4),
        (_Refusal(Kind.CONFLICT), 5),
        (_Refusal(Kind.INSUFFICIENT_FUNDS), 5),
        (_Refusal(Kind.RATE_LIMITED), 1),
        (_Refusal(Kind.UNAVAILABLE), 1),
        (BadSettings("x: y"), 2),
        (Failure("no"), 1),
        (OSError(28, "No space left on device"), 1),
        (ModuleNotFoundError("No module named 'asyncpg'", name="asyncpg"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
    ids=repr,
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, exiting(Output()):
        raise error

    assert ended.value.code == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_what_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), exiting(Output()):
        raise ZeroDivisionError


def test_with_json_a_refusal_is_one_object_too(run: Run, user: Make) -> None:
    user("ada")

    result = run("users", "show", "nobody", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["kind"] == "not_found"
    assert "nobody" in result.stderr


def test_piped_rows_are_tab_separated_and_stay_one_line_each(
    run: Run, user: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    Output().rows("x", ("a", "b"), [{"a": 1, "b": "two\twords\nand \\"}])
    assert capsys.readouterr().out == "a\tb\n1\ttwo\\twords\\nand \\\\\n"


def _on_a_terminal(*arguments: str, **environment: str) -> str:
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "entrypoints.cli", *arguments]
    subprocess.run(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=env, check=True)
    os.close(theirs)
    text = b""
    while True:
        try:
            block = os.read(ours, 65536)
        except OSError:
            break
        if not block:
            break
        text += block
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


def test_on_a_terminal_rows_are_a_table_that_fits_and_no_color_is_honoured(ask: Ask, user: Make) -> None:
    user("ada")
    ask("wallets", "credit", "ada", "1234567")

    colourful = _on_a_terminal("wallets", "statement", "ada")
    plain = _on_a_terminal("wallets", "statement", "ada", NO_COLOR="1")

    assert "1,234,567" in plain
    assert "\x1b[" in colourful
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)
    assert all(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= 80 for line in plain.splitlines())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, run: Run) -> None:
    result = run("completion", shell)

    assert result.exit_code == 0
    assert "_PLATFORM_CORE_COMPLETE" in result.stdout


def test_the_bash_script_is_one_bash_reads(run: Run) -> None:
    script = run("completion", "bash").stdout
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_config_show_masks_secrets_and_names_origins(run: Run) -> None:
    environment = {"PLATFORM_CORE_SECRET_KEY": "hunter2-hunter2", "PLATFORM_CORE_SERVER_PORT": "99"}
    for options in ([], ["--json"]):
        result = run("config", "show", *options, env=environment)
        assert result.exit_code == 0
        assert "hunter2" not in result.output
        assert "PLATFORM_CORE_SECRET_KEY" in result.stdout
    rows = {row["setting"]: row for row in json.loads(result.stdout)["settings"]}
    assert (rows["secret_key"]["value"], rows["server.port"]["origin"]) == ("***", "PLATFORM_CORE_SERVER_PORT")
    assert (rows["server.port"]["value"], rows["server.host"]["origin"]) == (99, "default")


WITH_PASSWORD = "postgresql://app:geheim@127.0.0.1:1/platform"


def test_config_show_masks_the_passwords_in_addresses(run: Run) -> None:
    environment = {"PLATFORM_CORE_REDIS_URL": "redis://:geheim@cache:6379/0"}
    for options in ([], ["--json"]):
        result = run("config", "show", "--database-url", WITH_PASSWORD, *options, env=environment)
        assert result.exit_code == 0
        assert "geheim" not in result.output
        assert "postgresql://app:***@127.0.0.1:1/platform" in result.stdout
        assert "redis://:***@cache:6379/0" in result.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("users", "list", "--database-url", WITH_PASSWORD),
        ("users", "list", "--database-url", WITH_PASSWORD, "--json"),
        ("users", "list", "--database-url", WITH_PASSWORD.replace("postgresql", "postgres")),
        ("users", "list", "--database-url", WITH_PASSWORD.replace("geheim", "ge/heim")),
        ("db", "check", "--database-url", WITH_PASSWORD),
        ("worker", "--database-url", WITH_PASSWORD),
        ("serve", "--port", "0", "--database-url", WITH_PASSWORD),
        ("users", "list", WITH_PASSWORD),
        ("users", "list", "--limit", WITH_PASSWORD),
        (WITH_PASSWORD,),
    ],
    ids=" ".join,
)
def test_no_error_tells_the_password_of_a_database(command: tuple[str, ...], run: Run) -> None:
    result = run(*command)

    assert result.exit_code in (1, 2)
    assert "heim" not in result.output


@pytest.mark.parametrize(
    "error",
    [Failure(WITH_PASSWORD), BadSettings(WITH_PASSWORD), OSError(2, "no", WITH_PASSWORD), Unavailable(WITH_PASSWORD)],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_error_line_is_masked(error: Exception, as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), exiting(Output(as_json)):
        raise error

    told = capsys.readouterr()
    assert "app:***@" in told.err
    assert "geheim" not in told.out + told.err


def test_config_show_tells_of_mistyped_variables(run: Run) -> None:
    result = run("config", "show", "--json", env={"PLATFORM_CORE_SERVER_PROT": "99"})
    assert "PLATFORM_CORE_SERVER_PROT" in json.loads(result.stdout)["unknown"]


def test_openapi_prints_the_document(ask: Ask, run: Run) -> None:
    assert ask("openapi", "teezu")["openapi"].startswith("3.1")
    assert run("openapi", "zoo").exit_code == 3


def test_a_missing_package_is_one_line_that_names_the_extra() -> None:
    line = missing_package(ModuleNotFoundError(name="asyncpg"))
    assert line == "platform-core: asyncpg is not installed; pip install 'platform-core[postgres]'"
    assert missing_package(ModuleNotFoundError(name="adapters.nonsense")) is None


def test_without_its_packages_the_command_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['rich_click'] = None; from entrypoints.cli import main; sys.exit(main(['--help']))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "platform-core: rich_click is not installed; pip install 'platform-core[server]'\n"


def test_main_gives_the_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    assert main(["users", "show", "nobody", "--database-url", "memory:"]) == 3
    assert capsys.readouterr().err.endswith("there is no user nobody\n")


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout.startswith("platform-core, version ")
