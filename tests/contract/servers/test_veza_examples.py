"""The examples of Veza's own document run in a shell, unchanged but for address, tokens and ids, against
`platform-core serve` with Veza at the root; and what they are answered is what the document shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from contract.servers import veza_examples as shown
from contract.servers.veza_examples import ITEMS, TEXT, YES_OR_NO, Example
from support.curl import curl_path, stand_in
from support.servers import PATIENCE, Serve, Server

DOCUMENTED = "localhost:8080"
SELLER = {"username": "sella", "email": "sella+fail1@example.com", "password": "SecureP@ssw0rd"}


class Shell:
    """A shell in which there is a `curl`.

    Args:
        server: Whom the examples are for.
        folder: Where it works.
        path: Where it looks for programs.
    """

    def __init__(self, server: Server, folder: Path, path: str) -> None:
        self._server = server
        self._folder = folder
        self._path = path

    def run(self, example: Example, *, token: str = "", id: str = "") -> Any:
        """What is in `data` of the answer; held against what the document shows."""
        told = self._run(example, token=token, id=id)
        assert list(told) == ["success", "data"], (example.command, told)
        assert told["success"] is True
        if example.data is not None:
            check(told["data"], example.data, example.command)
        return told["data"]

    def file(self, example: Example, name: str, *, token: str, id: str) -> bytes:
        """The file that an example writes."""
        assert self._run(example, token=token, id=id) is None
        return (self._folder / name).read_bytes()

    def _run(self, example: Example, *, token: str, id: str) -> Any:
        command = example.command.replace(DOCUMENTED, f"127.0.0.1:{self._server.port}").replace("eyJ...", token)
        for placeholder in ("uuid-here", "uuid"):
            command = command.replace(placeholder, id)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self._folder,
            env={**os.environ, "PATH": self._path},
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        return json.loads(done.stdout) if done.stdout else None


def check(given: Any, wanted: Any, where: str) -> None:
    """Assert that an answer has all that is shown of it: of its kind, and what is no placeholder as it is."""
    if isinstance(wanted, Mapping):
        assert isinstance(given, Mapping), (where, given)
        for name, inner in wanted.items():
            assert name in given, (where, name, given)
            check(given[name], inner, f"{where}: {name}")
    elif wanted == ITEMS:
        assert isinstance(given, list), (where, given)
    elif isinstance(wanted, list):
        check(given[0], wanted[0], where)
    elif wanted is YES_OR_NO:
        assert isinstance(given, bool), (where, given)
    elif wanted == TEXT or not isinstance(wanted, str):
        assert type(given) is type(wanted), (where, given)
    else:
        assert given == wanted, where


@pytest.fixture
def server(serve: Serve) -> Server:
    """A server that has Veza at the root, and tells the figures that the document shows."""
    made = serve(settings={"server.api": "veza", "server.health_details": "true"})
    made.start()
    return made


@pytest.fixture
def shell(server: Server, tmp_path: Path) -> Shell:
    return Shell(server, tmp_path, curl_path(tmp_path))


def api(server: Server, path: str, body: Mapping[str, Any], token: str = "") -> Any:
    """What an operation that no example shows is answered."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"{server.root}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)["data"]


def test_the_examples_of_the_document_are_answered_as_it_shows(server: Server, shell: Shell) -> None:
    run = shell.run
    account = ("--email", "ren@example.com", "--username", "ren", "--role", "admin", "--random-password")
    made = server.cli("users", "create", *account)
    ren = api(server, "/auth/login", {"email": "ren@example.com", "password": made["password"]})["access_token"]
    sella = api(server, "/auth/register", SELLER)["access_token"]
    sample = {"title": "Sample pack", "price_cents": 2999, "publish": True}
    product = api(server, "/marketplace/products", sample, sella)["id"]

    # Auth
    run(shown.REGISTER)
    session = run(shown.LOGIN)
    session = run(shown.REFRESH, token=session["refresh_token"])
    run(shown.LOGOUT, token=session["access_token"])
    john = run(shown.LOGIN)["access_token"]

    # Seller, Marketplace
    run(shown.ONBOARD, token=sella)
    assert run(shown.PRODUCTS)["total"] == 1
    assert run(shown.PRODUCT, id=product)["title"] == "Sample pack"
    order = run(shown.ORDER, token=john, id=product)
    assert order["total_cents"] == 2999
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    page = urllib.request.Request(order["payment_url"], b"decision=pay", form)
    with urllib.request.urlopen(page, timeout=PATIENCE) as paid:
        assert paid.status == 200

    # Reviews, Invoices
    review = run(shown.REVIEW, token=john, id=product)
    assert run(shown.REVIEWS, id=product)["reviews"] == [review]
    pdf = shell.file(shown.INVOICE, "invoice.pdf", token=john, id=order["id"])
    assert "Sample pack" in PdfReader(BytesIO(pdf)).pages[0].extract_text()

    # Seller, Admin: the first try fails, as the seller's address says; an admin has it tried again.
    failed = until_failed(shell, ren)
    assert failed["order_id"] == order["id"]
    assert run(shown.RETRY, token=ren, id=failed["id"])["id"] == failed["id"]
    assert run(shown.TRANSFERS, token=sella)["transfers"][0]["status"] == "completed"
    assert run(shown.BALANCE, token=sella)["connected"] is True

    # Refunds, Health
    run(shown.REFUND, token=john, id=order["id"])
    run(shown.HEALTH)
    run(shown.DEEP_HEALTH)
    server.verify()


def until_failed(shell: Shell, token: str) -> Any:
    """The one transfer that has failed, once the server has tried it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = shell.run(Example(shown.ALL_TRANSFERS.command), token=token)
        if found["transfers"]:
            return shell.run(shown.ALL_TRANSFERS, token=token)["transfers"][0]
        time.sleep(0.1)
    raise TimeoutError("no transfer was tried")


def test_the_stand_in_for_curl_sends_and_writes_what_curl_does(server: Server, tmp_path: Path) -> None:
    shell = Shell(server, tmp_path, stand_in(tmp_path))
    shell.run(shown.REGISTER)
    john = shell.run(shown.LOGIN)["access_token"]

    assert shell.run(shown.TRANSFERS, token=john) == {"transfers": [], "total": 0}
    assert b'"success":false' in shell.file(shown.INVOICE, "invoice.pdf", token=john, id="ord_none")
