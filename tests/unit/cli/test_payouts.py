"""The commands that look after what sellers are owed, on a database where two have sold something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from entrypoints import container
from entrypoints.settings import Settings
from platform_core.kernel.actor import Actor, Role, Via
from platform_core.kernel.journal import Account, Posting
from platform_core.kernel.work import Work
from platform_core.ledger.ports import payable, psp
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.ports import PayoutPolicy, schedule_transfer, transfer_id
from platform_core.platform import Platform

Run = Callable[..., Result]
Ask = Callable[..., Any]


async def _sold(platform: Platform, seller: str, order: str) -> None:
    work = Work(store=platform.store, actor=Actor.operator(), now=platform.clock.now(), ids=platform.application.ids)
    await schedule_transfer(
        work,
        PayoutPolicy(),
        order=order,
        seller=seller,
        gross=2999,
        fee=300,
        net=2699,
        currency="EUR",
        available_at=work.now,
    )
    revenue = Account.of("revenue", "sys", "EUR", floor=None)
    work.open(psp("fake", "EUR"), revenue)
    work.post(
        "order",
        Posting(psp("fake", "EUR").id, -2999),
        Posting(payable(seller, "EUR").id, 2699),
        Posting(revenue.id, 300),
    )
    await work.commit()


@pytest.fixture
def sold(ask: Ask) -> tuple[str, str]:
    """A transfer of jane's, whose first try fails, and one of anna's, who has no account; their ids."""

    def user(name: str, email: str) -> str:
        options = ("--email", email, "--username", name, "--role", "creator", "--password-stdin")
        made: str = ask("users", "create", *options, typed="correct horse battery\n")["id"]
        return made

    jane, anna = user("jane", "jane+fail1@example.com"), user("anna", "anna@example.com")

    async def make() -> None:
        async with container.running(Settings()) as platform:
            await platform.execute(StartOnboarding(), by=Actor(jane, Role.CREATOR, Via.SESSION))
            await _sold(platform, jane, "ord_1")
            await _sold(platform, anna, "ord_2")

    asyncio.run(make())
    return transfer_id("ord_1", jane), transfer_id("ord_2", anna)


def test_transfers_are_run_listed_shown_and_retried(ask: Ask, run: Run, sold: tuple[str, str]) -> None:
    failing, blocked = sold
    assert ask("transfers", "run") == {"changed": {"pending": -1, "failed": 1}}
    listed = ask("transfers", "list", "--status", "failed")
    assert listed["total"] == 1
    [row] = listed["transfers"]
    assert (row["id"], row["amount"], row["fee"], row["retries"]) == (failing, 2699, 300, 1)
    assert row["next"] is not None
    assert [one["id"] for one in ask("transfers", "list", "--seller", "anna")["transfers"]] == [blocked]
    assert ask("transfers", "list", "--order", "ord_2", "--from", "2020-01-01")["total"] == 1
    assert ask("transfers", "list", "--to", "2020-01-01")["total"] == 0
    assert ask("transfers", "list", "--limit", "1", "--offset", "1")["total"] == 2

    retried = ask("transfers", "retry", failing)
    assert retried == {"transfers": [{"id": failing, "status": "completed", "retries": 2}]}
    shown = ask("transfers", "show", failing)
    assert (shown["status"], shown["sent"]) == ("completed", 2699)
    assert [(one["state"], one["by"]) for one in shown["attempts"]] == [("failed", "worker"), ("done", "cli")]
    assert ask("transfers", "run") == {"changed": {}}
    assert ask("ledger", "verify")["ok"]

    for id in (failing, blocked):
        refused = run("transfers", "retry", id)
        assert refused.exit_code != 0
        assert "only a failed one" in refused.stderr
    assert run("transfers", "show", "trf_none").exit_code != 0


def test_a_retry_that_fails_again_says_so(ask: Ask, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_CORE_PAYOUTS_MAX_ATTEMPTS", "1")
    options = ("--email", "sal+low@example.com", "--username", "sal", "--role", "creator", "--password-stdin")
    sal = ask("users", "create", *options, typed="correct horse battery\n")["id"]

    async def make() -> None:
        async with container.running(Settings()) as platform:
            await platform.execute(StartOnboarding(), by=Actor(sal, Role.CREATOR, Via.SESSION))
            await _sold(platform, sal, "ord_1")

    asyncio.run(make())
    run("transfers", "run")
    again = run("transfers", "retry", transfer_id("ord_1", sal))
    assert again.exit_code == 1
    assert "1 of 1 not completed" in again.stderr


def test_sellers_are_listed_and_shown(ask: Ask, run: Run, sold: tuple[str, str]) -> None:
    listed = ask("payouts", "list")["sellers"]
    assert [(one["state"], one["available"], one["currency"]) for one in listed] == [
        ("ready", 2699, "EUR"),
        ("none", 2699, "EUR"),
    ]
    assert len(ask("payouts", "list", "--state", "ready")["sellers"]) == 1
    assert ask("payouts", "list", "--after", listed[0]["seller"], "--limit", "1")["sellers"] == listed[1:]
    shown = ask("payouts", "show", "jane")
    assert (shown["connected"], shown["balances"]) == (True, listed[:1])
    assert not ask("payouts", "show", "anna")["connected"]
    ask("users", "create", "--email", "bo@example.com", "--username", "bob", "--password-stdin", typed="a long one\n")
    assert run("payouts", "show", "bob").exit_code != 0
