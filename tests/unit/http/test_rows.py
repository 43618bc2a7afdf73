"""Rows that do not fit are refused before anybody is served."""

from __future__ import annotations

from typing import ClassVar

import pytest
from aiohttp import web
from attrs import frozen

from adapters.memory.store import MemoryStore
from entrypoints.http.kit.dialect import Dialect
from entrypoints.http.kit.downloads import Download
from entrypoints.http.kit.options import HttpOptions
from entrypoints.http.kit.rows import Answer, Ask, Caller, Row, get, listing, post
from entrypoints.http.server import mount
from entrypoints.http.teezu.errors import show_refusal
from platform_core.identity.access import Logout
from platform_core.kernel.actor import SIGNED_IN, Policy
from platform_core.kernel.command import Command, Query
from platform_core.wallet.balance import GetWallet
from support.world import World


class Seen(Answer, frozen=True):
    """An answer."""


@frozen
class Lawless(Query[int]):
    """Says nowhere who may."""


@frozen
class Unheard(Command[int]):
    """Has no use case."""

    policy: ClassVar[Policy] = SIGNED_IN


class Pathless(Ask, frozen=True):
    """Has no field for its path."""

    def command(self, _: Caller) -> GetWallet:
        return GetWallet()


def show(_: object) -> Seen:
    return Seen()


def download(_: object) -> Download:
    return Download(b"", "x")


def refused(*rows: Row) -> str:
    dialect = Dialect(
        name="t", title="T", version="1", description="", root="/api", rows=rows, show_refusal=show_refusal
    )
    with pytest.raises(TypeError) as caught:
        mount(web.Application(), dialect, World(MemoryStore()), HttpOptions())
    return str(caught.value)


def row(path: str, ask: type, **more: str) -> Row:
    return post(path, ask, show, id="x", summary="x", tag="x", **more)  # type: ignore[arg-type]  # wrong on purpose


def test_authz_06_a_row_without_a_policy_is_refused() -> None:
    assert "who may run it" in refused(row("/x", Lawless))


def test_a_row_without_a_use_case_is_refused() -> None:
    assert "no use case" in refused(row("/x", Unheard))


def test_a_list_whose_ask_has_no_cursor_is_refused() -> None:
    pageless = listing("/x", Pathless, show, id="x", summary="x", tag="x")  # type: ignore[arg-type]  # wrong on purpose

    assert refused(pageless) == "GET /x: Pathless is no PageAsk"


def test_a_row_with_an_unknown_limit_is_refused() -> None:
    assert "rate limit" in refused(row("/x", Logout, limit="endless"))


def test_a_row_whose_path_has_no_field_is_refused() -> None:
    assert "no field id" in refused(row("/x/{id}", Pathless))


def test_a_row_says_what_it_produces_if_and_only_if_it_answers_with_a_file() -> None:
    silent = get("/x", GetWallet, download, id="x", summary="x", tag="x")
    boasting = get("/x", GetWallet, show, id="x", summary="x", tag="x", produces="application/pdf")

    assert "says what it produces" in refused(silent)
    assert "says what it produces" in refused(boasting)


def test_two_rows_at_one_place_are_refused() -> None:
    same = get("/x", GetWallet, show, id="x", summary="x", tag="x")
    assert "twice" in refused(same, same)
