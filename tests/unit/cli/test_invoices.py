"""The commands that show, print and export invoices."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pypdf import PdfReader

from entrypoints import container
from entrypoints.cli.invoices import EXPORTED
from entrypoints.settings import Settings
from platform_core.kernel.changes import Changes
from platform_core.marketplace.invoices import InvoiceForm, Party
from support.invoices import an_invoice, an_invoice_line

Run = Callable[..., Result]
Ask = Callable[..., Any]
Make = Callable[..., str]

NUMBER, NOTE, OTHER = "INV-7K3QX4AB-2026-000001", "CN-7K3QX4AB-2026-000001", "INV-KKKKKKKK-2025-000001"


@pytest.fixture
def issued(user: Make) -> str:
    """An invoice of two lines and its credit note by rosa, and another seller's of the year before; rosa's id."""
    rosa = user("rosa")
    seller = Party(rosa, "=SUM(A1)", "rosa")
    lines = an_invoice_line(1), an_invoice_line(2, 500, title="+cmd", quantity=3)
    of_rosa = {"seller": rosa, "sold_by": seller}
    of_kai = {"seller": "usr_kai", "sold_by": Party("usr_kai", "Kai")}
    documents = (
        an_invoice(*lines, number=NUMBER, sequence=1, place="a:1", order="ord_1", **of_rosa),
        an_invoice(
            lines[0],
            id="inv_2",
            number=NOTE,
            form=InvoiceForm.CREDIT_NOTE,
            sequence=1,
            place="b:1",
            order="ord_1",
            refund="rfd_1",
            corrects="inv_1",
            corrects_number=NUMBER,
            **of_rosa,
        ),
        an_invoice(id="inv_3", number=OTHER, year=2025, sequence=1, place="c:1", order="ord_3", **of_kai),
    )

    async def keep() -> None:
        async with container.running(Settings()) as platform:
            await platform.store.commit(Changes(added=documents))

    asyncio.run(keep())
    return rosa


def test_documents_are_listed(ask: Ask, run: Run, issued: str) -> None:
    def numbers(*filters: str) -> list[str]:
        return [listed["number"] for listed in ask("invoices", "list", *filters)["invoices"]]

    assert sorted(numbers()) == sorted([NUMBER, NOTE, OTHER])
    assert numbers("--seller", "rosa", "--form", "invoice") == [NUMBER]
    assert numbers("--seller", "rosa") == [NOTE, NUMBER]
    assert numbers("--seller", "rosa", "--limit", "1", "--after", NOTE) == [NUMBER]
    assert numbers("--year", "2025") == [OTHER]
    assert numbers("--order", "ord_1", "--form", "credit_note") == [NOTE]
    assert run("invoices", "list", "--seller", "nobody").exit_code == 3


def test_a_document_is_shown_by_number_and_by_id(ask: Ask, run: Run, issued: str) -> None:
    shown = ask("invoices", "show", NUMBER)

    assert shown == ask("invoices", "show", shown["id"])
    assert (shown["form"], shown["issued"], shown["gross"]) == ("invoice", "2026-11-23T14:00:00.000Z", 4499)
    assert [line["title"] for line in shown["lines"]] == ["Guitar lesson pack", "+cmd"]
    assert shown["totals"] == [{"tax_bp": 2000, "net": 3749, "tax": 750, "gross": 4499}]
    assert shown["sold_by"]["name"] == "=SUM(A1)"
    assert ask("invoices", "show", NOTE)["corrects"] == NUMBER
    for name in ("inv_none", "INV-NONE-2026-000001"):
        assert run("invoices", "show", name).exit_code == 3


def test_a_number_that_two_sellers_have_is_no_name(run: Run, issued: str) -> None:
    async def keep() -> None:
        async with container.running(Settings()) as platform:
            await platform.store.commit(Changes(added=(an_invoice(id="inv_4", number=NUMBER, place="d:1"),)))

    asyncio.run(keep())
    result = run("invoices", "show", NUMBER)

    assert result.exit_code == 2
    assert "by its id" in result.stderr


def test_a_document_is_printed_into_a_file(ask: Ask, run: Run, issued: str, folder: Path) -> None:
    told = ask("invoices", "pdf", NOTE, "--output", "note.pdf")
    body = (folder / "note.pdf").read_bytes()

    assert told == {"file": "note.pdf", "bytes": len(body)}
    assert NOTE in PdfReader(io.BytesIO(body)).pages[0].extract_text()
    assert run("invoices", "pdf", "inv_none", "-o", "none.pdf").exit_code == 3
    assert not (folder / "none.pdf").exists()
    assert run("invoices", "pdf", NOTE).exit_code == 2


def test_without_typst_a_line_says_what_to_install(
    run: Run, issued: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.documents.find_spec", lambda _: None)
    result = run("invoices", "pdf", NUMBER, "-o", "x.pdf")

    assert result.exit_code == 1
    assert "platform-core[documents]" in result.stderr
    assert not (folder / "x.pdf").exists()


def test_mon_16_the_export_has_no_formulas(run: Run, ask: Ask, issued: str, folder: Path) -> None:
    result = run("invoices", "export", "--seller", "rosa")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))

    assert tuple(rows[0]) == EXPORTED
    assert [(row["number"], row["line"], row["gross"], row["title"]) for row in rows] == [
        (NOTE, "1", "2999", "Guitar lesson pack"),
        (NUMBER, "1", "2999", "Guitar lesson pack"),
        (NUMBER, "2", "1500", "'+cmd"),
    ]
    assert {row["seller_name"] for row in rows} == {"'=SUM(A1)"}
    assert [row["corrects"] for row in rows] == [NUMBER, "", ""]
    assert ask("invoices", "export", "--seller", "rosa", "-o", "all.csv") == {"lines": 3, "file": "all.csv"}
    assert (folder / "all.csv").read_bytes() == result.stdout_bytes
    assert run("invoices", "export", "--json").exit_code == 2


def test_the_export_as_json_lines(run: Run, issued: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrypoints.cli.invoices.PAGE", 1)
    lines = [json.loads(line) for line in run("invoices", "export", "--format", "jsonl").stdout.splitlines()]

    assert len(lines) == 4
    assert {line["number"].split("-")[2] for line in lines} == {"2025", "2026"}
    assert all(line["net"] + line["tax"] == line["gross"] for line in lines)
    rosa = [line for line in lines if line["seller"] == issued]
    assert [line["seller_name"] for line in rosa] == ["=SUM(A1)"] * 3
