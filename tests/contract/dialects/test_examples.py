"""The examples of the documents: each request runs as it is written but for ids, and each answer is of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contract.dialects.rows import NAMES, ROWS, allowed
from entrypoints.http.kit.rows import Row
from entrypoints.http.server import DIALECTS, openapi
from unit.http.served import Served

DOCUMENTS: Mapping[str, Any] = {name: openapi(name) for name in DIALECTS}
#: Fields of examples that are somebody's or some moment's, beside ids.
THEIRS = {"email", "password", "start", "end", "items", "refresh_token"}
#: What an answer has beside what is shown, for one who asks about themself.
OWN: Mapping[str, frozenset[str]] = {"get_user": frozenset({"email", "bio", "socialLinks", "lastLoginAt"})}


def success(speaks: str, row: Row) -> dict[str, Any]:
    """What the document says of a request that went well."""
    said: dict[str, Any] = DOCUMENTS[speaks]["paths"][row.path][row.method.lower()]["responses"][str(row.status)]
    return said


def check(speaks: str, row: Row, answer: Any) -> None:
    """Hold an answer against the schema in the document."""
    schema = success(speaks, row)["content"]["application/json"]["schema"]
    Draft202012Validator(
        {**schema, "components": DOCUMENTS[speaks]["components"]}, format_checker=FormatChecker(["date-time"])
    ).validate(answer)


def within(speaks: str, answer: Any) -> Any:
    """An answer without what the dialect puts around all of them."""
    return answer if DIALECTS[speaks].envelope is None else answer["data"]


@pytest.mark.parametrize(("speaks", "row"), ROWS, ids=NAMES)
def test_the_answer_shown_is_of_the_shape_that_the_document_gives_it(speaks: str, row: Row) -> None:
    if row.produces is not None:
        assert list(success(speaks, row)["content"]) == [row.produces]
        return
    if row.answer is type(None):
        assert row.answers is None
        assert "content" not in success(speaks, row)
        return
    example = success(speaks, row)["content"]["application/json"]["example"]

    check(speaks, row, example)
    shown = within(speaks, example)
    assert msgspec.to_builtins(msgspec.convert(shown, row.answer, strict=True)) == shown


@pytest.mark.parametrize(("speaks", "row"), ROWS, ids=NAMES)
async def test_the_request_shown_is_answered_as_the_document_says(server: Served, speaks: str, row: Row) -> None:
    path, body, caller = await allowed(server, row)
    operation = DOCUMENTS[speaks]["paths"][row.path][row.method.lower()]
    if "requestBody" in operation and row.example is not None:
        [content] = operation["requestBody"]["content"].values()
        assert set(body) == set(content["example"])
        for name, value in content["example"].items():
            assert body[name] == value or name.endswith("Id") or name in {*THEIRS, row.file}
    else:
        assert not body

    answer = await server.api(row.method, path, body or None, token=caller.token)

    assert answer.status == row.status, answer.raw
    if row.produces is not None:
        assert answer.headers["Content-Type"] == row.produces
        return
    if row.answer is type(None):
        assert answer.raw == b""
        return
    check(speaks, row, answer.json)
    shown = within(speaks, success(speaks, row)["content"]["application/json"]["example"])
    assert set(within(speaks, answer.json)) <= {*shown, *OWN.get(row.id, ())}
