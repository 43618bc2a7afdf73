"""`serve` and `worker`, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from support.curl import curl_path

Ask = Callable[..., Any]
Make = Callable[..., str]

#: No start or stop takes this many seconds; a test that waits longer has found a hang.
LONGEST = 120


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A command at work. It is killed if it is still there at the end, or hangs."""
    outside = {name: value for name, value in os.environ.items() if name != "PLATFORM_CORE_TEST_RUN"}
    process = subprocess.Popen(
        [sys.executable, "-m", "entrypoints.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**outside, **environment},
    )
    watchdog = threading.Timer(LONGEST, process.kill)
    watchdog.start()
    try:
        with process:
            try:
                yield process
            finally:
                process.kill()
    finally:
        watchdog.cancel()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that will come."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The facts a server tells with --json, once it answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr and process.stderr.read()
    facts: dict[str, Any] = json.loads(line)
    answer = get(facts["health"])
    # Where one API is served at the root, it answers as that API does.
    assert answer.get("data", answer) == {"status": "ok"}
    return facts


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=LONGEST) as response:
        return json.load(response)


def stopped(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    """The exit code and messages of a process after a signal."""
    process.send_signal(number)
    _, messages = process.communicate(timeout=LONGEST)
    return process.returncode, messages


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_and_stops_cleanly(number: int, workers: int) -> None:
    with running("serve", "--port", "0", "--workers", str(workers), "--json") as process:
        facts = ready(process)
        assert facts["workers"] == workers
        assert get(facts["url"] + "/readyz") == {"status": "ok"}

        assert stopped(process, number) == (0, "")


def test_the_demo_banner_has_a_curl_that_works_as_it_stands(ask: Ask, folder: Path) -> None:
    with running("serve", "--demo", "--port", "0") as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("  -d "):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            lines.append(line)
        banner = "".join(lines)
        for name in ("ada (creator)", "bob (viewer)", "cyd (provider)", "moe (moderator)", "ren (admin)"):
            assert name in banner
        assert "/docs/teezu" in banner
        assert "/healthz" in banner
        assert "\x1b" not in banner

        assert json.loads(in_a_shell(banner[banner.index("curl") :], folder))["newBalance"] == 4975
        assert stopped(process)[0] == 0
    assert ask("wallets", "show", "ada")["balance"] == 25
    assert ask("ledger", "verify")["ok"] is True


def test_the_demo_is_put_in_once_and_outlives_a_restart(ask: Ask, folder: Path) -> None:
    people = []
    for workers in ("1", "2"):
        with running("serve", "--demo", "--port", "0", "--workers", workers, "--json") as process:
            people.append(ready(process)["demo"]["people"])
            assert stopped(process)[0] == 0

    assert people[0] == people[1]
    assert ask("wallets", "show", "bob")["balance"] == 5000
    assert (folder / "platform-core.db.demo").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_people_of_the_demo_talk_in_however_many_processes(workers: str) -> None:
    with running("serve", "--demo", "--port", "0", "--workers", workers, "--json") as process:
        facts = ready(process)
        url = facts["apis"]["teezu"]
        [evening] = [stream for stream in get(f"{url}/streams")["streams"] if stream["host"]["username"] == "ada"]
        chat = urllib.request.Request(f"{url}/streams/{evening['streamId']}/chat")
        chat.add_header("Authorization", f"Bearer {facts['demo']['token']}")

        until(lambda: len(get_json(chat)["lines"]) > 0)
        assert stopped(process)[0] == 0


def test_a_session_outlives_a_restart_in_development() -> None:
    tokens = []
    for _ in range(2):
        with running("serve", "--demo", "--port", "0", "--json") as process:
            facts = ready(process)
            tokens.append(facts["demo"]["token"])
            request = urllib.request.Request(facts["apis"]["teezu"] + "/wallet/balance")
            request.add_header("Authorization", f"Bearer {tokens[0]}")
            with urllib.request.urlopen(request, timeout=LONGEST) as response:
                assert response.status == 200
            stopped(process)


def test_one_api_alone_is_at_the_root_too() -> None:
    with running("serve", "--api", "teezu", "--demo", "--port", "0", "--database-url", "memory:", "--json") as process:
        facts = ready(process)
        request = urllib.request.Request(facts["url"] + "/api/v1/wallet/balance")
        request.add_header("Authorization", f"Bearer {facts['demo']['token']}")
        assert get_json(request)["balance"] == 5000


def test_veza_alone_is_at_the_root_too_and_its_demo_shows_what_is_sold(folder: Path) -> None:
    with running("serve", "--api", "veza", "--demo", "--port", "0", "--database-url", "memory:") as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("  -d "):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            lines.append(line)
        [mounted] = [number for number, line in enumerate(lines) if line.startswith("  Veza ")]
        assert lines[mounted].rstrip().endswith("/veza/api/v1")
        root = lines[mounted + 1].strip()
        assert root == lines[mounted].split()[-1].replace("/veza/", "/")
        assert "/docs/veza" in lines[mounted + 2]
        banner = "".join(lines)
        assert "teezu" not in banner
        assert "studio" not in banner
        products, login = in_a_shell(banner[banner.index("curl") :], folder).replace("}{", "}\n{").splitlines()

        assert json.loads(products)["data"]["total"] == 3
        access = json.loads(login)["data"]["access_token"]
        request = urllib.request.Request(f"{root}/marketplace/orders", headers={"Authorization": f"Bearer {access}"})
        [order] = get_json(request)["data"]["orders"]
        assert (order["state"], order["total_cents"]) == ("fulfilled", 2999)
        assert stopped(process)[0] == 0


def in_a_shell(commands: str, folder: Path) -> str:
    """What these command lines write."""
    environment = {**os.environ, "PATH": curl_path(folder)}
    return subprocess.run(
        ["sh", "-c", commands], env=environment, capture_output=True, text=True, timeout=LONGEST, check=True
    ).stdout


def get_json(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=LONGEST) as response:
        return json.load(response)


def test_a_server_process_that_dies_is_started_again() -> None:
    with running("serve", "--port", "0", "--workers", "2", "--json") as process:
        facts = ready(process)
        first, *_ = children(process.pid)
        os.kill(first, signal.SIGKILL)
        until(lambda: first not in children(process.pid) and len(children(process.pid)) == 2)
        assert get(facts["health"]) == {"status": "ok"}

        code, messages = stopped(process)

    assert code == 0
    assert "starting it again" in messages


def test_server_processes_end_with_their_parent() -> None:
    with running("serve", "--port", "0", "--workers", "2", "--json") as process:
        ready(process)
        family = children(process.pid)
        process.kill()
        process.wait(LONGEST)
        until(lambda: not any(alive(pid) for pid in family))


def children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if folder.name.isdigit() and int(state[1]) == pid and state[0] != "Z":
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def refused(*arguments: str, **environment: str) -> tuple[int, str]:
    with running(*arguments, **environment) as process:
        _, messages = process.communicate(timeout=LONGEST)
        return process.returncode, messages


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_one_line_and_a_way_out(workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, messages = refused("serve", "--port", port, "--workers", workers)

    assert code == 1
    assert messages == f"Error: port {port} on 127.0.0.1 is in use; choose another with --port\n"


@pytest.mark.parametrize(
    ("options", "environment", "code", "named"),
    [
        (("--workers", "2", "--database-url", "memory:"), {}, 1, "memory:"),
        (("--demo", "--host", "0.0.0.0"), {}, 1, "--public"),
        (("--demo",), {"PLATFORM_CORE_ENVIRONMENT": "production"}, 1, "--demo"),
        ((), {"PLATFORM_CORE_ENVIRONMENT": "production"}, 2, "secret_key"),
        (("--api", "zoo"), {}, 2, "server.api"),
        (("--port", "99999"), {}, 2, "server.port"),
        (("--database-url", "sqlite:////no/such/folder.db"), {}, 2, "database_url"),
        (("--database-url", "mysql://x"), {}, 2, "database_url"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    options: tuple[str, ...], environment: dict[str, str], code: int, named: str, folder: Path
) -> None:
    found, messages = refused("serve", "--port", "0", *options, **environment)

    assert found == code
    assert messages.count("\n") == 1
    assert named in messages
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path) -> None:
    if os.geteuid() == 0:
        # Root may write anywhere but into a file that is no folder.
        (folder / "data").write_text("")
        url = "sqlite:///data/x.db"
    else:
        (folder / "data").mkdir(mode=0o500)
        url = "sqlite:///data/x.db"

    code, messages = refused("serve", "--port", "0", "--database-url", url)

    assert (code, messages.count("\n")) == (2, 1)


def test_production_on_postgres_wants_the_schema_first(postgres_url: str) -> None:
    environment = {
        "PLATFORM_CORE_ENVIRONMENT": "production",
        "PLATFORM_CORE_SECRET_KEY": "b7xQ0v-9Zk2mWc5rT8yLp3nHs6dGf1aJ",
        "PLATFORM_CORE_SERVER_BASE_URL": "https://live.example.com",
        "PLATFORM_CORE_DATABASE_URL": postgres_url,
    }
    for workers in ("1", "2"):
        code, messages = refused("serve", "--port", "0", "--workers", workers, **environment)
        assert code == 1
        assert messages.count("\n") == 1
        assert "platform-core db upgrade" in messages

    assert refused("db", "upgrade", **environment)[0] == 0
    with running("serve", "--port", "0", "--workers", "2", "--json", **environment) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["workers"] == 2
        assert stopped(process)[0] == 0


def test_development_on_postgres_upgrades_itself(postgres_url: str) -> None:
    with running("serve", "--demo", "--port", "0", "--database-url", postgres_url, "--json") as process:
        assert ready(process)["demo"]["token"]
        assert stopped(process)[0] == 0


def test_the_worker_does_what_is_due_and_exits(ask: Ask, user: Make) -> None:
    user("ada")
    assert ask("outbox", "list")["pending"] == 1

    assert refused("worker", "--once") == (0, "")

    assert ask("outbox", "list")["pending"] == 0


def test_the_worker_stops_cleanly(user: Make) -> None:
    user("ada")
    with running("worker") as process:
        assert process.stderr is not None
        assert "at work" in process.stderr.readline()
        assert stopped(process)[0] == 0
