"""The examples of Teezu's document: each request runs as it is written but for ids, and each answer is of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contract.teezu.scenes import allowed
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import openapi
from entrypoints.http.teezu.dialect import TEEZU
from unit.http.served import Served

DOCUMENT: Any = openapi("teezu")
#: Fields of examples that are somebody's or some moment's, beside ids.
THEIRS = {"email", "password", "start", "end"}
#: What an answer has beside what is shown, for one who asks about themself.
OWN: Mapping[str, frozenset[str]] = {"get_user": frozenset({"email", "bio", "socialLinks", "lastLoginAt"})}


def success(row: Row) -> dict[str, Any]:
    """What the document says of a request that went well."""
    said: dict[str, Any] = DOCUMENT["paths"][row.path][row.method.lower()]["responses"][str(row.status)]
    return said


def check(row: Row, answer: Any) -> None:
    """Hold an answer against the schema in the document."""
    schema = success(row)["content"]["application/json"]["schema"]
    Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=FormatChecker(["date-time"])
    ).validate(answer)


@pytest.mark.parametrize("row", TEEZU.rows, ids=lambda row: row.id)
def test_the_answer_shown_is_of_the_shape_that_the_document_gives_it(row: Row) -> None:
    if row.answer is type(None):
        assert row.answers is None
        assert "content" not in success(row)
        return
    example = success(row)["content"]["application/json"]["example"]

    check(row, example)
    assert msgspec.to_builtins(msgspec.convert(example, row.answer, strict=True)) == example


@pytest.mark.parametrize("row", TEEZU.rows, ids=lambda row: row.id)
async def test_the_request_shown_is_answered_as_the_document_says(server: Served, row: Row) -> None:
    path, body, caller = await allowed(server, row)
    operation = DOCUMENT["paths"][row.path][row.method.lower()]
    if "requestBody" in operation:
        [content] = operation["requestBody"]["content"].values()
        assert set(body) == set(content["example"])
        for name, value in content["example"].items():
            assert body[name] == value or name.endswith("Id") or name in {*THEIRS, row.file}
    else:
        assert not body

    answer = await server.api(row.method, path, body or None, token=caller.token)

    assert answer.status == row.status, answer.raw
    if row.answer is type(None):
        assert answer.raw == b""
        return
    check(row, answer.json)
    shown = success(row)["content"]["application/json"]["example"]
    assert set(answer.json) <= {*shown, *OWN.get(row.id, ())}
