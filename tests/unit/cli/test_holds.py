"""What operators do with holds, purchases and journal entries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.loading import load
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.payments.ports import PaymentOutcome
from platform_core.wallet.purchases import PurchaseTokens, SettlePurchase

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]


@pytest.fixture
def hold(ask: Ask, user: Make) -> str:
    """A hold on 100 of the 500 tokens of ada; bob is there too."""
    user("ada")
    user("bob", "creator")
    ask("wallets", "credit", "ada", "500", "--reason", "raffle")
    id: str = ask("wallets", "hold", "ada", "100", "--purpose", "dispute")["hold"]
    return id


def test_a_hold_is_captured_in_part_once_per_key(run: Run, ask: Ask, hold: str) -> None:
    command = ("wallets", "capture", hold, "bob", "--amount", "40", "--key", "dispute")
    for _ in range(2):
        assert ask(*command) == {"hold": hold, "state": "captured", "payee": "bob", "paid": 40}

    assert (ask("wallets", "show", "ada")["available"], ask("wallets", "show", "bob")["available"]) == (460, 40)
    assert run("wallets", "capture", hold, "bob").exit_code == 5
    assert ask("ledger", "verify")["ok"] is True


def test_a_hold_is_captured_whole(ask: Ask, hold: str) -> None:
    assert ask("wallets", "capture", hold, "bob@example.com")["paid"] == 100


def test_a_capture_that_cannot_be(run: Run, hold: str) -> None:
    assert run("wallets", "capture", hold, "nobody").exit_code == 3
    assert run("wallets", "capture", "hld_none", "bob").exit_code == 3
    assert run("wallets", "capture", hold, "ada").exit_code == 2
    assert run("wallets", "capture", hold, "bob", "--amount", "101").exit_code == 2


def test_a_hold_is_released_once_per_key(run: Run, ask: Ask, hold: str) -> None:
    for _ in range(2):
        assert ask("wallets", "release", hold, "--reason", "settled", "--key", "x")["state"] == "released"

    assert run("wallets", "release", hold).exit_code == 5
    assert ask("wallets", "holds", "ada")["holds"][0]["reason"] == "settled"


def test_a_hold_is_extended(run: Run, ask: Ask, hold: str) -> None:
    until = datetime.now(UTC) + timedelta(hours=48)
    deadline = datetime.fromisoformat(ask("wallets", "extend", hold, "--hours", "48")["deadline"])
    assert abs(deadline - until) < timedelta(minutes=5)

    assert ask("wallets", "extend", hold, "--until", "2099-01-31T12:00")["deadline"] == "2099-01-31T12:00:00.000Z"
    assert ask("wallets", "extend", hold, "--until", "2099-02-01T12:00+02:00")["deadline"] == "2099-02-01T10:00:00.000Z"
    [shown] = ask("wallets", "holds", "ada")["holds"]
    assert shown["deadline"] == "2099-02-01T10:00:00.000Z"
    assert run("wallets", "extend", hold, "--hours", "1").exit_code == 2, "not later than before"


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--hours", "1", "--until", "2099-01-01"),
        ("--until", "soon"),
        ("--hours", "0"),
        ("--until", "0001-01-01T00:00+14:00"),
    ],
)
def test_a_deadline_that_is_none(options: tuple[str, ...], run: Run) -> None:
    result = run("wallets", "extend", "hld_x", *options, "--database-url", "memory:")

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_holds_of_a_user_are_listed(run: Run, ask: Ask, hold: str) -> None:
    ask("wallets", "release", hold)
    other = ask("wallets", "hold", "ada", "7", "--purpose", "call")["hold"]

    states = [(item["id"], item["state"], item["amount"]) for item in ask("wallets", "holds", "ada")["holds"]]
    assert states == [(hold, "released", 100), (other, "active", 7)]
    assert [item["id"] for item in ask("wallets", "holds", "ada", "--active")["holds"]] == [other]
    assert [item["id"] for item in ask("wallets", "holds", "ada", "--ended")["holds"]] == [hold]
    assert ask("wallets", "holds", "bob") == {"holds": []}
    assert run("wallets", "holds", "nobody").exit_code == 3
    head, *lines = run("wallets", "holds", "ada").stdout.splitlines()
    assert head.startswith("id\tstate\tamount\t")
    assert len(lines) == 2


@pytest.fixture
def credited(ask: Ask, user: Make) -> str:
    """The entry that credited 100 to ada."""
    user("ada")
    ask("wallets", "credit", "ada", "100")
    entry: str = ask("wallets", "statement", "ada")["lines"][0]["entry"]
    return entry


def test_an_entry_is_reversed_in_parts_and_no_further(run: Run, ask: Ask, credited: str) -> None:
    part = ("ledger", "reverse", credited, "--amount", "40", "--reason", "sent twice", "--key", "x", "--yes")
    posted = ask(*part)
    assert posted == ask(*part)
    assert posted["reverses"] == credited

    line = ask("wallets", "statement", "ada")["lines"][0]
    assert (line["kind"], line["amount"], line["entry"]) == ("reversal", -40, posted["entry"])
    assert line["details"] == {"reason": "sent twice"}
    assert run("ledger", "reverse", credited, "--amount", "61", "--yes").exit_code == 5
    ask("ledger", "reverse", credited, "--yes")
    assert ask("wallets", "show", "ada")["balance"] == 0
    assert run("ledger", "reverse", credited, "--yes").exit_code == 5
    assert run("ledger", "reverse", "txn_none", "--yes").exit_code == 3
    assert ask("ledger", "verify")["ok"] is True


def test_a_reversal_is_not_made_unasked(run: Run, ask: Ask, credited: str) -> None:
    result = run("ledger", "reverse", credited)

    assert (result.exit_code, "--yes" in result.stderr) == (2, True)
    assert ask("wallets", "show", "ada")["balance"] == 100
    changes = ask("ledger", "reverse", credited, "--dry-run")["changes"]
    assert {"add reversal", "reversal"} <= {change["change"] for change in changes}


def test_an_entry_is_shown_with_what_was_reversed(run: Run, ask: Ask, credited: str) -> None:
    ask("ledger", "reverse", credited, "--amount", "40", "--yes")

    shown = ask("ledger", "entry", credited)
    assert shown["entry"] == credited
    assert sorted((leg["amount"], leg["reversed"], leg["kind"]) for leg in shown["legs"]) == [
        (-100, 40, "credit"),
        (100, 40, "credit"),
    ]
    assert run("ledger", "entry", credited).stdout.startswith("account\tamount\t")
    assert run("ledger", "entry", "txn_none").exit_code == 3


def test_purchases_that_need_attention_are_found(run: Run, ask: Ask, user: Make) -> None:
    ada, bob = user("ada"), user("bob")

    async def buy() -> list[str]:
        async with container.running(load(environment={}).settings) as platform:
            ids = []
            for buyer, paid in ((ada, 1), (bob, 999)):
                actor = Actor(buyer, Role.VIEWER, Via.SESSION)
                id = (await platform.execute(PurchaseTokens("pkg_100", "card"), by=actor)).purchase
                settled = SettlePurchase(id, f"pay_{buyer}", PaymentOutcome.SUCCEEDED, paid, "EUR")
                await platform.execute(settled, by=Actor.system("fake"))
                ids.append(id)
            return ids

    short, right = asyncio.run(buy())

    [found] = ask("wallets", "purchases", "--state", "needs_attention")["purchases"]
    assert (found["id"], found["user"], found["price_minor"], found["payment"]) == (short, ada, 999, f"pay_{ada}")
    assert [item["id"] for item in ask("wallets", "purchases")["purchases"]] == [short, right]
    assert [item["id"] for item in ask("wallets", "purchases", "--user", "bob")["purchases"]] == [right]
    assert run("wallets", "purchases").stdout.startswith("id\tuser\tstate\t")
    assert run("wallets", "purchases", "--state", "lost").exit_code == 2
    assert run("wallets", "purchases", "--user", "nobody", "--json").exit_code == 3
    assert json.loads(run("wallets", "purchases", "--limit", "1", "--json").stdout)["purchases"][0]["id"] == short
