"""The document of each dialect: valid, complete, and true of the server that serves it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from contract.dialects.rows import NAMES, ROWS
from entrypoints.http.kit.rows import Ask, Row
from entrypoints.http.server import DIALECTS, openapi
from platform_core.kernel.actor import Role
from platform_core.kernel.errors import Kind
from unit.http.served import Served, served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


each_dialect = pytest.mark.parametrize("speaks", DIALECTS)


@each_dialect
def test_the_document_is_valid_openapi(speaks: str) -> None:
    validate(openapi(speaks))


@each_dialect
def test_every_operation_has_examples_errors_headers_and_security(speaks: str) -> None:
    document: Any = openapi(speaks)
    invalid = str(DIALECTS[speaks].statuses[Kind.INVALID])

    for row in DIALECTS[speaks].rows:
        operation = document["paths"][row.path][row.method.lower()]
        assert operation["summary"]
        assert operation["security"] or row.forgives_token
        assert {"400", invalid, "429", "500", "503"} <= set(operation["responses"])
        success = operation["responses"][str(row.status)]
        assert ("X-RateLimit-Limit" in success["headers"]) == (row.audience == "users")
        if row.answers is not None:
            assert success["content"]["application/json"]["example"]
        if "requestBody" in operation:
            kind = "application/json" if row.file is None else "multipart/form-data"
            assert "example" in operation["requestBody"]["content"][kind]


@each_dialect
async def test_the_document_and_its_page_are_served_without_any_other_host(server: Served, speaks: str) -> None:
    document = await server.ask("GET", f"/{speaks}/openapi.json")
    page = await server.ask("GET", f"/docs/{speaks}")

    assert document.json["openapi"] == "3.1.0"
    assert document.json["servers"] == [{"url": server.prefix}]
    text = page.raw.decode()
    assert "http://" not in text
    assert "https://" not in text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "docs.css", "favicon-32x32.png"):
        assert f'"/static/{name}"' in text
        assert (await server.ask("GET", f"/static/{name}")).status == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.fixture
def running(speaks: str) -> Iterator[tuple[str, str]]:
    """A server in a thread of its own, since the fuzzer waits for answers: its URL, and an admin's token."""
    ready: list[tuple[str, str]] = []
    up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with served(speaks=speaks) as server:
            guest = await server.guest("fuzzer", tokens=10**6, role=Role.ADMIN)
            ready.append((server.url + server.prefix, guest.token))
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    assert up.wait(300)
    yield ready[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@cache
def parsed(speaks: str) -> Any:
    """The document as the fuzzer reads it."""
    return schemathesis.openapi.from_dict(openapi(speaks))


@pytest.mark.parametrize(("speaks", "row"), ROWS, ids=NAMES)
def test_no_request_gets_an_answer_outside_the_document(running: tuple[str, str], speaks: str, row: Row) -> None:
    url, token = running
    operation = parsed(speaks)[row.path][row.method]
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
    @given(case=good | bad if row.shape is not Ask else good)
    def probe(case: Any) -> None:
        response = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=CHECKS)

    probe()
