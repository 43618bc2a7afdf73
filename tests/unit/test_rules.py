"""Every rule that code or a test names stands on the page of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__)
ROOT = HERE.parents[2]
PAGE = ROOT / "docs/rules.md"

FAMILIES = "ADM|AUTH|AUTHZ|CHAT|CONT|FILE|HOOK|HTTP|IN|MON|OPS|POLL|PRIV|RATE|SSRF|STR"
AN_ID = re.compile(rf"\b(?:{FAMILIES})-\d\d\b")
NUMBERS = r"\d+(?:-\d+)?"
INVARIANTS = re.compile(rf"\binvariants? ({NUMBERS}(?:(?:, | and ){NUMBERS})*)", re.IGNORECASE)


def named(text: str) -> Iterator[str]:
    """The ids in a text; `invariants 1-3 and 7` are four."""
    yield from AN_ID.findall(text)
    for numbers in INVARIANTS.findall(text):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", numbers):
            yield from (f"invariant {number}" for number in range(int(first), int(last or first) + 1))


def on_the_page() -> list[str]:
    """The ids that have a line of their own."""
    return re.findall(r"^\| ([A-Z]+-\d\d|invariant \d+) \| \S", PAGE.read_text(), re.MULTILINE)


def test_ids_are_found_alone_in_lists_and_in_ranges() -> None:
    text = "as AUTHZ-02 has it (invariants 1-3, 7 and 9; Invariant 12), not UTF-16"

    assert list(named(text)) == ["AUTHZ-02", *(f"invariant {number}" for number in (1, 2, 3, 7, 9, 12))]


def test_no_rule_has_two_lines() -> None:
    ids = on_the_page()

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_every_rule_named_in_the_code_stands_on_the_page(folder: str) -> None:
    known = set(on_the_page())
    strangers = {
        f"{path.relative_to(ROOT)}: {id}"
        for path in (ROOT / folder).rglob("*.py")
        if path != HERE
        for id in named(path.read_text())
        if id not in known
    }

    assert not strangers
